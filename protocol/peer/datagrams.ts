/**
 * Datagrams: what a line over UDP is made of (WIRE §24). Each end chose the index under which the other
 * reaches it; whoever opens a line shows a cookie, so that no stranger's address costs anything here.
 *
 *   1  | type 1 | sender 4 | cookie 16 | message 1 of the handshake, 32 |
 *   2  | type 1 | receiver 4 | sender 4 | message 2 ... |
 *   3  | type 1 | receiver 4 | message 3 ... |
 *   4  | type 1 | receiver 4 | counter 8 | ciphertext ... | tag 16 |
 *   5  | type 1 | receiver 4 | cookie 16 |
 *
 * Sealed in 4: what arrived of the other direction, and perhaps a piece of this one.
 *
 *   | flags 1 | next piece wanted 8 | size of mask 1 | mask ... | number of piece 8 | piece ... |
 *
 * Bit n of the mask, the lowest of a byte first, says that the piece n + 1 behind the wanted one is there.
 */
import { assert } from '../core/assert.ts';
import { readU32, readU64, writeU32, writeU64 } from '../core/bytes.ts';
import type { LinkFlaw } from '../trust/binding.ts';
import type { DatagramFlaw } from '../trust/datagram-keys.ts';

export const OPENING = 1;
export const ANSWER = 2;
export const PROOF = 3;
export const DATA = 4;
export const COOKIE = 5;

/** Of UDP payload, as every network takes it uncut. Longer ones are dropped. */
export const DATAGRAM_MAX = 1200;
export const COOKIE_SIZE = 16;
/** Message 1 of a handshake: a key drawn for it. */
export const MESSAGE_SIZE = 32;
export const OPENING_SIZE = 1 + 4 + COOKIE_SIZE + MESSAGE_SIZE;
export const COOKIE_REPLY_SIZE = 1 + 4 + COOKIE_SIZE;
/** What stands before a message or a ciphertext. */
export const ANSWER_HEAD = 1 + 4 + 4;
export const PROOF_HEAD = 1 + 4;
export const DATA_HEAD = 1 + 4 + 8;

/** Pieces of one direction that may be on their way, and wait for one before them. */
export const PIECES_MAX = 512;
/** Nothing more comes from whoever says this. */
const LAST = 1;
const FLAGS = 1;
const FIXED_SIZE = FLAGS + 8 + 1;
const MASK_MAX = PIECES_MAX / 8;
const NUMBER_SIZE = 8;
const TAG_SIZE = 16;
/** What is left of a datagram, whatever the mask. */
export const PIECE_MAX = DATAGRAM_MAX - DATA_HEAD - TAG_SIZE - FIXED_SIZE - MASK_MAX - NUMBER_SIZE;

/** Of a piece: it was here before; no sender that keeps to its limits sends it yet. */
export type PieceFlaw = 'repeated' | 'too-far';

export type DatagramDrop = LinkFlaw | DatagramFlaw | PieceFlaw | 'bad-size' | 'out-of-turn';

export type DatagramEnd =
  /** Nobody said anything. */
  | 'unanswered'
  /** Whoever is there ends the line; before it was up, as we are not let in. */
  | 'hung-up'
  | 'not-let-in'
  /** Sealed by the other end, and no sense in it. */
  | 'bad-datagram';

/** What one datagram of type 4 says. */
export type Sealed = {
  isLast: boolean;
  wanted: number;
  mask: Uint8Array;
  /** Null where it says only what arrived. */
  piece: { number: number; bytes: Uint8Array } | null;
};

export function indexOf(datagram: Uint8Array): number {
  return readU32(datagram, 1);
}

/** `head` is what stands between type and rest. */
export function datagramOf(type: number, indexes: number[], ...rest: Uint8Array[]): Uint8Array {
  const size = rest.reduce((sum, part) => sum + part.length, 1 + 4 * indexes.length);
  assert(size <= DATAGRAM_MAX, 'what we say fits a datagram');
  const bytes = new Uint8Array(size);
  bytes[0] = type;
  indexes.forEach((index, at) => writeU32(bytes, 1 + 4 * at, index));
  let at = 1 + 4 * indexes.length;
  for (const part of rest) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function encodeSealed({ isLast, wanted, mask, piece }: Sealed): Uint8Array {
  const numberAt = FIXED_SIZE + mask.length;
  const size = piece === null ? numberAt : numberAt + NUMBER_SIZE + piece.bytes.length;
  const bytes = new Uint8Array(size);
  bytes[0] = isLast ? LAST : 0;
  writeU64(bytes, FLAGS, wanted);
  bytes[FIXED_SIZE - 1] = mask.length;
  bytes.set(mask, FIXED_SIZE);
  if (piece === null) return bytes;
  writeU64(bytes, numberAt, piece.number);
  bytes.set(piece.bytes, numberAt + NUMBER_SIZE);
  return bytes;
}

/** Null where it is malformed. Unknown flags mean nothing yet. */
export function decodeSealed(bytes: Uint8Array): Sealed | null {
  if (bytes.length < FIXED_SIZE) return null;
  const maskSize = bytes[FIXED_SIZE - 1];
  const numberAt = FIXED_SIZE + maskSize;
  if (maskSize > MASK_MAX || numberAt > bytes.length) return null;
  const isLast = (bytes[0] & LAST) !== 0;
  const wanted = readU64(bytes, FLAGS);
  const mask = bytes.subarray(FIXED_SIZE, numberAt);
  if (numberAt === bytes.length) return { isLast, wanted, mask, piece: null };
  const from = numberAt + NUMBER_SIZE;
  // A piece of nothing would be told apart from none by its number alone.
  if (from >= bytes.length) return null;
  const piece = { number: readU64(bytes, numberAt), bytes: bytes.subarray(from) };
  return { isLast, wanted, mask, piece };
}
