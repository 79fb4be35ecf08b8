/**
 * Own rates: of those who have a rate of their own (DEFAULTS §2), a bucket each.
 */
import { Buckets } from '../core/buckets.ts';
import { LIMITS_MAX, nameOf } from './pins.ts';

export class OwnRates {
  private readonly purses = new Map<string, { perMinute: number; purse: Buckets }>();

  /** Full at first, and anew when the rate is another. */
  purseOf(id: Uint8Array, at: number, perMinute: number): Buckets {
    const name = nameOf(id, at);
    const known = this.purses.get(name);
    if (known?.perMinute === perMinute) return known.purse;
    // Rates that were lifted are forgotten all together, once in a while.
    if (this.purses.size >= LIMITS_MAX) this.purses.clear();
    const purse = new Buckets(1, { perSecond: perMinute / 60, burst: perMinute }, 0);
    this.purses.set(name, { perMinute, purse });
    return purse;
  }
}
