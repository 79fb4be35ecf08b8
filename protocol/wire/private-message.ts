/**
 * Private message: an id and a text inside a session (WIRE §8). An unknown field spoils it, as on
 * the phones; a field that comes twice counts as it came last; one stray byte at the end is none.
 *
 *   | 0 id, to 255 | 1 text, to 255 |
 */
import { assert } from '../core/assert.ts';
import type { Decoded } from './decoded.ts';
import { FieldReader, encodeFields } from './fields.ts';
import { decodeText, encodeText } from './text.ts';

/** In bytes, of the id and of the text: their length is one byte. */
export const PRIVATE_TEXT_MAX = 255;

/** The id is opaque: phones write UUIDs, in either case. */
export type PrivateMessage = { id: string; text: string };
export type NotPrivateMessage = 'cut' | 'unknown-field' | 'bad-text' | 'incomplete';

const ID = 0;
const TEXT = 1;

export function decodePrivateMessage(
  bytes: Uint8Array,
): Decoded<PrivateMessage, NotPrivateMessage> {
  let id: string | null = null;
  let text: string | null = null;
  const fields = new FieldReader(bytes, 1);
  while (fields.next()) {
    if (fields.type > TEXT) return { ok: false, reason: 'unknown-field' };
    const value = decodeText(fields.value);
    if (value === null) return { ok: false, reason: 'bad-text' };
    if (fields.type === ID) id = value;
    else text = value;
  }
  if (fields.end === 'cut') return { ok: false, reason: 'cut' };
  if (id === null || text === null) return { ok: false, reason: 'incomplete' };
  return { ok: true, value: { id, text } };
}

export function encodePrivateMessage(message: PrivateMessage): Uint8Array {
  const id = encodeText(message.id);
  const text = encodeText(message.text);
  assert(id.length <= PRIVATE_TEXT_MAX, 'a message id has at most 255 bytes');
  assert(text.length <= PRIVATE_TEXT_MAX, 'a private text has at most 255 bytes');
  return encodeFields(1, [
    { type: ID, value: id },
    { type: TEXT, value: text },
  ]);
}
