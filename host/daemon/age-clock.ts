/**
 * Age clock: by which what is kept grows old. It follows the clock of the wall, which may be set wrong:
 * what that has jumped ahead by is believed only once it has said so for an hour, and until then no more
 * time has passed than our own clock says (RELIABILITY R16). Back it follows at once, since nothing is
 * lost by that.
 *
 *   in step --ahead--> in doubt --an hour--> in step
 *              ^---------- right again ---------'
 */
import type { Millis } from '../../protocol/core/machine.ts';

/** For so long a clock that is ahead is taken for wrong. */
export const DOUBT_MS = 3_600_000;
/** The two clocks do not tick alike, and are read one after the other. */
const SLACK_MS = 1000;

export class AgeClock {
  /** Unix time is our clock plus this, as far as it is believed. */
  private offsetMs: number;
  private doubtedAt: Millis | null = null;

  /** `keptAt`: Unix time of the last thing that was kept; null where there is none. */
  constructor(keptAt: number | null, unixMs: number, now: Millis) {
    // How long we were away only the wall clock says.
    this.offsetMs = Math.min(unixMs, keptAt ?? unixMs) - now;
  }

  /** Unix time, as it is believed. */
  at(unixMs: number, now: Millis): number {
    const offsetMs = unixMs - now;
    const isAhead = offsetMs > this.offsetMs + SLACK_MS;
    if (isAhead) this.doubtedAt ??= now;
    if (!isAhead || now >= this.doubtedAt! + DOUBT_MS) {
      this.offsetMs = offsetMs;
      this.doubtedAt = null;
    }
    return Math.floor(now + this.offsetMs);
  }
}
