/**
 * What benchmarks measured is kept in order, for as many runs as there is room, and read as it was.
 */
import { describe, expect, it } from 'vitest';
import type { BenchRun } from '../../../host/types.ts';
import { BENCH_RUNS_MAX } from '../../../host/types.ts';
import { NOW, withStore } from './builders.ts';
import { countsOf } from './tables.ts';

describe('what benchmarks measured', () => {
  it('is read as it was written, the oldest of the last runs first', () => {
    withStore((store) => {
      const runs = [1, 2, 3].map((seed) => runOf(seed));
      store.commit(runs.map((run) => ({ kind: 'bench', run })));
      expect(store.bench.latest(10)).toEqual(runs.map((run, at) => ({ ...run, key: at + 1 })));
      expect(store.bench.latest(2).map(({ seed }) => seed)).toEqual([2, 3]);
      expect(store.bench.latest(0)).toEqual([]);
    });
  });

  it('is kept for so many runs, and then the oldest goes', () => {
    withStore((store) => {
      for (let seed = 0; seed < BENCH_RUNS_MAX + 3; seed += 100) {
        const some = Array.from({ length: 100 }, (_, at) => runOf(seed + at));
        store.commit(some.map((run) => ({ kind: 'bench', run })));
      }
      const kept = store.bench.latest(BENCH_RUNS_MAX);
      expect(kept).toHaveLength(BENCH_RUNS_MAX);
      expect(kept[0].seed).toBe(100);
      expect(countsOf(store.path)['bench']).toBe(BENCH_RUNS_MAX);
    });
  });
});

function runOf(seed: number): BenchRun {
  const figures = [{ name: "mesh.delivery'; --", unit: '%', value: 99.9 + seed / 1e6 }];
  return { at: NOW + seed, area: 'mesh', seed, node: 'v20', machine: 'a <board>', figures };
}
