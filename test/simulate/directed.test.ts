/**
 * Directed traffic: routes cost a tenth of flooding and less, cuts are survived, and the same seed gives
 * the same history, whichever strategy chooses.
 */
import { describe, expect, it } from 'vitest';
import { Flood } from '../../host/routing/flood.ts';
import { strategiesToCompare } from '../../tools/simulate/strategies.ts';
import { Directed } from '../../tools/simulate/directed.ts';
import { seededRandom } from '../../tools/simulate/random.ts';
import { Roaming } from '../../tools/simulate/roaming.ts';
import { grid } from '../../tools/simulate/shapes.ts';
import { SEED } from '../seed.ts';

const COST = { latencyMs: 10, lossPerMille: 0, bytesPerSecond: 20_000, jitterMs: 0 };
const SIDE = 10;
const NODES = SIDE * SIDE;

describe('directed packets', () => {
  const mesh = gridMesh(SEED);
  const reach = (): void => {
    const random = seededRandom(SEED);
    mesh.reset();
    for (let count = 0; count < 50; count++) {
      mesh.sayAnywhere(random);
      mesh.runUntil(mesh.now + 100);
    }
    mesh.runUntil(mesh.now + 10_000);
  };
  reach();
  const flooded = { ...mesh.figures('flood') };

  for (const name of Object.keys(strategiesToCompare())) {
    it(`all arrive over ${name}`, () => {
      const { said, delivered, loops } = mesh.figures(name);
      expect([said, delivered, loops]).toEqual([50, 50, 0]);
    });
    if (name === 'flood') continue;
    it(`cost over ${name} less than a tenth of flooding`, () => {
      const { transmissions } = mesh.figures(name);
      expect(transmissions * 10).toBeLessThan(flooded.transmissions);
    });
  }

  it('arrive over all that know more than places, right after links were cut', () => {
    for (const at of [23, 45, 67, 34, 56]) mesh.cut(at, at + 1);
    reach();
    for (const name of ['flood', 'shortest', 'balanced', 'ants', 'hybrid']) {
      const { said, delivered } = mesh.figures(name);
      expect([name, delivered]).toEqual([name, said]);
    }
  });
});

it('gives the same history from the same seed', () => {
  const [one, other] = [0, 1].map(() => {
    const mesh = gridMesh(SEED);
    for (let at = 1; at <= 20; at++) mesh.say(at, NODES - at);
    mesh.runUntil(mesh.now + 10_000);
    return Object.keys(strategiesToCompare()).map((name) => mesh.figures(name));
  });
  expect(one).toEqual(other);
});

it('a packet whose link closes under it goes another way', () => {
  const edges = [
    { a: 1, b: 2 },
    { a: 2, b: 4 },
    { a: 1, b: 3 },
    { a: 3, b: 4 },
  ];
  const costOf = (a: number, b: number) => ({ ...COST, latencyMs: a + b === 6 ? 50 : 20 });
  const mesh = new Directed({
    seed: 1,
    nodes: 4,
    edges,
    costOf,
    strategies: strategiesToCompare(),
  });
  mesh.runUntil(5000);
  mesh.say(1, 4);
  mesh.runUntil(5001);
  mesh.cut(2, 4);
  mesh.cut(1, 2);
  mesh.runUntil(20_000);
  expect(mesh.figures('shortest')).toMatchObject({ delivered: 1, flooded: 0 });
});

it('what a dropper swallows is not delivered, and ants learn to go around him', () => {
  const edges = [
    { a: 1, b: 2 },
    { a: 2, b: 4 },
    { a: 1, b: 3 },
    { a: 3, b: 4 },
  ];
  const droppers = new Set([2]);
  const options = { seed: 1, nodes: 4, edges, droppers, costOf: () => COST };
  const mesh = new Directed({ ...options, strategies: strategiesToCompare() });
  mesh.runUntil(5000);
  for (let count = 0; count < 20; count++) {
    mesh.say(1, 4);
    mesh.runUntil(mesh.now + 6000);
  }
  expect(mesh.figures('shortest').delivered).toBe(0);
  expect(mesh.figures('ants').delivered).toBeGreaterThan(15);
});

it('nodes that roam gain and lose links as they meet and part', () => {
  const random = seededRandom(SEED);
  const roaming = new Roaming({ nodes: 20, sideM: 500, rangeM: 150, speedMps: 20 }, random);
  const mesh = new Directed({
    ...{ seed: SEED, nodes: 20, edges: roaming.edges(), costOf: () => COST },
    traitsOf: (node) => roaming.traitsOf(node),
    strategies: { flood: () => new Flood() },
  });
  roaming.move(mesh);
  const shape = (): string => {
    return Array.from({ length: 20 }, (_, at) =>
      mesh
        .neighbours(at + 1)
        .sort()
        .join(),
    ).join(' ');
  };
  const before = shape();
  mesh.runUntil(10_000);
  expect(shape()).not.toBe(before);
  const linked = roaming.edges().filter(({ a, b }) => mesh.neighbours(a).includes(b));
  expect(linked).toEqual(roaming.edges());
});

function gridMesh(seed: number): Directed {
  const { nodes, places, edges } = grid(NODES);
  const traitsOf = (node: number) => {
    const { x, y } = places[node - 1];
    const degrees = { latitude: y / 2 ** 27, longitude: x / 2 ** 27 };
    return { place: { ...degrees, altitudeM: 0, accuracyM: 0 } };
  };
  const mesh = new Directed({
    ...{ seed, nodes, edges, traitsOf, costOf: () => COST, strategies: strategiesToCompare() },
  });
  mesh.runUntil(15_000);
  return mesh;
}
