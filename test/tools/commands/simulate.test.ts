/**
 * hopline simulate: one run, many runs, its report, and what it refuses before anything runs.
 */
import { describe, expect, it } from 'vitest';
import { ANNOUNCE, MESSAGE } from '../../../protocol/core/packet.ts';
import { simulate } from '../../../tools/commands/simulate.ts';
import { helpFor } from '../../../tools/help.ts';
import { interfaceBlock, packetBlock, sectionBlock } from '../../../tools/relay/pcapng.ts';
import { FAULT_NAMES, FAULTS } from '../../../tools/simulate/faults.ts';
import { LAWS } from '../../../tools/simulate/laws.ts';
import { MESH_EPOCH_MS } from '../../../tools/simulate/mesh.ts';
import { plot, ticks } from '../../../tools/simulate/report/plot.ts';
import { line } from '../../../tools/simulate/shapes.ts';
import { stationMesh } from '../../../tools/simulate/stations.ts';
import { crypto } from '../../protocol/trust/ports.ts';
import type { TestIo } from '../io.ts';
import { testIo } from '../io.ts';

/** Two nodes in a minute without faults: as little as a run can be. */
const SMALL = { nodes: '3', topology: 'line', faults: 'none', seed: '5' };

const FILES = {
  'map.yaml': 'nodes: 3\nedges:\n  - { a: 1, b: 2 }\n  - { a: 2, b: 3, wire: true }\n',
  'lost.yaml': 'nodes: 2\nedges:\n  - { a: 1, b: 3 }\n',
  'script.yaml': 'deeds:\n  - { at: 95000, do: tell, node: 1, to: 3, text: hello }\n',
  'gap.yaml': 'nodes: 4\nedges:\n  - { a: 1, b: 2 }\n  - { a: 3, b: 4 }\n',
  'cut.yaml':
    'loss: 50\ndeeds:\n  - { at: 30000, do: cut, a: 1, b: 2, for: 86400000 }\n' +
    '  - { at: 40000, do: say, node: 1, text: hello }\n',
  'late.yaml': 'deeds:\n  - { at: 4000000, do: say, node: 1, text: hello }\n',
  'wrong.yaml': 'loss: 50\nlos: 3\n',
};

describe('a run', () => {
  it('is told in a line, a table and a verdict', async () => {
    const { outs } = await run(SMALL);
    expect(outs[0]).toMatch(/^seed 5: 3 nodes \(line\), [\d.]+ s, no faults\.$/);
    expect(outs).toContainEqual(expect.stringMatching(/delivered, of what was due +100 %/));
    expect(outs.at(-1)).toMatch(/laws +all held: at-most-once, ttl-falls, .*, liveness$/);
  });

  it('has a table that a terminal is wide enough for', async () => {
    const io = testIo(FILES);
    io.isTTY = true;
    await simulate.run({ operands: [], values: { ...SMALL, faults: 'all' } }, io);
    const table = io.outs.slice(1);
    expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(table.join(' ').replace(/ +/g, ' ')).toMatch(/all held: at-most-once, .*, liveness$/);
  });

  it('tells how long it will be, and when it is healed, where no terminal shows it', async () => {
    const { errs } = await run(SMALL);
    expect(errs).toEqual([
      expect.stringMatching(/^things go wrong for \d+ s, then a core has 600 s to catch up$/),
      expect.stringMatching(/^\d+ s, healed: \d+ of \d+ arrivals$/),
    ]);
  });

  it('measures how long a core took to have what it had missed, and to hear what is new', async () => {
    const rowsOf = async (faults: string): Promise<string> => {
      const { outs } = await run({ ...SMALL, faults });
      return outs.filter((row) => / came after /.test(row)).join('\n');
    };
    const soon = String.raw`0\.\d+ s`;
    expect(await rowsOf('none')).toMatch(
      new RegExp(`missed came after +it had missed nothing\n.* said then came after +${soon}$`),
    );
    expect(await rowsOf('cut.yaml')).toMatch(
      new RegExp(`missed came after +[1-9][\\d.]* s\n.* said then came after +${soon}$`),
    );
  });

  it('names first whom no edge leads to, and once more beside the figures', async () => {
    const { outs, errs } = await run({ topology: 'gap.yaml', faults: 'none' });
    expect(errs[0]).toMatch(/^out of reach of node 1, over the edges there are: 3, 4; /);
    expect(outs).toContainEqual(expect.stringMatching(/out of reach of node 1 +3, 4$/));
    expect(outs).toContainEqual(expect.stringMatching(/due +\d\d.* %.*out of reach, too\)$/));
  });

  it('is the same again, as JSON says it', async () => {
    const [one, two, other] = await Promise.all(
      ['5', '5', '6'].map(async (seed) => {
        const { outs } = await run({ ...SMALL, seed, json: true });
        expect(outs).toHaveLength(1);
        return JSON.parse(outs[0]) as { hash: string; series: { at: number }[]; breach: null };
      }),
    );
    expect(one).toEqual(two);
    expect(one.hash).not.toBe(other.hash);
    expect(one.breach).toBeNull();
    expect(one.series.length).toBeGreaterThan(5);
  });

  it('is what files say: who is beside whom, and what is done when, to the last of it', async () => {
    const { outs } = await run({ topology: 'map.yaml', faults: 'script.yaml', policy: 'flood' });
    expect(outs[0]).toBe('seed 1: 3 nodes (map.yaml, flood), 95.001 s, no faults.');
    expect(outs).toContainEqual(expect.stringMatching(/asked for, acknowledged +3, 3$/));
  });

  it('tells what somebody wrote to go wrong', async () => {
    const { outs } = await run({ topology: 'map.yaml', faults: 'cut.yaml' });
    expect(outs[0]).toBe('seed 1: 3 nodes (map.yaml), 89.684 s, loss=50 cut=1.');
    expect(outs).toContainEqual(expect.stringMatching(/^ +faults +loss=50 cut=1$/));
  });

  it('leaves a report that asks nobody for anything', async () => {
    const { outs, files } = await run({ ...SMALL, topology: 'geometric', out: 'report.html' });
    expect(outs.at(-1)).toBe('The report is in report.html.');
    const page = files.get('report.html')!;
    for (const title of ['Delivery', 'Latency', 'Airtime', 'Duplicates', 'Over density']) {
      expect(page).toMatch(new RegExp(`>${title}(</h| <small>)`));
    }
    expect(page).toContain('hopline simulate --nodes 3 --topology geometric');
    expect(page).not.toMatch(/(src|href)=|https?:/);
    expect(page).toMatch(/<p>The laws: nobody is told the same message twice; .* and no law.<\/p>/);
  });
});

describe('a report that cannot be written', () => {
  it('is refused before anything runs', async () => {
    const io = testIo(FILES);
    io.unwritable.add('no/x.html');
    const running = simulate.run({ operands: [], values: { ...SMALL, out: 'no/x.html' } }, io);
    await expect(running).rejects.toThrow('FILE_UNWRITABLE');
    expect(io.outs).toEqual([]);
  });

  it('takes no figures away, when that is known only then', async () => {
    const io = testIo(FILES);
    const say = io.out;
    io.out = (told) => {
      say(told);
      io.unwritable.add('x.html');
    };
    const running = simulate.run({ operands: [], values: { ...SMALL, out: 'x.html' } }, io);
    await expect(running).rejects.toThrow('FILE_UNWRITABLE');
    expect(io.outs.at(-1)).toMatch(/laws +all held/);
  });
});

describe('a replay', () => {
  it('tells what became of each packet of a capture', async () => {
    const io = testIo();
    const frames = captured();
    const link = Uint8Array.of(9, 9, 9);
    io.readBytes = async () =>
      captureOf([
        ...frames.map((frame) => ({ way: 'heard', ...frame }) as const),
        { way: 'heard', unixMs: frames[0].unixMs, frame: link },
        { way: 'sent', ...frames[0] },
        { way: 'sent', ...frames[1] },
      ]);
    const values = { replay: 'it.pcapng', topology: 'ring', nodes: '4', seed: '2' };
    await simulate.run({ operands: [], values }, io);
    const [first] = io.outs;
    const count = frames.length;
    expect(first).toBe(`${count} of ${count + 3} packets, said to node 1 of 4 (ring), seed 2.`);
    expect(io.outs.join('\n')).toMatch(
      /node 1 dropped: .*duplicate \d+.*\n +\(a duplicate: what it/,
    );
    expect(io.outs).toContainEqual(expect.stringMatching(/^ +2 were written by who captured/));
    expect(io.outs).toContainEqual(expect.stringMatching(/^ +1 were the affair of one link/));
  });
});

describe('its help', () => {
  it('names every fault with its unit and limits, every law, and what delivery is of', async () => {
    const help = await helpFor(simulate);
    for (const name of FAULT_NAMES) {
      const { unit, least = 1, most } = FAULTS[name];
      expect(help).toMatch(new RegExp(`\n  ${name} +${least} to ${most}: ${unit}\n`));
    }
    for (const [law, meaning] of Object.entries(LAWS)) {
      expect(help).toMatch(new RegExp(`\n  ${law} +${meaning}\n`));
    }
    expect(help).toMatch(/\n {2}delivered +a message is due at everybody/);
    expect(help).toMatch(/\n {2}topology +nodes: 3, edges:/);
  });
});

describe('many runs', () => {
  it('are told together, and each one that broke a law by itself', async () => {
    const { outs } = await run({ ...SMALL, seeds: '3' });
    expect(outs).toEqual(['seeds 5 to 7: 3 held, 0 broken']);
  });

  it('leave out those whose mesh a policy does not suit', async () => {
    const { outs } = await run({ seeds: '3', faults: 'none', policy: 'ants' });
    expect(outs).toEqual(['seeds 1 to 3: 1 held, 0 broken, 2 do not suit ants']);
  });

  it('are those that each seed would be alone, whatever policy it draws', async () => {
    const { outs } = await run({ seed: '2', seeds: '12', nodes: '4' });
    expect(outs).toEqual(['seeds 2 to 13: 12 held, 0 broken']);
  });
});

describe('what makes no sense', () => {
  for (const [what, values, why] of [
    ['a topology', { topology: 'gird' }, /no topology "gird"; did you mean grid/],
    ['a fault', { faults: 'los=3' }, /no fault "los"; did you mean loss/],
    ['a strength', { faults: 'loss=1001' }, /loss takes 0 for none, or 1 to 1000/],
    ['a strength too great', { faults: 'loss=2000' }, /per mille of writes .*; write loss=1000 /],
    ['a strength below none', { faults: 'loss=-1' }, /; write loss=1 /],
    ['a strength in letters', { faults: 'loss=abc' }, /; write loss=150 /],
    ['a fault twice', { faults: 'loss=50,mtu=60,loss=70' }, /loss is given twice in --faults/],
    ['a strength without a number', { faults: 'loss' }, /write loss=1/],
    ['a strength too small to show', { faults: 'mtu=5' }, /mtu takes 0 for none, or 50 to 508/],
    ['a map without its node', { topology: 'lost.yaml' }, /lost\.yaml:3:16: there is no node 3/],
    ['a map and a number', { topology: 'map.yaml', nodes: '9' }, /leave out --nodes/],
    ['a map that is not there', { topology: './none' }, /FILE_UNREADABLE/],
    [
      'walkers who are nowhere',
      { topology: 'map.yaml', faults: 'mobility=9' },
      /add places, .*\{ x: 0, y: 0 }/,
    ],
    ['faults with a mistyped name', { faults: 'wrong.yaml' }, /wrong\.yaml:2:1: .*"los"; did you/],
    ['one script for many', { faults: 'script.yaml', seeds: '2' }, /each seed has another/],
    ['a deed after all is over', { ...SMALL, faults: 'late.yaml', hours: '1' }, /at 4000000 ms/],
    ['a seed past the last', { seed: '4294967295', seeds: '2' }, /from 1 to 1, not "2"/],
    ['a degree of a line', { topology: 'line', degree: '4' }, /a line has no choice/],
    ['a policy', { policy: 'ant' }, /no policy "ant"; did you mean ants/],
    ['a policy that does not suit', { ...SMALL, policy: 'ants' }, /does not suit .*too few/],
    ['a number of nodes', { nodes: '1' }, /--nodes takes a whole number from 2/],
    ['a report of many runs', { seeds: '2', out: 'x.html' }, /leave out --seeds/],
    ['too many who mean harm', { ...SMALL, faults: 'byzantine=3' }, /of 3 nodes, 0 may mean harm/],
    [
      'too many of many meshes alike',
      { ...SMALL, nodes: '7', seeds: '2', faults: 'byzantine=3' },
      /of 7 nodes, 2 may mean harm, less than a third; write byzantine=2/,
    ],
    ['faults of a replay', { replay: 'x.pcapng', faults: 'all' }, /--replay takes no --faults/],
  ] as const) {
    it(`is refused: ${what}`, async () => {
      await expect(run({ ...values })).rejects.toThrow(why);
    });
  }
});

it('leaves a report of a replay, too', async () => {
  const io = testIo({});
  const [at, unixMs, way, comment] = [0, 1_700_000_000_000, 'heard', ''] as const;
  const frame = new Uint8Array(37);
  const packet = packetBlock({ at, unixMs, way, frame, comment });
  const own = packetBlock({ at, unixMs, way: 'sent', frame, comment });
  io.readBytes = async () =>
    Buffer.concat([sectionBlock('x'), interfaceBlock('hopline'), packet, own]) as Uint8Array;
  const values = { replay: 'x.pcapng', topology: 'line', nodes: '3', out: 'report.html' };
  await simulate.run({ operands: [], values }, io);
  expect(io.outs.at(-1)).toBe('The report is in report.html.');
  const page = io.files.get('report.html')!;
  expect(page).toContain('0 of 2 packets, said to node 1 of 3 (line), seed 1.');
  expect(page).toContain('<p>1 were written by who captured, and not said: what he heard is.</p>');
  expect(page).toContain('hopline simulate --replay x.pcapng --topology line --nodes 3');
});

describe('the axes of a plot', () => {
  for (const [from, to, expected] of [
    [0, 0, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0, 100, [0, 20, 40, 60, 80, 100]],
    [0, 7, [0, 2, 4, 6, 8]],
    [30, 90, [20, 40, 60, 80, 100]],
  ] as const) {
    it(`from ${from} to ${to} have round numbers`, () => {
      expect(ticks(from, to)).toEqual(expected);
    });
  }

  it('are there where nothing was measured, and say so', () => {
    const svg = plot({
      title: '<b>',
      about: '',
      units: { x: 's', y: '%' },
      curves: [{ name: 'a', points: [[0, null]] }],
    });
    expect(svg).toContain('nothing was measured');
    expect(svg).toContain('&lt;b>');
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});

async function run(values: Record<string, string | boolean>): Promise<TestIo> {
  const io = testIo(FILES);
  await simulate.run({ operands: [], values }, io);
  return io;
}

/** Announces and messages, whole in one write (WIRE §23), as node 2 of three writes them to node 3. */
function captured(): { unixMs: number; frame: Uint8Array }[] {
  const frames: { unixMs: number; frame: Uint8Array }[] = [];
  const { mesh } = stationMesh(
    { seed: 1, nodes: 3, edges: line(3).edges, crypto },
    {
      arrived(from, to, bytes, _type, at) {
        const isWhole = (bytes[0] & 0xc0) === 0xc0;
        const isOurs = bytes[2] === ANNOUNCE || bytes[2] === MESSAGE;
        if (from !== 2 || to !== 3 || !isWhole || !isOurs) return;
        frames.push({ unixMs: MESH_EPOCH_MS + at, frame: bytes.slice(1) });
      },
    },
  );
  mesh.runUntil(10_000);
  mesh.tell(1, { kind: 'say', text: 'hello' });
  mesh.runUntil(20_000);
  return frames;
}

function captureOf(
  packets: { unixMs: number; way: 'heard' | 'sent'; frame: Uint8Array }[],
): Uint8Array {
  const blocks = packets.map((packet) => packetBlock({ at: 0, comment: '', ...packet }));
  return Buffer.concat([sectionBlock('it'), interfaceBlock('it'), ...blocks]);
}
