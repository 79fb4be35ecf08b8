/**
 * Skew: how far our clock is from those of the peers around us, by the timestamps of what they say of
 * themselves. Phones drop whatever is two minutes off (WIRE §12 o), so a relay whose clock is wrong is
 * deaf and dumb without knowing why.
 */
import { ANNOUNCE } from '../../protocol/core/packet.ts';
import { keepNewest } from '../../protocol/keep-newest.ts';

/** Senders whose last word counts; then the one heard longest ago is forgotten. */
export const SENDERS_MAX = 64;
/** What phones take as a direct neighbour's: nobody has kept it for a while (WIRE §5). */
const FRESH_TTL = 7;
const HEADER_SIZE = 22;

export type SkewReading = {
  /** By which our clock is ahead of theirs, in the middle of them; null when nobody was heard. */
  aheadMs: number | null;
  /** Peers who were heard. */
  senders: number;
};

export class Skew {
  private readonly aheadMs = new Map<string, number>();

  /** A frame as it was heard, or its beginning. Where a packet is inside another frame, it was passed on. */
  hear(frame: Uint8Array, unixMs: number): void {
    if (frame.length < HEADER_SIZE || (frame[0] !== 1 && frame[0] !== 2)) return;
    if (frame[1] !== ANNOUNCE || frame[2] < FRESH_TTL) return;
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    const timestamp = Number(view.getBigUint64(3));
    const at = frame[0] === 1 ? 14 : 16;
    const sender = String.fromCharCode(...frame.subarray(at, at + 8));
    this.aheadMs.delete(sender);
    this.aheadMs.set(sender, unixMs - timestamp);
    keepNewest(this.aheadMs, SENDERS_MAX);
  }

  reading(): SkewReading {
    const all = [...this.aheadMs.values()].sort((a, b) => a - b);
    return { aheadMs: all[Math.floor(all.length / 2)] ?? null, senders: all.length };
  }
}
