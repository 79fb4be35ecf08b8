/**
 * Areas: what `hopline bench` can measure. An area is one file beside this one and one line here.
 */
import type { Result } from './report.ts';

export type BenchArea = {
  name: string;
  /** Half a sentence: what is measured, against what. */
  summary: string;
  /** Draws all chance from `seed`, so that two runs measure the same work. */
  run(seed: number, progress: (line: string) => void): Promise<Result[]>;
};

/** By name, loaded when wanted. */
export type Areas = Record<string, () => Promise<BenchArea>>;

export const areas: Areas = {
  protocol: async () => (await import('./protocol.ts')).area,
};
