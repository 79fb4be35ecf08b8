/**
 * Progress: how far an upload is, how fast it goes and how long it will take, as one line.
 */
import type { Io } from '../command.ts';

const BAR_WIDTH = 30;

/** `since` says how many milliseconds ago a reading of itself, since(0), was taken. */
export function progressLine(
  io: Io,
  since: (reading: number) => number,
): (done: number, total: number) => void {
  let began = since(0);
  return (done, total) => {
    // What starts again is timed anew.
    if (done === 0) began = since(0);
    io.progress(lineOf(done, total, since(began)));
  };
}

export function lineOf(done: number, total: number, ms: number): string {
  const filled = Math.floor((BAR_WIDTH * done) / total);
  const bar = '#'.repeat(filled).padEnd(BAR_WIDTH, '.');
  const head = `[${bar}] ${String(Math.floor((100 * done) / total)).padStart(3)} %`;
  if (done === 0 || ms <= 0) return head;
  const perMs = done / ms;
  const left = Math.ceil((total - done) / perMs / 1000);
  return `${head}  ${perMs.toFixed(1)} kB/s  ${left} s left`;
}
