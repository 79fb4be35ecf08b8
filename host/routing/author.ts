/**
 * Author of our link states: when one is due, and its number. What is gone is said at once, since
 * others send packets there; what is new a moment later, since links come up together.
 */
import type { Millis, Random } from '../../protocol/core/machine.ts';
import type { LinkCost } from '../../protocol/wire/link-state.ts';
import type { NodeId } from './topology.ts';

/** WIRE §20: two are so far apart at least, and at most, a tenth of it less by chance. */
export const APART_MS = 5000;
export const EVERY_MS = 100_000;
/** Until links that came up are told, and costs that changed. */
export const GATHER_MS = 500;
export const COSTS_MS = 30_000;
/** Until our announce is everywhere: without it nobody can verify the first one. */
export const FIRST_MS = 2000;

type Claims = ReadonlyMap<NodeId, LinkCost>;

export class StateAuthor {
  private readonly random: Random;
  private said: Claims = new Map();
  private saidAt: Millis = -Infinity;
  private dueAt: Millis = Infinity;
  private sequence = 0;

  constructor(random: Random) {
    this.random = random;
  }

  /** Our links are these now. */
  changed(claims: Claims, now: Millis): void {
    const wait = this.urgency(claims);
    if (wait === Infinity) return;
    this.dueAt = Math.min(this.dueAt, Math.max(now + wait, this.saidAt + APART_MS));
  }

  /** Something else that is said of us has changed, by the owner's word. */
  urge(now: Millis): void {
    if (this.dueAt === Infinity) return;
    this.dueAt = Math.min(this.dueAt, Math.max(now + GATHER_MS, this.saidAt + APART_MS));
  }

  deadline(): Millis {
    return this.dueAt;
  }

  /** Nobody to say it to, or no clock: not before something changes. */
  rest(): void {
    this.said = new Map();
    this.dueAt = Infinity;
  }

  /** The number of the next one, which is said now. It rises through restarts, as clocks do. */
  next(claims: Claims, unixMs: number, now: Millis): number {
    this.said = claims;
    this.saidAt = now;
    this.dueAt = now + EVERY_MS - this.random(EVERY_MS / 10);
    this.sequence = Math.max(this.sequence + 1, Math.floor(unixMs / 1000));
    return this.sequence;
  }

  private urgency(claims: Claims): Millis {
    for (const id of this.said.keys()) if (!claims.has(id)) return 0;
    const gatherMs = this.sequence === 0 ? FIRST_MS : GATHER_MS;
    for (const id of claims.keys()) if (!this.said.has(id)) return gatherMs;
    for (const [id, cost] of claims) if (this.said.get(id) !== cost) return COSTS_MS;
    return Infinity;
  }
}
