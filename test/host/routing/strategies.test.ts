/**
 * What every strategy promises, on meshes of chance: routes go along edges that exist, each begins at
 * another neighbour, and a packet that every node passes on by its own choice never comes back.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ants } from '../../../host/routing/ants.ts';
import { Balanced } from '../../../host/routing/balanced.ts';
import { Geographic } from '../../../host/routing/geographic.ts';
import { Hybrid } from '../../../host/routing/hybrid.ts';
import { Shortest } from '../../../host/routing/shortest.ts';
import type { Route, Strategy } from '../../../host/routing/strategy.ts';
import { ROUTES_MAX } from '../../../host/routing/strategy.ts';
import type { Topology } from '../../../host/routing/topology.ts';
import { hold, xorshift } from '../../seed.ts';
import type { Ground } from './maps.ts';
import { cost, groundId, groundTopology } from './maps.ts';

const NODES = 12;

/** By name; chance and the loads of links are drawn from a seed. */
const KINDS: Record<string, (seed: number) => Strategy> = {
  shortest: () => new Shortest(),
  balanced: (seed) => new Balanced(loadsOf(seed)),
  geographic: () => new Geographic(),
  ants: (seed) => antsThatLearned(seed),
  hybrid: (seed) => new Hybrid(loadsOf(seed)),
};

const ground = fc.record({
  places: fc.array(
    fc.record({
      northM: fc.integer({ min: 0, max: 999 }),
      eastM: fc.integer({ min: 0, max: 999 }),
    }),
    { minLength: NODES, maxLength: NODES },
  ),
  edges: fc.uniqueArray(
    fc.tuple(fc.nat(NODES - 1), fc.nat(NODES - 1)).filter(([a, b]) => a < b),
    { minLength: NODES, maxLength: 40, selector: ([a, b]) => a * NODES + b },
  ),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
});

for (const [name, make] of Object.entries(KINDS)) {
  describe(name, () => {
    it('gives at most three routes, each over another neighbour and along edges that exist', () => {
      hold(
        fc.property(ground, ({ seed, ...map }) => {
          const { topologies, strategies } = meshOf(map, seed, make);
          topologies.forEach((topology, at) => {
            for (const to of others(at)) {
              expect(flawsOf(strategies[at].routes(groundId(to), topology, 0), topology)).toEqual(
                [],
              );
            }
          });
        }),
        8,
      );
    });

    it('never leads in a circle, and arrives wherever a way is known', () => {
      hold(
        fc.property(ground, ({ seed, ...map }) => {
          const mesh = meshOf(map, seed, make);
          for (const from of others(-1)) {
            for (const to of others(from)) {
              const { path, ends } = carried(mesh, from, to);
              expect(new Set(path).size).toBe(path.length);
              if (name !== 'geographic')
                expect(ends).toBe(isJoined(map, from, to) ? 'there' : 'flood');
            }
          }
        }),
        8,
      );
    });

    it('gives the same again, from the same seed', () => {
      hold(
        fc.property(ground, ({ seed, ...map }) => {
          const [one, other] = [0, 1].map(() => meshOf(map, seed, make));
          for (const from of others(-1)) {
            for (const to of others(from)) {
              expect(carried(one, from, to)).toEqual(carried(other, from, to));
            }
          }
        }),
        4,
      );
    });
  });
}

/** Every node with its own view and its own choice. */
type Mesh = { topologies: Topology[]; strategies: Strategy[] };

function meshOf(map: Ground, seed: number, make: (seed: number) => Strategy): Mesh {
  const costOf = (a: number, b: number) => {
    const random = xorshift(seed * 31 + a * NODES + b);
    return { ...cost(random(50), random(300)), bytesPerSecond: random(5000), jitterMs: random(10) };
  };
  const traitsOf = (at: number) => ({ energyPercent: xorshift(seed + at)(101) });
  return {
    topologies: map.places.map((_, at) => groundTopology(at, map, costOf, traitsOf)),
    strategies: map.places.map((_, at) => make(seed * 17 + at)),
  };
}

function carried({ topologies, strategies }: Mesh, from: number, to: number) {
  const path = [from];
  for (let at = from; at !== to;) {
    const [best] = strategies[at].routes(groundId(to), topologies[at], 0);
    if (best === undefined || path.length > NODES) return { path, ends: 'flood' };
    at = Number(best.next.slice(1));
    path.push(at);
  }
  return { path, ends: 'there' };
}

function flawsOf(routes: Route[], topology: Topology): string[] {
  const flaws: string[] = [];
  if (routes.length > ROUTES_MAX) flaws.push('too many');
  if (new Set(routes.map(({ next }) => next)).size < routes.length)
    flaws.push('one neighbour twice');
  for (const { next, via, cost } of routes) {
    if (via[0] !== next) flaws.push('begins elsewhere');
    if (new Set([topology.self, ...via]).size <= via.length) flaws.push('a circle');
    if (!Number.isSafeInteger(cost) || cost < 0) flaws.push(`a cost of ${cost}`);
    const isBroken = via.some((to, at) => topology.edge(via[at - 1] ?? topology.self, to) === null);
    if (isBroken) flaws.push('no such edge');
  }
  return flaws;
}

function isJoined({ edges }: Ground, from: number, to: number): boolean {
  const reached = new Set([from]);
  for (const at of reached) {
    for (const [a, b] of edges) {
      if (a === at) reached.add(b);
      if (b === at) reached.add(a);
    }
  }
  return reached.has(to);
}

function others(than: number): number[] {
  return Array.from({ length: NODES }, (_, at) => at).filter((at) => at !== than);
}

function loadsOf(seed: number): { of(to: string): number } {
  return { of: (to) => xorshift(seed * 131 + Number(to.slice(1)))(101) / 100 };
}

/** Some packets were confirmed, and others were not. */
function antsThatLearned(seed: number): Ants {
  const random = xorshift(seed);
  const ants = new Ants(random);
  for (let i = 0; i < 100; i++) {
    const to = groundId(random(NODES));
    const next = groundId(random(NODES));
    ants.learn({ to, next, isConfirmed: random(2) === 0, tookMs: random(5000) }, 0);
  }
  return ants;
}
