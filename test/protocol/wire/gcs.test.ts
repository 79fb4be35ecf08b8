/**
 * Filters as both apps build them (WIRE §9), and the bit coder against Bitcoin's filters, which use
 * the same code with other parameters.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FilterKey } from '../../../protocol/wire/gcs.ts';
import {
  buildFilter,
  filterKey,
  filterNumber,
  filterNumbers,
  filterOf,
  holdsNumber,
  numberOf,
  syncId,
} from '../../../protocol/wire/gcs.ts';
import { BitReader, BitWriter } from '../../../protocol/wire/golomb.ts';
import { SEED, hold, xorshift } from '../../seed.ts';
import { vectors } from '../../vectors.ts';
import { anyBytes, filled, hashes, hex } from './given.ts';
import { golden } from './goldens.ts';

describe('a filter', () => {
  const counted = Array.from({ length: 8 }, (_, i) => filled(16, i));
  const many = Array.from({ length: 200 }, (_, i) =>
    new Uint8Array(16).map((_, j) => (i * 31 + j) & 255),
  );

  for (const [name, ids, bytesMax, m, included, numbers] of [
    ['d-gcs-8-ids', counted, 1024, 1024, 8, [77, 154, 446, 469, 566, 602, 670, 838]],
    [
      'd-gcs-capped-200-to-28',
      many,
      32,
      3584,
      28,
      [
        8, 172, 702, 791, 841, 854, 894, 1266, 1282, 1294, 1349, 1363, 1847, 1875, 1878, 1970, 1980,
        2067, 2072, 2120, 2126, 2648, 2944, 3058, 3098, 3352, 3529, 3545,
      ],
    ],
    [
      'd-gcs-duplicates-ios',
      Array.from({ length: 64 }, () => filled(16, 0xab)),
      128,
      8192,
      64,
      [4485],
    ],
  ] as const) {
    it(`is the bytes of ${name}`, () => {
      const filter = buildFilter(hashes, [...ids], bytesMax, 0.01);
      expect(filter).toEqual({ p: 7, m, bytes: golden(name), included });
      expect(filterNumbers(7, m, filter.bytes)).toEqual(numbers);
    });
  }

  it('of nothing is empty, and holds nothing', () => {
    const filter = buildFilter(hashes, [], 400, 0.01);
    expect(filter).toEqual({ p: 7, m: 1, bytes: hex(''), included: 0 });
    expect(filterNumbers(filter.p, filter.m, filter.bytes)).toEqual([]);
  });

  it('with no room for one id includes none', () => {
    const one = [filled(16, 1)];
    expect(buildFilter(hashes, one, 3, 0)).toMatchObject({ p: 20, included: 1 });
    expect(buildFilter(hashes, one, 2, 0)).toMatchObject({ bytes: hex(''), included: 0 });
  });

  it('fits its limit, and holds every id it includes', () => {
    const someIds = fc.array(anId16, { maxLength: 60 });
    hold(
      fc.property(someIds, fc.integer({ min: 2, max: 60 }), aRate, (ids, bytesMax, rate) => {
        const { p, m, bytes, included } = buildFilter(hashes, ids, bytesMax, rate);
        expect(bytes.length).toBeLessThanOrEqual(bytesMax);
        const numbers = filterNumbers(p, m, bytes);
        for (const id of ids.slice(0, included)) {
          expect(holdsNumber(numbers, filterNumber(hashes, id, m))).toBe(true);
        }
        // The zeros that fill the last byte read as numbers where P is small: more is held, never less.
        expect(numbers.length).toBeLessThanOrEqual(included + Math.floor(7 / (p + 1)));
      }),
      200,
    );
  });

  it('is mistaken about other ids with another twist, and fits as well', () => {
    const next = xorshift(SEED);
    const anId = (): Uint8Array => Uint8Array.from({ length: 16 }, () => next(256));
    const keys = Array.from({ length: 400 }, () => filterKey(hashes, anId()));
    const others = Array.from({ length: 20_000 }, () => filterKey(hashes, anId()));
    const mistaken = [0, 1, 63].map((twist) => {
      const { p, m, bytes, included } = filterOf(keys, 400, 0.01, twist);
      expect(bytes.length).toBeLessThanOrEqual(400);
      const numbers = filterNumbers(p, m, bytes);
      const isHeld = (key: FilterKey): boolean => holdsNumber(numbers, numberOf(key, m));
      expect(keys.slice(0, included).every(isHeld)).toBe(true);
      return new Set(others.filter(isHeld));
    });
    const twice = [...mistaken[0]].filter((key) => mistaken[1].has(key));
    expect(mistaken[0].size).toBeGreaterThan(100);
    expect(twice.length).toBeLessThan(mistaken[0].size / 20);
    expect(twice.filter((key) => mistaken[2].has(key))).toEqual([]);
  });

  it('holds about one in a hundred of the ids it does not include', () => {
    const next = xorshift(SEED);
    const anId = () => new Uint8Array(16).map(() => next(256));
    const { p, m, bytes } = buildFilter(hashes, Array.from({ length: 300 }, anId), 400, 0.01);
    const numbers = filterNumbers(p, m, bytes);
    let held = 0;
    for (let i = 0; i < 10000; i++) {
      if (holdsNumber(numbers, filterNumber(hashes, anId(), m))) held++;
    }
    expect(held).toBeGreaterThan(20);
    expect(held).toBeLessThan(180);
  });

  for (const [rate, p] of [
    [1, 2],
    [0.25, 2],
    [0.24, 3],
    [0.125, 3],
    [0.01, 7],
    [0.0001, 14],
    [0, 20],
  ] as const) {
    it(`for a rate of ${rate} has P = ${p}`, () => {
      expect(buildFilter(hashes, counted, 400, rate).p).toBe(p);
    });
  }
});

describe('a number for an id', () => {
  it('is the first 63 bits of its hash modulo M, and never zero', () => {
    hold(
      fc.property(anId16, fc.integer({ min: 2, max: 0xffffffff }), (id, m) => {
        const digest = Buffer.from(hashes.sha256(id));
        const whole = digest.readBigUInt64BE(0) & 0x7fffffffffffffffn;
        expect(filterNumber(hashes, id, m)).toBe(Number(whole % BigInt(m)) || 1);
      }),
      300,
    );
  });

  it('is none where there is no room, and one where there is little', () => {
    expect(filterNumber(hashes, filled(16, 1), 1)).toBe(0);
    for (let i = 0; i < 20; i++) expect(filterNumber(hashes, filled(16, i), 2)).toBe(1);
  });

  it('is asked of the id that both apps give a packet', () => {
    const packet = {
      type: 2,
      sender: hex('1011121314151617'),
      timestamp: 0,
      payload: hex('aabbcc'),
    };
    // The published packet's time is beyond 2^53, so its id is made by hand from the same bytes.
    const named = hex('02 1011121314151617 0102030405060708 aabbcc');
    expect(hashes.sha256(named).subarray(0, 16)).toEqual(
      golden('d-packet-id-of-packet-v1-minimal'),
    );
    const ours = hashes.sha256(hex('02 1011121314151617 0000000000000000 aabbcc'));
    expect(syncId(hashes, packet)).toEqual(ours.subarray(0, 16));
    const later = { ...packet, timestamp: 0x18e0c19c800 };
    const then = hashes.sha256(hex('02 1011121314151617 0000018e0c19c800 aabbcc'));
    expect(syncId(hashes, later)).toEqual(then.subarray(0, 16));
  });
});

describe('a hostile filter', () => {
  for (const [what, p, m, bytes] of [
    ['a P of zero', 0, 1000, filled(64, 0)],
    ['a P of 33', 33, 1000, filled(64, 0)],
    ['a P of 255', 255, 0xffffffff, filled(64, 0)],
    ['an M of zero', 8, 0, filled(64, 0)],
    ['an M of one', 8, 1, filled(64, 0)],
    ['nothing but ones', 8, 1000, filled(64, 255)],
  ] as const) {
    it(`with ${what} holds nothing`, () => {
      expect(filterNumbers(p, m, bytes)).toEqual([]);
    });
  }

  it('gives ascending numbers below M, at most four a byte, whatever it says', () => {
    const anM = fc.oneof(fc.nat(0xffffffff), fc.nat(300));
    hold(
      fc.property(fc.integer({ min: -1, max: 300 }), anM, anyBytes(1024), (p, m, bytes) => {
        const numbers = filterNumbers(p, m, bytes);
        expect(numbers.length).toBeLessThanOrEqual(bytes.length * 4);
        numbers.forEach((number, i) => {
          expect(number > (numbers[i - 1] ?? 0) && number < m).toBe(true);
        });
      }),
      300,
    );
  });

  it('that is cut invents no number', () => {
    const ids = Array.from({ length: 32 }, (_, i) => filled(16, i));
    const { p, m, bytes } = buildFilter(hashes, ids, 128, 0.01);
    const whole = filterNumbers(p, m, bytes);
    for (let length = 0; length < bytes.length; length++) {
      const part = filterNumbers(p, m, bytes.subarray(0, length));
      expect(whole.slice(0, part.length)).toEqual(part);
    }
  });
});

describe('the bit coder', () => {
  const text = vectors('gcs-bip158/testnet-19.json');
  it.skipIf(text === null)('reads and writes the filters of BIP 158 bit for bit', () => {
    const rows: unknown[][] = JSON.parse(text!);
    let filters = 0;
    for (const row of rows.slice(1)) {
      const { count, bits } = bip158(hex(String(row[5])));
      const reader = new BitReader(bits);
      const writer = new BitWriter();
      for (let i = 0; i < count; i++) {
        const distance = reader.readRice(19);
        expect(distance).not.toBeNull();
        writer.writeRice(distance!, 19);
      }
      expect(writer.toBytes()).toEqual(bits);
      filters++;
    }
    expect(filters).toBe(10);
  });

  it('gives back the numbers it wrote, at every P', () => {
    const aNumber = fc.nat(2 ** 30);
    hold(
      fc.property(
        fc.array(aNumber, { maxLength: 20 }),
        fc.integer({ min: 22, max: 32 }),
        (list, p) => {
          const writer = new BitWriter();
          for (const number of list) writer.writeRice(number, p);
          const reader = new BitReader(writer.toBytes());
          expect(list.map(() => reader.readRice(p))).toEqual(list);
          expect(reader.readRice(p)).toBeNull();
        },
      ),
      200,
    );
  });

  it('writes ones for the quotient, a zero, then the remainder, the first bit highest', () => {
    const writer = new BitWriter();
    writer.writeRice(13, 2);
    writer.writeRice(0, 3);
    // 1110 01, 0000: 11100100 00______
    expect(writer.toBytes()).toEqual(hex('e400'));
  });
});

const anId16 = fc.uint8Array({ minLength: 16, maxLength: 16 });
const aRate = fc.constantFrom(0.25, 0.1, 0.01, 0.001);

/** A filter of BIP 158: how many elements, in Bitcoin's variable-length form, then the bits. */
function bip158(filter: Uint8Array): { count: number; bits: Uint8Array } {
  const width = filter[0] < 253 ? 0 : filter[0] === 253 ? 2 : 4;
  let count = width === 0 ? filter[0] : 0;
  for (let i = width; i > 0; i--) count = count * 256 + filter[i];
  return { count, bits: filter.subarray(1 + width) };
}
