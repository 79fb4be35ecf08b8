/**
 * What was measured, as the page draws it: figures that can be compared stand in one curve.
 */
import { describe, expect, it } from 'vitest';
import { lastOf, readable, seriesOf, spanOf } from '../../../../host/http/web/bench-runs.ts';
import { curveOf } from '../../../../host/http/web/curve.ts';
import type { BenchView } from '../../../../host/http/views.ts';

describe('runs of a benchmark', () => {
  it('are a series each for an area, a machine and a seed, the last one first', () => {
    const runs = [
      run({ at: 1, figures: { a: 1, b: 5 } }),
      run({ at: 2, area: 'radio', figures: { a: 7 } }),
      run({ at: 3, figures: { a: 2 } }),
      run({ at: 4, machine: 'another', figures: { a: 9 } }),
      run({ at: 5, seed: 2, figures: { a: 8 } }),
    ];
    const series = seriesOf(runs);
    expect(series.map(({ lastAt, runs: of }) => [lastAt, of])).toEqual([
      [5, 1],
      [4, 1],
      [3, 2],
      [2, 1],
    ]);
    expect(series[2].figures).toEqual([
      { name: 'a', unit: 'ms', values: [1, 2] },
      { name: 'b', unit: 'ms', values: [5, null] },
    ]);
  });

  for (const [values, value, changePercent] of [
    [[], null, null],
    [[4], 4, null],
    [[0, 4], 4, null],
    [[2, null, 3], 3, 50],
    [[-4, -6, null], -6, -50],
  ] as const) {
    it(`end with their last figure: ${JSON.stringify(values)}`, () => {
      expect(lastOf(values)).toEqual({ value, changePercent });
    });
  }

  it('look as they did where they hardly changed', () => {
    expect(spanOf(10, 30)).toEqual([10, 30]);
    expect(spanOf(100, 100)).toEqual([95, 105]);
    expect(spanOf(99.9, 100.1)).toEqual([95, 105]);
    expect(spanOf(0, 0)).toEqual([-1, 1]);
  });

  it('are said with four digits', () => {
    expect([0.0123456, 12.3456, 812_345].map(readable)).toEqual(['0.01235', '12.35', '812,300']);
  });
});

describe('a curve', () => {
  it('has gaps where nothing was measured, and knows the points that stand alone', () => {
    const points = [1, 2, null, 4, null, 6, 7].map((y, x) => [x, y] as const);
    const { path, alone } = curveOf(
      points,
      (x) => x * 10.04,
      (y) => y,
    );
    expect(path).toBe('M0 1L10 2M30.1 4M50.2 6L60.2 7');
    expect(alone).toEqual([[30.1, 4]]);
  });
});

function run(some: { figures: Record<string, number> } & Partial<Omit<BenchView, 'figures'>>) {
  const figures = Object.entries(some.figures).map(([name, value]) => ({
    ...{ name, value, unit: 'ms' },
  }));
  return { at: 0, area: 'mesh', seed: 1, node: 'v20', machine: 'a board', ...some, figures };
}
