/**
 * Signature: the one predicate by which every node judges every signature, ZIP 215, whatever its
 * runtime or age (RELIABILITY §1, §3). Native code may say yes earlier; it never says no.
 */
import type { Crypto } from './crypto.ts';
import { zip215 } from './ed25519.ts';

export function verify(
  crypto: Crypto,
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  if (crypto.acceptsOwn !== undefined) return crypto.acceptsOwn(signature, message, publicKey);
  return crypto.acceptsFast(signature, message, publicKey) || zip215(signature, message, publicKey);
}

export type KeyFlaw = 'wrong-length' | 'non-canonical' | 'low-order';

/**
 * What is wrong with an Ed25519 key that somebody wants to be known by, or null. ZIP 215 verifies
 * under any key, and under these a signature proves nothing or one point has two names; so they are
 * refused where keys are enrolled, not where signatures are checked (RELIABILITY §1).
 */
export function keyFlaw(publicKey: Uint8Array): KeyFlaw | null {
  if (publicKey.length !== 32) return 'wrong-length';
  if (isNotBelowPrime(publicKey)) return 'non-canonical';
  for (const y of LOW_ORDER_Y) if (isSameY(publicKey, y)) return 'low-order';
  return null;
}

/** y without the sign of x, little-endian, is 2^255 - 19 or more. */
function isNotBelowPrime(key: Uint8Array): boolean {
  if ((key[31] & 0x7f) !== 0x7f) return false;
  for (let i = 30; i > 0; i--) if (key[i] !== 0xff) return false;
  return key[0] >= 0xed;
}

function isSameY(key: Uint8Array, y: Uint8Array): boolean {
  for (let i = 0; i < 31; i++) if (key[i] !== y[i]) return false;
  return (key[31] & 0x7f) === y[31];
}

/**
 * The y of the eight points of low order: 0 and two of order 8 stand for two points each, 1 and -1
 * for one. With either sign, and with the y that are 2^255 - 19 or more, these are the 14 encodings
 * of the CCTV list.
 */
const LOW_ORDER_Y = [
  fromHex('0000000000000000000000000000000000000000000000000000000000000000'),
  fromHex('0100000000000000000000000000000000000000000000000000000000000000'),
  fromHex('ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'),
  fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
  fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'),
];

function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
