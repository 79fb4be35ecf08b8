/**
 * Reputation: what we saw of a neighbour ourselves, as one whole number (DEFAULTS §2). It begins where a
 * stranger's does, is moved by what he does on his own link, and comes back there by itself: nothing is
 * forgiven at once, and nothing is held against anybody for ever.
 */
import type { Millis } from '../../protocol/core/machine.ts';

export const REPUTATION_MIN = -1000;
export const REPUTATION_MAX = 1000;
export const REPUTATION_START = 100;
/** It comes a step closer to the start each time. */
export const DECAY_EVERY_MS = 10_000;

export class Reputation {
  private score = REPUTATION_START;
  /** Up to when it has come back. */
  private since: Millis;

  constructor(now: Millis) {
    this.since = now;
  }

  at(now: Millis): number {
    const steps = Math.max(0, Math.floor((now - this.since) / DECAY_EVERY_MS));
    this.since += steps * DECAY_EVERY_MS;
    const { score } = this;
    if (score > REPUTATION_START) this.score = Math.max(REPUTATION_START, score - steps);
    else this.score = Math.min(REPUTATION_START, score + steps);
    return this.score;
  }

  /** `by` is a whole number. */
  move(by: number, now: Millis): void {
    const score = this.at(now) + by;
    this.score = Math.max(REPUTATION_MIN, Math.min(REPUTATION_MAX, score));
  }

  /** As if he had never been seen. */
  clear(now: Millis): void {
    this.score = REPUTATION_START;
    this.since = now;
  }
}
