/**
 * Writes deterministic CBOR (RFC 8949 §4.2.1): shortest numbers, floats in the shortest width that
 * keeps them, keys in order of their bytes. cbor-x does not serve here: it has no 16-bit floats,
 * makes floats of integers beyond 32 bits, and leaves keys as they come.
 */
import { assert } from '../core/assert.ts';
import { writeU16, writeU32 } from '../core/bytes.ts';
import { Float, Simple, Tagged } from './cbor-value.ts';
import type { Cbor } from './cbor-value.ts';
import { encodeText } from './text.ts';

export function encodeCbor(value: Cbor): Uint8Array {
  if (typeof value === 'number' || typeof value === 'bigint') return integer(value);
  if (typeof value === 'string') return sized(3, encodeText(value));
  if (value instanceof Uint8Array) return sized(2, value);
  if (Array.isArray(value)) return join([head(4, value.length), ...value.map(encodeCbor)]);
  if (value instanceof Map) return map(value);
  if (value instanceof Float) return encodeFloat(value.value);
  if (value instanceof Tagged) return join([head(6, value.tag), encodeCbor(value.content)]);
  if (value instanceof Simple) return simple(value.value);
  return head(7, value === false ? 20 : value === true ? 21 : value === null ? 22 : 23);
}

function integer(value: number | bigint): Uint8Array {
  assert(typeof value === 'bigint' || Number.isSafeInteger(value), 'a number is a whole one');
  return value >= 0 ? head(0, value) : head(1, -1n - BigInt(value));
}

function simple(value: number): Uint8Array {
  assert(value >= 0 && value < 256 && (value < 20 || value >= 32), 'a simple value is free to use');
  return head(7, value);
}

function map(entries: Map<Cbor, Cbor>): Uint8Array {
  const encoded: { key: Uint8Array; value: Uint8Array }[] = [];
  for (const [key, value] of entries) {
    encoded.push({ key: encodeCbor(key), value: encodeCbor(value) });
  }
  encoded.sort((a, b) => compareBytes(a.key, b.key));
  const parts = [head(5, encoded.length)];
  encoded.forEach(({ key, value }, i) => {
    assert(i === 0 || compareBytes(encoded[i - 1].key, key) < 0, 'a key occurs once');
    parts.push(key, value);
  });
  return join(parts);
}

/** In 16, 32 or 64 bits, whichever is the first to keep the value. There is one NaN. */
export function encodeFloat(value: number): Uint8Array {
  const half = halfBits(value);
  if (half !== null) {
    const bytes = new Uint8Array([0xf9, 0, 0]);
    writeU16(bytes, 1, half);
    return bytes;
  }
  const single = Math.fround(value) === value;
  const bytes = new Uint8Array(single ? 5 : 9);
  bytes[0] = single ? 0xfa : 0xfb;
  const view = new DataView(bytes.buffer, 1);
  if (single) view.setFloat32(0, value);
  else view.setFloat64(0, value);
  return bytes;
}

/** The 16 bits of a float; null where it needs more. */
function halfBits(value: number): number | null {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size === Infinity) return sign | 0x7c00;
  // Subnormal and zero: a multiple of 2^-24 below 2^-14.
  if (size < 2 ** -14) {
    const steps = size * 2 ** 24;
    return Number.isInteger(steps) ? sign | steps : null;
  }
  // Normal: eleven bits, the first of them implied.
  let exponent = -14;
  while (exponent < 16 && size >= 2 ** (exponent + 1)) exponent++;
  const fraction = size * 2 ** (10 - exponent) - 1024;
  if (exponent > 15 || !Number.isInteger(fraction)) return null;
  return sign | ((exponent + 15) << 10) | fraction;
}

function sized(major: number, content: Uint8Array): Uint8Array {
  return join([head(major, content.length), content]);
}

/** Major type and argument, in the fewest bytes. */
function head(major: number, argument: number | bigint): Uint8Array {
  const initial = major << 5;
  if (argument < 24) return new Uint8Array([initial | Number(argument)]);
  if (argument < 0x100) return new Uint8Array([initial | 24, Number(argument)]);
  const bytes = new Uint8Array(argument < 0x10000 ? 3 : argument < 0x100000000 ? 5 : 9);
  if (bytes.length === 3) writeU16(bytes, 1, Number(argument));
  else if (bytes.length === 5) writeU32(bytes, 1, Number(argument));
  else {
    const whole = BigInt(argument);
    assert(whole < 1n << 64n, 'an integer fits 64 bits');
    writeU32(bytes, 1, Number(whole >> 32n));
    writeU32(bytes, 5, Number(whole & 0xffffffffn));
  }
  bytes[0] = initial | (bytes.length === 3 ? 25 : bytes.length === 5 ? 26 : 27);
  return bytes;
}

function join(parts: Uint8Array[]): Uint8Array {
  let size = 0;
  for (const part of parts) size += part.length;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Bytewise, as keys are sorted: a beginning comes before what it begins. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
