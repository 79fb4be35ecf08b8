/**
 * Announces: the fresh ones, kept for links to come, because phones pass on a message only of those
 * whose announce they hold (WIRE §12). One of each sender, with the TTL it was relayed with, so a
 * replay walks no further than the relayed one did, and never looks like a neighbour's own.
 */
import { readU32 } from './bytes.ts';
import type { Millis } from './machine.ts';
import { PacketView, TTL_AT } from './packet.ts';

/** Younger ones are replayed. WIRE §12 allows 100 s; the rest is for clocks and ways that are slow. */
export const REPLAY_AGE_MS = 60000;
/** The TTL of a neighbour's own announce (WIRE §5). */
export const NEIGHBOUR_TTL = 7;

/** Of a row: the two words of its sender's id, and when it was heard. */
const ROW = 3;
const HEARD_AT = 2;

export class Announces {
  private readonly most: number;
  /** In the order in which they were heard, and of each a row at the same place. */
  private readonly frames: Uint8Array[] = [];
  private readonly rows: Uint32Array;

  /** Keeps `most`, then forgets the one heard first. */
  constructor(most: number) {
    this.most = most;
    this.rows = new Uint32Array(most * ROW);
  }

  /** `bytes` carry the TTL they are passed on with, and change no more; `packet` is their view. */
  keep(packet: PacketView, bytes: Uint8Array, now: Millis): void {
    if (bytes[TTL_AT] >= NEIGHBOUR_TTL || bytes[TTL_AT] === 0) return;
    const rows = this.rows;
    const high = readU32(bytes, packet.senderAt);
    const low = readU32(bytes, packet.senderAt + 4);
    this.forget(now);
    for (let i = 0; i < this.frames.length; i++) {
      if (rows[i * ROW] !== high || rows[i * ROW + 1] !== low) continue;
      this.remove(i, 1);
      break;
    }
    if (this.frames.length === this.most) this.remove(0, 1);
    const row = this.frames.length * ROW;
    rows[row] = high;
    rows[row + 1] = low;
    rows[row + HEARD_AT] = now;
    this.frames.push(bytes);
  }

  /** What a new link is to hear, oldest first. */
  fresh(now: Millis): Uint8Array[] {
    this.forget(now);
    const fresh: Uint8Array[] = [];
    for (let i = 0; i < this.frames.length; i++) fresh.push(this.frames[i]);
    return fresh;
  }

  /** The first heard are the first that nobody is to hear again. */
  private forget(now: Millis): void {
    const rows = this.rows;
    let old = 0;
    while (old < this.frames.length) {
      if ((now - rows[old * ROW + HEARD_AT]) >>> 0 < REPLAY_AGE_MS) break;
      old++;
    }
    if (old > 0) this.remove(0, old);
  }

  private remove(at: number, count: number): void {
    this.frames.splice(at, count);
    this.rows.set(this.rows.subarray((at + count) * ROW), at * ROW);
  }
}
