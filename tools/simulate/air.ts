/**
 * Air: decides which frames survive and when they arrive. It knows nothing of nodes or packets.
 */
import type { Millis, Random } from '../../protocol/core/machine.ts';

export type AirConditions = {
  /** Of a hundred frames, how many never arrive. */
  lossPercent: number;
  delayMinMs: Millis;
  delayMaxMs: Millis;
};

export const CLEAR_AIR: AirConditions = { lossPercent: 0, delayMinMs: 2, delayMaxMs: 8 };

export class Air {
  conditions: AirConditions;
  private readonly random: Random;

  constructor(conditions: AirConditions, random: Random) {
    this.conditions = conditions;
    this.random = random;
  }

  /** When a frame sent now arrives, or null if it never does. */
  carry(now: Millis): Millis | null {
    const { lossPercent, delayMinMs, delayMaxMs } = this.conditions;
    // Both are drawn for every frame, so that losing one does not change the fate of the others.
    const lost = this.random(100) < lossPercent;
    const delay = delayMinMs + this.random(delayMaxMs - delayMinMs + 1);
    return lost ? null : now + delay;
  }
}
