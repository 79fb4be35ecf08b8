/**
 * Recommendations: settings of a bridge that the figures of a run speak for, each with the figure.
 */
import type { Missing, Result } from './report.ts';

export type Recommendation = { setting: string; advice: string; figure: string; value: number };

type Rule = {
  figure: string;
  setting: string;
  isDue(value: number): boolean;
  /** What to do, and what it changes; the figure is said before it. */
  advice(value: number): string;
};

/** What `keep.megabytes` allows where nobody sets it. */
const KEPT_MB = 1024;
/** Megabytes that a disk should have left when all is kept that may be. */
const SPARE_MB = 512;

export const RECOMMENDATIONS: Rule[] = [
  {
    figure: 'system.syncs_per_s',
    setting: 'data',
    isDue: (value) => value < 100,
    advice: () =>
      'every acknowledged message waits for a sync: name a folder on a faster disk, an SSD and not an SD card',
  },
  {
    figure: 'system.disk_free_mb',
    setting: 'keep.megabytes',
    isDue: (value) => value < KEPT_MB + SPARE_MB,
    advice: (value) =>
      `${Math.max(1, Math.floor((value - SPARE_MB) / 2))} leaves room for the rest; messages up to ${KEPT_MB} MB are kept now`,
  },
  {
    figure: 'link.mb_per_s',
    setting: 'peers',
    isDue: (value) => value < 6.25,
    advice: () =>
      'this machine seals less than 50 Mbit/s: name the two or three lines that matter, and let another bridge carry the others',
  },
  {
    figure: 'crypto.verifications_per_s',
    setting: 'budget.bytes-per-second',
    isDue: (value) => value < 1000,
    advice: (value) =>
      `every packet from a line is judged first: ${Math.max(1, Math.floor(value))} keeps that to less than a third of a core`,
  },
  {
    figure: 'reroute.silent_p99_ms',
    setting: 'failure.heartbeat',
    isDue: (value) => value > SILENT_MAX_MS,
    advice: () =>
      'so long packets go into a link whose radio does not notice that nobody is there; 5 halves it, for twice the heartbeats',
  },
  {
    figure: 'suspicion.false_per_node_day',
    setting: 'failure.confirm',
    isDue: (value) => value > FALSE_MAX,
    advice: () =>
      'living nodes are taken for failed; 60 gives those who are asked about them twice the time',
  },
];

/** More than a person who looks at a page waits for. */
const SILENT_MAX_MS = 10_000;
const FALSE_MAX = 1;

export function recommendationsFor(results: (Result | Missing)[]): Recommendation[] {
  const due: Recommendation[] = [];
  for (const { figure, setting, isDue, advice } of RECOMMENDATIONS) {
    const found = results.find(({ name }) => name === figure);
    if (found === undefined || !('value' in found) || !isDue(found.value)) continue;
    due.push({ setting, advice: advice(found.value), figure, value: found.value });
  }
  return due;
}

export function recommendationLines(due: Recommendation[]): string[] {
  if (due.length === 0) return ['no setting of a bridge that these figures speak against'];
  return [
    'settings of a bridge (settings.yaml in its folder of data, or --config) that these figures speak for',
    ...due.map(({ setting, advice, figure, value }) => {
      return `  ${setting}: ${figure} is ${value.toLocaleString('en')}; ${advice}`;
    }),
  ];
}
