/**
 * Fields: what is listed is read back, and a list that ends inside a field is nothing.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fields } from '../../../protocol/core/fields.ts';
import {
  bigEndian,
  bytesIn,
  encodeFields,
  numberIn,
  numberOf,
  readFields,
} from '../../../protocol/core/fields.ts';
import { hold } from '../../seed.ts';

const A = Uint8Array.of(0xaa);

describe('fields', () => {
  it('are type, length and value, in the order of types', () => {
    const fields = [undefined, null, A, new Uint8Array(0)];
    expect([...encodeFields(fields, 1)]).toEqual([2, 1, 0xaa, 3, 0]);
    expect([...encodeFields(fields, 2)]).toEqual([2, 0, 1, 0xaa, 3, 0, 0]);
  });

  it('can be as long as their length can say', () => {
    const long = new Uint8Array(255).fill(7);
    expect(readFields(encodeFields([long], 1), 1, [])).toEqual([long]);
    const longer = new Uint8Array(65535).fill(7);
    expect(readFields(encodeFields([longer], 2), 2, [])?.[0]?.join()).toBe(longer.join());
  });

  it('are read back as they were, for either length', () => {
    const value = fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined });
    hold(
      fc.property(fc.array(value, { maxLength: 256 }), fc.constantFrom(1, 2), (fields, wide) => {
        const read = readFields(encodeFields(fields, wide as 1 | 2), wide as 1 | 2, [])!;
        const types = Array.from({ length: 256 }, (_, type) => type);
        expect(types.map((type) => read[type]?.join())).toEqual(
          types.map((type) => fields[type]?.join()),
        );
      }),
      300,
    );
  });

  it('are nothing when one is cut short, and whole between two', () => {
    for (const wide of [1, 2] as const) {
      const bytes = encodeFields([undefined, A, new Uint8Array(0), Uint8Array.of(1, 2, 3)], wide);
      const ends = [0, 2 + wide, 3 + 2 * wide, bytes.length];
      for (let size = 0; size <= bytes.length; size++) {
        expect(readFields(bytes.subarray(0, size), wide, []) !== null).toBe(ends.includes(size));
      }
    }
  });

  it('count the last of a type', () => {
    expect(readFields(Uint8Array.of(5, 1, 1, 5, 1, 2), 1, [])?.[5]).toEqual(Uint8Array.of(2));
  });

  it('are nothing when one has not the width of its type', () => {
    for (const [bytes, good] of [
      [[1, 2, 0, 0], true],
      [[1, 1, 0], false],
      [[1, 3, 0, 0, 0], false],
      [[1, 0], false],
      [[0, 5, 0, 0, 0, 0, 0], true],
      [[9, 1, 0], true],
    ] as const) {
      expect(readFields(Uint8Array.from(bytes), 1, [0, 2]) !== null).toBe(good);
    }
  });

  it('are copies: the bytes they came from may change', () => {
    const bytes = Uint8Array.of(1, 1, 0xaa);
    const fields: Fields = readFields(bytes, 1, [])!;
    bytes.fill(0);
    expect(fields[1]).toEqual(A);
  });

  it('give a value for what is not there', () => {
    expect(numberIn([undefined, Uint8Array.of(1, 0)], 1, 7)).toBe(256);
    expect(numberIn([], 1, 7)).toBe(7);
    expect(numberIn([], 1, null)).toBe(null);
    expect(bytesIn([], 3)).toEqual(new Uint8Array(0));
    expect(bytesIn([A], 0)).toBe(A);
  });
});

describe('a number', () => {
  it.each([
    [0, 1, [0]],
    [255, 1, [255]],
    [258, 2, [1, 2]],
    [1, 4, [0, 0, 0, 1]],
    [0xffffffff, 4, [255, 255, 255, 255]],
    [0xffffffffffff, 8, [0, 0, 255, 255, 255, 255, 255, 255]],
    [1700000000123, 8, [0, 0, 1, 0x8b, 0xcf, 0xe5, 0x68, 0x7b]],
    [0, 0, []],
  ])('%i takes %i bytes', (value, width, bytes) => {
    expect([...bigEndian(value, width)]).toEqual(bytes);
    expect(numberOf(Uint8Array.from(bytes))).toBe(value);
  });
});
