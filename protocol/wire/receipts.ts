/**
 * Receipts: several private messages confirmed at once (WIRE §20). Phones confirm each by itself,
 * so it is said to peers only who ask for it in their state.
 *
 *   | length 1 | id | length 1 | id ...
 */
import { assert } from '../core/assert.ts';
import type { Decoded } from './decoded.ts';
import { decodeText, encodeText } from './text.ts';

/** As a kind of private payload. */
export const RECEIPTS = 0xe9;
/** In bytes: sealed and addressed, it is one packet that nobody need cut (WIRE §7). */
export const RECEIPTS_SIZE_MAX = 400;

export type NotReceipts = 'empty' | 'cut' | 'too-long' | 'bad-text';

export function decodeReceipts(bytes: Uint8Array): Decoded<string[], NotReceipts> {
  if (bytes.length === 0) return { ok: false, reason: 'empty' };
  if (bytes.length > RECEIPTS_SIZE_MAX) return { ok: false, reason: 'too-long' };
  const ids: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = at + 1 + bytes[at];
    if (end > bytes.length) return { ok: false, reason: 'cut' };
    const id = decodeText(bytes.subarray(at + 1, end));
    if (id === null) return { ok: false, reason: 'bad-text' };
    if (id === '') return { ok: false, reason: 'empty' };
    ids.push(id);
    at = end;
  }
  return { ok: true, value: ids };
}

export function encodeReceipts(ids: string[]): Uint8Array {
  const bytes: number[] = [];
  for (const id of ids) {
    const text = encodeText(id);
    assert(text.length > 0 && text.length < 256, 'an id has 1 to 255 bytes');
    bytes.push(text.length, ...text);
  }
  assert(bytes.length > 0 && bytes.length <= RECEIPTS_SIZE_MAX, 'receipts fit one packet');
  return new Uint8Array(bytes);
}
