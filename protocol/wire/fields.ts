/**
 * Fields: type, length, value, one after another; how most payloads of WIRE are built.
 *
 *   | type 1 | length 1 or 2 | value, `length` bytes | type 1 | ...
 */
import { assert } from '../core/assert.ts';
import { readU16, writeU16 } from '../core/bytes.ts';

export type Field = { type: number; value: Uint8Array };

/**
 * Reads the fields in order: `while (fields.next())`. What follows the last whole field is for the
 * caller to judge: some messages tolerate a tail, as the phones do.
 */
export class FieldReader {
  type = 0;
  /** A view into the bytes. */
  value: Uint8Array = new Uint8Array(0);
  /** Why there is no next: the end, bytes too few for a header, or a value that is cut short. */
  end: 'whole' | 'tail' | 'cut' = 'whole';
  private readonly bytes: Uint8Array;
  private readonly lengthSize: 1 | 2;
  private at = 0;

  constructor(bytes: Uint8Array, lengthSize: 1 | 2) {
    this.bytes = bytes;
    this.lengthSize = lengthSize;
  }

  next(): boolean {
    const { bytes, at } = this;
    if (at === bytes.length) return false;
    const valueAt = at + 1 + this.lengthSize;
    if (valueAt > bytes.length) return this.stop('tail');
    const length = this.lengthSize === 1 ? bytes[at + 1] : readU16(bytes, at + 1);
    if (valueAt + length > bytes.length) return this.stop('cut');
    this.type = bytes[at];
    this.value = bytes.subarray(valueAt, valueAt + length);
    this.at = valueAt + length;
    return true;
  }

  private stop(end: 'tail' | 'cut'): boolean {
    this.end = end;
    return false;
  }
}

export function encodeFields(lengthSize: 1 | 2, fields: Field[]): Uint8Array {
  let size = 0;
  for (const field of fields) {
    assert(field.value.length < 256 ** lengthSize, 'a field fits its length');
    size += 1 + lengthSize + field.value.length;
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const { type, value } of fields) {
    bytes[at] = type;
    if (lengthSize === 1) bytes[at + 1] = value.length;
    else writeU16(bytes, at + 1, value.length);
    bytes.set(value, at + 1 + lengthSize);
    at += 1 + lengthSize + value.length;
  }
  return bytes;
}
