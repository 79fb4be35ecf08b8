/**
 * Stages: what is told of a long command at a terminal, and what elsewhere.
 */
import { expect, it } from 'vitest';
import { SILENCE_MS, stagesOf } from '../../../tools/commands/stages.ts';
import { testIo } from '../io.ts';

it('are a line each elsewhere than at a terminal, and one between when it was silent for long', () => {
  const io = testIo();
  let now = 0;
  const stages = stagesOf(io, () => now);
  stages.begin('one');
  for (const [at, line] of [
    [SILENCE_MS - 1, 'too early'],
    [SILENCE_MS, 'half of one'],
    [2 * SILENCE_MS - 1, 'too early again'],
  ] as const) {
    now = at;
    stages.goOn(line);
  }
  stages.begin('two');
  expect(io.errs).toEqual(['one', 'half of one', 'two']);
});

it('are one line that replaces itself at a terminal', () => {
  const io = testIo();
  io.isProgressShown = true;
  const shown: string[] = [];
  io.progress = (line) => void shown.push(line);
  let now = 0;
  const stages = stagesOf(io, () => now);
  stages.begin('one');
  now = SILENCE_MS;
  stages.goOn('half of one');
  expect([shown, io.errs]).toEqual([['one', 'half of one'], []]);
});
