/** Kept run: a report as a store keeps it: the figures alone, as they were printed. */
import type { BenchRun } from '../../host/types.ts';
import type { Report } from './report.ts';
import { rounded } from './report.ts';

/** Null where nothing was measured. What is absent is nothing to keep. */
export function runOf(report: Report, isFull: boolean, at: number): BenchRun | null {
  const { area, seed, node, machine, results } = rounded(report);
  const figures = results.flatMap((result) => {
    const { name, unit } = result;
    return 'value' in result ? [{ name, unit, value: result.value }] : [];
  });
  if (figures.length === 0) return null;
  // Runs of another length are another measurement.
  return { at, area: isFull ? `${area} --full` : area, seed, node, machine, figures };
}
