/**
 * Administration: what an administrator asks of a bridge inside a session, and what comes back (WIRE
 * §21). Fields are as those of control; arguments and answers are JSON, compressed where that is
 * shorter. An answer too long for one packet comes in parts, each of which is asked for.
 *
 *   01 id 8 | 02 operation | 03 status | 04 argument, or a piece of the answer
 *   08 part u16 | 09 parts u16 | 0A board 8 | 0B size u32, of what was compressed | 0C Unix ms u64
 */
import { ARGUMENT, OPERATION, REQUEST_ID, STATUS } from '../core/control-codes.ts';
import type { Fields } from '../core/fields.ts';
import { bigEndian, bytesIn, encodeFields, numberIn, readFields } from '../core/fields.ts';
import { compress, inflate } from './compression.ts';
import { decodeText, encodeText } from './text.ts';

/** The kind inside a session, that of control. */
export const ADMINISTRATION = 0xe1;

/** Operations, numbered as control has them where they are the same. */
export const OPERATIONS = {
  settings: 1,
  change: 3,
  look: 5,
  restart: 6,
  identify: 9,
  log: 10,
  judge: 12,
  boards: 13,
} as const;
export type AdminOperation = keyof typeof OPERATIONS;

/** Statuses, likewise. `failed` has its code and reason as the answer. */
export const STATUSES = {
  ok: 0,
  refused: 1,
  malformed: 3,
  full: 4,
  unsupported: 5,
  failed: 6,
  /** The same request is being done; its answer comes. */
  working: 7,
  /** A part is asked for of an answer that is not there any more. */
  gone: 8,
  /** It was said too long ago, or in the future: it was kept back, or a clock is wrong. */
  stale: 9,
} as const;
export type AdminStatus = keyof typeof STATUSES;

export type AdminRequest = {
  /** Drawn by whoever asks: with the same one, the same is done once. */
  id: Uint8Array;
  operation: AdminOperation;
  /** Whom it is about: a board of his; null for himself. */
  board: Uint8Array | null;
  /** Which part of the answer. Only the first asks for anything to be done. */
  part: number;
  argument: Packed;
  /** Unix ms, when this was said; said again, it is said anew. */
  saidAt: number;
};

export type AdminReply = {
  id: Uint8Array;
  status: AdminStatus;
  part: number;
  parts: number;
  piece: Uint8Array;
  /** Of the whole text; null where it is not compressed. */
  size: number | null;
};

/** A text as it travels. */
export type Packed = { bytes: Uint8Array; size: number | null };

/** Bytes of JSON in a request, and in an answer; more is refused. */
export const ARGUMENT_MAX = 16_384;
export const ANSWER_MAX = 262_144;
/** Bytes of an answer in one packet: with all that is around them it goes uncut (WIRE §7). */
export const PIECE_MAX = 360;
/** Parts of an answer; a longer one is none. */
export const PARTS_MAX = 256;

const ID_BYTES = 8;
const PART = 8;
const PARTS = 9;
const BOARD = 10;
const SIZE = 11;
const SAID_AT = 12;
const WIDTHS = [0, ID_BYTES, 1, 1, 0, 0, 0, 0, 2, 2, ID_BYTES, 4, 8];

/** As it was heard: null for an operation that nobody here knows. */
export type HeardRequest = Omit<AdminRequest, 'operation'> & { operation: AdminOperation | null };

/** `bad-field` also where bytes are cut short, `incomplete` where it has no id. */
export type Administration =
  | { ok: true; request: HeardRequest; reply: null }
  | { ok: true; request: null; reply: AdminReply }
  | { ok: false; reason: 'bad-field' | 'incomplete' };

export function encodeAdminRequest(request: AdminRequest): Uint8Array {
  const { id, operation, board, part, argument, saidAt } = request;
  const fields: Fields = [];
  fields[REQUEST_ID] = id;
  fields[OPERATION] = bigEndian(OPERATIONS[operation], 1);
  fields[BOARD] = board;
  fields[SAID_AT] = bigEndian(saidAt, 8);
  // Whoever asks for another part has said the rest already.
  if (part > 0) fields[PART] = bigEndian(part, 2);
  else setPacked(fields, argument);
  return encodeFields(fields, 2);
}

export function encodeAdminReply({ id, status, part, parts, ...packed }: AdminReply): Uint8Array {
  const fields: Fields = [];
  fields[REQUEST_ID] = id;
  fields[STATUS] = bigEndian(STATUSES[status], 1);
  if (part > 0) fields[PART] = bigEndian(part, 2);
  if (parts > 0) fields[PARTS] = bigEndian(parts, 2);
  setPacked(fields, { bytes: packed.piece, size: packed.size });
  return encodeFields(fields, 2);
}

export function decodeAdministration(bytes: Uint8Array): Administration {
  const fields = readFields(bytes, 2, WIDTHS);
  if (fields === null) return { ok: false, reason: 'bad-field' };
  const id = fields[REQUEST_ID];
  if (!id) return { ok: false, reason: 'incomplete' };
  return fields[STATUS] ? replyIn(id, fields) : requestIn(id, fields);
}

export function packText(text: string): Packed {
  const bytes = encodeText(text);
  const short = compress(bytes);
  return short === null ? { bytes, size: null } : { bytes: short, size: bytes.length };
}

/** The text, at most so many bytes of it; null where it is none, or more. */
export function unpackText({ bytes, size }: Packed, most: number): string | null {
  const whole = size === null ? bytes : inflated(bytes, size, most);
  return whole === null || whole.length > most ? null : decodeText(whole);
}

function inflated(bytes: Uint8Array, size: number, most: number): Uint8Array | null {
  const whole = inflate(bytes, size, most);
  return whole.ok ? whole.value : null;
}

function requestIn(id: Uint8Array, fields: Fields): Administration {
  const operation = named(OPERATIONS, numberIn(fields, OPERATION, null));
  const board = fields[BOARD] ?? null;
  const part = numberIn(fields, PART, 0);
  const argument = { bytes: bytesIn(fields, ARGUMENT), size: numberIn(fields, SIZE, null) };
  const saidAt = numberIn(fields, SAID_AT, 0);
  return { ok: true, request: { id, operation, board, part, argument, saidAt }, reply: null };
}

function replyIn(id: Uint8Array, fields: Fields): Administration {
  const status = named(STATUSES, numberIn(fields, STATUS, null));
  const part = numberIn(fields, PART, 0);
  const parts = numberIn(fields, PARTS, 0);
  if (status === null || parts > PARTS_MAX || part >= Math.max(1, parts)) {
    return { ok: false, reason: 'bad-field' };
  }
  const piece = bytesIn(fields, ARGUMENT);
  const size = numberIn(fields, SIZE, null);
  return { ok: true, request: null, reply: { id, status, part, parts, piece, size } };
}

function setPacked(fields: Fields, { bytes, size }: Packed): void {
  if (bytes.length > 0) fields[ARGUMENT] = bytes;
  if (size !== null) fields[SIZE] = bigEndian(size, 4);
}

function named<Name extends string>(
  numbers: Record<Name, number>,
  number: number | null,
): Name | null {
  const found = Object.entries(numbers).find(([, one]) => one === number);
  return (found?.[0] as Name | undefined) ?? null;
}
