/**
 * Deterministic CBOR against RFC 8949: its examples come back byte for byte, what it calls malformed
 * is refused, and so is every other way of writing the same value.
 */
import { Decoder } from 'cbor-x';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCbor } from '../../../protocol/wire/cbor-reader.ts';
import type { CborLimits } from '../../../protocol/wire/cbor-reader.ts';
import { Float, Simple, Tagged } from '../../../protocol/wire/cbor-value.ts';
import type { Cbor } from '../../../protocol/wire/cbor-value.ts';
import { encodeCbor } from '../../../protocol/wire/cbor-writer.ts';
import { hold } from '../../seed.ts';
import { vectors } from '../../vectors.ts';
import { aText, anyBytes, filled, hex, join } from './given.ts';

const LIMITS: CborLimits = { bytes: 1000, depth: 16, tags: [0, 1, 2, 3, 23, 24, 32] };

const examples = vectors('cbor-appendix-a/rfc8949_appendix_a.json');
const malformed = vectors('cbor-malformed-rfc8949/appendix_f.json');

describe('the examples of RFC 8949', () => {
  const rows: { diagnostic: string; hex: string }[] = JSON.parse(examples ?? '{"tests":[]}').tests;
  const wordy = ['Infinity', '-Infinity', 'NaN'];
  const deterministic = rows.filter(
    (row) =>
      !row.diagnostic.includes('_') && (row.hex.length === 6 || !wordy.includes(row.diagnostic)),
  );

  it.skipIf(examples === null)('come back byte for byte where they are deterministic', () => {
    expect(deterministic.length).toBe(64);
    for (const row of deterministic) {
      const decoded = decodeCbor(hex(row.hex), LIMITS);
      expect(decoded.ok, row.diagnostic).toBe(true);
      if (decoded.ok) expect(encodeCbor(decoded.value), row.diagnostic).toEqual(hex(row.hex));
    }
  });

  it.skipIf(examples === null)('are refused where they are not', () => {
    const others = rows.filter((row) => !deterministic.includes(row));
    expect(others.length).toBe(17);
    for (const row of others) {
      const reason = row.diagnostic.includes('_') ? 'indefinite' : 'not-shortest';
      expect(decodeCbor(hex(row.hex), LIMITS), row.hex).toEqual({ ok: false, reason });
    }
  });

  it.skipIf(malformed === null)('of what is malformed are refused, all 94', () => {
    const items: { hex: string }[] = JSON.parse(malformed!).tests;
    expect(items.length).toBe(94);
    for (const item of items) expect(decodeCbor(hex(item.hex), LIMITS).ok, item.hex).toBe(false);
  });
});

describe('a value', () => {
  const values: [string, Cbor, string][] = [
    ['0', 0, '00'],
    ['23', 23, '17'],
    ['24', 24, '1818'],
    ['255', 255, '18ff'],
    ['256', 256, '190100'],
    ['65,535', 65535, '19ffff'],
    ['65,536', 65536, '1a00010000'],
    ['2^32 - 1', 2 ** 32 - 1, '1affffffff'],
    ['2^32', 2 ** 32, '1b0000000100000000'],
    ['2^53 - 1', 2 ** 53 - 1, '1b001fffffffffffff'],
    ['2^53', 2n ** 53n, '1b0020000000000000'],
    ['2^64 - 1', 2n ** 64n - 1n, '1bffffffffffffffff'],
    ['-1', -1, '20'],
    ['-24', -24, '37'],
    ['-25', -25, '3818'],
    ['1 - 2^53', 1 - 2 ** 53, '3b001ffffffffffffe'],
    ['-2^53', -(2n ** 53n), '3b001fffffffffffff'],
    ['-2^64', -(2n ** 64n), '3bffffffffffffffff'],
    ['no bytes', hex(''), '40'],
    ['bytes', hex('01ff'), '4201ff'],
    ['no text', '', '60'],
    ['text', 'ü水', '65c3bce6b0b4'],
    ['text that begins with a byte order mark', '\ufeffa', '64efbbbf61'],
    ['an empty list', [], '80'],
    ['a list in a list', [1, [2]], '82018102'],
    ['an empty map', new Map(), 'a0'],
    ['a map', new Map<Cbor, Cbor>([[1, 2]]), 'a10102'],
    ['false', false, 'f4'],
    ['true', true, 'f5'],
    ['null', null, 'f6'],
    ['undefined', undefined, 'f7'],
    ['a simple value', new Simple(16), 'f0'],
    ['the last simple value', new Simple(255), 'f8ff'],
    ['a tag', new Tagged(1, 0), 'c100'],
    ['the float 1', new Float(1), 'f93c00'],
    ['the float -0', new Float(-0), 'f98000'],
    ['the least 16-bit float', new Float(2 ** -24), 'f90001'],
    ['half of that', new Float(2 ** -25), 'fa33000000'],
    ['the largest 16-bit float', new Float(65504), 'f97bff'],
    ['the next after it', new Float(65536), 'fa47800000'],
    ['the largest subnormal 16-bit float', new Float(1023 * 2 ** -24), 'f903ff'],
    ['the least normal 16-bit float', new Float(2 ** -14), 'f90400'],
    ['a 32-bit float', new Float(100000), 'fa47c35000'],
    ['a 64-bit float', new Float(1.1), 'fb3ff199999999999a'],
    ['no number', new Float(NaN), 'f97e00'],
    ['minus infinity', new Float(-Infinity), 'f9fc00'],
  ];
  for (const [what, value, bytes] of values) {
    it(`such as ${what} has one encoding`, () => {
      expect(encodeCbor(value)).toEqual(hex(bytes));
      expect(decodeCbor(hex(bytes), LIMITS)).toEqual({ ok: true, value });
    });
  }

  it('comes back from its bytes, which are what cbor-x reads too', () => {
    const oracle = new Decoder({ mapsAsObjects: false });
    hold(
      fc.property(aValue, (value) => {
        const bytes = encodeCbor(value);
        expect(decodeCbor(bytes, { ...LIMITS, bytes: 100000 })).toEqual({ ok: true, value });
        expect(plain(oracle.decode(bytes))).toEqual(plain(value));
      }),
      300,
    );
  });

  it('has keys in order of their bytes, in whatever order they are given', () => {
    const entries: [Cbor, Cbor][] = [
      ['b', 1],
      ['aa', 2],
      [false, 3],
      [100, 4],
      [-1, 5],
      [10, 6],
    ];
    // The order of RFC 8949 §4.2.1.
    const sorted = hex('a6 0a06 186404 2005 616201 62616102 f403');
    expect(encodeCbor(new Map(entries))).toEqual(sorted);
    expect(encodeCbor(new Map(entries.reverse()))).toEqual(sorted);
    expect(decodeCbor(sorted, LIMITS).ok).toBe(true);
  });
});

describe('what is not deterministic', () => {
  for (const [what, bytes, reason] of [
    ['nothing', '', 'cut'],
    ['a second item', '0000', 'trailing'],
    ['23 in two bytes', '1817', 'not-shortest'],
    ['255 in three bytes', '1900ff', 'not-shortest'],
    ['65,535 in five bytes', '1a0000ffff', 'not-shortest'],
    ['2^32 - 1 in nine bytes', '1b00000000ffffffff', 'not-shortest'],
    ['-1 in two bytes', '3800', 'not-shortest'],
    ['a length in two bytes', '580101', 'not-shortest'],
    ['a count in two bytes', '980100', 'not-shortest'],
    ['a float of 64 bits that fits 32', 'fb40f86a0000000000', 'not-shortest'],
    ['a float of 32 bits that fits 16', 'fa3f800000', 'not-shortest'],
    ['a NaN with a payload', 'f97e01', 'not-shortest'],
    ['a NaN with a sign', 'f9fe00', 'not-shortest'],
    ['a NaN of 64 bits', 'fb7ff8000000000001', 'not-shortest'],
    ['keys that descend', 'a202000100', 'unsorted'],
    ['the same key twice', 'a201000100', 'unsorted'],
    ['a longer key before a shorter', 'a2 626161 00 6162 00', 'unsorted'],
    ['keys by length first, as RFC 7049 had them', 'a2 20 00 1864 00', 'unsorted'],
    ['a map that ends after a key', 'a101', 'cut'],
    ['bytes without end', '5fff', 'indefinite'],
    ['text without end', '7f6161ff', 'indefinite'],
    ['a list without end', '9fff', 'indefinite'],
    ['a map without end', 'bfff', 'indefinite'],
    ['a break', 'ff', 'indefinite'],
    ['a break in a list', '81ff', 'indefinite'],
    ['a break after an element', '8200ff', 'indefinite'],
    ['a break for a value', 'a100ff', 'indefinite'],
    ['a reserved length', '1c', 'reserved'],
    ['a reserved float', 'fc', 'reserved'],
    ['a simple value in two bytes that fits one', 'f813', 'reserved'],
    ['false in two bytes', 'f814', 'reserved'],
    ['a simple value that is none', 'f81f', 'reserved'],
    ['text that is no UTF-8', '61ff', 'bad-text'],
    ['half a surrogate pair', '63eda080', 'bad-text'],
    ['overlong text', '62c0af', 'bad-text'],
    ['a tag nobody allowed', 'c400', 'tag'],
    ['a tag of 64 bits', 'dbffffffffffffffff00', 'tag'],
    ['a list longer than the bytes', '9affffffff', 'cut'],
    ['a map longer than the bytes', 'baffffffff', 'cut'],
    ['bytes longer than there are', '5b00000000ffffffff', 'not-shortest'],
    ['2^64 - 1 bytes', '5bffffffffffffffff', 'cut'],
    ['2^64 - 1 elements', '9bffffffffffffffff00', 'cut'],
  ] as const) {
    it(`such as ${what} is refused as ${reason}`, () => {
      expect(decodeCbor(hex(bytes), LIMITS)).toEqual({ ok: false, reason });
    });
  }

  it('is refused beyond the depth and the size allowed', () => {
    const nested = (depth: number) => join(filled(depth, 0x81), hex('00'));
    expect(decodeCbor(nested(16), LIMITS).ok).toBe(true);
    expect(decodeCbor(nested(17), LIMITS)).toEqual({ ok: false, reason: 'too-deep' });
    expect(decodeCbor(filled(999, 0xc1), LIMITS)).toEqual({ ok: false, reason: 'too-deep' });
    const text = (size: number) => encodeCbor('a'.repeat(size));
    expect(decodeCbor(text(997), LIMITS).ok).toBe(true);
    expect(decodeCbor(text(998), LIMITS)).toEqual({ ok: false, reason: 'too-long' });
  });

  it('is never written: our own mistakes are loud', () => {
    for (const value of [0.5, NaN, 2 ** 53, 2n ** 64n, -(2n ** 64n) - 1n, new Simple(24)]) {
      expect(() => encodeCbor(value)).toThrow('broken law');
    }
    const twice = new Map<Cbor, Cbor>([
      [hex('01'), 1],
      [hex('01'), 2],
    ]);
    expect(() => encodeCbor(twice)).toThrow('a key occurs once');
  });
});

it('holds nothing of the bytes it was read from', () => {
  const bytes = hex('420102');
  const decoded = decodeCbor(bytes, LIMITS);
  bytes.fill(0);
  expect(decoded).toEqual({ ok: true, value: hex('0102') });
});

const aScalar: fc.Arbitrary<Cbor> = fc.oneof(
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(2n ** 64n), max: -(2n ** 53n) }),
  fc.constantFrom<Cbor>(true, false, null, undefined),
  aText,
  anyBytes(40),
  fc.double().map((value) => new Float(value)),
  fc.float().map((value) => new Float(value)),
);

const aValue: fc.Arbitrary<Cbor> = fc.letrec<{ value: Cbor }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    aScalar,
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .uniqueArray(fc.tuple(fc.oneof(fc.maxSafeInteger(), aText), tie('value')), {
        maxLength: 5,
        selector: ([key]) => key,
      })
      .map((entries) => new Map(entries)),
  ),
})).value;

/** As cbor-x has it: floats and all integers are numbers, bytes are lists, keys are texts. */
function plain(value: unknown): unknown {
  if (value instanceof Float) return value.value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries(
    [...value].map(([key, item]) => [
      typeof key === 'string' ? `text ${key}` : Number(key),
      plain(item),
    ]),
  );
}
