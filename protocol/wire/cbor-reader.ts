/**
 * Reads deterministic CBOR (RFC 8949 §4.2.1): every value has exactly one encoding, and whatever is
 * not that one is refused. So what was read is written back to the same bytes, and nodes that agree
 * on a value agree on its hash. cbor-x does not serve here: it takes items that are malformed
 * (RELIABILITY §1) or not in their only form.
 */
import { readU16, readU32 } from '../core/bytes.ts';
import { Float, Simple, Tagged } from './cbor-value.ts';
import type { Cbor } from './cbor-value.ts';
import { compareBytes, encodeFloat } from './cbor-writer.ts';
import type { Decoded } from './decoded.ts';
import { decodeText } from './text.ts';

export type CborLimits = {
  /** Bytes of an item. */
  bytes: number;
  /** How deep arrays, maps and tags may lie in each other. */
  depth: number;
  /** Tags that may occur. */
  tags: number[];
};
const CBOR_LIMITS: CborLimits = { bytes: 65536, depth: 16, tags: [] };

export type NotCbor =
  | 'too-long'
  | 'cut'
  | 'trailing'
  | 'too-deep'
  | 'reserved'
  | 'indefinite'
  | 'not-shortest'
  | 'unsorted'
  | 'bad-text'
  | 'tag';

/** Decodes one item that fills the bytes. Takes memory for at most what the bytes can hold. */
export function decodeCbor(
  bytes: Uint8Array,
  limits: CborLimits = CBOR_LIMITS,
): Decoded<Cbor, NotCbor> {
  if (bytes.length > limits.bytes) return { ok: false, reason: 'too-long' };
  const reader = new CborReader(bytes, limits);
  const value = reader.item(0);
  if (reader.wrong !== null) return { ok: false, reason: reader.wrong };
  if (reader.at < bytes.length) return { ok: false, reason: 'trailing' };
  return { ok: true, value };
}

const UNSIGNED = 0;
const NEGATIVE = 1;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;
const OTHER = 7;

/** Reads until something is `wrong`; what it returns from then on means nothing. */
class CborReader {
  at = 0;
  wrong: NotCbor | null = null;
  private readonly bytes: Uint8Array;
  private readonly limits: CborLimits;

  constructor(bytes: Uint8Array, limits: CborLimits) {
    this.bytes = bytes;
    this.limits = limits;
  }

  item(depth: number): Cbor {
    if (depth > this.limits.depth) return this.stop('too-deep');
    if (this.at >= this.bytes.length) return this.stop('cut');
    const initial = this.bytes[this.at++];
    const major = initial >> 5;
    if (major === OTHER) return this.simpleOrFloat(initial & 31);
    const argument = this.argument(initial & 31);
    if (this.wrong !== null) return null;
    if (major === UNSIGNED) return argument;
    if (major === NEGATIVE) return negative(argument);
    if (major === TAG) return this.tagged(argument, depth);
    const left = this.bytes.length - this.at;
    // Every element takes a byte at least: no count can promise more than is there.
    if (argument > left) return this.stop('cut');
    const count = Number(argument);
    if (major === ARRAY) return this.array(count, depth);
    if (major === MAP) return this.map(count, depth);
    const content = this.bytes.subarray(this.at, this.at + count);
    this.at += count;
    if (major === TEXT) return decodeText(content) ?? this.stop('bad-text');
    return new Uint8Array(content);
  }

  /** The number behind the initial byte, in its shortest form. */
  private argument(low: number): number | bigint {
    if (low < 24) return low;
    if (low === 31) return this.stopWith('indefinite');
    if (low > 27) return this.stopWith('reserved');
    const size = 1 << (low - 24);
    const at = this.at;
    if (at + size > this.bytes.length) return this.stopWith('cut');
    this.at += size;
    if (size === 8) {
      const high = readU32(this.bytes, at);
      if (high === 0) return this.stopWith('not-shortest');
      const whole = (BigInt(high) << 32n) | BigInt(readU32(this.bytes, at + 4));
      return whole <= Number.MAX_SAFE_INTEGER ? Number(whole) : whole;
    }
    const argument =
      size === 1 ? this.bytes[at] : size === 2 ? readU16(this.bytes, at) : readU32(this.bytes, at);
    const least = size === 1 ? 24 : size === 2 ? 0x100 : 0x10000;
    return argument < least ? this.stopWith('not-shortest') : argument;
  }

  private array(count: number, depth: number): Cbor {
    const items: Cbor[] = [];
    while (items.length < count && this.wrong === null) items.push(this.item(depth + 1));
    return items;
  }

  private map(count: number, depth: number): Cbor {
    const entries = new Map<Cbor, Cbor>();
    let previous: Uint8Array | null = null;
    for (let i = 0; i < count; i++) {
      const keyAt = this.at;
      const key = this.item(depth + 1);
      if (this.wrong !== null) return null;
      const encoded = this.bytes.subarray(keyAt, this.at);
      if (previous !== null && compareBytes(previous, encoded) >= 0) return this.stop('unsorted');
      previous = encoded;
      const value = this.item(depth + 1);
      if (this.wrong !== null) return null;
      entries.set(key, value);
    }
    return entries;
  }

  private tagged(tag: number | bigint, depth: number): Cbor {
    if (!this.limits.tags.some((allowed) => allowed === tag)) return this.stop('tag');
    return new Tagged(tag, this.item(depth + 1));
  }

  private simpleOrFloat(low: number): Cbor {
    if (low === 20) return false;
    if (low === 21) return true;
    if (low === 22) return null;
    if (low === 23) return undefined;
    if (low < 20) return new Simple(low);
    if (low === 31) return this.stop('indefinite');
    if (low > 27) return this.stop('reserved');
    const size = 1 << (low - 24);
    const at = this.at;
    if (at + size > this.bytes.length) return this.stop('cut');
    this.at += size;
    if (size === 1) {
      // Below 32 there is a shorter form, or none at all.
      return this.bytes[at] < 32 ? this.stop('reserved') : new Simple(this.bytes[at]);
    }
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + at, size);
    const value =
      size === 2
        ? halfValue(readU16(this.bytes, at))
        : size === 4
          ? view.getFloat32(0)
          : view.getFloat64(0);
    const shortest = encodeFloat(value);
    const isShortest =
      shortest.length === size + 1 &&
      compareBytes(shortest, this.bytes.subarray(at - 1, at + size)) === 0;
    return isShortest ? new Float(value) : this.stop('not-shortest');
  }

  private stop(why: NotCbor): null {
    this.wrong ??= why;
    return null;
  }

  private stopWith(why: NotCbor): number {
    this.stop(why);
    return 0;
  }
}

function negative(argument: number | bigint): number | bigint {
  const value = -1n - BigInt(argument);
  return value >= Number.MIN_SAFE_INTEGER ? Number(value) : value;
}

/** A 16-bit float: sign 1, exponent 5, fraction 10. */
function halfValue(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
