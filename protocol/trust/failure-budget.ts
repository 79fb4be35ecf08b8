/**
 * Failure budget: how many failed signatures a link may cost. Unlike a bucket it is asked before the
 * signature is checked and charged only if that fails, so honest traffic never pays.
 */
import { assert } from '../core/assert.ts';
import type { Rate } from '../core/buckets.ts';
import type { Millis } from '../core/machine.ts';

export class FailureBudget {
  private readonly rate: Rate;
  private readonly left: Float64Array;
  private readonly filledAt: Float64Array;

  /** One budget for each link, numbered 0 to `links` - 1. */
  constructor(links: number, rate: Rate) {
    this.rate = rate;
    this.left = new Float64Array(links).fill(rate.burst);
    this.filledAt = new Float64Array(links);
  }

  /** Whether the link may still afford a failure. */
  hasRoom(link: number, now: Millis): boolean {
    assert(link >= 0 && link < this.left.length, 'links are numbered below linksMax');
    const refill = ((now - this.filledAt[link]) * this.rate.perSecond) / 1000;
    this.left[link] = Math.min(this.rate.burst, this.left[link] + refill);
    this.filledAt[link] = now;
    return this.left[link] >= 1;
  }

  spend(link: number): void {
    this.left[link]--;
  }
}
