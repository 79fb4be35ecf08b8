/**
 * Area: one part of the project whose figures can be measured.
 */
import type { Missing, Result } from './report.ts';

export type BenchArea = {
  name: string;
  /** Half a sentence: what is measured, against what. */
  summary: string;
  /** About how long, at its usual size and on two cores, for whoever is to wait. */
  takes: string;
  /**
   * Draws all chance from `seed`, so that two runs measure the same work. `isFull` asks for the lengths
   * that are promised, where the usual ones are shorter.
   */
  run(
    seed: number,
    progress: (line: string) => void,
    isFull: boolean,
  ): Promise<(Result | Missing)[]>;
};
