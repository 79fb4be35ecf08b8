/**
 * Neighbours: to whom a node of the plain UDP chat sends: those it was given, for good, and those it
 * found in the multicast group, until they are silent (WIRE §25).
 */
import type { Millis } from '../core/machine.ts';
import { SILENT_MS } from './sightings.ts';

/** Neighbours that are found at once. Beyond it nobody is added, which is counted. */
export const FOUND_MAX = 32;

export type Neighbour = { address: string; isFound: boolean; heardAt: Millis | null };

export class Neighbours {
  private readonly byAddress = new Map<string, Neighbour>();
  private found = 0;
  /** Nobody who was found is silent before. */
  private silentAt: Millis = Infinity;

  constructor(given: string[]) {
    for (const address of given) {
      this.byAddress.set(address, { address, isFound: false, heardAt: null });
    }
  }

  get size(): number {
    return this.byAddress.size;
  }

  has(address: string): boolean {
    return this.byAddress.has(address);
  }

  addresses(): Iterable<string> {
    return this.byAddress.keys();
  }

  all(): Neighbour[] {
    return [...this.byAddress.values()];
  }

  /** Something came from there, whoever that is. */
  hear(address: string, now: Millis): void {
    const neighbour = this.byAddress.get(address);
    if (neighbour !== undefined) neighbour.heardAt = now;
  }

  /** Somebody said in the group that he is there. */
  meet(address: string, now: Millis): 'new' | 'known' | 'crowded' {
    if (this.byAddress.has(address)) {
      this.hear(address, now);
      return 'known';
    }
    if (this.found >= FOUND_MAX) return 'crowded';
    this.byAddress.set(address, { address, isFound: true, heardAt: now });
    this.found++;
    this.silentAt = Math.min(this.silentAt, now + SILENT_MS);
    return 'new';
  }

  /** Forgets whom it found and who is silent, and gives their addresses. */
  takeSilent(now: Millis): string[] {
    if (now < this.silentAt) return [];
    const silent: string[] = [];
    this.silentAt = Infinity;
    for (const { address, isFound, heardAt } of this.byAddress.values()) {
      if (!isFound) continue;
      const silentAt = heardAt! + SILENT_MS;
      if (now >= silentAt) silent.push(address);
      else this.silentAt = Math.min(this.silentAt, silentAt);
    }
    for (const address of silent) this.byAddress.delete(address);
    this.found -= silent.length;
    return silent;
  }

  /** When somebody may have been silent for too long. */
  deadline(): Millis {
    return this.silentAt;
  }
}
