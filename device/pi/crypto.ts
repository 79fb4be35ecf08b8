/**
 * Crypto of a machine with Node: node:crypto, and libsodium where its package loads. To signatures
 * both may only say yes, `verify` of trust/signature.ts judges; the tests show on every vector we have that
 * ZIP 215 accepts whatever they accept (RELIABILITY §1).
 */
import * as node from 'node:crypto';
import { createRequire } from 'node:module';
import { keepNewest } from '../../protocol/keep-newest.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';

/** What we use of sodium-native, which carries no types. */
export type Sodium = {
  crypto_sign_verify_detached(
    signature: Uint8Array,
    message: Uint8Array,
    publicKey: Uint8Array,
  ): boolean;
  crypto_scalarmult(shared: Uint8Array, secret: Uint8Array, publicKey: Uint8Array): void;
  crypto_scalarmult_base(publicKey: Uint8Array, secret: Uint8Array): void;
  crypto_aead_chacha20poly1305_ietf_encrypt(
    ciphertext: Uint8Array,
    plaintext: Uint8Array,
    ad: Uint8Array | null,
    secretNonce: null,
    nonce: Uint8Array,
    key: Uint8Array,
  ): void;
  crypto_aead_chacha20poly1305_ietf_decrypt(
    plaintext: Uint8Array,
    secretNonce: null,
    ciphertext: Uint8Array,
    ad: Uint8Array | null,
    nonce: Uint8Array,
    key: Uint8Array,
  ): void;
};

/** libsodium, or null where the optional package is absent or was built for another machine. */
export function loadSodium(): Sodium | null {
  try {
    return createRequire(import.meta.url)('sodium-native') as Sodium;
  } catch {
    return null;
  }
}

/** `null` for sodium leaves everything to node:crypto. */
export function nativeCrypto(sodium: Sodium | null = loadSodium()): Crypto {
  const verifyKeys = new KeyCache((key) => publicKeyOf('Ed25519', key));
  const signKeys = new KeyCache((seed) => privateKeyOf('Ed25519', seed));

  return {
    sha256: (bytes) => bytesOf(node.hash('sha256', bytes, 'binary')),

    hmacSha256: (key, bytes) => plain(node.createHmac('sha256', key).update(bytes).digest()),

    x25519Public(secret) {
      if (sodium === null) return publicBytes(privateKeyOf('X25519', secret));
      const publicKey = new Uint8Array(KEY_SIZE);
      sodium.crypto_scalarmult_base(publicKey, secret);
      return publicKey;
    },

    x25519(secret, publicKey) {
      if (secret.length !== KEY_SIZE || publicKey.length !== KEY_SIZE) return null;
      // Both throw for a key of low order; whether their next releases do is not ours to hope.
      try {
        const shared = new Uint8Array(KEY_SIZE);
        if (sodium !== null) sodium.crypto_scalarmult(shared, secret, publicKey);
        else {
          const privateKey = privateKeyOf('X25519', secret);
          shared.set(
            node.diffieHellman({ privateKey, publicKey: publicKeyOf('X25519', publicKey) }),
          );
        }
        return isZero(shared) ? null : shared;
      } catch {
        return null;
      }
    },

    seal(key, nonce, ad, plaintext, head = 0) {
      const out = new Uint8Array(head + plaintext.length + TAG_SIZE);
      if (sodium !== null && plaintext.length <= SODIUM_PAYLOAD_MAX) {
        const aad = ad.length === 0 ? null : ad;
        const sealed = head === 0 ? out : out.subarray(head);
        sodium.crypto_aead_chacha20poly1305_ietf_encrypt(sealed, plaintext, aad, null, nonce, key);
        return out;
      }
      const cipher = node.createCipheriv('chacha20-poly1305', key, nonce, AEAD);
      cipher.setAAD(ad, { plaintextLength: plaintext.length });
      out.set(cipher.update(plaintext), head);
      cipher.final();
      out.set(cipher.getAuthTag(), head + plaintext.length);
      return out;
    },

    open(key, nonce, ad, ciphertext) {
      const length = ciphertext.length - TAG_SIZE;
      if (length < 0) return null;
      // Both throw for a tag that does not fit, and for nothing else once lengths are right.
      try {
        if (sodium !== null && length <= SODIUM_PAYLOAD_MAX) {
          const out = new Uint8Array(length);
          const aad = ad.length === 0 ? null : ad;
          sodium.crypto_aead_chacha20poly1305_ietf_decrypt(out, null, ciphertext, aad, nonce, key);
          return out;
        }
        const decipher = node.createDecipheriv('chacha20-poly1305', key, nonce, AEAD);
        decipher.setAAD(ad, { plaintextLength: length });
        decipher.setAuthTag(ciphertext.subarray(length));
        const out = plain(decipher.update(ciphertext.subarray(0, length)));
        decipher.final();
        return out;
      } catch {
        return null;
      }
    },

    ed25519Public: (seed) => publicBytes(privateKeyOf('Ed25519', seed)),

    sign: (seed, message) => plain(node.sign(null, message, signKeys.of(seed))),

    acceptsFast(signature, message, publicKey) {
      if (signature.length !== 64 || publicKey.length !== KEY_SIZE) return false;
      if (sodium !== null) {
        return sodium.crypto_sign_verify_detached(signature, message, publicKey);
      }
      try {
        return node.verify(null, message, verifyKeys.of(publicKey), signature);
      } catch {
        return false;
      }
    },
  };
}

const KEY_SIZE = 32;
const TAG_SIZE = 16;
const AEAD = { authTagLength: TAG_SIZE };
/** Measured: above it OpenSSL, with wider registers, overtakes libsodium's smaller cost per call. */
const SODIUM_PAYLOAD_MAX = 16384;

type Curve = 'Ed25519' | 'X25519';

// As JWK (RFC 8037): OpenSSL takes twenty times as long over the same key in DER.
function publicKeyOf(crv: Curve, key: Uint8Array): node.KeyObject {
  return node.createPublicKey({ key: { kty: 'OKP', crv, x: base64url(key) }, format: 'jwk' });
}

function privateKeyOf(crv: Curve, secret: Uint8Array): node.KeyObject {
  // The public half must be named but is not read; Node derives it.
  const key = { kty: 'OKP', crv, d: base64url(secret), x: '' };
  return node.createPrivateKey({ key, format: 'jwk' });
}

function publicBytes(key: node.KeyObject): Uint8Array {
  return new Uint8Array(Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url'));
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}

/** Keys kept imported, since importing costs as much as verifying; then the oldest goes. */
const KEYS_MAX = 1024;

class KeyCache {
  private readonly keys = new Map<string, node.KeyObject>();
  private readonly imported: (raw: Uint8Array) => node.KeyObject;

  constructor(imported: (raw: Uint8Array) => node.KeyObject) {
    this.imported = imported;
  }

  of(raw: Uint8Array): node.KeyObject {
    const name = Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('latin1');
    const known = this.keys.get(name);
    if (known !== undefined) return known;
    const key = this.imported(raw);
    this.keys.set(name, key);
    keepNewest(this.keys, KEYS_MAX);
    return key;
  }
}

/** Not a Buffer: its `slice` shares memory, and its pool would tie unrelated bytes together. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * Of a text that has a character for each byte. A digest comes sooner as such a text than as a Buffer,
 * to which memory of its own is given.
 */
function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function isZero(bytes: Uint8Array): boolean {
  let any = 0;
  for (let i = 0; i < bytes.length; i++) any |= bytes[i];
  return any === 0;
}
