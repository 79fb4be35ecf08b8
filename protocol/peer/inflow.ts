/**
 * Inflow: what a line brings, no faster than it may (DEFAULTS §5). What comes faster waits here in
 * slices, so that a flood on one line never keeps the others waiting for a whole read of it.
 *
 *   brought -> within the budget: on at once
 *           -> beyond it: waits, the line is held -> a slice whenever the debt of the last is paid off
 */
import type { Millis } from '../core/machine.ts';
import type { Budget, BudgetLimits } from './budget.ts';

/** What goes on at once of a line that is beyond its budget: some forty packets, and one commit for them. */
export const SLICE_BYTES = 8192;
/**
 * A line that is held is not read, so that little more than one read can wait. Beyond this it goes on
 * without waiting: nothing is lost, and nothing grows.
 */
export const WAITING_BYTES_MAX = 256 * 1024;

export class Inflow {
  /** The line is not read until then; Infinity while it is. */
  heldUntil: Millis = Infinity;
  private readonly own: Budget;
  private readonly all: Budget;
  /** The first came first. */
  private readonly waiting: Uint8Array[] = [];
  private waitingBytes = 0;

  /** `all` is shared with the other lines. */
  constructor(own: Budget, all: Budget) {
    this.own = own;
    this.all = all;
  }

  bring(bytes: Uint8Array): void {
    this.waiting.push(bytes);
    this.waitingBytes += bytes.length;
  }

  /** Whether what came whole, or not at all, goes on now. */
  lets(size: number, now: Millis): boolean {
    if (this.readyAt(now) > now) return false;
    this.own.spend(size, now);
    this.all.spend(size, now);
    return true;
  }

  /** What goes on now; null where nothing waits, or it is not yet time. */
  take(now: Millis): Uint8Array | null {
    const first = this.waiting[0];
    if (first === undefined) return null;
    if (this.readyAt(now) > now && this.waitingBytes <= WAITING_BYTES_MAX) return null;
    const allowed = Math.min(this.own.levelAt(now), this.all.levelAt(now));
    const size = Math.min(first.length, Math.max(SLICE_BYTES, Math.floor(allowed)));
    if (size === first.length) this.waiting.shift();
    else this.waiting[0] = first.subarray(size);
    this.waitingBytes -= size;
    this.own.spend(size, now);
    this.all.spend(size, now);
    return first.subarray(0, size);
  }

  /** All that waits, for a line that has come to its end. */
  rest(): Uint8Array[] {
    this.waitingBytes = 0;
    return this.waiting.splice(0);
  }

  /** The owner's word. */
  limit(limits: BudgetLimits, now: Millis): void {
    this.own.change(limits, now);
    if (this.heldUntil < Infinity) this.heldUntil = now;
  }

  /** When what was brought is paid off. */
  readyAt(now: Millis): Millis {
    return Math.max(this.own.readyAt(0, now), this.all.readyAt(0, now));
  }
}
