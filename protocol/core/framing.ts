/**
 * Framing: blocks on a pipe of bytes, such as a serial line (WIRE §22). A reader starts anywhere,
 * survives any noise, and is in step again at the next 0x00. COBS keeps 0x00 out of a block: each
 * zero becomes the distance to the next, and a run of 254 bytes without one pays an extra distance.
 *
 *   00 | COBS( kind 1 | body ... | CRC-32 of kind and body, 4, little-endian ) | 00
 */
import type { Drops } from './drops.ts';

export const PACKET_BLOCK = 1;
export const TEXT_BLOCK = 2;

/** CRC-32 (IEEE) as an unsigned number. */
export type Crc32 = (bytes: Uint8Array) => number;
/** An array of that size, of whatever content: a fresh one, or a view of a larger. */
export type Room = (size: number) => Uint8Array;

export type Block = { kind: number; body: Uint8Array };

/** Why a block was dropped. */
export type BlockDrop = 'too-long' | 'cut-short' | 'too-short' | 'bad-checksum' | 'unknown-kind';

/** Bytes of a block beside its body: kind and CRC-32. */
const EXTRA = 5;
/** Bytes without a zero that one distance can span. */
const RUN_MAX = 254;
/** What CRC-32 gives for any bytes with their own CRC-32 behind them. */
const RESIDUE = 0x2144df1c;

/** Bytes that a block of such a body can take, with the 0x00 before and after it, and some more. */
export function blockSizeMax(bodyLength: number): number {
  return bodyLength + (bodyLength >> 7) + 9;
}

export function encodeBlock(kind: number, body: Uint8Array, crc: Crc32): Uint8Array {
  const bytes = new Uint8Array(blockSizeMax(body.length));
  return bytes.subarray(0, writeBlock(bytes, 0, kind, body, crc));
}

/** Writes a block at `from`, with `blockSizeMax` bytes of room, and returns where it ends. */
export function writeBlock(
  bytes: Uint8Array,
  from: number,
  kind: number,
  body: Uint8Array,
  crc: Crc32,
): number {
  const size = body.length + EXTRA;
  // The block lies plain at the back of the room, and is encoded over itself toward the front: what
  // lies between two extra distances moves by the `gap` that is left for those to come.
  let gap = Math.floor(size / RUN_MAX);
  let slot = from + 1 + gap;
  const end = slot + 1 + size;
  bytes[slot + 1] = kind;
  bytes.set(body, slot + 2);
  const sum = crc(bytes.subarray(slot + 1, end - 4));
  for (let i = 0; i < 4; i++) bytes[end - 4 + i] = sum >>> (8 * i);
  // The search for zeros ends here.
  bytes[end] = 0;

  let moved = slot;
  let zero = 0;
  while (slot < end) {
    // A look at the next byte is cheaper than a call, and zeros come in swarms.
    if (zero <= slot) zero = bytes[slot + 1] === 0 ? slot + 1 : bytes.indexOf(0, slot + 1);
    const full = zero - slot > RUN_MAX;
    const next = full ? slot + RUN_MAX + 1 : zero;
    bytes[slot] = next - slot;
    slot = next;
    if (full || slot === end) {
      if (gap > 0) bytes.set(bytes.subarray(moved, slot), moved - gap);
      if (slot === end) break;
      // The extra distance takes one byte of the gap.
      gap--;
      slot--;
      moved = slot;
    }
  }
  bytes[from] = 0;
  bytes[end - gap] = 0;
  return end - gap + 1;
}

/** Takes a pipe apart, in whatever pieces it comes. Holds one block of at most the largest body. */
export class BlockReader {
  readonly drops: Drops<BlockDrop> = {};
  private readonly bodyMax: number;
  private readonly crc: Crc32;
  private readonly room: Room;
  /** An unfinished block, as it came. */
  private readonly held: Uint8Array;
  /** Bytes since the last 0x00. What goes beyond `held` is not held, only counted. */
  private length = 0;

  /** `room` is where blocks are decoded; bodies are views of it, and the caller's to keep. */
  constructor(bodyMax: number, crc: Crc32, room: Room) {
    this.bodyMax = bodyMax;
    this.crc = crc;
    this.room = room;
    this.held = new Uint8Array(blockSizeMax(bodyMax));
  }

  /** The blocks that these bytes complete. */
  feed(bytes: Uint8Array): Block[] {
    const blocks: Block[] = [];
    const held = this.held;
    let length = this.length;
    let at = 0;
    while (at < bytes.length) {
      const zero = bytes.indexOf(0, at);
      let piece = bytes.subarray(at, zero < 0 ? bytes.length : zero);
      at += piece.length + 1;
      // Most blocks come whole, and are not held at all.
      const whole = zero >= 0 && length === 0;
      if (!whole && length + piece.length <= held.length) held.set(piece, length);
      length += piece.length;
      if (zero < 0 || length === 0) continue;
      let reason: BlockDrop | null = 'too-long';
      if (!whole) piece = held.subarray(0, length);
      if (length <= held.length) reason = this.open(piece, blocks);
      if (reason !== null) this.drops[reason] = (this.drops[reason] || 0) + 1;
      length = 0;
    }
    this.length = length;
    return blocks;
  }

  private open(coded: Uint8Array, blocks: Block[]): BlockDrop | null {
    const size = coded.length;
    const plain = this.room(size);
    plain.set(coded);
    // Distances turn to zeros where they lie, but the first is left behind, and the extra ones vanish
    // as what lies between two of them moves over by the `gap` of those before.
    let gap = 0;
    let moved = 1;
    let slot = 0;
    while (slot < size) {
      const distance = plain[slot];
      plain[slot] = 0;
      slot += distance;
      if (slot > size) return 'cut-short';
      if (distance > RUN_MAX || slot === size) {
        if (gap > 0) plain.set(plain.subarray(moved, slot), moved - gap);
        moved = slot + 1;
        gap++;
      }
    }
    // The last distance led to the end, and was no extra one.
    const end = size - gap + 1;
    if (end <= EXTRA) return 'too-short';
    if (end - 1 - EXTRA > this.bodyMax) return 'too-long';
    if (this.crc(plain.subarray(1, end)) !== RESIDUE) return 'bad-checksum';
    const kind = plain[1];
    if (kind !== PACKET_BLOCK && kind !== TEXT_BLOCK) return 'unknown-kind';
    blocks.push({ kind: kind, body: plain.subarray(2, end - 4) });
    return null;
  }
}
