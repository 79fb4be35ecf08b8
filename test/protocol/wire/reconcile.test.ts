/** Reconcile, byte for byte as WIRE §20 says, and what is none. */
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../protocol/wire/hex.ts';
import type { Reconcile } from '../../../protocol/wire/reconcile.ts';
import { decodeReconcile, encodeReconcile, RANGES_MAX } from '../../../protocol/wire/reconcile.ts';
import { Fingerprints } from '../../../protocol/peer/fingerprints.ts';
import { Timeline } from '../../../protocol/peer/timeline.ts';

const NAME = '00112233445566778899aabbccddeeff';
const NOTHING = { compared: null, offers: [], wants: [] };
const SALT = fromHex('0102030405060708')!;

describe('a reconcile', () => {
  const opening: Reconcile = {
    compared: {
      salt: SALT,
      from: { time: 1_700_000_000_000, name: '' },
      ranges: [
        { to: { time: 1_700_000_000_100, name: 'ab' }, kind: 'alike' },
        { to: { time: 1_700_000_000_100, name: 'ac' }, kind: 'names', names: [NAME] },
        {
          to: { time: 1_700_000_060_100, name: '' },
          ...{ kind: 'fingerprint', count: 300, fingerprint: fromHex('1122334455667788')! },
        },
      ],
      floor: 1_699_999_980_000,
    },
    offers: [NAME],
    wants: [],
  };
  const cases: [string, Reconcile, string][] = [
    [
      'of ranges',
      opening,
      '01a501480102030405060708' +
        '02821b0000018bcfe5680040' +
        `0383821864 41ab 830041ac50${NAME} 8419ea6040 19012c481122334455667788` +
        '041b0000018bcfe519e0' +
        `0550${NAME}`,
    ],
    ['of what is wanted alone', { compared: null, offers: [], wants: [NAME] }, `01a10650${NAME}`],
    ['of what was taken', { ...NOTHING, taken: [NAME] }, `01a10750${NAME}`],
    [
      'that asks for a page',
      {
        ...NOTHING,
        asked: { from: 1_700_000_000_000, to: { time: 1_700_000_000_100, name: 'ab' } },
      },
      '01a108831b0000018bcfe56800186441ab',
    ],
    [
      'of a page',
      {
        ...NOTHING,
        page: {
          from: { time: 1_700_000_000_000, name: NAME },
          to: { time: 1_700_000_000_100, name: '' },
          names: [NAME],
        },
      },
      `01a109851b0000018bcfe5680050${NAME}18644050${NAME}`,
    ],
  ];

  it.each(cases)('%s is written and read as it says', (_, said, hex) => {
    const bytes = fromHex(hex.replaceAll(' ', ''))!;
    expect(toHex(encodeReconcile(said))).toBe(toHex(bytes));
    expect(decodeReconcile(bytes)).toEqual({ ok: true, value: said });
  });

  it.each([
    ['of another schema', '02a0', 'bad-schema'],
    ['with ids cut short', '01a10541ab', 'bad-field'],
    ['with a salt alone', '01a1014801020304050607 08', 'bad-field'],
    ['without a range', '01a40148010203040506070802820040 0380 0400', 'bad-range'],
    ['whose range is empty', '01a40148010203040506070802820540 0381820040 0400', 'bad-range'],
    [
      'whose range has a short fingerprint',
      `01a40148010203040506070802820040 038184014001 41ab 0400`,
      'bad-range',
    ],
    [
      'that begins beyond all time',
      `01a401480102030405060708 02821b000100000000000040 0381820140 0400`,
      'bad-field',
    ],
    ['that asks for a page without an end', '01a108820000', 'bad-field'],
    ['that asks for a page beyond all time', '01a108831b00010000000000000040', 'bad-field'],
    ['whose page ends before it begins', `01a1098500 41ab 00 41aa 40`, 'bad-field'],
    ['whose page has an id cut short', `01a1098500 40 01 40 41ab`, 'bad-field'],
    ['that took half an id', '01a10741ab', 'bad-field'],
    ['without a floor', '01a30148010203040506070802820040 0381820140', 'bad-field'],
  ])('%s is none', (_, hex, reason) => {
    expect(decodeReconcile(fromHex(hex.replaceAll(' ', ''))!)).toEqual({ ok: false, reason });
  });

  it('of too many ranges, or too long, is none', () => {
    const ranges = `98${(RANGES_MAX + 1).toString(16)}${'820140'.repeat(RANGES_MAX + 1)}`;
    const bytes = fromHex(`01a4014801020304050607080282004003${ranges}0400`)!;
    expect(decodeReconcile(bytes)).toEqual({ ok: false, reason: 'bad-range' });
    expect(decodeReconcile(new Uint8Array(8193))).toEqual({ ok: false, reason: 'too-long' });
  });
});

describe('a fingerprint', () => {
  const items = Array.from({ length: 1000 }, (_, at) => ({
    timestamp: at * 7,
    name: (at * 2_654_435_761).toString(16).padStart(32, '0'),
  }));

  it('of nothing is zero, and of one id its hash under the salt', () => {
    const timeline = new Timeline();
    const prints = new Fingerprints(SALT);
    expect(toHex(prints.of(timeline, 0, 0))).toBe('0000000000000000');
    timeline.add({ timestamp: 5, name: NAME });
    expect(toHex(prints.of(timeline, 0, 1))).toBe('ea528429e5762756');
  });

  it('is the same in whatever order its ids came, and whichever came and went', () => {
    const [one, other] = [new Timeline(), new Timeline()];
    const prints = new Fingerprints(SALT);
    for (const item of items) one.add(item);
    for (const item of [...items].reverse()) other.add(item);
    for (const item of items.slice(100, 300)) one.remove(item);
    prints.of(one, 0, one.size);
    for (const item of items.slice(100, 300)) one.add(item);
    for (const [from, to] of [
      [0, 1000],
      [1, 999],
      [127, 640],
      [500, 501],
    ]) {
      expect(prints.of(one, from, to)).toEqual(prints.of(other, from, to));
      expect(prints.of(one, from, to)).toEqual(new Fingerprints(SALT).of(one, from, to));
    }
    expect(prints.of(one, 0, 999)).not.toEqual(prints.of(one, 0, 1000));
    expect(new Fingerprints(SALT.slice().reverse()).of(one, 0, 9)).not.toEqual(
      prints.of(one, 0, 9),
    );
  });
});
