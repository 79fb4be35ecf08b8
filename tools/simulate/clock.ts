/**
 * Clock: what a node runs by, and what it takes for the time of day. The one drifts and never goes back;
 * the other may be wrong by any amount, and jump.
 */
import type { Millis } from '../../protocol/core/machine.ts';

const MILLION = 1_000_000;

export class Clock {
  /** How far its time of day is off. */
  offMs: Millis = 0;
  /** It gains so much in a million. */
  private partsPerMillion = 0;
  private sinceAt: Millis = 0;
  private sinceOwn: Millis = 0;

  /** What it shows at a moment of true time. */
  at(now: Millis): Millis {
    const passed = now - this.sinceAt;
    return this.sinceOwn + passed + Math.floor((passed * this.partsPerMillion) / MILLION);
  }

  /** The first moment of true time, in whole ms, at which it shows `own` or more. */
  when(own: Millis): Millis {
    if (this.partsPerMillion === 0 || own === Infinity) {
      return Math.ceil(own) - this.sinceOwn + this.sinceAt;
    }
    const passed = ((own - this.sinceOwn) * MILLION) / (MILLION + this.partsPerMillion);
    let at = this.sinceAt + Math.ceil(passed);
    while (this.at(at) < own) at++;
    while (this.at(at - 1) >= own) at--;
    return at;
  }

  drift(now: Millis, partsPerMillion: number): void {
    this.sinceOwn = this.at(now);
    this.sinceAt = now;
    this.partsPerMillion = partsPerMillion;
  }
}
