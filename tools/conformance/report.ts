/**
 * Report: what came of a run, a line per group and then each failure with what was expected beside
 * what came. Long bytes are shortened, and it says where they part.
 */
import type { Difference } from './judge.ts';
import type { GroupResult, Result } from './runner.ts';
import { questionOf } from './runner.ts';
import type { Group, Json } from './suite.ts';
import { titleOf } from './suite.ts';

export type Counts = { passed: number; failed: number; unsupported: number };

export function countsOf(results: Result[]): Counts {
  const counts: Counts = { passed: 0, failed: 0, unsupported: 0 };
  for (const { verdict } of results) counts[verdict.kind]++;
  return counts;
}

/** A line per group, then the failures. */
export function asText(run: GroupResult[], isVerbose: boolean): string[] {
  const width = Math.max(...run.map(({ group }) => group.group.length));
  const lines = run.flatMap(({ group, results }) => [
    `${group.group.padEnd(width)}  ${inWords(countsOf(results))}`,
    ...(isVerbose ? results.flatMap((result) => inFull(group, result)) : []),
  ]);
  for (const { group, results } of run) {
    for (const result of results) lines.push(...failureOf(group, result));
  }
  return lines;
}

export function inWords({ passed, failed, unsupported }: Counts): string {
  const words = [`${passed} passed`];
  if (failed > 0) words.push(`${failed} failed`);
  if (unsupported > 0) words.push(`${unsupported} unsupported`);
  return words.join(', ');
}

function inFull(group: Group, { asked, answer, verdict }: Result): string[] {
  return [
    `  ${verdict.kind}  ${titleOf(group, asked)}`,
    `    > ${JSON.stringify(questionOf(asked))}`,
    `    < ${JSON.stringify(answer)}`,
  ];
}

function failureOf(group: Group, { asked, verdict }: Result): string[] {
  if (verdict.kind !== 'failed') return [];
  const given = Object.entries(asked.given).map(([name, value]) => `  ${name} ${brief(value)}`);
  const note = asked.note === undefined ? [] : [`  (${asked.note})`];
  const differences = verdict.differences.flatMap(differenceOf);
  return ['', titleOf(group, asked), `  ${asked.op}`, ...given, ...note, ...differences];
}

function differenceOf(difference: Difference): string[] {
  const { field, expected, got } = narrowed(difference);
  const lines = [
    `  -> ${field}`,
    `     expected  ${brief(expected)}`,
    `     got       ${brief(got)}`,
  ];
  if (typeof expected !== 'string' || typeof got !== 'string') return lines;
  if (Math.max(expected.length, got.length) <= SHOWN_MAX) return lines;
  let at = 0;
  while (expected[at] === got[at]) at++;
  const where = isHex(expected) && isHex(got) ? `byte ${(at -= at % 2) / 2}` : `character ${at}`;
  lines.push(`     they part at ${where}: ${rest(expected, at)} and ${rest(got, at)}`);
  return lines;
}

/** Of lists of one length, the first entry that differs. */
function narrowed({ field, expected, got }: Difference): Difference {
  if (!Array.isArray(expected) || !Array.isArray(got) || expected.length !== got.length) {
    return { field, expected, got };
  }
  const at = expected.findIndex((value, i) => JSON.stringify(value) !== JSON.stringify(got[i]));
  return { field: `${field}[${at}]`, expected: expected[at], got: got[at] };
}

/** Characters of a text that are shown in full. */
const SHOWN_MAX = 64;
/** Entries of a list that are shown. */
const ENTRIES_MAX = 6;

function brief(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return briefText(value);
  if (Array.isArray(value)) {
    const shown = value.slice(0, ENTRIES_MAX).map(brief).join(', ');
    return value.length > ENTRIES_MAX ? `[${shown}, ... (${value.length})]` : `[${shown}]`;
  }
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([name, inner]) => `${name} ${brief(inner)}`)
    .join(', ')} }`;
}

function briefText(text: string): string {
  if (text.length <= SHOWN_MAX) return text === '' ? '""' : text;
  const size = isHex(text) ? `${text.length / 2} bytes` : `${text.length} characters`;
  return `${text.slice(0, 40)}...${text.slice(-8)} (${size})`;
}

function rest(text: string, at: number): string {
  if (at >= text.length) return 'its end';
  return text.length - at > 16 ? `${text.slice(at, at + 16)}...` : text.slice(at);
}

/** Marks, a row of ones and zeros, look like hex and are none. */
function isHex(text: string): boolean {
  return /^([0-9a-f]{2})+$/.test(text) && !/^[01]+$/.test(text);
}
