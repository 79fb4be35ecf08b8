/**
 * Announces byte for byte as the phones write them, and read as tolerantly as the phones read them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXTRAS_MAX, decodeAnnounce, encodeAnnounce } from '../../../protocol/wire/announce.ts';
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

const KEYS = join(hex('0220'), filled(32, 0x11), hex('0320'), filled(32, 0x22));

/** From Android's ClientRewriteWireContractTest, `identity announcement matches ...`. */
const GOLDEN = join(hex('0103626f62'), KEYS, hex('050200017f02cafe'));
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
  /** From iOS PeerCapabilitiesTests and Android IdentityAnnouncementTest. */
  for (const [names, bytes] of [
    [[], '00'],
    [['prekeys'], '01'],
    [['meshDiagnostics'], '40'],
    [['privateMedia'], '0001'],
    [['privateMediaReceipts'], '0002'],
    [['privateMedia', 'vouch'], '2001'],
  ] as [Capability[], string][]) {
    it(`${names.join(' and ') || 'of none'} are ${bytes}`, () => {
      expect(encodeCapabilities(capabilities(names))).toEqual(hex(bytes));
      const bits = decodeCapabilities(hex(bytes));
      const read = Object.keys(CAPABILITY).filter((name) =>
        hasCapability(bits, name as Capability),
      );
      expect(read.sort()).toEqual(names.sort());
    });
  }

  for (const [bytes, kept] of [
    ['', '00'],
    ['ffff', 'ffff'],
    ['0100000000000080 55', '0100000000000080'],
    ['0100000000000000 aabb', '01'],
    ['010000', '01'],
  ]) {
    it(`read from ${bytes || 'nothing'} are written as ${kept}`, () => {
      expect(encodeCapabilities(decodeCapabilities(hex(bytes)))).toEqual(hex(kept));
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
