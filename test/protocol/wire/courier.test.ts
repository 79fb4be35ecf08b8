/** Courier envelopes and the tags that say, to those who know, whom they are for (WIRE §10). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CIPHERTEXT_MAX,
  courierTag,
  decodeCourier,
  encodeCourier,
} from '../../../protocol/wire/courier.ts';
import type { Courier } from '../../../protocol/wire/courier.ts';
import { hold } from '../../seed.ts';
import { aTime, filled, hashes, hex, join } from './given.ts';
import { golden, goldensNamed } from './goldens.ts';

const carried: Courier = {
  tag: filled(16, 0xab),
  expiry: 1900000000000,
  ciphertext: filled(128, 0x42),
  copies: 1,
  prekeyId: null,
};

describe('a courier envelope', () => {
  for (const [name, changed] of [
    ['courier-envelope-carry-only', {}],
    ['courier-envelope-copies4', { copies: 4 }],
    ['courier-envelope-prekey', { copies: 4, prekeyId: 0xdeadbeef }],
  ] as const) {
    it(`is the bytes of ${name}`, () => {
      const courier = { ...carried, ...changed };
      expect(encodeCourier(courier)).toEqual(golden(name));
      expect(decodeCourier(golden(name))).toEqual({ ok: true, value: courier });
    });
  }

  it('is read with fields nobody knows', () => {
    const decoded = decodeCourier(golden('courier-envelope-unknown-tlv'));
    expect(decoded).toEqual({ ok: true, value: carried });
  });

  it('comes back from its bytes', () => {
    hold(
      fc.property(aCourier, (courier) => {
        expect(decodeCourier(encodeCourier(courier))).toEqual({ ok: true, value: courier });
      }),
      200,
    );
  });

  for (const [said, read] of [
    ['00', 1],
    ['08', 8],
    ['09', 8],
    ['ff', 8],
  ] as const) {
    it(`with ${Number.parseInt(said, 16)} copies is read with ${read}`, () => {
      const bytes = join(golden('courier-envelope-carry-only'), hex('040001' + said));
      const decoded = decodeCourier(bytes);
      expect(decoded.ok && decoded.value.copies).toBe(read);
    });
  }

  it('that never expires, expires when numbers end', () => {
    const bytes = golden('courier-envelope-carry-only');
    bytes.fill(0xff, 22, 30);
    const decoded = decodeCourier(bytes);
    expect(decoded.ok && decoded.value.expiry).toBe(Number.MAX_SAFE_INTEGER);
  });

  const whole = golden('courier-envelope-carry-only');
  for (const [what, bytes, reason] of [
    ['nothing', hex(''), 'incomplete'],
    ['a tag of 15 bytes', join(hex('01000f'), filled(15, 1)), 'bad-field'],
    ['an expiry of 7 bytes', join(hex('020007'), filled(7, 1)), 'bad-field'],
    ['no ciphertext bytes', hex('030000'), 'bad-field'],
    ['a ciphertext too long', join(hex('034001'), filled(16385, 1)), 'bad-field'],
    ['copies of two bytes', hex('0400020101'), 'bad-field'],
    ['a prekey id of 3 bytes', hex('050003010101'), 'bad-field'],
    ['a stray byte', join(whole, hex('01')), 'cut'],
    ['a value cut short', whole.subarray(0, whole.length - 1), 'cut'],
  ] as const) {
    it(`of ${what} is refused as ${reason}`, () => {
      expect(decodeCourier(bytes)).toEqual({ ok: false, reason });
    });
  }

  for (const name of goldensNamed('reject-courier')) {
    it(`is refused as iOS refuses ${name}`, () => {
      expect(decodeCourier(golden(name)).ok).toBe(false);
    });
  }

  it('carries 16 KiB and not a byte more', () => {
    const most = { ...carried, ciphertext: filled(CIPHERTEXT_MAX, 1) };
    expect(decodeCourier(encodeCourier(most))).toEqual({ ok: true, value: most });
    const more = { ...carried, ciphertext: filled(CIPHERTEXT_MAX + 1, 1) };
    expect(() => encodeCourier(more)).toThrow('broken law');
  });
});

describe('a courier tag', () => {
  for (const day of [19999, 20000, 20001]) {
    it(`of day ${day} is the one the rules give`, () => {
      const tag = courierTag(hashes, filled(32, 0x11), day);
      expect(tag).toEqual(golden(`courier-tag-day-${day}`));
    });
  }
});

const aCourier: fc.Arbitrary<Courier> = fc.record({
  tag: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  expiry: aTime,
  ciphertext: fc.uint8Array({ minLength: 1, maxLength: 300 }),
  copies: fc.integer({ min: 1, max: 8 }),
  prekeyId: fc.option(fc.nat(0xffffffff)),
});
