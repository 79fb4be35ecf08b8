/**
 * Judge: whether an answer is the one a case expects, and where it differs if it is not.
 */
import type { Case, Fields, Json } from './suite.ts';

export type Difference = {
  field: string;
  expected: Json;
  /** Undefined where it is absent. */
  got: Json | undefined;
};

export type Verdict =
  | { kind: 'passed' }
  | { kind: 'failed'; differences: Difference[] }
  /** Neither good nor bad: the subject does not do this. */
  | { kind: 'unsupported' };

/** What stands for a refusal whose reason does not matter, and for none at all. */
const ANY_REFUSAL = 'any refusal';
const NO_REFUSAL = 'no refusal';

/** Fields beyond the expected ones are the subject's own business; an absent one counts as null. */
export function judge(asked: Case, answer: Fields, withReasons: boolean): Verdict {
  const { expect, mayRefuse } = asked;
  if (answer['unsupported'] === true) return { kind: 'unsupported' };
  const refusal = answer['error'];
  const refused = typeof refusal === 'string';
  if (refused && mayRefuse !== undefined) return { kind: 'passed' };
  if ('error' in expect) {
    if (refused && (!withReasons || refusal === expect['error'])) return { kind: 'passed' };
    const expected = withReasons ? expect['error'] : ANY_REFUSAL;
    const got = refused ? refusal : answer;
    return { kind: 'failed', differences: [{ field: 'error', expected, got }] };
  }
  if (refusal !== undefined) {
    const difference = { field: 'error', expected: NO_REFUSAL, got: refusal };
    return { kind: 'failed', differences: [difference] };
  }
  const differences = Object.keys(expect)
    .filter((field) => !equal(expect[field], answer[field] ?? null))
    .map((field) => ({ field, expected: expect[field], got: answer[field] }));
  return differences.length === 0 ? { kind: 'passed' } : { kind: 'failed', differences };
}

function equal(a: Json, b: Json): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = Object.entries(a);
  const right = Object.entries(b);
  return (
    left.length === right.length &&
    left.every(([name, value]) => name in b && equal(value, (b as Fields)[name]))
  );
}
