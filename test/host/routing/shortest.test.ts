/** Shortest: the cheapest ways, and that they stay so through whatever happens to a mesh. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { burden, edgeCost, stepCost } from '../../../host/routing/cost.ts';
import { Flood } from '../../../host/routing/flood.ts';
import { Shortest } from '../../../host/routing/shortest.ts';
import type { NodeId, Topology } from '../../../host/routing/topology.ts';
import { Tree } from '../../../host/routing/tree.ts';
import { TREES_MAX } from '../../../host/routing/ways.ts';
import { hold } from '../../seed.ts';
import { both, cost, tell, topologyOf, TRAITS } from './maps.ts';

describe('shortest', () => {
  it('names three ways, the cheapest first, each over another neighbour', () => {
    const edges: [NodeId, NodeId, number][] = ['b', 'c', 'd', 'e'].flatMap((by, at) => [
      ['a', by, 10 * (at + 1)],
      [by, 'z', 10],
    ]);
    const routes = new Shortest().routes('z', topologyOf('a', both(edges)), 0);
    expect(routes.map(({ next, via, cost }) => [next, via, cost])).toEqual([
      ['b', ['b', 'z'], 400],
      ['c', ['c', 'z'], 500],
      ['d', ['d', 'z'], 600],
    ]);
    expect(routes[0].why).toBe('2 hops, about 40 ms');
  });

  it('goes around who loses much, is low on energy, or passes nothing on', () => {
    const claims = both([
      ['a', 'b', 10],
      ['b', 'z', 10],
      ['a', 'c', 10],
      ['c', 'z', 15],
    ]);
    const next = (traits: object): NodeId | undefined => {
      const topology = topologyOf('a', claims);
      tell(topology, 'b', claims['b'], 2, 0, traits);
      return new Shortest().routes('z', topology, 0)[0]?.next;
    };
    expect(next({})).toBe('b');
    expect(next({ energyPercent: 10 })).toBe('c');
    expect(next({ energyPercent: 45 })).toBe('b');
    expect(next({ capabilities: 0 })).toBe('c');
  });

  it('still reaches who passes nothing on', () => {
    const topology = topologyOf('a', both([['a', 'b', 10]]));
    tell(topology, 'b', { a: 10 }, 2, 0, { capabilities: 0 });
    expect(new Shortest().routes('b', topology, 0)).toHaveLength(1);
  });

  it('begins ways at the neighbours that cost least, where there are many', () => {
    const all = Array.from({ length: TREES_MAX + 4 }, (_, at) => `n${at}`);
    const edges = all.flatMap((by, at): [NodeId, NodeId, number][] => [
      ['a', by, 100 - at],
      [by, 'z', 1],
    ]);
    const strategy = new Shortest();
    const routes = strategy.routes('z', topologyOf('a', both(edges)), 0);
    expect(routes.map(({ next }) => next)).toEqual(['n11', 'n10', 'n9']);
    // And one more, of ourselves, in which the best way is found wherever it begins.
    expect(strategy.memory).toBe(TREES_MAX * (all.length + 1) + all.length + 2);
  });

  it('has a way to every neighbour, and over each, however dear, to whom nobody else leads', () => {
    const all = Array.from({ length: TREES_MAX + 4 }, (_, at) => `n${at}`);
    const edges = all.flatMap((by, at): [NodeId, NodeId, number][] => [['a', by, 10 + at]]);
    const dearest = all.at(-1)!;
    const topology = topologyOf('a', both([...edges, [dearest, 'z', 1]]));
    const strategy = new Shortest();
    for (const to of all) expect(strategy.routes(to, topology, 0)).toMatchObject([{ via: [to] }]);
    expect(strategy.routes('z', topology, 0)).toMatchObject([{ via: [dearest, 'z'] }]);
    // Also once its edges have changed, and others are gone.
    tell(topology, 'z', { [dearest]: 2, n0: 90 }, 2, 0);
    tell(topology, 'n0', { a: 10, z: 90 }, 2, 0);
    expect(strategy.routes('z', topology, 0).map(({ next }) => next)).toEqual([dearest, 'n0']);
    tell(topology, dearest, { z: 2 }, 2, 0);
    expect(strategy.routes('z', topology, 0)).toMatchObject([{ via: ['n0', 'z'] }]);
  });

  it('has no way to whom nobody knows, nor has flooding any', () => {
    const topology = topologyOf('a', both([['a', 'b', 1]]));
    expect(new Shortest().routes('z', topology, 0)).toEqual([]);
    expect(new Shortest().unsuited(topology)).toBeNull();
    expect(new Flood().routes()).toEqual([]);
    expect(new Flood().unsuited()).toBeNull();
  });
});

describe('what an edge costs', () => {
  it.each([
    ['no time at all', cost(0), 100],
    ['30 ms', cost(30), 400],
    ['30 ms, and half is lost', cost(30, 500), 800],
    ['30 ms, and all is lost', cost(30, 1000), 4000],
    ['30 ms and 10 of jitter', { ...cost(30), jitterMs: 10 }, 500],
    ['30 ms, as fast as usual', { ...cost(30), bytesPerSecond: 20_000 }, 400],
    ['30 ms, and is faster', { ...cost(30), bytesPerSecond: 1_000_000 }, 400],
    ['30 ms, and is slow', { ...cost(30), bytesPerSecond: 2000 }, 1300],
    ['30 ms, is slow, and half is lost', { ...cost(30, 500), bytesPerSecond: 2000 }, 2600],
  ])('that takes %s', (_, edge, tenths) => {
    expect(edgeCost(edge)).toBe(tenths);
  });

  it.each([
    [100, 1],
    [50, 1],
    [25, 1.5],
    [0, 2],
  ])('rises at a node with %i %% of its energy', (energyPercent, times) => {
    expect(burden({ ...TRAITS, energyPercent })).toBe(times);
  });
});

/** One happening in a mesh of `SIZE` nodes: what one of them says of its links to the others. */
const SIZE = 12;
const node = fc.integer({ min: 0, max: SIZE - 1 }).map(String);
const happening = fc.record({
  id: node,
  to: fc.dictionary(node, fc.integer({ min: 0, max: 20 }), { maxKeys: 6 }),
  energyPercent: fc.option(fc.integer({ min: 0, max: 100 })),
  capabilities: fc.constantFrom(1, 1, 1, 0),
});

describe('a tree of ways', () => {
  it('is after any changes what Dijkstra makes of the same mesh', () => {
    hold(
      fc.property(
        fc.array(fc.array(happening, { minLength: 1, maxLength: 6 }), { maxLength: 12 }),
        (batches) => {
          const topology = topologyOf('0', {});
          const tree = new Tree('1', '0', topology);
          let sequence = 0;
          for (const batch of batches) {
            const before = topology.version;
            for (const { id, to, energyPercent, capabilities } of batch) {
              // Half of what is said, the other end says as well, so that there are edges.
              for (const [other, ms] of Object.entries(to)) {
                const claims = claimsOf(topology, other);
                tell(topology, other, { ...claims, [id]: ms }, ++sequence, 0);
              }
              tell(topology, id, to, ++sequence, 0, { energyPercent, capabilities });
            }
            tree.update(topology.changedSince(before)!, topology);
            check(tree, topology);
          }
        },
      ),
      300,
    );
  });
});

function claimsOf(topology: Topology, id: NodeId): Record<NodeId, number> {
  const claims = [...(topology.node(id)?.claims ?? [])];
  return Object.fromEntries(claims.map(([to, { latencyMs }]) => [to, latencyMs]));
}

function check(tree: Tree, topology: Topology): void {
  const expected = dijkstra('1', '0', topology);
  for (let i = 0; i < SIZE; i++) {
    const to = String(i);
    expect(tree.costTo(to)).toBe(expected.get(to) ?? Infinity);
    const path = tree.path(to);
    if (path.length === 0) continue;
    expect([path[0], path[path.length - 1]]).toEqual(['1', to]);
    expect(path).not.toContain('0');
    let sum = 0;
    for (let at = 1; at < path.length; at++) sum += stepCost(topology, path[at - 1], path[at]);
    expect(sum).toBe(expected.get(to));
  }
}

/** As in the textbook, without a heap and without a memory. */
function dijkstra(from: NodeId, avoided: NodeId, topology: Topology): Map<NodeId, number> {
  const done = new Map<NodeId, number>();
  const open = new Map([[from, 0]]);
  while (open.size > 0) {
    const [at, cost] = [...open].reduce((best, one) => (one[1] < best[1] ? one : best));
    open.delete(at);
    done.set(at, cost);
    for (const to of topology.edges(at).keys()) {
      const sum = cost + stepCost(topology, at, to);
      if (to === avoided || done.has(to) || sum === Infinity) continue;
      open.set(to, Math.min(sum, open.get(to) ?? Infinity));
    }
  }
  return done;
}
