/**
 * Files of topologies and faults: what they may say, and what is refused, with its line and the reason,
 * before anything runs.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DeedKind } from '../../tools/simulate/deeds.ts';
import { drawDeeds } from '../../tools/simulate/deeds.ts';
import { DRAWN_AS_DEEDS, FAULT_NAMES, NO_FAULTS } from '../../tools/simulate/faults.ts';
import { PLAN_NODES_MAX, readFaults, readTopology } from '../../tools/simulate/plan-file.ts';
import { seededRandom } from '../../tools/simulate/random.ts';
import { line } from '../../tools/simulate/shapes.ts';

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const EDGE = 'edges:\n  - { a: 1, b: 2 }\n';

describe('a topology in a file', () => {
  it('has its nodes, its edges and its wires', () => {
    const text = 'nodes: 3\nedges:\n  - { a: 1, b: 2 }\n  - { a: 2, b: 3, wire: true }\n';
    const { nodes, edges, places } = readTopology('map.yaml', text);
    expect([nodes, places.length]).toEqual([3, 3]);
    expect(edges).toEqual([
      { a: 1, b: 2, wire: false },
      { a: 2, b: 3, wire: true },
    ]);
  });

  it('may be JSON, with places', () => {
    const places = [
      { x: 0, y: 0 },
      { x: 5, y: 9 },
    ];
    const text = JSON.stringify({ nodes: 2, edges: [{ a: 1, b: 2 }], places });
    expect(readTopology('map.json', text).places).toEqual(places);
  });

  for (const [what, text, refusal] of [
    ['no nodes', EDGE, 'map:1:1: write how many nodes there are'],
    ['one node', `nodes: 1\n${EDGE}`, 'map:1:8: nodes takes a whole number from 2'],
    ['too many', `nodes: ${PLAN_NODES_MAX + 1}\n${EDGE}`, 'map:1:8: nodes takes a whole number'],
    ['no edges', 'nodes: 2\n', 'write at least one edge'],
    ['a missing node', 'nodes: 2\nedges:\n  - { a: 1, b: 3 }\n', 'map:3:16: there is no node 3'],
    ['a node alone', 'nodes: 2\nedges:\n  - { a: 2, b: 2 }\n', 'map:3:16: an edge joins two nodes'],
    ['half an edge', 'nodes: 2\nedges:\n  - { a: 2 }\n', 'map:3:5: say which node with "b: 1"'],
    [
      'an edge twice',
      `nodes: 2\n${EDGE}  - { a: 2, b: 1 }\n`,
      'map:4:10: nodes 2 and 1 are joined already',
    ],
    ['a mistyped name', `nodes: 2\n${EDGE}egdes: 1\n`, 'map:4:1: there is no setting "egdes"'],
    [
      'a mistyped name in the place of another',
      'nodes: 2\nedgs:\n  - { a: 1, b: 2 }\n',
      'map:2:1: there is no setting "edgs"; did you mean edges?',
    ],
    [
      'a mistyped end of an edge',
      'nodes: 2\nedges:\n  - { a: 1, bb: 2 }\n',
      'map:3:13: there is no setting "bb"; did you mean b?',
    ],
    [
      'a mistyped place',
      `nodes: 2\n${EDGE}places:\n  - { x: 1, z: 1 }\n`,
      'map:5:13: there is no setting "z"',
    ],
    [
      'too few places',
      `nodes: 2\n${EDGE}places:\n  - { x: 1, y: 1 }\n`,
      'map:5:3: there are 2 nodes',
    ],
    ['a place nowhere', `nodes: 2\n${EDGE}places:\n  - { x: -1, y: 1 }\n`, 'map:5:10: x takes'],
    ['no file at all', 'nodes: [', 'the topology cannot be used: map:'],
  ] as const) {
    it(`is refused with ${what}`, () => {
      expect(() => readTopology('map', text)).toThrow(refusal);
      expect(() => readTopology('map', text)).toThrow('[TOPOLOGY_INVALID]');
    });
  }
});

describe('faults in a file', () => {
  it('are those it names, and no others', () => {
    const { faults, deeds } = readFaults('f', 'loss: 100\nmtu: 60\n', line(4));
    expect(FAULT_NAMES.filter((name) => faults[name] > 0)).toEqual(['loss', 'mtu']);
    expect(deeds).toBeNull();
  });

  it('may say what is done when, in any order', () => {
    const text =
      'deeds:\n' +
      '  - { at: 5000, do: crash, node: 2, for: 9000 }\n' +
      '  - { at: 3000, do: say, node: 1, text: hello }\n' +
      '  - { at: 6000, do: cut, a: 1, b: 2, for: 10 }\n' +
      '  - { at: 7000, do: clock, node: 1, off: -604800000 }\n' +
      '  - { at: 8000, do: disk, node: 1, fault: tear, for: 10 }\n';
    expect(readFaults('f', text, line(2)).deeds).toEqual([
      { at: 3000, kind: 'say', node: 1, text: 'hello' },
      { at: 5000, kind: 'crash', node: 2, noticeMs: Infinity, forMs: 9000 },
      { at: 6000, kind: 'cut', pairs: [[1, 2]], forMs: 10 },
      { at: 7000, kind: 'clock', node: 1, offMs: -604_800_000 },
      { at: 8000, kind: 'disk', node: 1, fault: 'tear', forMs: 10 },
    ]);
  });

  for (const [what, text, refusal] of [
    [
      'more than all',
      'loss: 1001\n',
      'the faults cannot be used: f:1:7: loss takes a whole number from 0 to 1000: per mille of writes',
    ],
    ['a word', 'loss: much\n', 'f:1:7: loss takes a whole number'],
    ['writes too short to see', 'mtu: 5\n', 'f:1:6: mtu takes 0 for none, or 50 to 508'],
    ['a mistyped name', 'los: 5\n', 'f:1:1: there is no setting "los"; did you mean'],
    [
      'a deed of nobody',
      'deeds:\n  - { at: 1, do: crash, node: 9, for: 1 }\n',
      'there is no node 9',
    ],
    [
      'an edge that is not there',
      'deeds:\n  - { at: 1, do: cut, a: 1, b: 3, for: 1 }\n',
      'f:2:32: nodes 1 and 3 have no edge',
    ],
    ['a deed unheard of', 'deeds:\n  - { at: 1, do: dance }\n', 'f:2:18: do is one of'],
    [
      'a mistyped name in the place of another',
      'deeds:\n  - { at: 1, do: crash, node: 1, fro: 200 }\n',
      'f:2:34: there is no setting "fro"; did you mean for?',
    ],
    [
      'a mistyped deed',
      'deeds:\n  - { at: 1, od: crash, node: 1 }\n',
      'f:2:14: there is no setting "od"; did you mean do?',
    ],
    [
      'a moment in no unit',
      'deeds:\n  - { at: soon, do: clock, node: 1, off: 1 }\n',
      'f:2:11: at takes a whole number from 0 to 2591999999: ms from the start',
    ],
    [
      'a script of days',
      'deeds:\n  - { at: 900000000, do: say, node: 1, text: a }\n',
      'f:2:11: there is a deed at 900000000 ms, after an hour: write --hours 251, or less here',
    ],
    ['too many who mean harm', 'byzantine: 2\n', 'f:1:12: of 4 nodes, 1 may mean harm'],
    [
      'a secret kept from nobody',
      'deeds:\n  - { at: 1, do: tell, node: 2, to: 2, text: a }\n',
      'f:2:37: node 2 has nothing to tell itself',
    ],
    ['a deed without an end', 'deeds:\n  - { at: 1, do: pause, node: 1 }\n', 'f:2:5: say "for"'],
    [
      'a deed that says too much',
      'deeds:\n  - { at: 1, do: say, node: 1, text: a, to: 2 }\n',
      'f:2:',
    ],
  ] as const) {
    it(`are refused with ${what}`, () => {
      expect(() => readFaults('f', text, line(4))).toThrow(refusal);
      expect(() => readFaults('f', text, line(4))).toThrow('[FAULTS_INVALID]');
    });
  }

  it('may be a script of days, when so many hours are asked for', () => {
    const text = 'deeds:\n  - { at: 7200000, do: say, node: 1, text: a }\n';
    expect(readFaults('f', text, line(2), 7_200_001).deeds).toHaveLength(1);
    const late = 'f:2:11: there is a deed at 7200000 ms, when --hours are over: write --hours 3';
    expect(() => readFaults('f', text, line(2), 7_200_000)).toThrow(late);
  });

  it('are not drawn beside deeds that are written', () => {
    const deeds = 'deeds:\n  - { at: 1, do: say, node: 1, text: a }\n';
    expect(readFaults('f', `loss: 5\ncrashes: 0\n${deeds}`, line(2)).faults.loss).toBe(5);
    for (const name of DRAWN_AS_DEEDS) {
      const why = `f:2:${name.length + 3}: the seed draws ${name} only where no deeds are written`;
      expect(() => readFaults('f', `loss: 5\n${name}: 3\n${deeds}`, line(2)), name).toThrow(why);
    }
  });

  it('are drawn as deeds where they are said to be, and nowhere else', () => {
    const drawn = (amounts: object): object[] =>
      drawDeeds({ ...NO_FAULTS, ...amounts }, line(9), 60_000, seededRandom(1));
    const others = FAULT_NAMES.filter((name) => !DRAWN_AS_DEEDS.includes(name));
    for (const name of others) expect(drawn({ [name]: 9 }), name).toEqual(drawn({}));
    for (const name of DRAWN_AS_DEEDS) expect(drawn({ [name]: 9 }), name).not.toEqual(drawn({}));
  });
});

it('the examples of the README are read, and name every fault and every deed', () => {
  const section = README.split('\n## A mesh to try things on\n')[1].split('\n## ')[0];
  const [mesh, drawn, written] = [...section.matchAll(/```yaml\n(.*?)```/gs)].map(
    ([, text]) => text,
  );
  const shape = readTopology('mesh.yaml', mesh);
  expect([shape.nodes, shape.isPlaced]).toEqual([4, undefined]);
  const { faults } = readFaults('faults.yaml', drawn, shape);
  expect(FAULT_NAMES.filter((name) => faults[name] === 0)).toEqual([]);
  const { deeds } = readFaults('faults.yaml', written, shape);
  const kinds: DeedKind[] = ['say', 'tell', 'crash', 'pause', 'cut', 'deafen', 'clock', 'disk'];
  expect(deeds!.map(({ kind }) => kind)).toEqual(kinds);
});
