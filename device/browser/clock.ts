/**
 * Clock: the time and the alarm of a page. A hidden tab is woken late, by a second or a minute.
 */
import type { Clock } from '../../protocol/core/driver.ts';

/** What a timer can wait at most; who wants more is woken early, which does no harm. */
const WAIT_MAX_MS = 2 ** 31 - 1;

export function pageClock(): Clock & { stop(): void } {
  let alarm: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;
  return {
    now: () => performance.now(),
    wakeAt(at, wake) {
      clearTimeout(alarm);
      if (at === Infinity || isStopped) return;
      alarm = setTimeout(wake, Math.min(Math.max(at - performance.now(), 0), WAIT_MAX_MS));
    },
    soon: (run) => queueMicrotask(run),
    stop() {
      isStopped = true;
      clearTimeout(alarm);
    },
  };
}
