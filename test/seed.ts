/**
 * One seed for everything random in the tests, printed when a run fails, and one dial for how much
 * of it: `npm test` runs the counts written in the tests, `npm run soak` the full ones.
 */
import fc from 'fast-check';

export const SEED = Number(process.env['HOPLINE_SEED'] ?? 20261121);
export const SOAK = process.env['HOPLINE_SOAK'] === '1';

/** `usual` cases in npm test, `full` in soak. */
export function runs(usual: number, full: number): number {
  return SOAK ? full : usual;
}

/** Checks a property with the seed above; fast-check prints seed and path of a counterexample. */
export function hold<T extends [unknown, ...unknown[]]>(
  property: fc.IProperty<T>,
  usual: number,
  full: number = usual * 50,
): void {
  fc.assert(property, { seed: SEED, numRuns: runs(usual, full) });
}

/** Bytes and numbers from a seed, fast enough for a million cases: xorshift32. */
export function xorshift(seed: number): (below: number) => number {
  let state = seed | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
