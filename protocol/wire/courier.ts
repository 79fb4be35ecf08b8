/**
 * Courier envelope (0x04): sealed mail that others carry to someone who is away (WIRE §10). Whom it
 * is for shows only to those who know the recipient's key: the tag changes every UTC day.
 *
 *   | 1 tag 16 | 2 expiry 8 | 3 ciphertext, to 16 KiB | 4 copies 1 | 5 prekey id 4 |   lengths of 2
 */
import { assert } from '../core/assert.ts';
import { readU32, readU64, writeU32, writeU64 } from '../core/bytes.ts';
import type { Crypto } from '../trust/crypto.ts';
import type { Decoded } from './decoded.ts';
import { FieldReader, encodeFields } from './fields.ts';
import type { Field } from './fields.ts';
import { encodeText } from './text.ts';

const TAG_SIZE = 16;
export const CIPHERTEXT_MAX = 16384;
/** More is read as this many: an envelope must not multiply itself. */
const COPIES_MAX = 8;

export type Courier = {
  tag: Uint8Array;
  /** Unix milliseconds; what lies beyond a number is read as the largest there is. */
  expiry: number;
  ciphertext: Uint8Array;
  /** How many copies the holder may still hand on; 1 is its own. */
  copies: number;
  /** Null: sealed to the recipient's own key. */
  prekeyId: number | null;
};

export type NotCourier = 'cut' | 'bad-field' | 'incomplete';

const TAG = 1;
const EXPIRY = 2;
const CIPHERTEXT = 3;
const COPIES = 4;
const PREKEY_ID = 5;

export function decodeCourier(bytes: Uint8Array): Decoded<Courier, NotCourier> {
  let tag: Uint8Array | null = null;
  let expiry: number | null = null;
  let ciphertext: Uint8Array | null = null;
  let copies = 1;
  let prekeyId: number | null = null;
  const fields = new FieldReader(bytes, 2);
  while (fields.next()) {
    const { type, value } = fields;
    if (!fits(type, value.length)) return { ok: false, reason: 'bad-field' };
    if (type === TAG) tag = new Uint8Array(value);
    else if (type === EXPIRY) expiry = Math.min(readU64(value, 0), Number.MAX_SAFE_INTEGER);
    else if (type === CIPHERTEXT) ciphertext = new Uint8Array(value);
    else if (type === COPIES) copies = Math.min(Math.max(value[0], 1), COPIES_MAX);
    else if (type === PREKEY_ID) prekeyId = readU32(value, 0);
  }
  if (fields.end !== 'whole') return { ok: false, reason: 'cut' };
  if (tag === null || expiry === null || ciphertext === null) {
    return { ok: false, reason: 'incomplete' };
  }
  return { ok: true, value: { tag, expiry, ciphertext, copies, prekeyId } };
}

function fits(type: number, length: number): boolean {
  if (type === TAG) return length === TAG_SIZE;
  if (type === EXPIRY) return length === 8;
  if (type === CIPHERTEXT) return length > 0 && length <= CIPHERTEXT_MAX;
  if (type === COPIES) return length === 1;
  if (type === PREKEY_ID) return length === 4;
  return true;
}

export function encodeCourier(courier: Courier): Uint8Array {
  const { tag, expiry, ciphertext, copies, prekeyId } = courier;
  assert(fits(TAG, tag.length), 'a courier tag has 16 bytes');
  assert(fits(CIPHERTEXT, ciphertext.length), 'a courier carries 1 to 16,384 bytes');
  assert(copies >= 1 && copies <= COPIES_MAX, 'an envelope has 1 to 8 copies');
  const until = new Uint8Array(8);
  writeU64(until, 0, expiry);
  const fields: Field[] = [
    { type: TAG, value: tag },
    { type: EXPIRY, value: until },
    { type: CIPHERTEXT, value: ciphertext },
  ];
  // A last copy says nothing of copies, as before there were any.
  if (copies > 1) fields.push({ type: COPIES, value: new Uint8Array([copies]) });
  if (prekeyId !== null) {
    const id = new Uint8Array(4);
    writeU32(id, 0, prekeyId);
    fields.push({ type: PREKEY_ID, value: id });
  }
  return encodeFields(2, fields);
}

/** The tag of a recipient on one day, counted from 1970 in UTC. */
export function courierTag(
  crypto: Pick<Crypto, 'hmacSha256'>,
  noiseKey: Uint8Array,
  day: number,
): Uint8Array {
  const context = encodeText('bitchat-courier-tag-v1');
  const message = new Uint8Array(context.length + 4);
  message.set(context);
  writeU32(message, context.length, day);
  return new Uint8Array(crypto.hmacSha256(noiseKey, message).subarray(0, TAG_SIZE));
}
