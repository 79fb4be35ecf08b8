/**
 * Stamp: work that an announce shows, so that making up peers costs something where a node asks for it
 * (DEFAULTS §2, `strict`). The announce carries a nonce in a field of ours, which phones skip and the
 * signature covers; checking it is one hash, so it is asked for before the signature.
 *
 *   SHA-256("hopline stamp" | sender 8 | timestamp u64 | nonce u32) begins with so many zero bits
 */
import { readU32, writeU32, writeU64 } from '../core/bytes.ts';
import { ID_SIZE } from '../core/packet.ts';
import type { AnnounceView } from '../wire/announce-view.ts';
import type { Field } from '../wire/fields.ts';
import { encodeText } from '../wire/text.ts';
import type { Crypto } from './crypto.ts';

/** The field of an announce (WIRE §5). */
export const STAMP_FIELD = 0xe0;
/** What our own show: 256 hashes. */
export const OWN_STAMP_BITS = 8;

const PREFIX = encodeText('hopline stamp');
const TIME_AT = PREFIX.length + ID_SIZE;
const NONCE_AT = TIME_AT + 8;
const NONCE_SIZE = 4;

/** One that shows `bits` zero bits, for an announce of this sender and time. */
export function stamp(
  crypto: Crypto,
  sender: Uint8Array,
  timestamp: number,
  bits: number = OWN_STAMP_BITS,
): Field {
  const preimage = preimageOf(sender, timestamp);
  for (let nonce = 0; ; nonce++) {
    writeU32(preimage, NONCE_AT, nonce);
    if (zeroBits(crypto.sha256(preimage)) < bits) continue;
    return { type: STAMP_FIELD, value: preimage.slice(NONCE_AT) };
  }
}

/** Whether the announce of this sender and time shows as much. */
export function isStamped(
  crypto: Crypto,
  announce: AnnounceView,
  sender: Uint8Array,
  timestamp: number,
  bits: number,
): boolean {
  const at = announce.findExtra(STAMP_FIELD);
  if (at < 0 || announce.bytes[at - 1] !== NONCE_SIZE) return false;
  const preimage = preimageOf(sender, timestamp);
  preimage.set(announce.bytes.subarray(at, at + NONCE_SIZE), NONCE_AT);
  return zeroBits(crypto.sha256(preimage)) >= bits;
}

function preimageOf(sender: Uint8Array, timestamp: number): Uint8Array {
  const preimage = new Uint8Array(NONCE_AT + NONCE_SIZE);
  preimage.set(PREFIX);
  preimage.set(sender, PREFIX.length);
  writeU64(preimage, TIME_AT, timestamp);
  return preimage;
}

/** Of the first 32. */
function zeroBits(hash: Uint8Array): number {
  return Math.clz32(readU32(hash, 0));
}
