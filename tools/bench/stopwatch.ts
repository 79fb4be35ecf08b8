/**
 * Stopwatch: how often work is done in a second, of a processor or of the clock on the wall.
 */

/** Seconds of the processor since `began`, of this process alone. */
export function secondsSince(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}

/** The best of some rounds: whoever shares the machine can only slow us down. */
export function best(rounds: number, measure: () => number): number {
  let most = 0;
  for (let round = 0; round < rounds; round++) most = Math.max(most, measure());
  return most;
}

/** How often `work` is done in a second of the wall clock, measured for so long. */
export function perSecond(work: () => void, forMs: number): number {
  const { count, elapsedMs } = repeated(work, forMs);
  return (count / elapsedMs) * 1000;
}

/** How often in a second of the processor, whoever else has it meanwhile. */
export function perProcessorSecond(work: () => void, forMs: number): number {
  const began = process.cpuUsage();
  const { count } = repeated(work, forMs);
  return count / secondsSince(began);
}

function repeated(work: () => void, forMs: number): { count: number; elapsedMs: number } {
  const began = performance.now();
  let elapsedMs = 0;
  let count = 0;
  while (elapsedMs < forMs) {
    work();
    count++;
    elapsedMs = performance.now() - began;
  }
  return { count, elapsedMs };
}
