/**
 * Simulated crypto: a crypto port whose signatures and key agreement cost next to nothing, for worlds
 * of so many nodes that the real ones would be all they compute. A signature still holds for one key
 * and one message alone, and two peers still agree on one secret; only whoever knew how it is made
 * could forge it, and nobody in a world does.
 */
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { FNV, mix } from './mix.ts';

const KEY_SIZE = 32;
const SIGNATURE_SIZE = 64;

/** `base` does the rest: hashes and sealed boxes are what they always are. */
export function simulatedCrypto(base: Crypto): Crypto {
  return {
    ...base,
    x25519Public: (secret) => power(secret, GENERATOR),
    x25519: (secret, publicKey) => power(secret, publicKey),
    ed25519Public: (seed) => spread(seed, seed, KEY_SIZE),
    sign: (seed, message) => spread(spread(seed, seed, KEY_SIZE), message, SIGNATURE_SIZE),
    acceptsFast: accepts,
    acceptsOwn: accepts,
  };
}

function accepts(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_SIZE || publicKey.length !== KEY_SIZE) return false;
  const lanes = stirred(publicKey, message);
  for (let at = 0; at < SIGNATURE_SIZE; at += 4) {
    if (wordAt(signature, at) !== wordOf(lanes, at)) return false;
  }
  return true;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

/** Odd numbers, so that each factor gives another product. */
const GENERATOR = Uint8Array.from({ length: KEY_SIZE }, (_, at) => (at * 37 + 11) | 1);

/** Word by word a product: whoever multiplies first, the same comes of it. */
function power(secret: Uint8Array, factor: Uint8Array): Uint8Array {
  const out = new Uint8Array(KEY_SIZE);
  const from = new DataView(secret.buffer, secret.byteOffset, KEY_SIZE);
  const by = new DataView(factor.buffer, factor.byteOffset, KEY_SIZE);
  const to = new DataView(out.buffer);
  for (let at = 0; at < KEY_SIZE; at += 4) {
    const product = Math.imul(from.getUint32(at, true) | 1, by.getUint32(at, true) | 1);
    to.setUint32(at, product, true);
  }
  return out;
}

/** Nobody else's turn comes before one is done with them. */
const LANES = new Int32Array(4);
const FIRST_LANES = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];

/** Bytes that depend on every bit of key and message. */
function spread(key: Uint8Array, message: Uint8Array, size: number): Uint8Array {
  const lanes = stirred(key, message);
  const out = new Uint8Array(size);
  const words = new DataView(out.buffer);
  for (let at = 0; at < size; at += 4) words.setInt32(at, wordOf(lanes, at), true);
  return out;
}

function stirred(key: Uint8Array, message: Uint8Array): Int32Array {
  const lanes = LANES;
  for (let i = 0; i < 4; i++) lanes[i] = FIRST_LANES[i];
  absorb(lanes, key);
  absorb(lanes, message);
  return lanes;
}

/** Each lane takes every fourth byte; the last comes to know of all others, and they of it. */
function absorb(lanes: Int32Array, bytes: Uint8Array): void {
  const { length } = bytes;
  let a = lanes[0];
  let b = lanes[1];
  let c = lanes[2];
  let d = lanes[3];
  let at = 0;
  for (; at + 3 < length; at += 4) {
    a = Math.imul(a ^ bytes[at], FNV);
    b = Math.imul(b ^ bytes[at + 1], FNV);
    c = Math.imul(c ^ bytes[at + 2], FNV);
    d = Math.imul(d ^ bytes[at + 3], FNV);
  }
  for (; at < length; at++) a = Math.imul(a ^ bytes[at], FNV);
  a = mix(a ^ length);
  b = mix(b ^ a);
  c = mix(c ^ b);
  d = mix(d ^ c);
  lanes[0] = a + d;
  lanes[1] = b + d;
  lanes[2] = c + d;
  lanes[3] = d;
}

/** Of what is spread, four bytes. */
function wordOf(lanes: Int32Array, at: number): number {
  return mix(lanes[(at >> 2) & 3] + at);
}
