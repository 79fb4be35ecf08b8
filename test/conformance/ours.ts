/**
 * Ours: the whole suite asked of one implementation in this process, without a pipe.
 */
import { judge } from '../../tools/conformance/judge.ts';
import type { Verdict } from '../../tools/conformance/judge.ts';
import { questionOf } from '../../tools/conformance/runner.ts';
import type { Case, Fields } from '../../tools/conformance/suite.ts';
import { suite, titleOf } from '../../tools/conformance/suite.ts';

/** Every case with what became of it, reasons compared. */
export function askAll(
  answer: (question: Fields) => Fields,
): { title: string; asked: Case; verdict: Verdict }[] {
  return suite.flatMap((group) =>
    group.cases.map((asked) => ({
      title: titleOf(group, asked),
      asked,
      verdict: judge(asked, answer(questionOf(asked)), true),
    })),
  );
}

/** The cases of one op whose answer is not a refusal. */
export function casesOf(op: string): Case[] {
  const cases = suite.flatMap((group) => group.cases);
  return cases.filter((asked) => asked.op === op && !('error' in asked.expect));
}
