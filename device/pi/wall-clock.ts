/**
 * Wall clock: what time it is, for a station that owns no clock. A machine that has just started may
 * not know it yet, and a person may set it while we run.
 */
import type { SystemClock } from './clock.ts';
import type { Log } from './log.ts';

/** The clock may be set while we run. */
const CHECK_EVERY_MS = 10_000;
/** An earlier time is that of a machine that does not know it. */
const LEAST_MS = Date.UTC(2025, 0, 1);

export class WallClock {
  private readonly clock: SystemClock;
  private readonly log: Log;
  /** Unix time is the clock plus this; null for unknown. */
  private readonly tell: (offsetMs: number | null) => void;
  private check: NodeJS.Timeout | undefined;
  private wasKnown: boolean | null = null;

  constructor(clock: SystemClock, log: Log, tell: (offsetMs: number | null) => void) {
    this.clock = clock;
    this.log = log;
    this.tell = tell;
  }

  get isKnown(): boolean {
    return this.wasKnown === true;
  }

  start(): void {
    this.look();
    this.check = setInterval(() => this.look(), CHECK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.check);
  }

  private look(): void {
    const unixMs = Date.now();
    const isKnown = unixMs >= LEAST_MS;
    if (!isKnown && this.wasKnown !== false) {
      this.log.warn('the clock is not set: packets are relayed, and nothing is said');
    }
    this.wasKnown = isKnown;
    this.tell(isKnown ? unixMs - this.clock.now() : null);
  }
}
