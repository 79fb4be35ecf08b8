/**
 * Bench: what is measured is printed as it was, for people and for programs.
 */
import { describe, expect, it } from 'vitest';
import type { Missing, Result } from '../../../tools/bench/report.ts';
import { benchOf } from '../../../tools/commands/bench.ts';
import { dispatch } from '../../../tools/dispatch.ts';
import { testIo } from '../io.ts';

describe('bench', () => {
  it('gives an area its seed and prints one JSON object with what it found', async () => {
    const { status, outs, seeds } = await run(
      ['relay', '--json', '--seed', '7'],
      [
        { name: 'relay.packets_per_s', value: 812345.678, unit: 'packets/s', baseline: 9500 },
        { name: 'relay.bytes_per_packet', value: 3, unit: 'B' },
      ],
    );
    expect(outs).toHaveLength(1);
    expect(JSON.parse(outs[0])).toEqual({
      area: 'relay',
      seed: 7,
      node: process.version,
      machine: expect.stringMatching(/^\d+ x .+, \d+ GiB, \w+ \w+$/),
      results: [
        {
          name: 'relay.packets_per_s',
          value: 812300,
          unit: 'packets/s',
          baseline: 9500,
          ratio: 85.51,
        },
        { name: 'relay.bytes_per_packet', value: 3, unit: 'B' },
      ],
    });
    expect([status, seeds]).toEqual([0, [7]]);
  });

  it('prints a table in which figures stand under each other', async () => {
    const { outs, seeds } = await run(
      ['relay'],
      [
        { name: 'relay.packets_per_s', value: 812345.678, unit: 'packets/s', baseline: 9500 },
        { name: 'relay.loss', value: 0.25, unit: '%' },
      ],
    );
    const [head, ...rows] = outs[0].split('\n');
    expect(head).toMatch(/^relay, seed 1, Node \d+\.\d+\.\d+, \d+ x /);
    expect(rows).toEqual([
      '  relay.packets_per_s  812,300 packets/s  85.51 x the baseline of 9,500',
      '  relay.loss              0.25 %',
    ]);
    expect(seeds).toEqual([1]);
  });

  it('names what this machine cannot measure, and why', async () => {
    const missing = { name: 'relay.ratio', unit: '%', absent: 'no interpreter' };
    const { outs } = await run(['relay'], [missing]);
    expect(outs[0].split('\n')[1]).toBe('  relay.ratio  - %  absent: no interpreter');
    const { outs: json } = await run(['relay', '--json'], [missing]);
    expect(JSON.parse(json[0]).results).toEqual([missing]);
  });

  for (const [words, complaint] of [
    [['relya'], 'there is no area "relya"; did you mean relay? (areas: relay)'],
    [['toString'], 'there is no area "toString" (areas: relay)'],
    [[], 'something is missing (usage: hopline bench <relay> '],
    [['relay', '--seed', '-1'], '--seed needs a value'],
    [['relay', '--seed', '4294967296'], '--seed takes a whole number from 0 to 4294967295'],
  ] as const) {
    it(`refuses "${words.join(' ')}" before it measures anything`, async () => {
      const { status, errs, seeds } = await run([...words], []);
      expect(errs[0]).toContain(complaint);
      expect([status, seeds]).toEqual([64, []]);
    });
  }

  for (const result of [
    { name: 'relay.nothing', value: NaN, unit: 's' },
    { name: 'relay.nothing', value: Infinity, unit: 's' },
    { name: 'relay.nothing', value: 1, unit: 's', baseline: 0 },
  ]) {
    it(`does not publish ${result.value} against ${result.baseline}`, async () => {
      const { status, outs } = await run(['relay', '--json'], [result]);
      expect([status, outs]).toEqual([70, []]);
    });
  }
});

async function run(
  words: string[],
  results: (Result | Missing)[],
): Promise<{ status: number; outs: string[]; errs: string[]; seeds: number[] }> {
  const seeds: number[] = [];
  const bench = benchOf({
    relay: async () => ({
      name: 'relay',
      summary: 'packets through one relay',
      async run(seed) {
        seeds.push(seed);
        return results;
      },
    }),
  });
  const io = testIo();
  const status = await dispatch(['bench', ...words], { bench: async () => bench }, '1', io);
  return { status, seeds, outs: io.outs, errs: io.errs };
}
