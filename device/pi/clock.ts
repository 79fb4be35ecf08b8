/**
 * Clock: the time and the alarm of this machine, for the driver.
 */
import type { Clock } from '../../protocol/core/driver.ts';

/** What a timer of the system can wait at most; who wants more is woken early, which does no harm. */
const WAIT_MAX_MS = 2 ** 31 - 1;

/** `stop` when nobody is to be woken any more. */
export type SystemClock = Clock & { stop(): void };

/** A clock for one driver. In tests it may run `speed` times as fast as others do. */
export function systemClock(speed = 1): SystemClock {
  let alarm: NodeJS.Timeout | undefined;
  let isStopped = false;
  return {
    now: () => performance.now() * speed,
    wakeAt(at, wake) {
      clearTimeout(alarm);
      if (at === Infinity || isStopped) return;
      const waitMs = Math.max(at / speed - performance.now(), 0);
      alarm = setTimeout(wake, Math.min(waitMs, WAIT_MAX_MS));
    },
    soon: (run) => queueMicrotask(run),
    stop() {
      isStopped = true;
      clearTimeout(alarm);
    },
  };
}
