/**
 * Bench: what is measured is printed as it was, for people and for programs.
 */
import { describe, expect, it } from 'vitest';
import { HoplineError } from '../../../protocol/errors.ts';
import type { BenchRun } from '../../../host/types.ts';
import type { BenchArea } from '../../../tools/bench/area.ts';
import type { Keep, Look } from '../../../tools/bench/keep.ts';
import type { Missing, Result } from '../../../tools/bench/report.ts';
import { thisMachine } from '../../../tools/bench/report.ts';
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
    [['relay', '--watch'], '--watch measures its own few figures'],
    [['--watch', '--data', 'd'], '--watch measures its own few figures'],
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

describe('bench where no line can replace itself', () => {
  it('names each stage once on the side of remarks', async () => {
    const area: BenchArea = {
      ...fixed('relay', []),
      async run(_seed, progress) {
        for (const line of ['minute 1 of 2', 'minute 2 of 2', 'cuts']) progress(line);
        return [];
      },
    };
    const command = benchOf({ relay: async () => area }, area, async () => null, unlooked);
    const remarks = async (isProgressShown: boolean): Promise<string[]> => {
      const io = { ...testIo(), isProgressShown };
      await dispatch(['bench', 'relay'], { bench: async () => command }, '1', io);
      return io.errs;
    };
    expect(await remarks(false)).toEqual(['relay: minute 1 of 2', 'relay: cuts']);
    expect(await remarks(true)).toEqual([]);
  });

  it('is explained with what each area measures, and how long that takes', async () => {
    const { outs } = await run(['--help'], []);
    expect(outs[0]).toContain('\nareas:\n  relay  packets through one relay (seconds)\n');
    expect(outs[0]).toContain('\n       hopline bench --watch [--json] [--seed <n>]\n');
  });
});

describe('bench over all areas', () => {
  it('measures each at its usual size, and says what they come to behind all figures', async () => {
    const { status, outs } = await runAll([], ALL);
    expect(outs.map((out) => out.split(',')[0].split('\n')[0])).toEqual([
      'crypto',
      'memory',
      'grades',
    ]);
    expect(outs[2].split('\n')).toEqual([
      'grades, from the figures above',
      '  crypto: poor, 62.5 of 100, weighs 0.15',
      '    crypto.signatures_per_s 250 signatures/s, target at least 1,000: 25',
      '    crypto.verifications_per_s 4,000 verifications/s, target at least 1,000: 100',
      '  memory: excellent, 100 of 100, weighs 0.15',
      '    memory.used_percent 40 %, target at most 80: 100',
      '  not measured, and left out: network, consensus, game, system',
      '  overall: good, 81.3 of 100, target above 80',
      'no setting of a bridge that these figures speak against',
    ]);
    expect(status).toBe(0);
  });

  it('prints a line of JSON for each area as it is done, and what they come to last', async () => {
    const { outs } = await runAll(['--json'], ALL);
    const [crypto, memory, last] = outs.map((line) => JSON.parse(line));
    expect([crypto.area, memory.area]).toEqual(['crypto', 'memory']);
    expect(last.grades.overall).toEqual({ score: 81.3, grade: 'good', target: 80 });
    expect(last.recommendations).toEqual([]);
  });

  it('names an area that this machine cannot measure, and goes on with the next', async () => {
    const refusal = new HoplineError('USAGE', 'measured in a checkout');
    const { status, outs } = await runAll([], { ...ALL, crypto: refusal });
    expect(outs[0].split('\n')[1]).toContain('absent: that is not how the command is used: meas');
    expect(outs[1]).toMatch(/^memory/);
    expect(status).toBe(0);
    const alone = await runAll(['crypto'], { ...ALL, crypto: refusal });
    expect(alone.status).toBe(64);
  });

  it('hides no mistake of its own behind the other areas', async () => {
    const { status } = await runAll([], { ...ALL, crypto: new Error('a fault') });
    expect(status).toBe(70);
  });
});

describe('bench --compare', () => {
  const before = (value: number, machine = thisMachine().machine, seed = 1): string =>
    [
      JSON.stringify({
        area: 'memory',
        seed,
        node: 'v20.0.0',
        machine,
        results: [{ name: 'memory.used_percent', value, unit: '%' }],
      }),
      '{"grades":{}}',
    ].join('\n');

  for (const [was, said, status] of [
    [40, '40 -> 40: 1.00 x, same', 0],
    [45, '45 -> 40: 0.89 x, same', 0],
    [80, '80 -> 40: 0.50 x, better', 0],
    [20, '20 -> 40: 2.00 x, worse', 1],
  ] as const) {
    it(`says "${said}" and ends with ${status}`, async () => {
      const files = { 'before.jsonl': before(was) };
      const run = await runAll(['memory', '--compare', 'before.jsonl'], ALL, files);
      expect(run.outs[1]).toContain(said);
      expect(run.status).toBe(status);
    });
  }

  it('gives a program the same, as one line', async () => {
    const files = { 'before.jsonl': before(20) };
    const { outs, errs } = await runAll(
      ['memory', '--json', '--compare', 'before.jsonl'],
      ALL,
      files,
    );
    expect(JSON.parse(outs[1]).comparison.figures).toEqual([
      { name: 'memory.used_percent', unit: '%', before: 20, now: 40, ratio: 2, verdict: 'worse' },
    ]);
    expect(errs).toEqual([
      'hopline: not everything holds: got worse: memory.used_percent [CHECKS_FAILED]',
    ]);
  });

  it.each([
    ['another machine', before(20, 'a Pi'), 'nothing is judged: that was another machine'],
    ['another seed', before(20, undefined, 2), 'nothing is judged: that was another seed'],
  ])('calls nothing worse that was measured on %s', async (_what, text, said) => {
    const files = { 'before.jsonl': text };
    const { outs, status } = await runAll(['memory', '--compare', 'before.jsonl'], ALL, files);
    expect(outs[1]).toContain(said);
    expect(outs[1]).toContain('20 -> 40: 2.00 x, changed');
    expect(status).toBe(0);
  });

  it('looks for the file before it measures anything', async () => {
    const { status, outs, errs } = await runAll(['memory', '--compare', 'none.jsonl'], ALL);
    expect(errs[0]).toContain('none.jsonl: not there');
    expect([status, outs]).toEqual([66, []]);
  });

  it.each([
    ['not JSON', 'memory, seed 1', 66, 'line 1 is not JSON'],
    ['no report', '{"grades":{}}', 66, 'nothing that hopline bench --json printed is there'],
    [
      'a report with holes',
      '{"area":"memory","seed":1,"machine":"m","results":[{}]}',
      66,
      'nothing',
    ],
    ['of other areas', before(1).replace('memory', 'radio'), 64, 'no figures of memory'],
  ])('refuses a file that is %s, and measures nothing', async (_what, text, status, said) => {
    const files = { 'before.jsonl': text };
    const run = await runAll(['memory', '--compare', 'before.jsonl'], ALL, files);
    expect(run.errs[0]).toContain(said);
    expect([run.status, run.outs]).toEqual([status, []]);
  });
});

describe('bench where a bridge lives', () => {
  it('has it keep every area for its page, and says so beside the figures', async () => {
    const kept: BenchRun[] = [];
    const { outs, errs, status } = await runAll(['--json'], ALL, {}, async (run) => {
      kept.push(run);
      return 'hopline-data';
    });
    expect(kept.map(({ area, figures }) => [area, figures.map(({ name }) => name)])).toEqual([
      ['crypto', ['crypto.signatures_per_s', 'crypto.verifications_per_s']],
      ['memory', ['memory.used_percent']],
    ]);
    expect([outs.length, status]).toEqual([3, 0]);
    expect(errs[0]).toBe('kept in hopline-data, for the page of its bridge');
  });

  it('measures nothing that could not be kept where it was told to', async () => {
    const measured: string[] = [];
    const area = { ...fixed('light', LIGHT), run: async () => (measured.push('light'), []) };
    const look = async (): Promise<void> => {
      throw new HoplineError('NOT_FOUND', 'd: no bridge has its keys and its store there');
    };
    const command = benchOf({ light: async () => area }, area, async () => null, look);
    const io = testIo();
    await dispatch(['bench', '--data', 'd'], { bench: async () => command }, '1', io);
    expect(io.errs[0]).toMatch(/no bridge has its keys/);
    expect(measured).toEqual([]);
  });

  it('loses no figure to a store that cannot be written', async () => {
    const { outs, errs, status } = await runAll(['memory'], ALL, {}, async () => {
      throw new HoplineError('STORE_LOCKED', 'process 7 has it');
    });
    expect(errs).toEqual([expect.stringMatching(/^not kept: .*process 7 has it/)]);
    expect([outs.length, status]).toEqual([1, 0]);
  });
});

describe('bench --watch', () => {
  it('prints a line again and again until it is stopped', async () => {
    const io = testIo();
    const stop = new AbortController();
    io.stopping = () => stop.signal;
    io.wait = async () => void (io.outs.length === 3 && stop.abort());
    const command = benchOf({}, fixed('light', LIGHT), async () => null, unlooked);
    await dispatch(['bench', '--watch'], { bench: async () => command }, '1', io);
    expect(io.outs).toEqual(
      Array(3).fill(
        'system cpu percent 12.5 · memory gc pause p99 ms - · crypto hashes per s 12350',
      ),
    );
  });
});

const ALL: Record<string, (Result | Missing)[]> = {
  crypto: [
    { name: 'crypto.signatures_per_s', value: 250, unit: 'signatures/s' },
    { name: 'crypto.verifications_per_s', value: 4000, unit: 'verifications/s' },
  ],
  memory: [
    { name: 'memory.used_percent', value: 40, unit: '%' },
    { name: 'memory.gc_pause_p99_ms', unit: 'ms', absent: 'nothing was collected' },
  ],
};

const LIGHT = [
  { name: 'system.cpu_percent', value: 12.5, unit: '%' },
  { name: 'memory.gc_pause_p99_ms', unit: 'ms', absent: 'nothing was collected' },
  { name: 'crypto.hashes_per_s', value: 12_349.8, unit: '/s' },
];

function fixed(name: string, results: (Result | Missing)[] | Error): BenchArea {
  return {
    name,
    summary: name,
    takes: 'seconds',
    async run() {
      if (results instanceof Error) throw results;
      return results;
    },
  };
}

const unlooked: Look = async () => {};

async function runAll(
  words: string[],
  all: Record<string, (Result | Missing)[] | Error>,
  files: Record<string, string> = {},
  keep: Keep = async () => null,
): Promise<{ status: number; outs: string[]; errs: string[] }> {
  const areas = Object.entries(all).map(([name, results]) => {
    return [name, async () => fixed(name, results)] as const;
  });
  const command = benchOf(Object.fromEntries(areas), fixed('light', LIGHT), keep, unlooked);
  const io = testIo(files);
  const status = await dispatch(['bench', ...words], { bench: async () => command }, '1', io);
  return { status, outs: io.outs, errs: io.errs };
}

async function run(
  words: string[],
  results: (Result | Missing)[],
): Promise<{ status: number; outs: string[]; errs: string[]; seeds: number[] }> {
  const seeds: number[] = [];
  const area: BenchArea = {
    name: 'relay',
    summary: 'packets through one relay',
    takes: 'seconds',
    async run(seed) {
      seeds.push(seed);
      return results;
    },
  };
  const bench = benchOf({ relay: async () => area }, area, async () => null, unlooked);
  const io = testIo();
  const status = await dispatch(['bench', ...words], { bench: async () => bench }, '1', io);
  return { status, seeds, outs: io.outs, errs: io.errs };
}
