/**
 * Simulated crypto: a crypto port whose signatures and key agreement cost next to nothing, for worlds
 * of so many nodes that the real ones would be all they compute. A signature still holds for one key
 * and one message alone, and two peers still agree on one secret; only whoever knew how it is made
 * could forge it, and nobody in a world does.
 */
import type { Crypto } from '../../protocol/trust/crypto.ts';

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
    if (wordAt(signature, at) !== nextWord(lanes, at)) return false;
  }
  return true;
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

/** Bytes that depend on every bit of key and message: four lanes, mixed as MurmurHash3 does. */
function spread(key: Uint8Array, message: Uint8Array, size: number): Uint8Array {
  const lanes = stirred(key, message);
  const out = new Uint8Array(size);
  for (let at = 0; at < size; at += 4) {
    const word = nextWord(lanes, at);
    for (let byte = 0; byte < 4; byte++) out[at + byte] = word >>> (8 * byte);
  }
  return out;
}

function stirred(key: Uint8Array, message: Uint8Array): Int32Array {
  const lanes = LANES;
  for (let i = 0; i < 4; i++) lanes[i] = FIRST_LANES[i];
  absorb(lanes, key);
  absorb(lanes, message);
  return lanes;
}

function absorb(lanes: Int32Array, bytes: Uint8Array): void {
  let lane = 0;
  for (let at = 0; at < bytes.length; at += 4) {
    lanes[lane] = mix(lanes[lane] ^ wordAt(bytes, at)) + lanes[(lane + 3) & 3];
    lane = (lane + 1) & 3;
  }
  for (let i = 0; i < 4; i++) lanes[i] = mix(lanes[i] ^ bytes.length) + lanes[(i + 3) & 3];
}

/** What lies behind the end counts as nothing; `absorb` tells it from zeros by the length. */
function wordAt(bytes: Uint8Array, at: number): number {
  const last = at + 3 < bytes.length ? bytes[at + 3] : 0;
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (last << 24);
}

/** Of what is spread, four bytes. */
function nextWord(lanes: Int32Array, at: number): number {
  const lane = (at >> 2) & 3;
  lanes[lane] = mix(lanes[lane] + lanes[(lane + 1) & 3] + at + 1);
  return lanes[lane];
}

function mix(value: number): number {
  let word = value | 0;
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) | 0;
}
