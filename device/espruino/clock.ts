/**
 * Clock: monotonic milliseconds from a clock that can be set, and one timer.
 */
import type { Clock } from '../../protocol/core/driver.ts';
import type { Millis } from '../../protocol/core/machine.ts';

/** Timers beyond it are early, which does no harm. */
const TIMER_MAX_MS = 3600000;

let startedAt = getTime();
let timer = 0;

function now(): Millis {
  return Math.floor((getTime() - startedAt) * 1000);
}

export const clock: Clock = {
  now: now,
  wakeAt(at, wake) {
    if (timer > 0) clearTimeout(timer);
    timer = setTimeout(
      () => {
        timer = 0;
        wake();
      },
      Math.max(1, Math.min(at - now(), TIMER_MAX_MS)),
    );
  },
  soon(run) {
    run();
  },
};

/** Sets the wall clock; ours runs on as before. */
export function setUnixMs(unixMs: number): void {
  const before = getTime();
  setTime(unixMs / 1000);
  startedAt += getTime() - before;
}
