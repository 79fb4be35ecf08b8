/**
 * HKDF over HMAC-SHA256 (RFC 5869), and the form in which Noise uses it.
 */
import { assert } from '../core/assert.ts';
import type { Crypto } from './crypto.ts';

const HASH_SIZE = 32;

/** `size` bytes derived from a secret; at most 255 hashes' worth, as the RFC has it. */
export function hkdfSha256(
  crypto: Crypto,
  salt: Uint8Array,
  secret: Uint8Array,
  purpose: Uint8Array,
  size: number,
): Uint8Array {
  assert(size <= 255 * HASH_SIZE, 'HKDF gives at most 8,160 bytes');
  // No salt is a salt of zeros; HMAC pads its key with zeros anyway.
  const key = crypto.hmacSha256(salt, secret);
  const out = new Uint8Array(size);
  let block: Uint8Array = new Uint8Array(0);
  for (let at = 0, count = 1; at < size; at += HASH_SIZE, count++) {
    const input = new Uint8Array(block.length + purpose.length + 1);
    input.set(block);
    input.set(purpose, block.length);
    input[input.length - 1] = count;
    block = crypto.hmacSha256(key, input);
    out.set(block.subarray(0, size - at), at);
  }
  return out;
}

/** Noise's HKDF with two outputs: the chaining key is the salt, and there is no purpose. */
export function hkdf(
  crypto: Crypto,
  chaining: Uint8Array,
  secret: Uint8Array,
): [Uint8Array, Uint8Array] {
  const both = hkdfSha256(crypto, chaining, secret, new Uint8Array(0), 2 * HASH_SIZE);
  return [both.slice(0, HASH_SIZE), both.slice(HASH_SIZE)];
}
