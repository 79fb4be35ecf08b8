/**
 * Courtesy: how much of what nobody vouches for a link may bring before it has to wait behind all that
 * is verified. Once spent, it is gone until the link has been quiet for long enough to earn all of it
 * again: packets of a private session must not overtake each other (WIRE §8).
 */
import type { Rate } from '../core/buckets.ts';
import type { Millis } from '../core/machine.ts';

/** Fewer than a slow link carries, so that the rest of it stays for others. */
export const COURTESY: Rate = { perSecond: 10, burst: 20 };

type Purse = { left: number; filledAt: Millis; isSpent: boolean };

export class Courtesy {
  private readonly purses: Purse[];

  /** One purse for each link, numbered 0 to `links` - 1. */
  constructor(links: number) {
    this.purses = Array.from({ length: links }, () => ({
      left: COURTESY.burst,
      filledAt: 0,
      isSpent: false,
    }));
  }

  /** Whether a packet keeps its priority. */
  take(link: number, now: Millis): boolean {
    const purse = this.purses[link];
    const refill = ((now - purse.filledAt) * COURTESY.perSecond) / 1000;
    purse.left = Math.min(COURTESY.burst, purse.left + refill);
    purse.filledAt = now;
    if (purse.left >= COURTESY.burst) purse.isSpent = false;
    if (purse.left < 1) purse.isSpent = true;
    // A link that goes on as before earns nothing.
    purse.left = Math.max(0, purse.left - 1);
    return !purse.isSpent;
  }
}
