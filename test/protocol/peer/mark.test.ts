/** A mark changes with every bit, and with every byte more or less; where the bytes lie is nothing to it. */
import { describe, expect, it } from 'vitest';
import { markOf } from '../../../protocol/peer/mark.ts';
import { SEED, xorshift } from '../../seed.ts';

describe('a mark', () => {
  const random = xorshift(SEED);
  const bytes = Uint8Array.from({ length: 150 }, () => random(256));

  it('is the same wherever the same bytes lie, whatever lies around them', () => {
    for (let at = 0; at < 5; at++) {
      const some = bytes.subarray(at);
      const frame = new Uint8Array(200).fill(255 - at);
      frame.set(some, at);
      expect(mark(frame, at, some.length), `at ${at}`).toEqual(mark(some));
    }
  });

  it('is another one for each bit that differs, in both of its words', () => {
    const marks = [mark(bytes)];
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const other = new Uint8Array(bytes);
      other[bit >> 3] ^= 1 << (bit & 7);
      marks.push(mark(other));
    }
    expect(new Set(marks.map(([low]) => low)).size).toBe(marks.length);
    expect(new Set(marks.map(([, high]) => high)).size).toBe(marks.length);
  });

  it('tells zeros at the end from none', () => {
    const zeros = Array.from({ length: 20 }, (_, length) => mark(new Uint8Array(length))[0]);
    expect(new Set(zeros).size).toBe(20);
  });
});

function mark(bytes: Uint8Array, at = 0, length: number = bytes.length): number[] {
  const words = new Uint32Array(2);
  markOf(bytes, at, length, words);
  return [...words];
}
