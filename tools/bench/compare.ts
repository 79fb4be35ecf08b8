/**
 * Compare: a run beside an earlier one, figure by figure. What changed by no more than the noise of a
 * machine that others use is called the same; runs of different machines are shown and not judged.
 */
import { HoplineError } from '../../protocol/errors.ts';
import type { Report, Result } from './report.ts';

export type Verdict = 'better' | 'worse' | 'same' | 'changed';

export type Compared = {
  name: string;
  unit: string;
  before: number;
  now: number;
  /** Of now to before; null where that was nothing. */
  ratio: number | null;
  verdict: Verdict;
};

export type Comparison = {
  /** Why nothing is called better or worse, or null. */
  unjudged: string | null;
  figures: Compared[];
  /** Figures that only one of the two has. */
  onlyBefore: string[];
  onlyNow: string[];
};

/** Repeated runs on a quiet machine lie within a tenth of each other; a busy one doubles that. */
const NOISE = 0.2;

/** What `--json` printed: a report a line; lines of other kinds are passed over. */
export function readReports(text: string, path: string): Report[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const reports: Report[] = [];
  lines.forEach((line, at) => {
    const value = parsed(line);
    if (value === undefined) {
      throw new HoplineError('FILE_UNREADABLE', `${path}: line ${at + 1} is not JSON`);
    }
    if (isReport(value)) reports.push(value);
  });
  if (reports.length > 0) return reports;
  const detail = `${path}: nothing that hopline bench --json printed is there`;
  throw new HoplineError('FILE_UNREADABLE', detail);
}

export function compare(before: Report[], now: Report[]): Comparison {
  const old = figuresOf(before);
  const fresh = figuresOf(now);
  const unjudged = differenceOf(before, now);
  const figures: Compared[] = [];
  for (const [key, { name, unit, value }] of fresh) {
    const was = old.get(key);
    if (was === undefined) continue;
    const ratio = was.value === 0 ? null : Number((value / was.value).toPrecision(4));
    const verdict = unjudged === null ? verdictOf(name, was.value, value) : 'changed';
    figures.push({ name, unit, before: was.value, now: value, ratio, verdict });
  }
  return {
    unjudged,
    figures,
    onlyBefore: [...old].filter(([key]) => !fresh.has(key)).map(([, { name }]) => name),
    onlyNow: [...fresh].filter(([key]) => !old.has(key)).map(([, { name }]) => name),
  };
}

export function comparisonLines({ unjudged, figures, onlyBefore, onlyNow }: Comparison): string[] {
  const width = Math.max(0, ...figures.map(({ name }) => name.length));
  const lines = [`compared with before; within ${NOISE * 100} % is the same`];
  if (unjudged !== null) lines.push(`  nothing is judged: ${unjudged}`);
  for (const { name, before, now, ratio, verdict } of figures) {
    const said = ratio === null ? '' : `${ratio.toFixed(2)} x, `;
    lines.push(`  ${name.padEnd(width)}  ${before} -> ${now}: ${said}${verdict}`);
  }
  if (onlyBefore.length > 0) lines.push(`  only before: ${onlyBefore.join(', ')}`);
  if (onlyNow.length > 0) lines.push(`  only now: ${onlyNow.join(', ')}`);
  return lines;
}

/** Whether more of a figure is better, by how figures are named; null where nobody can say. */
export function isMoreBetter(name: string): boolean | null {
  const noun = name.slice(name.indexOf('.') + 1);
  if (/_vs_flood$|_(percent|ms|kb|mb|bytes|seconds|heartbeats|c)$/.test(noun)) {
    return /free_mb$|battery_percent$/.test(noun);
  }
  if (/^(rss|bytes|jsvars|seconds|p\d+|false|duplicates$|amplification|loss)/.test(noun)) {
    return false;
  }
  if (/_per_(packet|node|node_(day|hour|minute))$|_share$|^flood_passed_on$/.test(noun))
    return false;
  if (/_per_s(_|$)|delivery|utilisation$|^ratio/.test(noun)) return true;
  return null;
}

function verdictOf(name: string, before: number, now: number): Verdict {
  if (Math.abs(now - before) <= NOISE * Math.abs(before)) return 'same';
  const isBetter = isMoreBetter(name);
  if (isBetter === null) return 'changed';
  return now > before === isBetter ? 'better' : 'worse';
}

/** What machines and chance must share for their figures to be measured against each other. */
function differenceOf(before: Report[], now: Report[]): string | null {
  for (const [what, of] of [
    ['another machine', (report: Report) => report.machine],
    ['another seed', (report: Report) => String(report.seed)],
  ] as const) {
    const [was, is] = [of(before[0]), of(now[0])];
    if (was !== is) return `that was ${what} (${was}; now ${is})`;
  }
  return null;
}

/** By area and name: two areas may use one name. */
function figuresOf(reports: Report[]): Map<string, Result> {
  const figures = new Map<string, Result>();
  for (const { area, results } of reports) {
    for (const result of results) {
      if ('value' in result) figures.set(`${area} ${result.name}`, result);
    }
  }
  return figures;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

function isReport(value: unknown): value is Report {
  if (typeof value !== 'object' || value === null) return false;
  const { area, seed, machine, results } = value as Partial<Report>;
  if (typeof area !== 'string' || typeof seed !== 'number' || typeof machine !== 'string') {
    return false;
  }
  return Array.isArray(results) && results.every(isResult);
}

function isResult(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const result = value as Partial<Result & { absent: string }>;
  if (typeof result.name !== 'string' || typeof result.unit !== 'string') return false;
  return Number.isFinite(result.value) || typeof result.absent === 'string';
}
