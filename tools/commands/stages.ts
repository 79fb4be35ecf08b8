/**
 * Stages: how far a long command has come. At a terminal that is one line which replaces itself; elsewhere
 * it is a line for each stage, and now and then one between two of them.
 */
import type { Io } from '../command.ts';

/** Elsewhere than at a terminal, nothing is said for so long at most. */
export const SILENCE_MS = 30_000;

export type Stages = {
  begin(line: string): void;
  goOn(line: string): void;
};

/** `nowMs` is what a clock on the wall shows. */
export function stagesOf(io: Io, nowMs: () => number): Stages {
  let toldAt = nowMs();
  const tell = (line: string): void => {
    toldAt = nowMs();
    io.err(line);
  };
  return {
    begin(line) {
      if (io.isProgressShown) io.progress(line);
      else tell(line);
    },
    goOn(line) {
      if (io.isProgressShown) io.progress(line);
      else if (nowMs() - toldAt >= SILENCE_MS) tell(line);
    },
  };
}
