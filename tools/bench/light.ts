/**
 * Light: a few figures in a second or two, for `hopline bench --watch`: they show what a machine has
 * to spare while it works, and disturb it little.
 */
import type { BenchArea } from './area.ts';
import { cryptoFigures } from './crypto.ts';
import { memoryFigures } from './memory.ts';
import { busyPercent } from './system.ts';
import type { Missing, Result } from './report.ts';

const MEASURED_MS = 150;
const SHOWN = [
  'system.cpu_percent',
  'memory.used_percent',
  'memory.gc_pause_p99_ms',
  'crypto.signatures_per_s',
  'crypto.verifications_per_s',
];

export const area: BenchArea = {
  name: 'light',
  summary: 'a few figures again and again',
  takes: 'a moment',

  async run(seed) {
    const results: (Result | Missing)[] = [
      await busyPercent(MEASURED_MS),
      ...(await memoryFigures(seed, MEASURED_MS)),
      ...cryptoFigures(seed, MEASURED_MS),
    ];
    return results.filter(({ name }) => SHOWN.includes(name));
  },
};

/** One line of a run. */
export function lightLine(results: (Result | Missing)[]): string {
  const said = results.map((result) => {
    const noun = result.name.replace('.', ' ').replaceAll('_', ' ');
    return `${noun} ${'value' in result ? Number(result.value.toPrecision(4)) : '-'}`;
  });
  return said.join(' · ');
}
