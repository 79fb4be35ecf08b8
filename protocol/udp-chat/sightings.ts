/**
 * Sightings: which nodes of the plain UDP chat are about, known by the PINGs they send every 10 s
 * (WIRE §25). A PING starts with a known TTL, so it also says how far its sender is.
 */
import type { Millis } from '../core/machine.ts';
import { keepNewest } from '../keep-newest.ts';

export const PING_MS = 10_000;
/** Of a PING that is said. */
export const PING_TTL = 4;
/** Three PINGs were lost by then. */
export const SILENT_MS = 35_000;
/** Nodes that are known at once. When there are more, the one heard of longest ago is forgotten unsaid. */
export const NODES_MAX = 256;

export type Sighting = {
  /** What the node calls itself. */
  address: string;
  hops: number;
  heardAt: Millis;
};

/** How far a PING has come that has this TTL left. */
export function hopsOf(ttl: number): number {
  return Math.max(1, PING_TTL - ttl + 1);
}

export class Sightings {
  /** The one heard of longest ago first. */
  private readonly nodes = new Map<string, Sighting>();

  /** True when the node is new. */
  see(address: string, hops: number, now: Millis): boolean {
    const isNew = !this.nodes.delete(address);
    this.nodes.set(address, { address, hops, heardAt: now });
    keepNewest(this.nodes, NODES_MAX);
    return isNew;
  }

  /** Forgets who is silent, and gives their addresses. */
  takeSilent(now: Millis): string[] {
    const silent: string[] = [];
    for (const { address, heardAt } of this.nodes.values()) {
      if (now - heardAt < SILENT_MS) break;
      silent.push(address);
    }
    for (const address of silent) this.nodes.delete(address);
    return silent;
  }

  /** When the next one will have been silent for too long. */
  deadline(): Millis {
    const [oldest] = this.nodes.values();
    return oldest === undefined ? Infinity : oldest.heardAt + SILENT_MS;
  }

  all(): Sighting[] {
    return [...this.nodes.values()];
  }
}
