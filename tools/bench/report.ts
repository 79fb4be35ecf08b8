/**
 * Report: figures and the machine they were measured on, for people and for programs. The JSON is a
 * contract: names keep their meaning, so that figures can be compared across versions.
 */
import { cpus, totalmem } from 'node:os';
import { assert } from '../../protocol/core/assert.ts';

export type Result = {
  /** `area.noun_per_unit`, lower case. */
  name: string;
  value: number;
  /** As it would be said after the number: `packets/s`, `MB/s`, `%`. */
  unit: string;
  /** What others reach, or the plain way does, in the same unit. */
  baseline?: number;
};

/** A figure that this machine cannot give, and for want of what. */
export type Missing = { name: string; unit: string; absent: string };

export type Report = {
  area: string;
  seed: number;
  node: string;
  machine: string;
  results: (Result | Missing)[];
};

export function thisMachine(): { node: string; machine: string } {
  const all = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const model = all[0]?.model.trim().replace(/\s+/g, ' ') ?? 'unknown processor';
  return {
    node: process.version,
    machine: `${all.length} x ${model}, ${memory}, ${process.platform} ${process.arch}`,
  };
}

export function asJson(report: Report): string {
  return JSON.stringify(rounded(report));
}

/** As it is printed: what is compared with a printed report must not differ by digits that it lacks. */
export function rounded(report: Report): Report {
  return { ...report, results: report.results.map(withRatio) };
}

export function asTable(report: Report): string {
  const rows = report.results.map(withRatio).map((result) => {
    const { name, unit } = result;
    if ('absent' in result) return [name, '-', unit, `absent: ${result.absent}`];
    const { value, ratio, baseline } = result;
    const compared =
      ratio === undefined ? '' : `${readable(ratio)} x the baseline of ${readable(baseline!)}`;
    return [name, readable(value), unit, compared];
  });
  const widths = [0, 1, 2].map((at) => Math.max(0, ...rows.map((row) => row[at].length)));
  return [
    `${report.area}, seed ${report.seed}, Node ${report.node.slice(1)}, ${report.machine}`,
    ...rows.map(([name, value, unit, ratio]) =>
      `  ${name.padEnd(widths[0])}  ${value.padStart(widths[1])} ${unit.padEnd(widths[2])}  ${ratio}`.trimEnd(),
    ),
  ].join('\n');
}

function withRatio(result: Result | Missing): (Result & { ratio?: number }) | Missing {
  if ('absent' in result) return result;
  assert(Number.isFinite(result.value), `${result.name} is a number`);
  const value = significant(result.value);
  if (result.baseline === undefined) return { ...result, value };
  assert(result.baseline > 0, `the baseline of ${result.name} is positive`);
  return { ...result, value, ratio: significant(result.value / result.baseline) };
}

/** Four digits: more would claim what no repeated run confirms. */
function significant(value: number): number {
  return Number(value.toPrecision(4));
}

function readable(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 4 });
}
