/**
 * Noise XX: the published vectors byte for byte over every crypto port, and what a handshake does
 * with bytes that are not the next message: nothing.
 */
import { describe, expect, it } from 'vitest';
import { CipherState } from '../../../protocol/trust/cipher-state.ts';
import type { Crypto } from '../../../protocol/trust/crypto.ts';
import type { Transport } from '../../../protocol/trust/noise.ts';
import { Handshake } from '../../../protocol/trust/noise.ts';
import { COUNTER_END } from '../../../protocol/trust/replay.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { runs, SEED, xorshift } from '../../seed.ts';
import { vectors } from '../../vectors.ts';
import { filled, hex } from '../wire/given.ts';
import { crypto, PORTS } from './ports.ts';

type Vector = {
  protocol_name: string;
  init_prologue: string;
  init_static: string;
  init_ephemeral: string;
  resp_prologue: string;
  resp_static: string;
  resp_ephemeral: string;
  /** Not every vector says it. */
  handshake_hash?: string;
  messages: { payload: string; ciphertext: string }[];
};

const CACOPHONY = vectors('noise-cacophony/cacophony.txt');
const BITCHAT = vectors('bitchat/NoiseTestVectors.json');
const NOTHING = new Uint8Array(0);

describe.each(PORTS)('a handshake over $name', ({ crypto }) => {
  it.skipIf(CACOPHONY === null)('speaks as cacophony does', () => {
    const all = (JSON.parse(CACOPHONY!) as { vectors: Vector[] }).vectors;
    const ours = all.filter((v) => v.protocol_name === 'Noise_XX_25519_ChaChaPoly_SHA256');
    expect(ours).toHaveLength(1);
    for (const vector of ours) replay(crypto, vector);
  });

  it.skipIf(BITCHAT === null)('speaks as the phones do', () => {
    const ours = JSON.parse(BITCHAT!) as Vector[];
    expect(ours).toHaveLength(2);
    for (const vector of ours) replay(crypto, vector);
  });

  it('has messages of 32, 96 and 64 bytes without payloads, as derived by others (WIRE §8)', () => {
    const a = new Handshake(crypto, 'initiator', NOTHING, hex(INIT_STATIC), hex(INIT_EPHEMERAL));
    const b = new Handshake(crypto, 'responder', NOTHING, hex(RESP_STATIC), hex(RESP_EPHEMERAL));
    const messages = [];
    for (const [from, to] of [
      [a, b],
      [b, a],
      [a, b],
    ]) {
      const message = from.write(NOTHING)!;
      messages.push(toHex(message));
      expect(to.read(message).ok).toBe(true);
    }
    expect(messages).toEqual(PHONE_MESSAGES);
    expect(toHex(a.hash)).toBe(PHONE_HASH);
    expect(toHex(b.hash)).toBe(PHONE_HASH);
    const sealed = a.split().sealing.seal(NOTHING, hex('0100026d3101026869'));
    expect(toHex(sealed)).toBe('7525925c737925b659a9963cea8d49f55495d68bd3a5821a9f');
  });
});

describe('a handshake', () => {
  it('is the same whatever it is fed between its messages (R26)', () => {
    const draw = xorshift(SEED);
    for (let run = 0; run < runs(20, 500); run++) {
      const [a, b] = ends();
      for (const [from, to] of [
        [a, b],
        [b, a],
        [a, b],
      ]) {
        const message = from.write(filled(run % 5, run))!;
        for (let i = 0; i < 8; i++) {
          const garbage = i < 4 ? random(draw, draw(200)) : damaged(draw, message);
          // The first message is a bare key: any 32 bytes begin a handshake. That is for sessions.
          if (message.length - (run % 5) === 32 && garbage.length >= 32) continue;
          const before = to.hash;
          expect(to.read(garbage).ok).toBe(false);
          expect(to.hash).toEqual(before);
          expect(from.read(garbage).ok).toBe(false);
        }
        const read = to.read(message);
        expect(read).toMatchObject({ ok: true, payload: filled(run % 5, run) });
      }
      expect(a.hash).toEqual(b.hash);
      expect(a.remoteStatic).toEqual(crypto.x25519Public(filled(32, 2)));
      expect(b.remoteStatic).toEqual(crypto.x25519Public(filled(32, 1)));
      const there = a.split().sealing.seal(NOTHING, filled(9, 9));
      expect(b.split().opening.open(NOTHING, there)).toEqual(filled(9, 9));
    }
  });

  it('says why it refuses', () => {
    const [a, b] = ends();
    expect(a.read(filled(32, 9))).toEqual({ ok: false, reason: 'out-of-turn' });
    const first = a.write(NOTHING)!;
    expect(b.read(first.subarray(0, 31))).toEqual({ ok: false, reason: 'too-short' });
    expect(b.read(new Uint8Array(65536))).toEqual({ ok: false, reason: 'too-long' });
    expect(b.read(first).ok).toBe(true);
    const second = b.write(NOTHING)!;
    for (const size of [0, 31, 32, 79, 80, 95]) {
      expect(a.read(second.subarray(0, size))).toEqual({ ok: false, reason: 'too-short' });
    }
    const longer = new Uint8Array(97);
    longer.set(second);
    expect(a.read(longer)).toEqual({ ok: false, reason: 'bad-tag' });
    expect(a.read(second, () => false)).toEqual({ ok: false, reason: 'wrong-key' });
    expect(a.remoteStatic).toBeNull();
    expect(a.read(second).ok).toBe(true);
    const third = a.write(NOTHING)!;
    expect(b.read(third, () => false)).toEqual({ ok: false, reason: 'wrong-key' });
    expect(b.read(third).ok).toBe(true);
    expect(b.read(third)).toEqual({ ok: false, reason: 'out-of-turn' });
  });

  it('does not mix in a key of low order, in any encoding (S23)', () => {
    for (const key of LOW_ORDER) {
      for (const top of [0, 0x80]) {
        const poison = hex(key);
        poison[31] |= top;
        const [a, b] = ends();
        expect(b.read(poison).ok).toBe(true);
        expect(b.write(NOTHING)).toBeNull();
        a.write(NOTHING);
        const second = new Uint8Array(96);
        second.set(poison);
        expect(a.read(second)).toEqual({ ok: false, reason: 'low-order' });
      }
    }
  });

  it('fails between ends with other prologues', () => {
    const a = new Handshake(crypto, 'initiator', filled(3, 1), filled(32, 1), filled(32, 3));
    const b = new Handshake(crypto, 'responder', filled(3, 2), filled(32, 2), filled(32, 4));
    b.read(a.write(NOTHING)!);
    expect(a.read(b.write(NOTHING)!)).toEqual({ ok: false, reason: 'bad-tag' });
  });

  it('shows a payload the hash of what came before it, the same at both ends', () => {
    const [a, b] = ends();
    const shown: Uint8Array[] = [];
    const payload = (hash: Uint8Array): Uint8Array => {
      shown.push(hash);
      return filled(4, shown.length);
    };
    for (const [from, to] of [
      [a, b],
      [b, a],
      [a, b],
    ]) {
      const read = to.read(from.write(payload)!);
      expect(read).toEqual({ ok: true, payload: filled(4, shown.length), hash: shown.at(-1) });
    }
    expect(new Set(shown.map(toHex)).size).toBe(3);
  });

  it('keeps to its turn and its limits, or we are broken', () => {
    const [a, b] = ends();
    expect(() => b.write(NOTHING)).toThrow('one end writes at a time');
    expect(() => a.split()).toThrow('a session begins when its handshake is done');
    expect(() => a.write(new Uint8Array(65504))).toThrow('at most 65,535 bytes');
    expect(b.read(a.write(new Uint8Array(65503))!).ok).toBe(true);
  });
});

describe('one direction of a session', () => {
  it('opens messages in order, and what fails its tag moves nothing', () => {
    const { sealing, opening } = pair();
    const draw = xorshift(SEED);
    for (let i = 0; i < 50; i++) {
      const sealed = sealing.seal(filled(2, i), filled(20, i));
      expect(opening.open(filled(2, i), damaged(draw, sealed))).toBeNull();
      expect(opening.open(filled(3, i), sealed)).toBeNull();
      expect(opening.next).toBe(i);
      expect(opening.open(filled(2, i), sealed)).toEqual(filled(20, i));
      expect(opening.open(filled(2, i), sealed)).toBeNull();
    }
  });

  it('uses every counter once: equal messages are sealed unequal (S9)', () => {
    const { sealing } = pair();
    const seen = new Set<string>();
    for (let i = 0; i < 2000; i++) seen.add(toHex(sealing.seal(NOTHING, filled(16, 0))));
    expect(seen.size).toBe(2000);
    expect(sealing.next).toBe(2000);
  });

  it('writes its counter little-endian behind four zeros, beyond 32 bits too', () => {
    const nonces: string[] = [];
    const watching: Crypto = {
      ...crypto,
      open(_key, nonce) {
        nonces.push(toHex(nonce));
        return null;
      },
    };
    const cipher = new CipherState(watching, filled(32, 1));
    for (const counter of [1, 256, 2 ** 32, COUNTER_END - 1])
      cipher.openAt(counter, NOTHING, NOTHING);
    expect(nonces).toEqual([
      '000000000100000000000000',
      '000000000001000000000000',
      '000000000000000001000000',
      '00000000feffffffffff1f00',
    ]);
    for (const counter of [-1, COUNTER_END, 2 ** 64, NaN]) {
      expect(cipher.openAt(counter, NOTHING, NOTHING)).toBeNull();
    }
    expect(nonces).toHaveLength(4);
  });

  it('moves its key on at both ends alike, as the specification says', () => {
    const { sealing, opening } = pair();
    const before = sealing.seal(NOTHING, filled(8, 1));
    opening.open(NOTHING, before);
    sealing.rekey();
    const after = sealing.seal(NOTHING, filled(8, 2));
    expect(opening.open(NOTHING, after)).toBeNull();
    opening.rekey();
    expect(opening.next).toBe(1);
    expect(opening.open(NOTHING, after)).toEqual(filled(8, 2));
    // REKEY(k) is the first 32 bytes of ENCRYPT(k, 2^64 - 1, nothing, 32 zeros).
    const nonce = hex('00000000ffffffffffffffff');
    const next = crypto.seal(filled(32, 7), nonce, NOTHING, new Uint8Array(32)).slice(0, 32);
    const rekeyed = new CipherState(crypto, filled(32, 7));
    rekeyed.rekey();
    expect(rekeyed.seal(NOTHING, filled(1, 1))).toEqual(
      new CipherState(crypto, next).seal(NOTHING, filled(1, 1)),
    );
  });
});

/** Both ends through all messages of a vector, and the session that follows. */
function replay(crypto: Crypto, vector: Vector): void {
  const a = new Handshake(
    crypto,
    'initiator',
    hex(vector.init_prologue),
    hex(vector.init_static),
    hex(vector.init_ephemeral),
  );
  const b = new Handshake(
    crypto,
    'responder',
    hex(vector.resp_prologue),
    hex(vector.resp_static),
    hex(vector.resp_ephemeral),
  );
  let ends: [Transport, Transport] | null = null;
  for (const [i, { payload, ciphertext }] of vector.messages.entries()) {
    if (i < 3) {
      const [from, to] = i % 2 === 0 ? [a, b] : [b, a];
      expect(from.isOurTurn).toBe(true);
      expect(to.isOurTurn).toBe(false);
      expect(toHex(from.write(hex(payload))!)).toBe(ciphertext);
      const read = to.read(hex(ciphertext));
      expect(read).toMatchObject({ ok: true, payload: hex(payload) });
      continue;
    }
    ends ??= [a.split(), b.split()];
    const [from, to] = i % 2 === 0 ? ends : [ends[1], ends[0]];
    expect(toHex(from.sealing.seal(NOTHING, hex(payload)))).toBe(ciphertext);
    expect(to.opening.open(NOTHING, hex(ciphertext))).toEqual(hex(payload));
  }
  expect(a.isFinished && b.isFinished).toBe(true);
  expect(toHex(a.hash)).toBe(vector.handshake_hash ?? toHex(b.hash));
  expect(a.hash).toEqual(b.hash);
  expect(a.remoteStatic).toEqual(crypto.x25519Public(hex(vector.resp_static)));
  expect(b.remoteStatic).toEqual(crypto.x25519Public(hex(vector.init_static)));
}

function ends(): [Handshake, Handshake] {
  return [
    new Handshake(crypto, 'initiator', NOTHING, filled(32, 1), filled(32, 3)),
    new Handshake(crypto, 'responder', NOTHING, filled(32, 2), filled(32, 4)),
  ];
}

function pair(): { sealing: CipherState; opening: CipherState } {
  return {
    sealing: new CipherState(crypto, filled(32, 9)),
    opening: new CipherState(crypto, filled(32, 9)),
  };
}

function random(draw: (below: number) => number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, () => draw(256));
}

/** One bit over, one byte short, or one byte more. */
function damaged(draw: (below: number) => number, bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length + 1);
  copy.set(bytes);
  switch (draw(3)) {
    case 0:
      return copy;
    case 1:
      return copy.subarray(0, bytes.length - 1);
    default:
      copy[draw(bytes.length)] ^= 1 << draw(8);
      return copy.subarray(0, bytes.length);
  }
}

/** Montgomery u of order 1, 2, 4 and 8, and those that reduce to them (RFC 7748, §6.1). */
const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
];

// The keys of the phones' vectors with empty prologue and payloads, as an encoder that shares no
// code with ours computed them.
const INIT_STATIC = 'e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1';
const INIT_EPHEMERAL = '893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a';
const RESP_STATIC = '4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893';
const RESP_EPHEMERAL = 'bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b';
const PHONE_HASH = '54e50ed49e16bf78f6d638271c44143944b387073be935ab63915c16707e9339';
const PHONE_MESSAGES = [
  'ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944',
  '95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f14480884381cbad1f276e038c48378ffce2b6' +
    '5285e08d6b68aaa3629a5a8639392490e5b90b20f024c6abdc05d618c61c13a3fe072cc58dfff9bcf82e0a1bfdb' +
    '60721db50',
  'c7195ffacac1307ff99046f219750fc47693e23c3cb08b89c2af808b444850a888f4162c556c1576dbe5a5261e23' +
    '23d758304260a0ccff3e108f875a8cb4b363',
];
