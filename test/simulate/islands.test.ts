/**
 * Nodes with one link in and two out form one mesh, and form it again: the promise of the connector,
 * over whole nodes on a simulated radio. FORMED_MS is the time in which we say so.
 */
import { describe, expect, it } from 'vitest';
import type { Edge } from '../../tools/simulate/world.ts';
import { Radio } from './radio.ts';
import { seededRandom } from '../../tools/simulate/random.ts';
import { geometricIsland } from '../../tools/simulate/topology.ts';
import { NOTE_KEY, POWER_SOURCE, SCAN_DUTY, TTL_MAX } from '../../protocol/core/settings-table.ts';
import { runs } from '../seed.ts';

const FORMED_MS = 180_000;
const NODES = 20;

describe('twenty nodes with one link in and two out', () => {
  it('form one mesh, and one again after any two have died', () => {
    for (let seed = 1; seed <= runs(50, 1000); seed++) {
      const random = seededRandom(seed);
      const radio = new Radio({
        seed,
        nodes: NODES,
        edges: geometricIsland(NODES, random).edges,
      });
      expectFormed(radio, `seed ${seed}`);
      const first = random(NODES);
      const second = (first + 1 + random(NODES - 1)) % NODES;
      radio.ether.kill(first);
      radio.ether.kill(second);
      expectFormed(radio, `seed ${seed} without ${first} and ${second}`);
    }
  });

  it('form one again whichever two of them die', () => {
    // Every pair in soak; in npm test each node dies twice.
    const apart = runs(1, NODES / 2);
    for (let a = 0; a < NODES; a++) {
      for (let more = 1; more <= apart; more++) {
        const b = (a + more) % NODES;
        const radio = islandOf(11);
        expectFormed(radio, 'all twenty');
        radio.ether.kill(a);
        radio.ether.kill(b);
        expectFormed(radio, `without ${a} and ${b}`);
      }
    }
  });

  it('leave their mesh alone once it is one', () => {
    for (let seed = 1; seed <= 3; seed++) {
      const radio = islandOf(seed);
      expectFormed(radio, `seed ${seed}`);
      radio.run(radio.now + 20_000);
      const { opened, closed } = radio.ether;
      radio.run(radio.now + 300_000);
      expect([radio.ether.opened, radio.ether.closed], `seed ${seed}`).toEqual([opened, closed]);
    }
  });

  it('use no more links than hold a mesh together', () => {
    const radio = islandOf(3);
    expectFormed(radio, 'seed 3');
    radio.run(radio.now + 20_000);
    expect(radio.ether.ends).toBe(2 * (NODES - 1));
  });

  it('hear in the end what any of them says, where the TTL lets it through', () => {
    const settings = [];
    settings[TTL_MAX] = Uint8Array.of(NODES);
    settings[NOTE_KEY] = new Uint8Array(32);
    const radio = islandOf(4, settings);
    expectFormed(radio, 'seed 4');
    radio.run(radio.now + 5000);
    const before = radio.nodes.map(deliveries);
    radio.feed(0, { kind: 'say', text: Uint8Array.of(104, 105) });
    radio.run(radio.now + 4000);
    const after = radio.nodes.map(deliveries);
    expect(after.map((count, node) => count - before[node])).toEqual(
      radio.nodes.map((_, node) => (node === 0 ? 0 : 1)),
    );
  });

  it('form one on batteries too, later', () => {
    const settings = [];
    settings[POWER_SOURCE] = Uint8Array.of(1);
    for (let seed = 1; seed <= 3; seed++) {
      expectFormed(islandOf(seed, settings), `seed ${seed}`, 20 * FORMED_MS);
    }
  });

  it('stay apart when they may not scan', () => {
    const settings = [];
    settings[SCAN_DUTY] = Uint8Array.of(0);
    const radio = islandOf(1, settings);
    radio.run(60_000);
    expect(radio.ether.meshes()).toHaveLength(NODES);
  });
});

describe('islands of another shape', () => {
  const line = Array.from({ length: 19 }, (_, at): Edge => ({ a: at + 1, b: at + 2 }));
  const all: Edge[] = [];
  for (let a = 1; a <= 20; a++) for (let b = a + 1; b <= 20; b++) all.push({ a, b });
  for (const [shape, edges] of [
    ['in a line', line],
    ['in a ring', [...line, { a: 20, b: 1 }]],
    ['all within reach of each other', all],
  ] as const) {
    it(`form one mesh when ${shape}`, () => {
      for (let seed = 1; seed <= 3; seed++) {
        const radio = new Radio({ seed, nodes: NODES, edges: [...edges] });
        expectFormed(radio, `seed ${seed}`, 2 * FORMED_MS);
      }
    });
  }

  it('join when a node between them is switched on late, and part when it dies', () => {
    // Two fives, and node 6 between them.
    const edges: Edge[] = [
      ...[1, 2, 3, 4, 5].map((a) => ({ a, b: a + 1 })),
      ...[6, 7, 8, 9, 10].map((a) => ({ a, b: a + 1 })),
    ];
    const radio = new Radio({ seed: 9, nodes: 11, edges });
    expectFormed(radio, 'all eleven');
    radio.ether.kill(5);
    expectFormed(radio, 'two fives');
    expect(radio.ether.meshes()).toEqual([
      [0, 1, 2, 3, 4],
      [6, 7, 8, 9, 10],
    ]);
  });
});

it('one seed is one history', () => {
  const history = (): string => {
    const lines: string[] = [];
    const edges = geometricIsland(NODES, seededRandom(5)).edges;
    const radio = new Radio({ seed: 5, nodes: NODES, edges }, (node, output) => {
      lines.push(`${radio.now} ${node} ${output.kind} ${'link' in output ? output.link : ''}`);
    });
    radio.run(30_000);
    return lines.join('\n');
  };
  expect(history()).toBe(history());
});

function islandOf(seed: number, settings: Uint8Array[] = []): Radio {
  const edges = geometricIsland(NODES, seededRandom(seed)).edges;
  return new Radio({ seed, nodes: NODES, edges, settings });
}

/** One mesh for each part that is in reach of itself. */
function expectFormed(radio: Radio, what: string, withinMs: number = FORMED_MS): void {
  const until = radio.now + withinMs;
  do radio.run(radio.now + 1000);
  while (radio.now < until && radio.ether.meshes().length > radio.ether.possible().length);
  expect(radio.ether.meshes(), what).toEqual(radio.ether.possible());
}

function deliveries(node: Radio['nodes'][number]): number {
  const text = new TextDecoder().decode(node.statistics());
  return Number(/^delivered=(\d+)$/m.exec(text)![1]);
}
