/**
 * Crypto of a machine with Node: node:crypto, and libsodium where its package loads. Both say yes to
 * signatures only, `verify` of trust/signature.ts judges; the tests show on every vector we have that
 * ZIP 215 accepts whatever they accept (RELIABILITY §3 c).
 */
import * as node from 'node:crypto';
import { createRequire } from 'node:module';
import type { Crypto } from '../../protocol/trust/crypto.ts';

/** What we use of sodium-native, which carries no types. */
export type Sodium = {
  crypto_sign_verify_detached(
    signature: Uint8Array,
    message: Uint8Array,
    publicKey: Uint8Array,
  ): boolean;
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
  const verifyKeys = new KeyCache((key) => publicKeyObject(ED25519_SPKI, key));
  const signKeys = new KeyCache((seed) => privateKeyObject(ED25519_PKCS8, seed));

  return {
    sha256: (bytes) => plain(node.hash('sha256', bytes, 'buffer')),

    hmacSha256: (key, bytes) => plain(node.createHmac('sha256', key).update(bytes).digest()),

    x25519Public: (secret) => rawPublic(privateKeyObject(X25519_PKCS8, secret)),

    x25519(secret, publicKey) {
      if (secret.length !== 32 || publicKey.length !== 32) return null;
      try {
        const shared = node.diffieHellman({
          privateKey: privateKeyObject(X25519_PKCS8, secret),
          publicKey: publicKeyObject(X25519_SPKI, publicKey),
        });
        // OpenSSL refuses a zero secret itself; whether the next release does is not ours to hope.
        return isZero(shared) ? null : plain(shared);
      } catch {
        return null;
      }
    },

    seal(key, nonce, ad, plaintext) {
      const out = new Uint8Array(plaintext.length + TAG_SIZE);
      if (sodium !== null && plaintext.length <= SODIUM_PAYLOAD_MAX) {
        const aad = ad.length === 0 ? null : ad;
        sodium.crypto_aead_chacha20poly1305_ietf_encrypt(out, plaintext, aad, null, nonce, key);
        return out;
      }
      const cipher = node.createCipheriv('chacha20-poly1305', key, nonce, AEAD);
      cipher.setAAD(ad, { plaintextLength: plaintext.length });
      out.set(cipher.update(plaintext));
      cipher.final();
      out.set(cipher.getAuthTag(), plaintext.length);
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

    ed25519Public: (seed) => rawPublic(privateKeyObject(ED25519_PKCS8, seed)),

    sign: (seed, message) => plain(node.sign(null, message, signKeys.of(seed))),

    acceptsFast(signature, message, publicKey) {
      if (signature.length !== 64 || publicKey.length !== 32) return false;
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

const TAG_SIZE = 16;
const AEAD = { authTagLength: TAG_SIZE };
/** Measured: above it OpenSSL, with wider registers, overtakes libsodium's smaller cost per call. */
const SODIUM_PAYLOAD_MAX = 16384;

/** The bytes before a raw key in its DER encodings (RFC 8410). */
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const X25519_SPKI = Buffer.from('302a300506032b656e032100', 'hex');
const X25519_PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');

function publicKeyObject(prefix: Uint8Array, key: Uint8Array): node.KeyObject {
  const der = Buffer.concat([prefix, key]);
  return node.createPublicKey({ key: der, format: 'der', type: 'spki' });
}

function privateKeyObject(prefix: Uint8Array, secret: Uint8Array): node.KeyObject {
  const der = Buffer.concat([prefix, secret]);
  const key = node.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  return key;
}

function rawPublic(key: node.KeyObject): Uint8Array {
  const der = node.createPublicKey(key).export({ format: 'der', type: 'spki' });
  return new Uint8Array(der.subarray(der.length - 32));
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
    if (this.keys.size >= KEYS_MAX) this.keys.delete(this.keys.keys().next().value!);
    this.keys.set(name, key);
    return key;
  }
}

/** Not a Buffer: its `slice` shares memory, and its pool would tie unrelated bytes together. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

function isZero(bytes: Uint8Array): boolean {
  let any = 0;
  for (let i = 0; i < bytes.length; i++) any |= bytes[i];
  return any === 0;
}
