/** Sync requests as both phones write them, read as they read them (WIRE §9). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeRequestSync,
  encodeRequestSync,
  syncTypes,
} from '../../../protocol/wire/request-sync.ts';
import type { RequestSync, SyncType } from '../../../protocol/wire/request-sync.ts';
import { hold } from '../../seed.ts';
import { aTime, anId, anyBytes, filled, hex, join } from './given.ts';
import { golden } from './goldens.ts';

const plain: RequestSync = {
  p: 7,
  m: 1,
  filter: hex(''),
  types: null,
  since: null,
  fragmentIds: [],
};

describe('a sync request', () => {
  const rows: [string, Partial<RequestSync>][] = [
    ['request-sync-minimal', { p: 19, m: 0x01020304, filter: hex('aabb') }],
    ['d-request-sync-empty-android', {}],
    ['d-request-sync-empty-ios', { types: syncTypes(['announce', 'message', 'group']) }],
    [
      'd-request-sync-since',
      {
        m: 1024,
        filter: hex('80'),
        types: syncTypes(['announce', 'message']),
        since: 1709600000000,
      },
    ],
    ['request-sync-board', { p: 4, m: 128, filter: hex('abcd'), types: syncTypes(['board']) }],
    [
      'request-sync-group',
      { p: 8, m: 1024, filter: hex('abcd'), types: syncTypes(['announce', 'message', 'group']) },
    ],
    [
      'request-sync-fragment-filter',
      {
        m: 128,
        filter: hex('01'),
        types: syncTypes(['fragment']),
        fragmentIds: [hex('00112233445566aa'), hex('ffeeddccbbaa9988')],
      },
    ],
  ];
  for (const [name, changed] of rows) {
    it(`is the bytes of ${name}`, () => {
      const request = { ...plain, ...changed };
      expect(encodeRequestSync(request)).toEqual(golden(name));
      expect(decodeRequestSync(golden(name))).toEqual({ ok: true, value: request });
    });
  }

  it('comes back from its bytes', () => {
    hold(
      fc.property(aRequest, (value) => {
        expect(decodeRequestSync(encodeRequestSync(value))).toEqual({ ok: true, value });
      }),
      200,
    );
  });

  for (const [what, bytes, changed] of [
    ['an unknown field', hex('7f0002cafe'), {}],
    ['one stray byte', hex('01'), {}],
    ['two stray bytes', hex('0100'), {}],
    ['types of no bytes', hex('040000'), {}],
    ['types of nine bytes', hex('040009 030000000000000000'), {}],
    ['types nobody knows', hex('040002 00f8'), { types: 0 }],
    ['types of eight bytes', hex('040008 03ffffffffffffff'), { types: 0x703 }],
    ['a time of seven bytes', hex('050007 01010101010101'), {}],
    ['a time beyond numbers', hex('050008 ffffffffffffffff'), { since: Number.MAX_SAFE_INTEGER }],
    ['an end of its span', hex('e00008 0000018d00000000'), { until: 0x18d00000000 }],
    ['an end of seven bytes', hex('e00007 01010101010101'), {}],
    ['a P of two bytes, which is none', hex('010002 0102'), {}],
    ['an M of three bytes, which is none', hex('020003 010203'), {}],
    ['fragment ids that are none', ids('zzzz,0011,001122334455667g,0011223344556677aa'), {}],
    ['one good fragment id among others', ids('zz,0011223344556677,'), oneId()],
    [
      'a fragment id in capitals',
      ids('00112233445566AA'),
      { fragmentIds: [hex('00112233445566aa')] },
    ],
    ['more fragment bytes than the limit', ids(`0011223344556677,${'0'.repeat(1008)}`), {}],
    ['fragment ids that are no text', hex('060002 ffff'), {}],
  ] as const) {
    it(`is read with ${what}`, () => {
      const bytesBefore = golden('d-request-sync-empty-android');
      const decoded = decodeRequestSync(join(bytesBefore, bytes));
      expect(decoded).toEqual({ ok: true, value: { ...plain, ...changed } });
    });
  }

  for (const [name, types] of [
    ['sync-types-public', ['announce', 'message']],
    ['sync-types-public+group', ['announce', 'message', 'group']],
    ['sync-types-board', ['board']],
    ['sync-types-decode-unknown-high', []],
    ['sync-types-decode-mixed', ['announce', 'message']],
    ['sync-types-decode-board+unknown', ['board']],
    ['sync-types-decode-futuristic', ['announce', 'message', 'group']],
  ] as [string, SyncType[]][]) {
    it(`for the types of ${name} asks for ${types.join(' and ') || 'nothing'}`, () => {
      const field = join(new Uint8Array([4, 0, golden(name).length]), golden(name));
      const decoded = decodeRequestSync(join(golden('d-request-sync-empty-android'), field));
      expect(decoded.ok && decoded.value.types).toBe(syncTypes(types));
    });
  }

  it('is read with an unknown field before all others, as Android reads it', () => {
    const decoded = decodeRequestSync(golden('request-sync-unknown-tlv-first'));
    expect(decoded).toEqual(decodeRequestSync(golden('request-sync-minimal')));
    expect(decoded.ok).toBe(true);
  });

  it('names at most 60 fragments, which fill 1,019 bytes', () => {
    const fragmentIds = Array.from({ length: 60 }, (_, i) => filled(8, i));
    const bytes = encodeRequestSync({ ...plain, fragmentIds });
    expect(bytes.length).toBe(14 + 3 + 1019);
    expect(decodeRequestSync(bytes)).toEqual({ ok: true, value: { ...plain, fragmentIds } });
    const many = [...fragmentIds, filled(8, 61)];
    expect(() => encodeRequestSync({ ...plain, fragmentIds: many })).toThrow('broken law');
  });

  it('reads no more than 60 words of fragment ids', () => {
    const words = [...Array.from({ length: 60 }, () => '0'), '0011223344556677'];
    const bytes = join(golden('d-request-sync-empty-android'), ids(words.join(',')));
    const decoded = decodeRequestSync(bytes);
    expect(decoded.ok && decoded.value.fragmentIds).toEqual([]);
  });

  for (const [what, bytes, reason] of [
    ['nothing', hex(''), 'incomplete'],
    ['no filter', golden('reject-request-sync-no-data'), 'incomplete'],
    ['no P', hex('0200040000000a 030000'), 'incomplete'],
    ['a P of 200', golden('reject-request-sync-p200'), 'bad-filter'],
    ['a P of 33', hex('01000121 02000400000001 030000'), 'bad-filter'],
    ['a P of zero', hex('01000100 02000400000001 030000'), 'bad-filter'],
    ['an M of zero', hex('01000107 02000400000000 030000'), 'bad-filter'],
    ['a filter of 1,025 bytes', join(hex('030401'), filled(1025, 1)), 'too-long'],
    ['a value cut short', hex('01000107 02000400000001 03000401'), 'cut'],
  ] as const) {
    it(`of ${what} is refused as ${reason}`, () => {
      expect(decodeRequestSync(bytes)).toEqual({ ok: false, reason });
    });
  }

  it('with a P of 32 and a filter of 1,024 bytes is read', () => {
    const request = { ...plain, p: 32, filter: filled(1024, 1) };
    expect(decodeRequestSync(encodeRequestSync(request))).toEqual({ ok: true, value: request });
  });
});

const aRequest: fc.Arbitrary<RequestSync> = fc.record(
  {
    p: fc.integer({ min: 1, max: 32 }),
    m: fc.integer({ min: 1, max: 0xffffffff }),
    filter: anyBytes(100),
    types: fc.option(fc.integer({ min: 1, max: 0x7ff })),
    since: fc.option(aTime),
    until: aTime,
    fragmentIds: fc.array(anId, { maxLength: 60 }),
  },
  { requiredKeys: ['p', 'm', 'filter', 'types', 'since', 'fragmentIds'] },
);

function ids(text: string): Uint8Array {
  const value = new TextEncoder().encode(text);
  return join(new Uint8Array([6, value.length >> 8, value.length & 255]), value);
}

function oneId(): Partial<RequestSync> {
  return { fragmentIds: [hex('0011223344556677')] };
}
