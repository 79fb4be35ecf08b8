/**
 * Loads: how busy our own links are, from 0 to 1, as far as their ends can tell: by the packets that
 * they carried lately, and by how much longer an answer takes than it did when they were idle.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import type { Medium } from '../../protocol/peer/contract.ts';
import { USUAL_BYTES_PER_S, USUAL_PACKET } from './cost.ts';
import type { NodeId } from './topology.ts';

/** Links measured; more are taken for idle. */
export const LOADS_MAX = 64;
/** After so long without traffic, what was measured counts for a third. */
const MEMORY_MS = 10_000;
/** Of clients, who come over TCP: what one may carry as a rule (DEFAULTS §5). */
const CLIENT_BYTES_PER_S = 1_250_000;
/** A start bit, eight of a byte and a stop bit. */
const WIRE_BITS = 10;

/** One of our links, as it is now. */
export type LinkUse = {
  to: NodeId;
  /** Packets either way, since the start. */
  packets: number;
  roundTripMs: Millis | null;
  /** 0 is unknown. */
  bytesPerSecond: number;
};

type Load = {
  packets: number;
  at: Millis;
  /** Of what it can carry, smoothed. */
  carries: number;
  shortestMs: Millis;
  load: number;
};

/**
 * What a link of its kind carries at best; for ourselves alone, while it was not measured. It is not
 * told to others, who would take it for measured.
 */
export function nominalOf(medium: Medium, baud: number): number {
  if (medium === 'wire') return Math.floor(baud / WIRE_BITS);
  return medium === 'client' ? CLIENT_BYTES_PER_S : USUAL_BYTES_PER_S;
}

export class Loads {
  private readonly loads = new Map<NodeId, Load>();

  /** Who is not among `links` any more is forgotten. */
  measure(links: readonly LinkUse[], now: Millis): void {
    const open = new Set(links.map(({ to }) => to));
    for (const to of this.loads.keys()) if (!open.has(to)) this.loads.delete(to);
    for (const link of links) this.measureOne(link, now);
  }

  /** 0 for idle or unknown, 1 for as busy as it can be. */
  of(to: NodeId): number {
    return this.loads.get(to)?.load ?? 0;
  }

  get size(): number {
    return this.loads.size;
  }

  private measureOne({ to, packets, roundTripMs, bytesPerSecond }: LinkUse, now: Millis): void {
    const before = this.loads.get(to);
    if (before === undefined) {
      if (this.loads.size >= LOADS_MAX) return;
      const shortestMs = roundTripMs ?? Infinity;
      this.loads.set(to, { packets, at: now, carries: 0, shortestMs, load: 0 });
      return;
    }
    const passedMs = now - before.at;
    if (passedMs <= 0) return;
    // Counts begin anew with a link that was opened again.
    const carried = Math.max(0, packets - before.packets);
    const capacity = (bytesPerSecond || USUAL_BYTES_PER_S) / USUAL_PACKET;
    const lately = Math.min(1, (carried * 1000) / passedMs / capacity);
    before.carries += ((lately - before.carries) * passedMs) / (passedMs + MEMORY_MS / 2);
    before.packets = packets;
    before.at = now;
    before.shortestMs = Math.min(before.shortestMs, roundTripMs ?? Infinity);
    const queued = roundTripMs === null ? 0 : 1 - before.shortestMs / Math.max(1, roundTripMs);
    before.load = Math.max(before.carries, queued);
  }
}
