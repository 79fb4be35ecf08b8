/**
 * Allowance: so many in each stretch of time, and no more.
 */
import type { Millis } from '../../protocol/core/machine.ts';

export class Allowance {
  private readonly most: number;
  private readonly eachMs: Millis;
  private count = 0;
  private since: Millis = -Infinity;

  constructor(most: number, eachMs: Millis) {
    this.most = most;
    this.eachMs = eachMs;
  }

  take(now: Millis): boolean {
    if (now - this.since >= this.eachMs) {
      this.since = now;
      this.count = 0;
    }
    if (this.count >= this.most) return false;
    this.count++;
    return true;
  }
}
