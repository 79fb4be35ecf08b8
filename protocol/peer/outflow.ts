/**
 * Outflow: how much may leave over a line now, by its own limit, by that of all lines together, and by
 * what its way takes (DEFAULTS §5). What may not leave yet waits in the queue of the line, where the
 * most urgent goes first.
 */
import type { Millis } from '../core/machine.ts';
import type { BudgetLimits } from './budget.ts';
import { Budget } from './budget.ts';
import { Congestion } from './congestion.ts';

/** What leaves at once of a line that has spent its limit: some ten packets, so that others have turns. */
export const SLICE_BYTES = 2048;
/** What a line that is slowed may send at once after a silence, and at least, as parts of a second. */
const SLOWED_BURST = 1 / 8;
const SLOWED_SLICE = 1 / 16;
/** A way that is full for once is not worth a word; one that had to be slowed again is, until it is clear. */
const CUTS_TOLD = 2;

export class Outflow {
  /** Something waits until then; Infinity while nothing does. */
  heldUntil: Millis = Infinity;
  /** The way is too narrow, and people are told so. */
  isCongested = false;
  /** How often something had to wait for a limit. */
  holds = 0;
  readonly congestion: Congestion;
  private limits: BudgetLimits;
  private readonly own: Budget;
  private readonly all: Budget;
  private pace: number;

  /** `all` is shared with the other lines. */
  constructor(limits: BudgetLimits, all: Budget, now: Millis) {
    this.limits = limits;
    this.own = new Budget(limits, Infinity, now);
    this.all = all;
    this.congestion = new Congestion(limits.bytesPerSecond, now);
    this.pace = this.congestion.pace;
  }

  /** Bytes that may leave in one write; 0 while what waits must go on waiting. */
  allowance(now: Millis): number {
    const readyAt = Math.max(this.own.readyAt(0, now), this.all.readyAt(0, now));
    if (readyAt > now) {
      if (!this.congestion.isSlowed) this.holds++;
      this.heldUntil = readyAt;
      return 0;
    }
    const allowed = Math.min(this.own.levelAt(now), this.all.levelAt(now));
    return Math.floor(Math.max(this.slice, allowed));
  }

  /** Nothing waits, unless it is found again that something must. */
  release(): void {
    this.heldUntil = Infinity;
  }

  /** So little that what is more urgent need not wait long for it. */
  private get slice(): number {
    return Math.min(SLICE_BYTES, this.pace * SLOWED_SLICE);
  }

  wrote(size: number, now: Millis): void {
    this.own.spend(size, now);
    this.all.spend(size, now);
    this.congestion.wrote(size, now);
  }

  sent(now: Millis): void {
    this.congestion.sent(now);
  }

  beat(roundTripMs: Millis, missed: number, now: Millis): void {
    this.congestion.beat(roundTripMs, missed, now);
    this.follow(now);
  }

  step(now: Millis): void {
    if (now < this.congestion.deadline()) return;
    this.congestion.step(now);
    this.follow(now);
  }

  deadline(): Millis {
    return Math.min(this.heldUntil, this.congestion.deadline());
  }

  /** The owner's word. */
  limit(limits: BudgetLimits, now: Millis): void {
    this.limits = limits;
    this.congestion.limit(limits.bytesPerSecond);
    this.take(now);
  }

  /** Takes up the pace that the way allows. */
  private follow(now: Millis): void {
    const { pace, isSlowed, cuts } = this.congestion;
    this.isCongested = isSlowed && (this.isCongested || cuts >= CUTS_TOLD);
    if (pace !== this.pace) this.take(now);
  }

  private take(now: Millis): void {
    const { pace, isSlowed } = this.congestion;
    this.pace = pace;
    const burstBytes = Math.min(this.limits.burstBytes, pace * SLOWED_BURST);
    this.own.change(isSlowed ? { bytesPerSecond: pace, burstBytes } : this.limits, now);
    // What waits may wait for less, or for longer.
    if (this.heldUntil < Infinity) this.heldUntil = now;
  }
}
