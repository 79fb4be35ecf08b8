/**
 * Recent: what was said in the last moments, for a line that comes up: as long as a packet is younger
 * than 100 s it may still be flooded (WIRE §12 o). Older public ones travel by history sync; older
 * private ones are sealed again by whoever sent them.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import { BACKGROUND } from '../../protocol/core/queue.ts';

/** WIRE §12 (o): what is older is not flooded any more. */
export const FLOOD_AGE_MS = 100_000;

/** Packets and bytes kept; then the oldest of the least urgent class goes. */
export const RECENT_MAX = 4096;
export const RECENT_BYTES_MAX = 2 * 1024 * 1024;

export type Recent = {
  bytes: Uint8Array;
  priority: number;
  /** Who handed it to us over a line; null where our island or we ourselves said it. */
  from: string | null;
  /** When it is too old to be flooded. */
  staleAt: Millis;
};

type Kept = Recent & { order: number };

export class RecentPackets {
  /** By class, the oldest first. */
  private readonly classes: Set<Kept>[] = Array.from({ length: BACKGROUND + 1 }, () => new Set());
  private count = 0;
  private bytes = 0;
  private order = 0;

  get size(): number {
    return this.count;
  }

  add(packet: Recent, now: Millis): void {
    this.expire(now);
    this.classes[packet.priority].add({ ...packet, order: this.order++ });
    this.count++;
    this.bytes += packet.bytes.length;
    while (this.count > RECENT_MAX || this.bytes > RECENT_BYTES_MAX) this.makeRoom();
  }

  /** What the peer of that name has not got from us or given to us, in the order in which it came. */
  for(name: string, now: Millis): Recent[] {
    const packets = this.classes.flatMap((kept) => [...kept]);
    return packets
      .filter(({ from, staleAt }) => staleAt > now && from !== name)
      .sort((a, b) => a.order - b.order);
  }

  private makeRoom(): void {
    for (let lowest = BACKGROUND; lowest >= 0; lowest--) {
      for (const oldest of this.classes[lowest]) return this.remove(oldest);
    }
  }

  private expire(now: Millis): void {
    for (const kept of this.classes) {
      for (const packet of kept) {
        if (packet.staleAt > now) break;
        this.remove(packet);
      }
    }
  }

  private remove(packet: Kept): void {
    this.classes[packet.priority].delete(packet);
    this.count--;
    this.bytes -= packet.bytes.length;
  }
}
