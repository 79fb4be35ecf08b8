/**
 * Ed25519 by its one portable implementation, which answers the same on every runtime: that is what
 * nodes must agree on (RELIABILITY §1). Slow, about 0.8 thousand verifications a second, so
 * `verify` in signature.ts puts a faster yes in front of it.
 */
import { getPublicKey, hashes, sign, verify } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';

hashes.sha512 = sha512;

export function ed25519Public(seed: Uint8Array): Uint8Array {
  return getPublicKey(seed);
}

export function ed25519Sign(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return sign(message, seed);
}

/** ZIP 215: S < L, points decoded permissively, the equation times the cofactor. */
export function zip215(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== 64 || publicKey.length !== 32) return false;
  return verify(signature, message, publicKey, { zip215: true });
}
