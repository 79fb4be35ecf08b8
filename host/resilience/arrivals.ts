/**
 * Arrivals: when the heartbeats of one node came, and how sure it is by now that no more will come:
 * the phi of Hayashibara, Défago, Yared and Katayama, "The phi accrual failure detector" (2004).
 *
 *   phi(t) = -log10(P(a heartbeat comes later than t after the last one))
 *
 * with the intervals of a window taken as normally distributed. Phi 1 errs once in ten, phi 8 once in
 * a hundred million, if the link stays as it was.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import { INTERVAL_MAX_MS } from '../../protocol/core/paced-heartbeat.ts';
import { tailExponent } from './normal.ts';

/** Intervals looked back on; then the oldest is forgotten. */
export const WINDOW_MAX = 200;
/** Until there are as many, what is expected stands for those that are missing. */
export const SAMPLES_MIN = 5;
/**
 * The deviation is at least this part of an interval: on a link that was perfect so far, one lost
 * heartbeat is no reason to suspect anybody, and two are.
 */
const DEVIATION_LEAST = 1 / 4;
/** After as many intervals of half the length, or of twice, the far end beats at another pace. */
export const ODD_MAX = 4;

/**
 * Heartbeats of a new link before an interval is one: its end beats as they settle, and then whenever
 * it next does so on all its links (WIRE §20).
 */
const SETTLING = 2;

export class Arrivals {
  private expectedMs: Millis;
  /** Rings: each interval, and how many heartbeats were sent in it, those lost among them. */
  private readonly intervals = new Float64Array(WINDOW_MAX);
  private readonly counts = new Float64Array(WINDOW_MAX);
  private size = 0;
  private next = 0;
  /** Of what is in them. */
  private sumMs = 0;
  private squares = 0;
  private sent = 0;
  private lastAt: Millis;
  /** Of anything else that its end said over the same link. */
  private wordAt: Millis = -Infinity;
  /** Heartbeats to come that end no interval. */
  private settling = 0;
  /** Intervals in a row that were far longer than all before them, or, below 0, far shorter. */
  private odd = 0;

  constructor(expectedMs: Millis, now: Millis) {
    this.expectedMs = expectedMs;
    this.lastAt = now;
  }

  /** A heartbeat came, and `missed` before it did not. */
  hear(missed: number, now: Millis): void {
    if (this.settling > 0) this.settling--;
    else this.sample(now - this.lastAt, missed + 1);
    this.lastAt = now;
  }

  /** No heartbeat, and yet it shows that its end was alive. */
  touch(at: Millis): void {
    this.wordAt = Math.max(this.wordAt, at);
  }

  /** The link is gone: what passes until the next one has settled tells nothing of its heartbeats. */
  pause(): void {
    this.settling = SETTLING;
  }

  phi(now: Millis): number {
    return tailExponent((now - this.heardAt - this.meanMs) / this.deviationMs);
  }

  /** When phi is so large, if nothing comes until then; `z` is the `zOfExponent` of it. */
  reaches(z: number): Millis {
    return this.heardAt + this.meanMs + this.deviationMs * z;
  }

  get heardAt(): Millis {
    return Math.max(this.lastAt, this.wordAt);
  }

  /** As the far end sends them, however many are lost on the way. */
  get intervalMs(): Millis {
    const lacking = Math.max(SAMPLES_MIN - this.size, 0);
    return (this.sumMs + lacking * this.expectedMs) / (this.sent + lacking);
  }

  /** Between those that came. */
  get meanMs(): Millis {
    const lacking = Math.max(SAMPLES_MIN - this.size, 0);
    return (this.sumMs + lacking * this.expectedMs) / (this.size + lacking);
  }

  get deviationMs(): Millis {
    const lacking = Math.max(SAMPLES_MIN - this.size, 0);
    const squares = this.squares + lacking * this.expectedMs * this.expectedMs;
    const variance = squares / (this.size + lacking) - this.meanMs ** 2;
    return Math.max(Math.sqrt(Math.max(variance, 0)), this.intervalMs * DEVIATION_LEAST);
  }

  /** Of a thousand heartbeats, how many did not come. */
  get lossPerMille(): number {
    return this.sent === 0 ? 0 : ((this.sent - this.size) * 1000) / this.sent;
  }

  private sample(intervalMs: Millis, count: number): void {
    const eachMs = intervalMs / count;
    const { intervalMs: usualMs, odd } = this;
    if (eachMs > usualMs * 2) this.odd = Math.max(odd, 0) + 1;
    else if (eachMs < usualMs / 2) this.odd = Math.min(odd, 0) - 1;
    else this.odd = 0;
    if (Math.abs(this.odd) === ODD_MAX) this.begin(eachMs);
    if (this.size === WINDOW_MAX) this.add(-1, this.intervals[this.next], this.counts[this.next]);
    else this.size++;
    this.add(1, intervalMs, count);
    this.intervals[this.next] = intervalMs;
    this.counts[this.next] = count;
    this.next = (this.next + 1) % WINDOW_MAX;
  }

  private add(sign: number, intervalMs: Millis, count: number): void {
    this.sumMs += sign * intervalMs;
    this.squares += sign * intervalMs * intervalMs;
    this.sent += sign * count;
  }

  /** What was learned at another pace does not hold. */
  private begin(expectedMs: Millis): void {
    this.expectedMs = Math.min(Math.max(expectedMs, 1), INTERVAL_MAX_MS);
    this.size = 0;
    this.next = 0;
    this.sumMs = 0;
    this.squares = 0;
    this.sent = 0;
    this.odd = 0;
  }
}
