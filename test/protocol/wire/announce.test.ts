/**
 * Announces byte for byte as the phones write them, and read as tolerantly as the phones read them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAnnounce, encodeAnnounce } from '../../../protocol/wire/announce.ts';
import { EXTRAS_MAX } from '../../../protocol/wire/announce-view.ts';
import type { Announce } from '../../../protocol/wire/announce.ts';
import {
  CAPABILITY,
  capabilities,
  decodeCapabilities,
  encodeCapabilities,
  hasCapability,
} from '../../../protocol/wire/capabilities.ts';
import type { Capability } from '../../../protocol/wire/capabilities.ts';
import { hold } from '../../seed.ts';
import { aKey, aText, anId, anyBytes, filled, hex, join } from './given.ts';
import { golden } from './goldens.ts';

const KEYS = join(hex('0220'), filled(32, 0x11), hex('0320'), filled(32, 0x22));

const GOLDEN = golden('announce-bob');
const BOB = join(hex('0103626f62'), KEYS);

describe('an announce', () => {
  it('is the bytes that Android publishes', () => {
    const announce: Announce = {
      ...bob,
      capabilities: capabilities(['privateMedia']),
      extras: [{ type: 0x7f, value: hex('cafe') }],
    };
    expect(encodeAnnounce(announce)).toEqual(GOLDEN);
    expect(decodeAnnounce(GOLDEN)).toEqual({ ok: true, value: announce });
  });

  it('names neighbours before capabilities and the geohash after them', () => {
    const announce = { ...bob, neighbours: [filled(8, 1), filled(8, 2)], capabilities: 128n };
    const bytes = encodeAnnounce({ ...announce, geohash: 'u4pru' });
    const neighbours = hex('0410 0101010101010101 0202020202020202');
    expect(bytes).toEqual(
      join(hex('0103626f62'), KEYS, neighbours, hex('050180'), hex('0605 7534707275')),
    );
  });

  const ten = Array.from({ length: 10 }, (_, i) => filled(8, i));
  const ones = { noiseKey: filled(32, 1), signingKey: filled(32, 2) };
  for (const [name, changed] of [
    ['d-announce-ten-neighbours', { name: 'alice', neighbours: ten }],
    ['d-announce-bridge', { ...ones, name: 'gw', capabilities: 0x84n, geohash: 'u4pruy' }],
  ] as const) {
    it(`is the bytes of ${name}`, () => {
      const announce: Announce = { ...bob, ...changed };
      expect(encodeAnnounce(announce)).toEqual(golden(name));
      expect(decodeAnnounce(golden(name))).toEqual({ ok: true, value: announce });
    });
  }

  it('of an iPhone is read, and written back as it was', () => {
    const decoded = decodeAnnounce(golden('d-announce-payload-ios-local'));
    expect(decoded.ok && decoded.value).toMatchObject({ name: 'alice', capabilities: 0x0329n });
    if (!decoded.ok) throw new Error(decoded.reason);
    expect(encodeAnnounce(decoded.value)).toEqual(golden('d-announce-payload-ios-local'));
  });

  for (const [name, capabilities, extras] of [
    ['announce-tail-android-local', 0x100n, []],
    ['announce-suffix-empty-caps', 0n, []],
    ['announce-suffix-future-caps-ios', 0x180n, []],
    ['announce-suffix-unknown-caps-and-tlv', 0x8100n, [{ type: 0x7f, value: hex('010203') }]],
  ] as [string, bigint, Announce['extras']][]) {
    it(`is read with the end of ${name}`, () => {
      const decoded = decodeAnnounce(join(BOB, golden(name)));
      expect(decoded).toEqual({ ok: true, value: { ...bob, capabilities, extras } });
    });
  }

  it('comes back from its bytes', () => {
    hold(
      fc.property(anAnnounce, (announce) => {
        expect(decodeAnnounce(encodeAnnounce(announce))).toEqual({ ok: true, value: announce });
      }),
      300,
    );
  });

  for (const [what, bytes, changed] of [
    ['a stray byte at the end', join(BOB, hex('01')), {}],
    ['neighbours of 7 bytes', join(BOB, hex('0407'), filled(7, 1)), {}],
    ['neighbours of no bytes', join(BOB, hex('0400')), {}],
    ['a geohash of 13 bytes', join(BOB, hex('060d'), filled(13, 97)), {}],
    ['a geohash that is no text', join(BOB, hex('0601ff')), {}],
    ['an empty geohash', join(BOB, hex('0600')), {}],
    ['empty capabilities', join(BOB, hex('0500')), { capabilities: 0n }],
    ['capabilities twice', join(BOB, hex('050101050102')), { capabilities: 2n }],
    ['a second name', join(BOB, hex('010161')), { name: 'a' }],
    ['an empty name', join(hex('0100'), KEYS), { name: '' }],
    [
      'a name that begins with a byte order mark',
      join(hex('0104efbbbf61'), KEYS),
      { name: '\ufeffa' },
    ],
    ['fields in another order', join(KEYS, hex('0103626f62')), {}],
  ] as const) {
    it(`is read with ${what}`, () => {
      expect(decodeAnnounce(bytes)).toEqual({ ok: true, value: { ...bob, ...changed } });
    });
  }

  it('with 31 neighbours is read, though we name ten', () => {
    const decoded = decodeAnnounce(join(BOB, hex('04f8'), filled(248, 1)));
    expect(decoded.ok && decoded.value.neighbours.length).toBe(31);
    const many = Array.from({ length: 11 }, () => filled(8, 1));
    expect(() => encodeAnnounce({ ...bob, neighbours: many })).toThrow('broken law');
  });

  it('keeps no more unknown fields than its limit', () => {
    const stuffed = join(BOB, ...Array.from({ length: 1000 }, () => hex('7f00')));
    const decoded = decodeAnnounce(stuffed);
    expect(decoded.ok && decoded.value.extras.length).toBe(EXTRAS_MAX);
  });

  for (const [what, bytes, reason] of [
    ['nothing', hex(''), 'incomplete'],
    ['no name', KEYS, 'incomplete'],
    ['one key', join(hex('0103626f62 0220'), filled(32, 1)), 'incomplete'],
    ['an empty key (S3)', join(hex('0103626f62 0200 0320'), filled(32, 1)), 'bad-key'],
    ['a key of 31 bytes', join(hex('0103626f62 031f'), filled(31, 1)), 'bad-key'],
    ['a key of 33 bytes', join(hex('0103626f62 0221'), filled(33, 1)), 'bad-key'],
    ['a name that is no text', join(hex('0102c328'), KEYS), 'bad-name'],
    ['a value cut short', GOLDEN.subarray(0, GOLDEN.length - 1), 'cut'],
    ['a first value cut short', hex('0103626f'), 'cut'],
    ['a key cut short', golden('reject-announce-truncated'), 'cut'],
  ] as const) {
    it(`with ${what} is refused as ${reason}`, () => {
      expect(decodeAnnounce(bytes)).toEqual({ ok: false, reason });
    });
  }

  it('holds nothing of the bytes it was read from', () => {
    const bytes = GOLDEN.slice();
    const decoded = decodeAnnounce(bytes);
    bytes.fill(0);
    expect(decoded).toEqual(decodeAnnounce(GOLDEN));
  });
});

describe('capabilities', () => {
  for (const [golds, names] of [
    ['capabilities-empty', []],
    ['capabilities-prekeys', ['prekeys']],
    ['capabilities-meshDiagnostics', ['meshDiagnostics']],
    ['capabilities-privateMedia', ['privateMedia']],
    ['capabilities-privateMediaReceipts', ['privateMediaReceipts']],
    ['capabilities-nonDestructiveNoiseReplacement', []],
    ['capabilities-bit11', []],
    ['capabilities-all-assigned-0-10', Object.keys(CAPABILITY)],
    ['capabilities-future-bits', ['prekeys']],
    ['capabilities-ffff', Object.keys(CAPABILITY)],
  ] as [string, Capability[]][]) {
    it(`come back from ${golds}, named or not`, () => {
      const bits = decodeCapabilities(golden(golds));
      const read = Object.keys(CAPABILITY).filter((name) =>
        hasCapability(bits, name as Capability),
      );
      expect(read).toEqual(names);
      expect(encodeCapabilities(bits)).toEqual(golden(golds));
      const unnamed = bits & ~capabilities(Object.keys(CAPABILITY) as Capability[]);
      expect(capabilities(names) | unnamed).toBe(bits);
    });
  }

  for (const [what, bytes, kept] of [
    ['nothing', hex(''), '00'],
    ['ten bytes', golden('capabilities-oversize-input'), '01'],
    ['nine bytes', golden('capabilities-oversize-input-android'), '0100000000000080'],
    ['zeros at the end', hex('010000'), '01'],
  ] as const) {
    it(`read from ${what} are written in their shortest form`, () => {
      expect(decodeCapabilities(bytes) < 2n ** 64n).toBe(true);
      expect(encodeCapabilities(decodeCapabilities(bytes))).toEqual(hex(kept));
    });
  }
});

const bob: Announce = {
  name: 'bob',
  noiseKey: filled(32, 0x11),
  signingKey: filled(32, 0x22),
  neighbours: [],
  capabilities: null,
  geohash: null,
  extras: [],
};

const anAnnounce: fc.Arbitrary<Announce> = fc.record({
  name: aText.filter((name) => new TextEncoder().encode(name).length < 256),
  noiseKey: aKey,
  signingKey: aKey,
  neighbours: fc.array(anId, { maxLength: 10 }),
  capabilities: fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  geohash: fc.option(fc.stringMatching(/^[0-9a-z]{1,12}$/)),
  extras: fc.array(fc.record({ type: fc.integer({ min: 7, max: 255 }), value: anyBytes(255) }), {
    maxLength: 4,
  }),
});
