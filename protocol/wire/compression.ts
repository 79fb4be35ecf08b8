/**
 * Compression of payloads: raw DEFLATE, byte for byte as stock zlib writes it at level 5, because a
 * phone that verifies a signature compresses again and compares (WIRE §2, §4). Inflating is bounded
 * before it starts: by what the caller allows, and by what so few bytes can expand to at all.
 */
import { Z_DEFAULT_STRATEGY, Z_FINISH, Z_OK, Z_STREAM_END } from 'pako';
import { ZStream, zlibDeflate, zlibDeflateInit2, zlibDeflateReset } from 'pako';
import { zlibInflate, zlibInflateInit2 } from 'pako';
import { assert } from '../core/assert.ts';
import { sameBytes } from '../core/bytes.ts';
import type { Decoded } from './decoded.ts';

const COMPRESS_MIN = 100;
const LEVEL = 5;
const DEFLATED = 8;
const MEM_LEVEL = 8;
/** The hash is stock zlib's; pako's own is Chromium's, which no phone has. */
const IS_LEGACY_HASH = true;
const WRAPPED = 15;
const RAW = -15;

/** One for all: what it begins it ends, and 300 KB of tables for each payload would cost most. */
let deflater: ZStream | null = null;

/**
 * DEFLATE's own limit: 258 bytes from two bits. The phones draw the line at 50,000 (WIRE §1), which
 * refuses nothing that this does not, but lets 24 bytes ask for a megabyte.
 */
const EXPANSION_MAX = 1032;

export type Uninflatable = 'empty' | 'over-limit' | 'expansion' | 'corrupt' | 'size-mismatch';

/** The payload compressed, or null where the phones leave it as it is. */
export function compress(payload: Uint8Array): Uint8Array | null {
  if (payload.length < COMPRESS_MIN || isDiverse(payload)) return null;
  const stream = freshDeflater();
  // What is not shorter finds no room: zlib ends only where a byte is left over.
  const output = new Uint8Array(payload.length);
  stream.input = payload;
  stream.next_in = 0;
  stream.avail_in = payload.length;
  stream.output = output;
  stream.next_out = 0;
  stream.avail_out = output.length;
  if (zlibDeflate(stream, Z_FINISH) !== Z_STREAM_END) return null;
  return output.slice(0, stream.next_out);
}

/**
 * Packer: compresses for somebody who says one thing again and again, as announces are. What was not
 * shorter the last time is not tried once more: a deflater clears 300 KB for each payload.
 */
export class Packer {
  private flat: Uint8Array | null = null;

  compress(payload: Uint8Array): Uint8Array | null {
    const { flat } = this;
    if (flat?.length === payload.length && sameBytes(payload, 0, flat)) return null;
    const compressed = compress(payload);
    if (compressed === null) this.flat = new Uint8Array(payload);
    return compressed;
  }
}

function freshDeflater(): ZStream {
  if (deflater === null) {
    deflater = new ZStream();
    const raw = [RAW, MEM_LEVEL, Z_DEFAULT_STRATEGY] as const;
    const status = zlibDeflateInit2(deflater, LEVEL, DEFLATED, ...raw, IS_LEGACY_HASH);
    assert(status === Z_OK, 'a deflater is made');
  }
  zlibDeflateReset(deflater);
  return deflater;
}

/**
 * Inflates to exactly `size` bytes, at most `sizeMax`, and refuses what holds less, more, or goes on
 * after the end. A zlib header is tried first, as Android does.
 * Allocates `size` bytes and some 48 KiB, nothing before the two are judged (RELIABILITY S13).
 */
export function inflate(
  compressed: Uint8Array,
  size: number,
  sizeMax: number,
): Decoded<Uint8Array, Uninflatable> {
  if (size === 0 || compressed.length === 0) return { ok: false, reason: 'empty' };
  if (size > sizeMax) return { ok: false, reason: 'over-limit' };
  if (size > compressed.length * EXPANSION_MAX) return { ok: false, reason: 'expansion' };
  if (looksWrapped(compressed)) {
    const wrapped = inflateExact(compressed, size, WRAPPED);
    if (wrapped.ok) return wrapped;
  }
  return inflateExact(compressed, size, RAW);
}

/** Whether the payload has so many different bytes that it is compressed or sealed already. */
function isDiverse(payload: Uint8Array): boolean {
  const seen = new Uint8Array(256);
  let unique = 0;
  for (const byte of payload) {
    if (seen[byte] === 0) unique++;
    seen[byte] = 1;
  }
  return unique / Math.min(payload.length, 256) >= 0.9;
}

/** RFC 1950's check of a header. A raw stream can pass it by chance. */
function looksWrapped(bytes: Uint8Array): boolean {
  if (bytes.length < 2) return false;
  const method = bytes[0];
  return (method & 15) === 8 && method >> 4 <= 7 && (method * 256 + bytes[1]) % 31 === 0;
}

function inflateExact(
  compressed: Uint8Array,
  size: number,
  windowBits: number,
): Decoded<Uint8Array, Uninflatable> {
  const stream = new ZStream();
  if (zlibInflateInit2(stream, windowBits) !== Z_OK) return { ok: false, reason: 'corrupt' };
  const output = new Uint8Array(size);
  stream.input = compressed;
  stream.avail_in = compressed.length;
  stream.output = output;
  stream.avail_out = size;
  let status = zlibInflate(stream, Z_FINISH);
  if (status !== Z_STREAM_END && stream.avail_out === 0) {
    // The end mark may still be unread; a byte of room shows whether there is more than that.
    stream.output = new Uint8Array(1);
    stream.next_out = 0;
    stream.avail_out = 1;
    status = zlibInflate(stream, Z_FINISH);
    if (stream.avail_out === 0) return { ok: false, reason: 'size-mismatch' };
  }
  if (status !== Z_STREAM_END) return { ok: false, reason: 'corrupt' };
  if (stream.total_out !== size) return { ok: false, reason: 'size-mismatch' };
  if (stream.avail_in !== 0) return { ok: false, reason: 'size-mismatch' };
  return { ok: true, value: output };
}
