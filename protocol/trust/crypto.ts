/**
 * Crypto: the primitives that trust is built from, as a port. device/pi gives the native one,
 * `pure-crypto.ts` beside this file its twin for simulators, browsers and tests; the same vectors
 * run over both. Everything is synchronous and deterministic: chance is an argument.
 */
export interface Crypto {
  sha256(bytes: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** The public key of an X25519 secret. */
  x25519Public(secret: Uint8Array): Uint8Array;
  /** The shared secret, or null when it is all zero: a low-order public key (RELIABILITY S23). */
  x25519(secret: Uint8Array, publicKey: Uint8Array): Uint8Array | null;
  /**
   * ChaCha20-Poly1305 with a 12-byte nonce: ciphertext, then the tag of 16; behind `head` zeros, for
   * whoever has something to write before it.
   */
  seal(
    key: Uint8Array,
    nonce: Uint8Array,
    ad: Uint8Array,
    plaintext: Uint8Array,
    head?: number,
  ): Uint8Array;
  /** Null when the tag does not fit. */
  open(
    key: Uint8Array,
    nonce: Uint8Array,
    ad: Uint8Array,
    ciphertext: Uint8Array,
  ): Uint8Array | null;
  /** The Ed25519 public key of a 32-byte seed. */
  ed25519Public(seed: Uint8Array): Uint8Array;
  /** RFC 8032 signature with a 32-byte seed. */
  sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  /**
   * May say yes only to what ZIP 215 accepts; a no decides nothing. Never call it to judge a
   * signature: `verify` of signature.ts does (RELIABILITY §1).
   */
  acceptsFast(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
  /** Of a simulated port alone, whose signatures are of another kind: its word is the last. */
  acceptsOwn?(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
}

/** Compares secrets in a time that does not tell where they differ. */
export function equalSecret(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}
