/**
 * Bench runs: what was measured run after run, as series of figures: of one area, machine and seed, since
 * others are not to be measured against each other.
 */
import type { BenchView } from '../views.ts';

export type FigureSeries = { name: string; unit: string; values: (number | null)[] };

export type BenchSeries = {
  area: string;
  machine: string;
  seed: number;
  runs: number;
  lastAt: number;
  figures: FigureSeries[];
};

/** What was measured last comes first; a figure that a run lacks is null there. */
export function seriesOf(runs: readonly BenchView[]): BenchSeries[] {
  const groups = new Map<string, BenchView[]>();
  for (const run of runs) {
    const key = JSON.stringify([run.area, run.machine, run.seed]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map(seriesIn).sort((one, other) => other.lastAt - one.lastAt);
}

function seriesIn(runs: BenchView[]): BenchSeries {
  const { area, machine, seed, at } = runs.at(-1)!;
  const units = new Map<string, string>();
  for (const { figures } of runs) for (const { name, unit } of figures) units.set(name, unit);
  const figures = [...units].map(([name, unit]) => ({
    name,
    unit,
    values: runs.map((run) => run.figures.find((each) => each.name === name)?.value ?? null),
  }));
  return { area, machine, seed, runs: runs.length, lastAt: at, figures };
}

/** The last value there is, and by how many percent it differs from the one before; null for nothing. */
export function lastOf(values: readonly (number | null)[]): {
  value: number | null;
  changePercent: number | null;
} {
  const known = values.filter((value) => value !== null);
  const [before, value] = [known.at(-2), known.at(-1)];
  if (value === undefined) return { value: null, changePercent: null };
  if (before === undefined || before === 0) return { value, changePercent: null };
  return { value, changePercent: Math.round((100 * (value - before)) / Math.abs(before)) };
}

/** From where to where a curve is drawn: what hardly changes is to look so, in the middle. */
export function spanOf(least: number, most: number): [bottom: number, top: number] {
  const middle = (least + most) / 2;
  const half = Math.max((most - least) / 2, SPAN_LEAST * Math.abs(middle)) || 1;
  return [middle - half, middle + half];
}

/** A tenth of a figure is what a machine that others use adds to it. */
const SPAN_LEAST = 0.05;

/** Four digits say enough: `0.0123`, `12.35`, `812,300`. */
export function readable(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 4 });
}
