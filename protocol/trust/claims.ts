/**
 * Claims: a rate for each pair of a link and who somebody there says he is, so that whoever forges a name
 * does not use up what is its owner's on another link. How far a link moves an id only we know: else a
 * name could be made up for one link that is kept where somebody's is on another.
 */
import type { Rate } from '../core/buckets.ts';
import { Buckets } from '../core/buckets.ts';
import type { Millis } from '../core/machine.ts';

export class Claims {
  private readonly buckets: Buckets;
  /** Odd, so that no two links move an id alike. */
  private readonly spread: number;

  /** As of Buckets; `seed` is secret. */
  constructor(sets: number, rate: Rate, seed: number) {
    this.buckets = new Buckets(sets, rate, seed);
    this.spread = seed | 1;
  }

  /** Whether the peer whose id has these words may say one more thing on the link; if so, it is counted. */
  take(high: number, low: number, link: number, now: Millis): boolean {
    return this.buckets.take(high, (low ^ Math.imul(link, this.spread)) >>> 0, now);
  }
}
