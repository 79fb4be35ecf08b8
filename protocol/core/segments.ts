/**
 * Segments: a frame in the pieces that a small-MTU link carries (WIRE §23).
 *
 *   | first: bit 7, last: bit 6, number: bits 5-0 | at most MTU-4 bytes of the frame ...
 *
 * Numbers run on from frame to frame: when the end of one frame and the start of the next are lost
 * together, what is left does not pass for a whole.
 */
import type { Drops } from './drops.ts';
import { SHORTCUTS } from './features.ts';
import { Slab } from './slab.ts';

const FIRST = 0x80;
const LAST = 0x40;
const NUMBER = 0x3f;

/** Of all links: what is cut from it is nobody else's. */
const SLAB = SHORTCUTS ? new Slab() : null;
const NOTHING = new Uint8Array(0);

/** In place of a number: no frame is open, or the rest of one that was dropped is let pass. */
const NONE = 64;
const SKIPPING = 65;

/** Gives out one frame after the other, segment by segment, as fast as the radio asks for them. */
export class SegmentWriter {
  /** Bytes of a frame in one segment: MTU-4. It may change with the MTU, even inside a frame. */
  payloadMax: number;
  private frame: Uint8Array = NOTHING;
  private sent = 0;
  private number = 0;

  constructor(payloadMax: number) {
    this.payloadMax = payloadMax;
  }

  /** Starts a frame, which must not change until it is out; what is left of another is abandoned. */
  begin(frame: Uint8Array): void {
    this.frame = frame;
    this.sent = 0;
  }

  /** Whether the frame is out, so that the next may begin. */
  isOut(): boolean {
    return this.sent === this.frame.length;
  }

  /** Null when the frame is out. */
  next(): Uint8Array | null {
    const frame = this.frame;
    const from = this.sent;
    if (this.isOut()) return null;
    const end = Math.min(from + this.payloadMax, frame.length);
    const size = end - from + 1;
    const segment = SLAB === null ? new Uint8Array(size) : SLAB.cut(size);
    segment[0] = (from === 0 ? FIRST : 0) | (end === frame.length ? LAST : 0) | this.number;
    const isAll = SHORTCUTS && end - from === frame.length;
    segment.set(isAll ? frame : frame.subarray(from, end), 1);
    this.number = (this.number + 1) & NUMBER;
    this.sent = end;
    // It is held no longer than it has to be: the next may be long in coming.
    if (SHORTCUTS && end === frame.length) {
      this.frame = NOTHING;
      this.sent = 0;
    }
    return segment;
  }
}

/** Why a frame was dropped. */
export type SegmentDrop = 'gap' | 'too-long' | 'no-first' | 'empty';

/** Puts frames together again. Holds one, of at most the size this node announced. */
export class SegmentReader {
  readonly drops: Drops<SegmentDrop> = {};
  private readonly frameMax: number;
  /** Made once a frame comes in pieces. */
  private held: Uint8Array = NOTHING;
  private length = 0;
  private expected = NONE;

  constructor(frameMax: number) {
    this.frameMax = frameMax;
  }

  /** The frame that this segment completes, or null. The segment is ours: the frame may lie in it. */
  feed(segment: Uint8Array): Uint8Array | null {
    const size = segment.length - 1;
    // Its number is not taken as heard: if it stood for a segment, a gap will show.
    if (size < 1) return this.drop('empty', this.expected);
    const header = segment[0];
    if (header & FIRST) {
      if (this.expected < NONE) this.drop('gap', NONE);
      this.length = 0;
    } else {
      if (this.expected === SKIPPING) return null;
      if (this.expected === NONE) return this.drop('no-first', SKIPPING);
      if (this.expected !== (header & NUMBER)) return this.drop('gap', SKIPPING);
    }
    // Most frames fit one segment, and need not be held.
    if (header & FIRST && header & LAST && size <= this.frameMax) {
      this.expected = NONE;
      return segment.subarray(1);
    }
    const length = this.length + size;
    if (length > this.frameMax) return this.drop('too-long', SKIPPING);
    if (this.held.length === 0) this.held = new Uint8Array(this.frameMax);
    this.held.set(segment.subarray(1), this.length);
    this.length = length;
    this.expected = header & LAST ? NONE : (header + 1) & NUMBER;
    return header & LAST ? new Uint8Array(this.held.subarray(0, length)) : null;
  }

  private drop(reason: SegmentDrop, expected: number): null {
    this.drops[reason] = (this.drops[reason] || 0) + 1;
    this.expected = expected;
    return null;
  }
}
