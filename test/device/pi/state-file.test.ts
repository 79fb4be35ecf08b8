/**
 * State files: what is stored is found again, and what is damaged is never taken for nothing (S24).
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readCounters, readPins, writeCounters, writePins } from '../../../device/pi/state-file.ts';
import type { Pin } from '../../../protocol/trust/pins.ts';

const folder = mkdtempSync(join(tmpdir(), 'hopline-state-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('state', () => {
  it('is found again as it was stored, and only its owner can read it', () => {
    const [counters, pins] = [join(folder, 'new', 'counters'), join(folder, 'pins')];
    writeCounters(counters, new Map([['0123456789abcdef', 17]]));
    writeCounters(counters, new Map([['0123456789abcdef', 2 ** 32 - 1]]));
    expect(readCounters(counters)).toEqual(new Map([['0123456789abcdef', 2 ** 32 - 1]]));
    writePins(pins, [pin(1), { ...pin(2), standing: 'trusted', proven: true }]);
    expect(readPins(pins)).toEqual([pin(1), { ...pin(2), standing: 'trusted', proven: true }]);
    expect(statSync(counters).mode & 0o777).toBe(0o600);
  });

  it('may be empty, or not be there', () => {
    const path = join(folder, 'empty');
    writePins(path, []);
    expect(readPins(path)).toEqual([]);
    expect([readPins(join(folder, 'none')), readCounters(join(folder, 'none'))]).toEqual([
      null,
      null,
    ]);
  });

  it('is refused after any change of a byte, or cut short anywhere', () => {
    const path = join(folder, 'pins-damaged');
    writePins(path, [pin(3)]);
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at] ^= 1;
      writeFileSync(path, changed);
      expect(() => readPins(path), `byte ${at}`).toThrow('[STATE_INVALID]');
      writeFileSync(path, whole.subarray(0, at));
      expect(() => readPins(path), `cut at ${at}`).toThrow(`${path}: it is damaged; restore it`);
    }
  });

  it('is not taken for another kind of it', () => {
    const path = join(folder, 'other');
    writeCounters(path, new Map());
    expect(() => readPins(path)).toThrow('[STATE_INVALID]');
  });

  it('that cannot be read or written is told with its place', () => {
    expect(() => readPins(folder)).toThrow(`${folder}: the system says EISDIR [FILE_UNREADABLE]`);
    const path = join(folder, 'empty', 'below');
    expect(() => writePins(path, [])).toThrow('[FILE_UNWRITABLE]');
  });
});

function pin(number: number): Pin {
  const key = (size: number): Uint8Array => new Uint8Array(size).fill(number);
  return { id: key(8), noiseKey: key(32), signingKey: key(32), standing: 'seen', proven: false };
}
