/**
 * Link budget: what each link may cost us, in tokens that come back over time. Asking and paying are two
 * questions: a failed signature is charged once it has failed, so that honest traffic never pays.
 */
import { assert } from '../core/assert.ts';
import type { Rate } from '../core/buckets.ts';
import type { Millis } from '../core/machine.ts';

export class LinkBudget {
  private readonly rate: Rate;
  /** Of each link: what is left, and when that was. */
  private readonly rows: Float64Array;

  /** One for each link, numbered 0 to `links` - 1. */
  constructor(links: number, rate: Rate) {
    this.rate = rate;
    this.rows = new Float64Array(2 * links);
    for (let link = 0; link < links; link++) this.rows[2 * link] = rate.burst;
  }

  /** Whether the link may still afford one more. */
  hasRoom(link: number, now: Millis): boolean {
    const { rows, rate } = this;
    assert(link >= 0 && 2 * link < rows.length, 'links are numbered below linksMax');
    const refill = ((now - rows[2 * link + 1]) * rate.perSecond) / 1000;
    rows[2 * link] = Math.min(rate.burst, rows[2 * link] + refill);
    rows[2 * link + 1] = now;
    return rows[2 * link] >= 1;
  }

  spend(link: number): void {
    this.rows[2 * link]--;
  }

  /** Both at once; false where it may not. */
  take(link: number, now: Millis): boolean {
    const hasRoom = this.hasRoom(link, now);
    if (hasRoom) this.spend(link);
    return hasRoom;
  }
}
