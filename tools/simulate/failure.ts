/**
 * Failure: a run that broke a law, told to whoever has to mend it: what it was, the shortest prefix of it
 * that was found, and that one line by line.
 */
import type { Deed } from './deeds.ts';
import type { Breach } from './laws.ts';
import type { Outcome, RunPorts } from './run.ts';
import { runScenario } from './run.ts';
import type { Scenario } from './scenario.ts';
import { describeScenario } from './scenario.ts';
import { shrink } from './shrink.ts';
import { describeDeed, Transcript } from './transcript.ts';

export type Failure = {
  /** As it was asked for. */
  scenario: Scenario;
  breach: Breach;
  /** The shortest that breaks the same law, and after how many runs that was found. */
  shortest: Scenario;
  tries: number;
  transcript: readonly string[];
};

/** `trying` hears of each run; it takes `triesMax` of them at most, and one for the transcript. */
export function examine(
  { scenario, breach }: Outcome,
  ports: RunPorts,
  triesMax: number,
  trying: (count: number) => void,
): Failure {
  let count = 0;
  const judge = (next: Scenario): Breach | null => {
    trying(++count);
    return runScenario(next, ports).breach;
  };
  const shrunk = shrink(scenario, breach!, judge, triesMax);
  const transcript = new Transcript();
  const last = runScenario(shrunk.scenario, ports, transcript);
  transcript.broke(last.breach!);
  const { tries } = shrunk;
  return {
    scenario,
    breach: last.breach!,
    shortest: shrunk.scenario,
    tries,
    transcript: transcript.lines,
  };
}

/** All of it, in lines. */
export function tellFailure({ scenario, breach, shortest, tries, transcript }: Failure): string[] {
  const { deeds } = shortest;
  const left = `${deeds.length} of ${scenario.deeds.length} deeds`;
  return [
    `${describeScenario(scenario)}.`,
    `  ${describeBreach(breach)}`,
    `Shortest found, in ${tries} runs more: ${left}. ${describeScenario(shortest)}.`,
    ...deeds.map((deed) => `  ${momentOf(deed)} s  ${describeDeed(deed)}`),
    'What happened in it:',
    ...transcript.map((line) => `  ${line}`),
  ];
}

export function describeBreach({ law, at, node, what }: Breach): string {
  return `${law} at ${at} ms${node > 0 ? `, node ${node}` : ''}: ${what}`;
}

function momentOf({ at }: Deed): string {
  return (at / 1000).toFixed(3).padStart(9);
}
