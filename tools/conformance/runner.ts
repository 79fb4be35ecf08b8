/**
 * Runner: asks a subject every case of the suite and gathers the verdicts, in the order of the
 * suite whatever the order of the answers.
 */
import type { Verdict } from './judge.ts';
import { judge } from './judge.ts';
import type { Case, Fields, Group } from './suite.ts';
import { titleOf } from './suite.ts';

/** Who is tested. It rejects when it gives up, and then for every question after. */
export type Subject = {
  /** `title` names the question to people. */
  ask(title: string, question: Fields): Promise<Fields>;
  close(): Promise<void>;
};

export type Result = { asked: Case; answer: Fields; verdict: Verdict };
export type GroupResult = { group: Group; results: Result[] };

/** Questions a subject has before it at once: enough to keep a pipe busy. */
const QUESTIONS_MAX = 8;

export async function run(
  groups: Group[],
  subject: Subject,
  withReasons: boolean,
  progress: (done: number, of: number) => void,
): Promise<GroupResult[]> {
  const gathered: GroupResult[] = groups.map((group) => ({ group, results: [] }));
  const questions = gathered.flatMap(({ group, results }) =>
    group.cases.map((asked, at) => ({ group, results, asked, at })),
  );
  const of = questions.length;
  let next = 0;
  let done = 0;
  const askOn = async (): Promise<void> => {
    while (next < of) {
      const { group, results, asked, at } = questions[next++];
      const answer = await subject.ask(titleOf(group, asked), questionOf(asked));
      results[at] = { asked, answer, verdict: judge(asked, answer, withReasons) };
      progress(++done, of);
    }
  };
  await Promise.all(Array.from({ length: QUESTIONS_MAX }, askOn));
  return gathered;
}

/** A case as it goes over the line, but for the id. */
export function questionOf({ op, given }: Case): Fields {
  return { op, ...given };
}
