/**
 * Budget: bytes that may go in a second, and at once after a silence; of the air for what comes from
 * the internet, and of lines (DEFAULTS §5). What costs more than there is makes a debt that is paid off.
 */
import type { Millis } from '../core/machine.ts';

export type BudgetLimits = { bytesPerSecond: number; burstBytes: number };

export const BUDGET_DEFAULTS: BudgetLimits = { bytesPerSecond: 2000, burstBytes: 16_000 };

export class Budget {
  limits: BudgetLimits;
  private level: number;
  private at: Millis;

  constructor(limits: BudgetLimits, level: number, now: Millis) {
    this.limits = limits;
    this.level = Math.min(level, limits.burstBytes);
    this.at = now;
  }

  /** Below 0 while what cost more than a burst is paid off. */
  levelAt(now: Millis): number {
    const { bytesPerSecond, burstBytes } = this.limits;
    const earned = ((now - this.at) * bytesPerSecond) / 1000;
    return Math.min(burstBytes, this.level + earned);
  }

  /** When so much can be spent. What costs more than a burst waits for a full one. */
  readyAt(cost: number, now: Millis): Millis {
    const missing = Math.min(cost, this.limits.burstBytes) - this.levelAt(now);
    return missing <= 0 ? now : now + Math.ceil((missing * 1000) / this.limits.bytesPerSecond);
  }

  /** For time that went by before this one was made. */
  earn(ms: Millis, now: Millis): void {
    const earned = (Math.max(0, ms) * this.limits.bytesPerSecond) / 1000;
    this.level = Math.min(this.limits.burstBytes, this.levelAt(now) + earned);
    this.at = now;
  }

  /** What was earned until now was earned as it was. */
  change(limits: BudgetLimits, now: Millis): void {
    this.level = Math.min(this.levelAt(now), limits.burstBytes);
    this.at = now;
    this.limits = limits;
  }

  spend(cost: number, now: Millis): void {
    this.level = this.levelAt(now) - cost;
    this.at = now;
  }
}
