/**
 * Every crypto port gives the same bytes, those of the published vectors. What is refused, and why,
 * is in the vectors' own words; exceptions would be listed here by case number, and there is none.
 */
import { describe, expect, it } from 'vitest';
import { equalSecret } from '../../../protocol/trust/crypto.ts';
import { hkdfSha256 } from '../../../protocol/trust/hkdf.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { SEED, xorshift } from '../../seed.ts';
import { vectors } from '../../vectors.ts';
import { hex } from '../wire/given.ts';
import { PORTS } from './ports.ts';

type Case = Record<string, string> & { tcId: number; flags: string[]; size: number };
type Group = { ivSize: number; tagSize: number; tests: Case[] };

const X25519 = vectors('wycheproof/x25519_test.json');
const CHACHA = vectors('wycheproof/chacha20_poly1305_test.json');
const HKDF = vectors('wycheproof/hkdf_sha256_test.json');
const HMAC = vectors('wycheproof/hmac_sha256_test.json');
const SIGN_INPUT = vectors('rfc8032/sign.input.txt');

describe.each(PORTS)('$name', ({ crypto }) => {
  it.skipIf(X25519 === null)('agrees with Wycheproof on X25519, all zero refused (S23)', () => {
    let zero = 0;
    for (const { test } of casesOf(X25519)) {
      const shared = crypto.x25519(hex(test['private']), hex(test['public']));
      if (test.flags.includes('ZeroSharedSecret')) {
        zero++;
        expect(shared, `case ${test.tcId}`).toBeNull();
      } else expect(toHex(shared!), `case ${test.tcId}`).toBe(test['shared']);
    }
    expect(zero).toBe(31);
  });

  it.skipIf(CHACHA === null)('agrees with Wycheproof on ChaCha20-Poly1305', () => {
    let count = 0;
    for (const { test, group } of casesOf(CHACHA)) {
      // Ours takes nonces of 12 bytes only, and is never given another.
      if (group.ivSize !== 96) continue;
      count++;
      const key = hex(test['key']);
      const nonce = hex(test['iv']);
      const ad = hex(test['aad']);
      const sealed = hex(test['ct'] + test['tag']);
      const opened = crypto.open(key, nonce, ad, sealed);
      if (test['result'] !== 'valid') {
        expect(opened, `case ${test.tcId}`).toBeNull();
        continue;
      }
      expect(toHex(opened!), `case ${test.tcId}`).toBe(test['msg']);
      expect(crypto.seal(key, nonce, ad, hex(test['msg'])), `case ${test.tcId}`).toEqual(sealed);
    }
    expect(count).toBeGreaterThan(300);
  });

  it.skipIf(HMAC === null)('agrees with Wycheproof on HMAC-SHA256, tags cut or whole', () => {
    for (const { test, group } of casesOf(HMAC)) {
      const tag = crypto.hmacSha256(hex(test['key']), hex(test['msg']));
      const fits = equalSecret(tag.subarray(0, group.tagSize / 8), hex(test['tag']));
      expect(fits, `case ${test.tcId}`).toBe(test['result'] === 'valid');
    }
  });

  it.skipIf(HKDF === null)('agrees with Wycheproof on HKDF-SHA256', () => {
    for (const { test } of casesOf(HKDF)) {
      const derive = (): Uint8Array =>
        hkdfSha256(crypto, hex(test['salt']), hex(test['ikm']), hex(test['info']), test.size);
      if (test['result'] !== 'valid') expect(derive, `case ${test.tcId}`).toThrow('8,160');
      else expect(toHex(derive()), `case ${test.tcId}`).toBe(test['okm']);
    }
  });

  it.skipIf(SIGN_INPUT === null)('signs as RFC 8032 does, 1,024 messages', () => {
    const lines = SIGN_INPUT!.trim().split('\n');
    expect(lines).toHaveLength(1024);
    const wrong = lines.filter((line) => {
      const [secret, publicKey, message, signed] = line.split(':');
      const seed = hex(secret.slice(0, 64));
      const isKey = toHex(crypto.ed25519Public(seed)) === publicKey;
      return !isKey || toHex(crypto.sign(seed, hex(message))) !== signed.slice(0, 128);
    });
    expect(wrong).toEqual([]);
  });

  it('agrees with plain JavaScript on sizes no vector has', () => {
    const draw = xorshift(SEED);
    const bytes = (size: number): Uint8Array => Uint8Array.from({ length: size }, () => draw(256));
    const plain = PORTS[0].crypto;
    for (const size of [0, 1, 15, 16, 17, 63, 64, 65, 255, 16383, 16384, 16385, 70000]) {
      const key = bytes(32);
      const nonce = bytes(12);
      const ad = bytes(size % 40);
      const message = bytes(size);
      const sealed = crypto.seal(key, nonce, ad, message);
      expect(isSame(sealed, plain.seal(key, nonce, ad, message))).toBe(true);
      const head = 1 + (message.length % 3);
      const behind = crypto.seal(key, nonce, ad, message, head);
      expect(isSame(behind.subarray(head), sealed)).toBe(true);
      expect(isSame(behind.subarray(0, head), new Uint8Array(head))).toBe(true);
      expect(isSame(crypto.open(key, nonce, ad, sealed), message)).toBe(true);
      expect(crypto.sha256(message)).toEqual(plain.sha256(message));
      expect(crypto.hmacSha256(key, message)).toEqual(plain.hmacSha256(key, message));
      expect(crypto.x25519Public(key)).toEqual(plain.x25519Public(key));
      // S10: no bit of what was sealed can be changed.
      const flipped = sealed.slice();
      flipped[draw(flipped.length)] ^= 1 << draw(8);
      expect(crypto.open(key, nonce, ad, flipped)).toBeNull();
    }
  });

  it('hands out plain arrays of their own, whatever it was given', () => {
    const given = Buffer.from('0123456789abcdef0123456789abcdef');
    const nonce = Buffer.alloc(12);
    const made = [
      crypto.sha256(given),
      crypto.hmacSha256(given, given),
      crypto.x25519Public(given),
      crypto.x25519(given, crypto.x25519Public(given))!,
      crypto.seal(given, nonce, given, given),
      crypto.open(given, nonce, given, crypto.seal(given, nonce, given, given))!,
      crypto.ed25519Public(given),
      crypto.sign(given, given),
    ];
    for (const bytes of made) {
      expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
      expect(bytes.buffer.byteLength).toBe(bytes.length);
    }
  });

  it('answers to what is too short or too long, and does not throw', () => {
    const key = new Uint8Array(32);
    const nonce = new Uint8Array(12);
    for (let size = 0; size < 16; size++) {
      expect(crypto.open(key, nonce, key, new Uint8Array(size))).toBeNull();
    }
    for (const size of [0, 31, 33, 64]) {
      expect(crypto.x25519(key, new Uint8Array(size))).toBeNull();
      expect(crypto.x25519(new Uint8Array(size), key)).toBeNull();
      expect(crypto.acceptsFast(new Uint8Array(64), key, new Uint8Array(size))).toBe(false);
      expect(crypto.acceptsFast(new Uint8Array(size === 64 ? 65 : size), key, key)).toBe(false);
    }
  });
});

describe('the comparison of secrets (S22)', () => {
  it('sees every single difference, and every length', () => {
    const secret = Uint8Array.from({ length: 32 }, (_, i) => i * 7);
    expect(equalSecret(secret, secret.slice())).toBe(true);
    expect(equalSecret(new Uint8Array(0), new Uint8Array(0))).toBe(true);
    for (let bit = 0; bit < 256; bit++) {
      const other = secret.slice();
      other[bit >> 3] ^= 1 << (bit & 7);
      expect(equalSecret(secret, other)).toBe(false);
    }
    expect(equalSecret(secret, secret.subarray(0, 31))).toBe(false);
    expect(equalSecret(secret.subarray(0, 31), secret)).toBe(false);
  });

  it('reads both to the end, wherever they differ', () => {
    const reads = { first: 0, last: 0 };
    for (const [which, at] of [
      ['first', 0],
      ['last', 31],
    ] as const) {
      const other = new Uint8Array(32);
      other[at] = 1;
      const watched = new Proxy(other, {
        get(target, key) {
          if (typeof key === 'string' && /^\d+$/.test(key)) reads[which]++;
          return Reflect.get(target, key) as unknown;
        },
      });
      expect(equalSecret(new Uint8Array(32), watched)).toBe(false);
    }
    expect(reads).toEqual({ first: 32, last: 32 });
  });
});

/** Long arrays are compared at once: an expectation walks them byte by byte. */
function isSame(a: Uint8Array | null, b: Uint8Array): boolean {
  return a !== null && Buffer.compare(a, b) === 0;
}

function casesOf(text: string | null): { test: Case; group: Group }[] {
  const { testGroups } = JSON.parse(text!) as { testGroups: Group[] };
  return testGroups.flatMap((group) => group.tests.map((test) => ({ test, group })));
}
