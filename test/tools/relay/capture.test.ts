/**
 * Captures read back: ours as they were written, others' passed over, and what is none refused by place.
 */
import { describe, expect, it } from 'vitest';
import { readCapture } from '../../../tools/relay/capture.ts';
import { interfaceBlock, packetBlock, sectionBlock } from '../../../tools/relay/pcapng.ts';

const FRAME = Uint8Array.from({ length: 37 }, (_, at) => at);
const HEARD = { unixMs: 1_700_000_000_123.5, way: 'heard', frame: FRAME } as const;
const SENT = { unixMs: 1_700_000_000_200, way: 'sent', frame: FRAME.subarray(0, 22) } as const;

describe('a capture', () => {
  it('is read as it was written, with times and ways', () => {
    expect(readCapture('it', captureOf(HEARD, SENT))).toEqual([
      HEARD,
      { ...SENT, frame: new Uint8Array(SENT.frame) },
    ]);
  });

  it('is read past blocks that mean nothing here', () => {
    const unknown = sectionBlock('x');
    new DataView(unknown.buffer).setUint32(0, 0x0bad, true);
    const bytes = join(sectionBlock('other'), unknown, captureOf(HEARD));
    expect(readCapture('it', bytes)).toEqual([HEARD]);
  });

  it('has none of what other programs captured on other networks', () => {
    const other = interfaceBlock('eth0');
    new DataView(other.buffer).setUint16(8, 1, true);
    const bytes = join(sectionBlock('x'), other, packetBlock({ at: 0, comment: '', ...HEARD }));
    expect(() => readCapture('it', bytes)).toThrow(/no packets of ours/);
  });

  for (const [what, bytes, why] of [
    ['some other file', new TextEncoder().encode('hello, this is text'), /it: it is no pcapng/],
    ['a word', new TextEncoder().encode('hello'), /it: it is no pcapng/],
    ['a file cut in a block', captureOf(HEARD).subarray(0, -5), /it is cut off at byte \d+/],
    ['a file cut between words', captureOf(HEARD).subarray(0, 40), /it is cut off at byte \d+/],
    ['no packets at all', sectionBlock('x'), /no packets of ours/],
    ['a packet longer than its block', longer(captureOf(HEARD)), /longer than its block/],
    ['a block of no length', lengthless(captureOf(HEARD)), /has no such length/],
  ] as const) {
    it(`is refused where it is ${what}`, () => {
      expect(() => readCapture('it', bytes)).toThrow(why);
      expect(() => readCapture('it', bytes)).toThrow(/FILE_UNREADABLE/);
    });
  }
});

function captureOf(...frames: (typeof HEARD | typeof SENT)[]): Uint8Array {
  const packets = frames.map((frame) => packetBlock({ at: 0, comment: 'c', ...frame }));
  return join(sectionBlock('hopline monitor'), interfaceBlock('link 0'), ...packets);
}

function join(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Where the packet's block begins. */
function packetAt(capture: Uint8Array): number {
  const view = new DataView(capture.buffer);
  const face = view.getUint32(4, true);
  return face + view.getUint32(face + 4, true);
}

function longer(capture: Uint8Array): Uint8Array {
  new DataView(capture.buffer).setUint32(packetAt(capture) + 8 + 12, 10_000, true);
  return capture;
}

function lengthless(capture: Uint8Array): Uint8Array {
  new DataView(capture.buffer).setUint32(packetAt(capture) + 4, 6, true);
  return capture;
}
