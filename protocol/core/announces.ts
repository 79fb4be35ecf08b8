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
const NEIGHBOUR_TTL = 7;

/** `high` and `low`: the id of its sender. */
type Kept = { heardAt: Millis; high: number; low: number; bytes: Uint8Array };

export class Announces {
  private readonly kept: Kept[] = [];
  private readonly most: number;

  /** Keeps `most`, then forgets the one heard first. */
  constructor(most: number) {
    this.most = most;
  }

  /** `bytes` carry the TTL they are passed on with; `packet` is their view. */
  keep(packet: PacketView, bytes: Uint8Array, now: Millis): void {
    if (bytes[TTL_AT] >= NEIGHBOUR_TTL || bytes[TTL_AT] === 0) return;
    this.forget(now);
    const high = readU32(bytes, packet.senderAt);
    const low = readU32(bytes, packet.senderAt + 4);
    for (let i = 0; i < this.kept.length; i++) {
      if (this.kept[i].low !== low || this.kept[i].high !== high) continue;
      this.kept.splice(i, 1);
      break;
    }
    if (this.kept.length === this.most) this.kept.shift();
    this.kept.push({ heardAt: now, high: high, low: low, bytes: new Uint8Array(bytes) });
  }

  /** What a new link is to hear, oldest first. */
  fresh(now: Millis): Uint8Array[] {
    this.forget(now);
    const fresh: Uint8Array[] = [];
    for (let i = 0; i < this.kept.length; i++) fresh.push(this.kept[i].bytes);
    return fresh;
  }

  /** The first heard are the first that nobody is to hear again. */
  private forget(now: Millis): void {
    let old = 0;
    while (old < this.kept.length && now - this.kept[old].heardAt >= REPLAY_AGE_MS) old++;
    if (old > 0) this.kept.splice(0, old);
  }
}
