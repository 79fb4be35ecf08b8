/**
 * Note and noted (0xEC, 0xED): what a node without keys can say, and the answer (WIRE §20). Both are
 * proved by eight bytes of HMAC-SHA256 under the key the node was provisioned with.
 *
 *   note    | counter 4 | text 0..64 | proof 8 |
 *   noted   | counter 4 | proof 8 |
 *
 * The proof covers: type 1 | id of the node without keys 8 | counter 4 | text. So a note proves no
 * answer, and no other node's note.
 */
import { assert } from '../core/assert.ts';
import { readU32, writeU32 } from '../core/bytes.ts';
import { NOTE_TEXT_MAX } from '../core/notes.ts';
import { ID_SIZE, NOTE, NOTED } from '../core/packet.ts';
import { equalSecret } from '../trust/crypto.ts';
import type { Crypto } from '../trust/crypto.ts';
import type { Decoded } from './decoded.ts';
import { decodeText, encodeText } from './text.ts';

const COUNTER_SIZE = 4;
const PROOF_SIZE = 8;

export type Note = { counter: number; text: string; proof: Uint8Array };
export type Noted = { counter: number; proof: Uint8Array };
export type NotNote = 'too-short' | 'too-long' | 'bad-text';

/** The key, and the node it was given to. */
export type NoteKey = { node: Uint8Array; key: Uint8Array };
type Hmac = Pick<Crypto, 'hmacSha256'>;

export function decodeNote(bytes: Uint8Array): Decoded<Note, NotNote> {
  const textEnd = bytes.length - PROOF_SIZE;
  if (textEnd < COUNTER_SIZE) return { ok: false, reason: 'too-short' };
  if (textEnd > COUNTER_SIZE + NOTE_TEXT_MAX) return { ok: false, reason: 'too-long' };
  const text = decodeText(bytes.subarray(COUNTER_SIZE, textEnd));
  if (text === null) return { ok: false, reason: 'bad-text' };
  const proof = new Uint8Array(bytes.subarray(textEnd));
  return { ok: true, value: { counter: readU32(bytes, 0), text, proof } };
}

/** Whether the node said it. Takes as long when it did not. */
export function isProvenNote(hmac: Hmac, by: NoteKey, note: Note): boolean {
  return equalSecret(note.proof, proofOf(hmac, NOTE, by, note.counter, encodeText(note.text)));
}

export function decodeNoted(bytes: Uint8Array): Decoded<Noted, 'too-short' | 'too-long'> {
  if (bytes.length < COUNTER_SIZE + PROOF_SIZE) return { ok: false, reason: 'too-short' };
  if (bytes.length > COUNTER_SIZE + PROOF_SIZE) return { ok: false, reason: 'too-long' };
  const proof = new Uint8Array(bytes.subarray(COUNTER_SIZE));
  return { ok: true, value: { counter: readU32(bytes, 0), proof } };
}

/** The answer to a note of the node `to`. */
export function encodeNoted(hmac: Hmac, to: NoteKey, counter: number): Uint8Array {
  const bytes = new Uint8Array(COUNTER_SIZE + PROOF_SIZE);
  writeU32(bytes, 0, counter);
  bytes.set(proofOf(hmac, NOTED, to, counter, new Uint8Array(0)), COUNTER_SIZE);
  return bytes;
}

export function isProvenNoted(hmac: Hmac, to: NoteKey, noted: Noted): boolean {
  return equalSecret(noted.proof, proofOf(hmac, NOTED, to, noted.counter, new Uint8Array(0)));
}

function proofOf(
  hmac: Hmac,
  type: number,
  by: NoteKey,
  counter: number,
  text: Uint8Array,
): Uint8Array {
  assert(by.node.length === ID_SIZE, 'a node id has 8 bytes');
  const covered = new Uint8Array(1 + ID_SIZE + COUNTER_SIZE + text.length);
  covered[0] = type;
  covered.set(by.node, 1);
  writeU32(covered, 1 + ID_SIZE, counter);
  covered.set(text, 1 + ID_SIZE + COUNTER_SIZE);
  return hmac.hmacSha256(by.key, covered).subarray(0, PROOF_SIZE);
}
