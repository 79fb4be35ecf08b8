/**
 * Crypto in plain JavaScript: the same everywhere, for simulators, browsers and tests. It has no
 * fast way to accept a signature, so ZIP 215 decides each one itself.
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Crypto } from './crypto.ts';
import { ed25519Public, ed25519Sign } from './ed25519.ts';

const TAG_SIZE = 16;

export const pureCrypto: Crypto = {
  sha256: (bytes) => sha256(bytes),

  hmacSha256: (key, bytes) => hmac(sha256, key, bytes),

  x25519Public: (secret) => x25519.getPublicKey(secret),

  x25519(secret, publicKey) {
    // The library throws for the zero result of a low-order key, and for that alone once the
    // lengths are right.
    if (secret.length !== 32 || publicKey.length !== 32) return null;
    try {
      return x25519.getSharedSecret(secret, publicKey);
    } catch {
      return null;
    }
  },

  seal(key, nonce, ad, plaintext, head = 0) {
    const out = new Uint8Array(head + plaintext.length + TAG_SIZE);
    chacha20poly1305(key, nonce, ad).encrypt(plaintext, out.subarray(head));
    return out;
  },

  open(key, nonce, ad, ciphertext) {
    if (ciphertext.length < TAG_SIZE) return null;
    try {
      return chacha20poly1305(key, nonce, ad).decrypt(ciphertext);
    } catch {
      return null;
    }
  },

  ed25519Public,

  sign: ed25519Sign,

  acceptsFast: () => false,
};
