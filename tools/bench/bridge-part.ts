/**
 * Part: some figures of the bridge, measured by themselves and one after the other.
 */
import type { Missing, Result } from './report.ts';

export type Part = (
  progress: (line: string) => void,
  isFull: boolean,
  seed: number,
) => Promise<(Result | Missing)[]>;
