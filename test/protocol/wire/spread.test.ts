/** What neighbours say so that broadcasts cross few links (WIRE §29), byte for byte. */
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../protocol/wire/hex.ts';
import {
  decodeSpread,
  encodeSpread,
  INTRODUCED_MAX,
  LISTED_MAX,
  NAMED_MAX,
  NOTHING_SAID,
} from '../../../protocol/wire/spread.ts';
import { id } from '../../packets.ts';

const NOTHING = new Uint8Array(0);

describe('a list of neighbours', () => {
  const list = {
    ids: new Uint8Array([...id(1), ...id(2)]),
    watches: 1,
    heard: 0x01020304,
    asks: true,
  };

  it('is written as WIRE §29 shows it', () => {
    expect(toHex(encodeSpread({ ...NOTHING_SAID, list }))).toBe(
      '010010' + '01'.repeat(8) + '02'.repeat(8) + '02000101' + '03000401020304' + '040000',
    );
  });

  it.each([
    ['with all of it', list],
    [
      'of nobody, before anything was heard',
      { ids: NOTHING, watches: 0, heard: null, asks: false },
    ],
  ])('is read as it was written, %s', (_, said) => {
    const read = decodeSpread(encodeSpread({ ...NOTHING_SAID, list: said }));
    expect(read).toEqual({ ok: true, value: { ...NOTHING_SAID, list: said } });
  });
});

it.each([
  ['offers', NAMED_MAX * 8],
  ['wants', NAMED_MAX * 8],
  ['tells', INTRODUCED_MAX * 15],
  ['seeks', INTRODUCED_MAX * 14],
] as const)('names of %s are read as they were written', (kind, size) => {
  const names = new Uint8Array(size).fill(7);
  const read = decodeSpread(encodeSpread({ ...NOTHING_SAID, [kind]: names }));
  const value = { ...NOTHING_SAID, [kind]: names };
  expect(read).toEqual({ ok: true, value });
});

it.each([
  ['a field cut short', [1, 0, 8, 1]],
  ['an id cut short', [1, 0, 1, 9]],
  ['a count of another width', [2, 0, 2, 0, 0]],
  ['more who watch than are listed', [1, 0, 8, 1, 1, 1, 1, 1, 1, 1, 1, 2, 0, 1, 2]],
  ['a name cut short', [5, 0, 7, 1, 1, 1, 1, 1, 1, 1]],
  ['too long a list', [1, ...long(LISTED_MAX + 1)]],
  ['too many offers', [5, ...long(NAMED_MAX + 1)]],
  ['too many wants', [6, ...long(NAMED_MAX + 1)]],
  ['an announce without its TTL', [7, 0, 14, ...new Uint8Array(14)]],
  ['an announce that is wanted with one', [8, 0, 15, ...new Uint8Array(15)]],
  ['too many announces', [7, ...long(INTRODUCED_MAX + 1, 15)]],
  ['too many announces that are wanted', [8, ...long(INTRODUCED_MAX + 1, 14)]],
])('%s is refused', (_, bytes) => {
  expect(decodeSpread(Uint8Array.from(bytes))).toEqual({ ok: false, reason: 'bad-field' });
});

it('a field that nobody knows yet is skipped', () => {
  const bytes = Uint8Array.of(9, 0, 1, 1, 6, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8);
  const read = decodeSpread(bytes);
  expect(read.ok && toHex(read.value.wants)).toBe('0102030405060708');
});

/** Length and value of so many names. */
function long(count: number, size = 8): number[] {
  return [(count * size) >> 8, (count * size) & 255, ...new Uint8Array(count * size)];
}
