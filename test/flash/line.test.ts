/**
 * Line: bounded whatever a port says, paced by the wire, and stopped by XOFF.
 */
import { describe, expect, it } from 'vitest';
import { literal, question } from '../../tools/flash/checked.ts';
import { HEARD_MAX, Line } from '../../tools/flash/line.ts';
import { bytesOf } from '../../tools/flash/talk.ts';

const XON = 0x11;
const XOFF = 0x13;

describe('what is heard', () => {
  it('is the last four kilobytes of it, however much there was', () => {
    const line = new Line(115_200);
    for (let i = 0; i < 2000; i++) line.hear(new Uint8Array(1000).fill(i), i);
    line.hear(bytesOf('the end'), 2000);
    expect([line.heard.length, line.heard.endsWith('the end')]).toEqual([HEARD_MAX, true]);
  });

  it('does not contain XON and XOFF', () => {
    const line = new Line(115_200);
    line.hear(Uint8Array.of(65, XOFF, 66, XON, 67), 0);
    expect([line.heard, line.heardTotal]).toEqual(['ABC', 3]);
  });
});

describe('what is said', () => {
  it('leaves in pieces of 64 bytes, as fast as the wire and no faster', () => {
    const line = new Line(9600);
    line.say(new Uint8Array(960));
    let sent = 0;
    let now = 0;
    for (; now < 5000 && !line.isQuiet(now); now++) {
      const piece = line.piece(now);
      if (piece === null) continue;
      expect(piece.length).toBeLessThanOrEqual(64);
      sent += piece.length;
      line.taken();
    }
    expect(sent).toBe(960);
    // A second, of which the first pieces may be as early as a late wake-up may be caught up with.
    expect(now).toBeGreaterThanOrEqual(1000 - 16);
    expect(now).toBeLessThan(1010);
  });

  it('waits until the last piece was taken', () => {
    const line = new Line(115_200);
    line.say(new Uint8Array(200));
    expect(line.piece(0)?.length).toBe(64);
    expect([line.piece(1000), line.deadline()]).toEqual([null, Infinity]);
    line.taken();
    expect(line.piece(1000)?.length).toBe(64);
  });

  it('rests between XOFF and XON, or for five seconds when the XON was lost', () => {
    const line = new Line(115_200);
    line.say(new Uint8Array(200));
    line.hear(Uint8Array.of(XOFF), 100);
    expect([line.piece(200), line.piece(5099), line.deadline()]).toEqual([null, null, 5100]);
    line.hear(Uint8Array.of(XON), 5099);
    expect(line.piece(5099)?.length).toBe(64);
    line.taken();
    line.hear(Uint8Array.of(XOFF), 6000);
    expect(line.piece(11_000)?.length).toBe(64);
  });

  it('is never more than a packet and some', () => {
    const line = new Line(115_200);
    line.say(new Uint8Array(12_288));
    expect(() => line.say(new Uint8Array(1))).toThrow('no more is said than a packet');
  });
});

describe('a question', () => {
  it('holds no byte that means something to a console or a line', () => {
    const all = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('');
    const asked = question(1, 'd.length', all);
    expect([asked[0], asked.at(-1)]).toEqual([0x10, 0x0a]);
    expect(asked.subarray(1, -1).every((byte) => byte >= 0x20 && byte < 0x7f)).toBe(true);
  });

  it('reads back as what it was', () => {
    for (const text of ['', '"', '\\', '\x00\x03\x04\x11\x13', "'`${x}", '\xff\\"', '\\x00']) {
      expect(new Function(`return ${literal(text)}`)()).toBe(text);
    }
  });
});
