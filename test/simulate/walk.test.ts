/**
 * Nodes that walk: they stay on the map, hear less the further they are apart, and an edge that their way
 * ends is found again when they come back. A healed core is where it was.
 */
import { describe, expect, it } from 'vitest';
import { lossOfBoth } from '../../tools/simulate/ground.ts';
import { NO_FAULTS } from '../../tools/simulate/faults.ts';
import { MAP_M, mobilityOf, positionOf, whyUnsuited } from '../../tools/simulate/policy.ts';
import { seededRandom } from '../../tools/simulate/random.ts';
import { runScenario } from '../../tools/simulate/run.ts';
import type { ScenarioWishes } from '../../tools/simulate/scenario.ts';
import { drawScenario } from '../../tools/simulate/scenario.ts';
import type { Sample } from '../../tools/simulate/series.ts';
import { grid, line, SHAPES, shapeOf, SIDE } from '../../tools/simulate/shapes.ts';
import { simulatedCrypto } from '../../tools/simulate/simulated-crypto.ts';
import { Walk } from '../../tools/simulate/walk.ts';
import { crypto } from '../protocol/trust/ports.ts';

const cheap = simulatedCrypto(crypto);

describe('who walks', () => {
  it('stays on the map, and goes no faster than he may', () => {
    const { places, edges } = grid(25);
    const walk = new Walk(places, edges, 3000, seededRandom(7));
    for (let second = 0; second < 60; second++) {
      const before = walk.places.map(({ x, y }) => ({ x, y }));
      walk.step(1000);
      walk.places.forEach(({ x, y }, at) => {
        expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
        expect(Math.max(x, y)).toBeLessThanOrEqual(SIDE);
        const gone = Math.abs(x - before[at].x) + Math.abs(y - before[at].y);
        expect(gone).toBeLessThanOrEqual((3000 * SIDE) / 60_000 + 2);
      });
    }
    // Whoever comes to the edge of the map turns back.
    const inside = walk.places.filter(({ x, y }) => x * y > 0 && Math.max(x, y) < SIDE);
    expect(inside.length).toBeGreaterThan(20);
  });

  for (const name of SHAPES) {
    it(`hears at first whom the map says: ${name}`, () => {
      const { places, edges } = shapeOf(name, 30, 4, seededRandom(3));
      const walk = new Walk(places, edges, 10, seededRandom(4));
      const radio = edges.filter(({ wire }) => wire !== true);
      for (const { a, b } of radio) expect(walk.lossOf(a, b)).toBeLessThanOrEqual(300);
    });
  }

  it('loses the more the further away the other is, and in the end all', () => {
    const places = [0, 0.5, 0.7, 0.8, 0.9, 1].map((part) => ({ x: part * SIDE, y: 0 }));
    // The one edge is longer than the nearest two are apart, and its ends have antennas for it.
    const walk = new Walk(places, [{ a: 1, b: 2 }], 0, seededRandom(1));
    const shares = [5, 6].map((node) => walk.lossOf(1, node));
    expect(walk.lossOf(1, 2)).toBe(120);
    expect(shares).toEqual([1000, 1000]);
    expect([walk.lossOf(3, 4), walk.lossOf(2, 3)]).toEqual([120, 1000]);
  });

  it('loses what the distance takes of what the conditions left', () => {
    expect([lossOfBoth(100, 300), lossOfBoth(0, 300), lossOfBoth(1000, 0)]).toEqual([
      370, 300, 1000,
    ]);
  });

  it('is told where he is in metres, and how fast he goes', () => {
    const corner = positionOf({ x: SIDE, y: 0 });
    expect(corner.longitude * 111_195).toBeCloseTo(MAP_M);
    expect(corner.latitude).toBe(0);
    expect(mobilityOf({ x: SIDE / 100, y: 0 })).toMatchObject({ eastMps: 10, northMps: 0 });
  });
});

describe('a mesh that walks', () => {
  it('loses edges and finds others, keeps its laws, and is where it was once it is healed', () => {
    const samples: Sample[] = [];
    const linked: boolean[] = [];
    const scenario = drawScenario({
      ...{ seed: 3, topology: 'geometric', nodes: 9, safeMs: 120_000 },
      faults: { ...NO_FAULTS, mobility: 300 },
    });
    const outcome = runScenario(
      scenario,
      { crypto: cheap },
      {
        sampled: (sample) => void samples.push(sample),
        relinked: (_a, _b, isOpen) => void linked.push(isOpen),
      },
    );
    expect(outcome.breach).toBeNull();
    expect(linked.filter((isOpen) => isOpen).length).toBeGreaterThan(3);
    expect(linked.filter((isOpen) => !isOpen).length).toBeGreaterThan(3);
    expect(samples[0].places).toEqual(scenario.shape.places);
    expect(samples[10].places).not.toEqual(scenario.shape.places);
    expect(samples.at(-1)!.places).toEqual(scenario.shape.places);
    expect(samples.at(-1)!.open).toBe(scenario.shape.edges.length);
  });

  it('stands still where nobody said where he is', () => {
    const shape = { ...line(3), isPlaced: false };
    const faults = { ...NO_FAULTS, mobility: 300 };
    expect(Walk.of(drawScenario({ seed: 1, topology: { name: 'x', shape }, faults }))).toBeNull();
  });
});

describe('a policy', () => {
  const fast = { ...NO_FAULTS, mobility: 2000 };
  for (const [what, wishes, reason] of [
    ['ants among few', { policy: 'ants', topology: 'line', nodes: 7 }, /^7 nodes are too few/],
    ['ants among many', { policy: 'ants', topology: 'grid', nodes: 9 }, null],
    ['ants who run', { policy: 'ants', topology: 'grid', nodes: 9, faults: fast }, /nodes move/],
    ['balanced at ends', { policy: 'balanced', topology: 'line', nodes: 2 }, /one neighbour/],
    ['balanced in a ring', { policy: 'balanced', topology: 'ring', nodes: 5 }, null],
    ['geographic', { policy: 'geographic', topology: 'grid', nodes: 9 }, null],
    [
      'geographic, nobody knows where',
      { policy: 'geographic', topology: { name: 'x', shape: { ...line(3), isPlaced: false } } },
      /do not know where we are/,
    ],
    ['hybrid', { policy: 'hybrid', topology: 'grid', nodes: 9 }, null],
    ['flood in a large mesh', { policy: 'flood', topology: 'grid', nodes: 400 }, null],
  ] as [string, Omit<ScenarioWishes, 'seed'>, RegExp | null][]) {
    it(`is judged by the mesh it is for: ${what}`, () => {
      const why = whyUnsuited(drawScenario({ seed: 1, faults: NO_FAULTS, ...wishes }));
      if (reason === null) expect(why).toBeNull();
      else expect(why).toMatch(reason);
    });
  }

  it('is by what all bridges of a run choose their ways', () => {
    const wishes = {
      seed: 1,
      topology: 'grid',
      nodes: 9,
      faults: NO_FAULTS,
      safeMs: 60_000,
    } as const;
    const [shortest, flood] = (['shortest', 'flood'] as const).map((policy) =>
      runScenario(drawScenario({ ...wishes, policy }), { crypto: cheap }),
    );
    expect(shortest.hash).not.toBe(flood.hash);
    expect(shortest.writes).toBeLessThan(flood.writes);
  });
});
