/**
 * File (0x22, or inside a session): a whole small file with its name (WIRE §10). What a name may do
 * to a file system is for whoever saves it to judge: here it is only text.
 *
 *   | 1 name, length 2 | 2 size 4, length 2 | 3 mime, length 2 | 4 content, length 4 |
 *
 * Read as tolerantly as the more tolerant phone reads each part: a content length of two bytes, a
 * size of eight, several contents in a row.
 */
import { assert } from '../core/assert.ts';
import { readU16, readU32, readU64, writeU32 } from '../core/bytes.ts';
import type { Decoded } from './decoded.ts';
import { encodeFields } from './fields.ts';
import type { Field } from './fields.ts';
import { decodeText, encodeText } from './text.ts';

/** One mebibyte, as on the phones; more is refused. */
export const FILE_MAX = 1048576;

export type SmallFile = {
  /** Null where absent or no text. Android refuses a file without one. */
  name: string | null;
  mime: string | null;
  /** As declared; the length of the content where nothing is. */
  size: number;
  content: Uint8Array;
};

export type NotFile = 'cut' | 'too-large' | 'empty';

const NAME = 1;
const SIZE = 2;
const MIME = 3;
const CONTENT = 4;

export function decodeFile(bytes: Uint8Array): Decoded<SmallFile, NotFile> {
  let name: string | null = null;
  let mime: string | null = null;
  let size: number | null = null;
  let contentSize = 0;
  for (const part of partsOf(bytes)) {
    if (part === null) return { ok: false, reason: 'cut' };
    const { type, value } = part;
    if (type === NAME) name = decodeText(value);
    else if (type === MIME) mime = decodeText(value);
    else if (type === CONTENT) contentSize += value.length;
    else if (type === SIZE && value.length === 4) size = readU32(value, 0);
    else if (type === SIZE && value.length === 8) size = readU64(value, 0);
    if (Math.max(contentSize, size ?? 0) > FILE_MAX) return { ok: false, reason: 'too-large' };
  }
  if (contentSize === 0) return { ok: false, reason: 'empty' };
  const content = new Uint8Array(contentSize);
  let filled = 0;
  for (const part of partsOf(bytes)) {
    if (part === null || part.type !== CONTENT) continue;
    content.set(part.value, filled);
    filled += part.value.length;
  }
  return { ok: true, value: { name, mime, size: size ?? contentSize, content } };
}

/** The parts in order, as views; a null last where one goes beyond the end. */
function* partsOf(bytes: Uint8Array): Generator<Field | null> {
  let at = 0;
  while (at < bytes.length) {
    const type = bytes[at];
    let valueAt = at + 5;
    let end = valueAt > bytes.length ? Infinity : valueAt + readU32(bytes, at + 1);
    if (type !== CONTENT || end > bytes.length) {
      valueAt = at + 3;
      end = valueAt > bytes.length ? Infinity : valueAt + readU16(bytes, at + 1);
    }
    if (end > bytes.length) {
      yield null;
      return;
    }
    yield { type, value: bytes.subarray(valueAt, end) };
    at = end;
  }
}

export function encodeFile(file: SmallFile): Uint8Array {
  const { content } = file;
  assert(content.length > 0 && content.length <= FILE_MAX, 'a file has 1 byte to 1 MiB');
  assert(file.size >= 0 && file.size <= FILE_MAX, 'a file declares at most 1 MiB');
  const size = new Uint8Array(4);
  writeU32(size, 0, file.size);
  const fields: Field[] = [{ type: SIZE, value: size }];
  if (file.name !== null) fields.unshift({ type: NAME, value: encodeText(file.name) });
  if (file.mime !== null) fields.push({ type: MIME, value: encodeText(file.mime) });
  const head = encodeFields(2, fields);
  const bytes = new Uint8Array(head.length + 5 + content.length);
  bytes.set(head);
  bytes[head.length] = CONTENT;
  writeU32(bytes, head.length + 1, content.length);
  bytes.set(content, head.length + 5);
  return bytes;
}
