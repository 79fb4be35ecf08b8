/**
 * Grades: what the figures of a run come to. They stand behind the figures and never in their place:
 * each says which figures it comes from, and what was not measured is left out and named.
 */
import type { Missing, Result } from './report.ts';
import type { Target } from './targets.ts';
import { GRADED, OVERALL_TARGET, scoreOf } from './targets.ts';

export type Grade = 'excellent' | 'good' | 'fair' | 'poor' | 'critical';

export type Graded = { figure: string; value: number; unit: string; target: number; score: number };

export type AreaGrade = { area: string; weight: number; score: number; grade: Grade; of: Graded[] };

export type Grades = {
  areas: AreaGrade[];
  /** Areas of the score that nothing was measured of. */
  unmeasured: string[];
  /** Null where no area was measured. */
  overall: { score: number; grade: Grade; target: number } | null;
};

/** DEFAULTS §6: from this score on. */
const BANDS: [Grade, number][] = [
  ['excellent', 90],
  ['good', 80],
  ['fair', 70],
  ['poor', 60],
];

export function gradesOf(results: (Result | Missing)[]): Grades {
  const values = new Map<string, number>();
  for (const result of results) if ('value' in result) values.set(result.name, result.value);
  const areas: AreaGrade[] = [];
  const unmeasured: string[] = [];
  for (const { name, weight, targets } of GRADED) {
    const of = targets.filter(({ figure }) => values.has(figure)).map(graded);
    if (of.length === 0) unmeasured.push(name);
    else areas.push({ area: name, weight, ...scored(mean(of)), of });
  }
  return { areas, unmeasured, overall: overallOf(areas) };

  function graded(target: Target): Graded {
    const { figure, unit } = target;
    const value = values.get(figure)!;
    const bound = 'atLeast' in target ? target.atLeast : target.atMost;
    return { figure, value, unit, target: bound, score: rounded(scoreOf(target, value)) };
  }
}

export function gradeOf(score: number): Grade {
  return BANDS.find(([, from]) => score >= from)?.[0] ?? 'critical';
}

export function gradeLines({ areas, unmeasured, overall }: Grades): string[] {
  const lines = ['grades, from the figures above'];
  for (const { area, weight, score, grade, of } of areas) {
    lines.push(`  ${area}: ${grade}, ${score} of 100, weighs ${weight}`);
    for (const { figure, value, unit, target, score } of of) {
      const said = `${readable(value)} ${unit}, target ${bound(figure)} ${readable(target)}`;
      lines.push(`    ${figure} ${said}: ${score}`);
    }
  }
  if (unmeasured.length > 0) {
    lines.push(`  not measured, and left out: ${unmeasured.join(', ')}`);
  }
  if (overall === null) return [...lines, '  overall: nothing that is graded was measured'];
  const { score, grade, target } = overall;
  return [...lines, `  overall: ${grade}, ${score} of 100, target above ${target}`];
}

function overallOf(areas: AreaGrade[]): Grades['overall'] {
  const weights = areas.reduce((sum, { weight }) => sum + weight, 0);
  if (weights === 0) return null;
  const sum = areas.reduce((total, { weight, score }) => total + weight * score, 0);
  return { ...scored(sum / weights), target: OVERALL_TARGET };
}

function scored(exact: number): { score: number; grade: Grade } {
  const score = rounded(exact);
  return { score, grade: gradeOf(score) };
}

function mean(of: Graded[]): number {
  return of.reduce((sum, { score }) => sum + score, 0) / of.length;
}

function bound(figure: string): 'at least' | 'at most' {
  const targets = GRADED.flatMap(({ targets }) => targets);
  const target = targets.find((each) => each.figure === figure);
  return target !== undefined && 'atLeast' in target ? 'at least' : 'at most';
}

function rounded(score: number): number {
  return Math.round(score * 10) / 10;
}

function readable(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 4 });
}
