/**
 * Who a peer is, and what it signs: byte for byte what WIRE §4 and §5 say, against frames that an
 * encoder sharing no code with ours computed.
 */
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ANNOUNCE,
  encodePacket,
  MESSAGE,
  PacketView,
  plainPacket,
} from '../../../protocol/core/packet.ts';
import { checkFrame, Identity } from '../../../protocol/trust/identity.ts';
import { pad } from '../../../protocol/wire/padding.ts';
import { signedBytes } from '../wire/signed-bytes.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { hold, SOAK } from '../../seed.ts';
import { anId, anyBytes, aTime, filled } from '../wire/given.ts';
import { golden } from '../wire/goldens.ts';
import { messageOf, person } from './people.ts';
import { PORTS } from './ports.ts';

const TIME = 1709600000000;

describe.each(PORTS)('an identity over $name', ({ crypto }) => {
  const alice = new Identity(crypto, {
    noise: Uint8Array.from({ length: 32 }, (_, i) => i + 1),
    sign: filled(32, 0x42),
  });

  it('is known by the hash of its Noise key (WIRE §5)', () => {
    expect(toHex(alice.noiseKey)).toBe(
      '07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c',
    );
    expect(toHex(alice.signingKey)).toBe(
      '2152f8d19b791d24453242e15f2eab6cb7cffa7b6a5ed30097960e069881db12',
    );
    expect(toHex(alice.id)).toBe('aaa8fff703b50b22');
    expect(alice.fingerprint).toHaveLength(32);
    expect(alice.fingerprint.subarray(0, 8)).toEqual(alice.id);
  });

  it('signs the announce, the message and the message for all of the goldens (WIRE §4)', () => {
    const announce = golden('d-announce-payload-ios-local');
    const hello = new TextEncoder().encode('Hello mesh');
    const sealed = (type: number, payload: Uint8Array, recipient: Uint8Array | null): Uint8Array =>
      alice.sealPacket({ ...plainPacket(type, 7, TIME, alice.id, payload), recipient });
    expect(sealed(ANNOUNCE, announce, null)).toEqual(golden('d-announce-signed-frame'));
    expect(sealed(MESSAGE, hello, null)).toEqual(golden('d-message-frame-ios-no-recipient'));
    const forAll = golden('d-message-frame-android-ff-recipient');
    expect(sealed(MESSAGE, hello, filled(8, 0xff))).toEqual(forAll);
  });

  it('finds those frames its own, and the compressed one', () => {
    for (const name of [
      'd-announce-signed-frame',
      'd-message-frame-ios-no-recipient',
      'd-message-frame-android-ff-recipient',
      'd-message-compressed-frame',
    ]) {
      expect(checkFrame(crypto, viewOf(golden(name)), alice.signingKey), name).toBe(true);
      expect(checkFrame(crypto, viewOf(golden(name)), person(1).signingKey), name).toBe(false);
    }
  });
});

describe('a signature', () => {
  const { crypto } = PORTS[1];

  it('survives what a relay may do, and nothing else', () => {
    hold(
      fc.property(anId, aTime, anyBytes(200), fc.nat(255), (recipient, timestamp, payload, ttl) => {
        const who = person(7);
        const frame = messageOf(who, timestamp, { payload, recipient });
        expect(checkFrame(crypto, viewOf(frame), who.signingKey)).toBe(true);
        frame[2] = ttl;
        frame[11] |= 0x10;
        expect(checkFrame(crypto, viewOf(pad(frame)), who.signingKey)).toBe(true);
      }),
      30,
      2000,
    );
    const who = person(7);
    const frame = messageOf(who, TIME);
    // S10: every other bit counts; some of them make it no packet, or an unsigned one.
    for (let bit = 0; bit < frame.length * 8; bit += SOAK ? 1 : 11) {
      const at = bit >> 3;
      if (at === 2 || (at === 11 && bit % 8 >= 3)) continue;
      const flipped = frame.slice();
      flipped[at] ^= 1 << (bit & 7);
      const view = new PacketView();
      const isGood = view.read(flipped, 4096) === null && checkFrame(crypto, view, who.signingKey);
      expect(isGood, `bit ${bit}`).toBe(false);
    }
  });

  it('is replaced when a frame is signed again, and its padding falls away', () => {
    const [alice, bob] = [person(1), person(2)];
    const frame = pad(messageOf(alice, TIME));
    const again = bob.signFrame(frame);
    expect(again).toHaveLength(messageOf(alice, TIME).length);
    expect(checkFrame(crypto, viewOf(again), bob.signingKey)).toBe(true);
    expect(checkFrame(crypto, viewOf(again), alice.signingKey)).toBe(false);
    const unsigned = encodePacket(plainPacket(MESSAGE, 7, TIME, alice.id, filled(4, 1)));
    expect(signedBytes(alice.signFrame(unsigned))).toEqual(signedBytes(unsigned));
    expect(checkFrame(crypto, viewOf(unsigned), alice.signingKey)).toBe(false);
  });
});

describe('a secret', () => {
  it('is shown by no print, JSON or property of its identity (S21)', () => {
    const secrets = { noise: filled(32, 0xa7), sign: filled(32, 0xb9) };
    const who = new Identity(PORTS[0].crypto, secrets);
    const shown =
      inspect(who, { depth: 9, showHidden: true, maxArrayLength: null }) +
      JSON.stringify(who) +
      JSON.stringify(Object.entries(who)) +
      inspect(who.handshake('initiator', new Uint8Array(0), filled(32, 0xc5)), { depth: 9 });
    for (const value of [0xa7, 0xb9, 0xc5]) {
      expect(shown).not.toContain(`${value}, ${value}`);
      expect(shown).not.toContain(`${value},${value}`);
      expect(shown).not.toContain(value.toString(16).repeat(4));
    }
    expect(shown).toContain('noiseKey');
  });

  it('is a copy: what the caller does with his afterwards changes nothing', () => {
    const secrets = { noise: filled(32, 5), sign: filled(32, 6) };
    const who = new Identity(PORTS[0].crypto, secrets);
    const before = who.sign(filled(3, 3));
    secrets.sign.fill(0);
    secrets.noise.fill(0);
    expect(who.sign(filled(3, 3))).toEqual(before);
  });

  it('has 32 bytes, or we are broken', () => {
    for (const [noise, sign] of [
      [31, 32],
      [32, 33],
      [0, 32],
      [32, 0],
    ]) {
      const secrets = { noise: filled(noise, 1), sign: filled(sign, 1) };
      expect(() => new Identity(PORTS[0].crypto, secrets)).toThrow('has 32 bytes');
    }
  });
});

function viewOf(frame: Uint8Array): PacketView {
  const view = new PacketView();
  expect(view.read(frame, 1 << 20)).toBeNull();
  return view;
}
