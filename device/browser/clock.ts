/**
 * Clock: the time and the alarm of a page. A hidden tab is woken late, by a second or a minute; and while
 * its machine sleeps, `now` may stand still.
 */
import type { Clock } from '../../protocol/core/driver.ts';

/** What a timer can wait at most; who wants more is woken early, which does no harm. */
const WAIT_MAX_MS = 2 ** 31 - 1;

/** A slower change of the time of day than this is left to whoever judges it: others' clocks differ, too. */
const OFFSET_SLACK_MS = 1000;

export type PageClock = Clock & {
  /** Unix time is the clock plus this; null where it is about what was said last. */
  newOffset(): number | null;
  stop(): void;
};

/** `woken` is called before whoever asked to be woken. */
export function pageClock(woken: () => void): PageClock {
  let alarm: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;
  let offsetMs = -Infinity;
  return {
    now: () => performance.now(),
    wakeAt(at, wake) {
      clearTimeout(alarm);
      if (at === Infinity || isStopped) return;
      const waitMs = Math.min(Math.max(at - performance.now(), 0), WAIT_MAX_MS);
      alarm = setTimeout(() => {
        woken();
        wake();
      }, waitMs);
    },
    soon: (run) => queueMicrotask(run),
    newOffset() {
      const newMs = Date.now() - performance.now();
      if (Math.abs(newMs - offsetMs) < OFFSET_SLACK_MS) return null;
      return (offsetMs = newMs);
    },
    stop() {
      isStopped = true;
      clearTimeout(alarm);
    },
  };
}
