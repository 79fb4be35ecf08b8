/**
 * Fields: type, length and value, with a length of one byte (WIRE §20) or two (WIRE §21). In memory
 * a list of values by type, at most one of each.
 *
 *   | type 1 | length `wide` | value ... | type 1 | ...
 */

/** Most entries are missing. */
export type Fields = (Uint8Array | null | undefined)[];

/**
 * Copies of the values, the last of a type where there are several. Null when one is cut short, or
 * has not the width that `widths` asks of its type (0: any, as of those beyond).
 */
export function readFields(bytes: Uint8Array, wide: 1 | 2, widths: number[]): Fields | null {
  const fields: Fields = [];
  let from = 0;
  while (from < bytes.length) {
    const valueAt = from + 1 + wide;
    let length = 0;
    for (let i = from + 1; i < valueAt; i++) length = (length << 8) | bytes[i];
    if (valueAt + length > bytes.length) return null;
    const type = bytes[from];
    if (widths[type] && widths[type] !== length) return null;
    from = valueAt + length;
    fields[type] = new Uint8Array(bytes.subarray(valueAt, from));
  }
  return fields;
}

/** Values are shorter than 256 bytes, or 65536. */
export function encodeFields(fields: Fields, wide: 1 | 2): Uint8Array {
  let size = 0;
  for (let type = 0; type < fields.length; type++) {
    const value = fields[type];
    if (value) size += 1 + wide + value.length;
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (let type = 0; type < fields.length; type++) {
    const value = fields[type];
    if (!value) continue;
    bytes[at] = type;
    let rest = value.length;
    for (let i = at + wide; i > at; i--) {
      bytes[i] = rest;
      rest >>= 8;
    }
    bytes.set(value, at + 1 + wide);
    at += 1 + wide + value.length;
  }
  return bytes;
}

/** Exact up to 6 bytes, and 8 of which the first two are zero. */
export function numberOf(bytes: Uint8Array): number {
  let value = 0;
  for (let i = 0; i < bytes.length; i++) value = value * 256 + bytes[i];
  return value;
}

/** The number in a field, or another where there is none. */
export function numberIn<T>(fields: Fields, type: number, otherwise: T): number | T {
  const value = fields[type];
  return value ? numberOf(value) : otherwise;
}

/** The value of a field, or no bytes where there is none. */
export function bytesIn(fields: Fields, type: number): Uint8Array {
  return fields[type] || new Uint8Array(0);
}

export function bigEndian(value: number, width: number): Uint8Array {
  const bytes = new Uint8Array(width);
  let rest = value;
  for (let i = width - 1; i >= 0; i--) {
    bytes[i] = rest;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}
