/**
 * Partitions that a seed draws: of every shape, so that each comes up among a few seeds.
 */
import { describe, expect, it } from 'vitest';
import type { Deed } from '../../tools/simulate/deeds.ts';
import { drawDeeds } from '../../tools/simulate/deeds.ts';
import { NO_FAULTS } from '../../tools/simulate/faults.ts';
import { seededRandom } from '../../tools/simulate/random.ts';
import { grid } from '../../tools/simulate/shapes.ts';
import { componentsOf } from '../../tools/simulate/topology.ts';

const NODES = 16;
const MAP = grid(NODES);

describe('partitions', () => {
  const all = drawPartitions(400);
  const cuts = all.filter((deeds) => deeds[0]?.kind === 'cut').map(partsBut);
  const isHalf = (parts: number[][]): boolean => parts.every(({ length }) => length === NODES / 2);

  it('are of two sides, of three, of halves that hang together, and of one alone', () => {
    expect(cuts.some((parts) => parts.length === 2 && isHalf(parts))).toBe(true);
    expect(cuts.some((parts) => parts.length === 2 && !isHalf(parts))).toBe(true);
    expect(cuts.some((parts) => parts.length >= 3)).toBe(true);
    expect(cuts.some((parts) => parts.some((part) => part.length === 1))).toBe(true);
  });

  it('go across the map, or around somebody', () => {
    const rows = JSON.stringify([range(1, 8), range(9, 16)]);
    expect(cuts.some((parts) => JSON.stringify(parts) === rows)).toBe(true);
    const around = cuts.filter(isHalf).filter((parts) => parts.some((part) => part.includes(6)));
    expect(around.length).toBeGreaterThan(0);
  });

  it('leave somebody on both sides now and then', () => {
    expect(cuts.some((parts) => parts.length === 1)).toBe(true);
  });

  it('are one-way now and then: none of a side hears anybody beyond it', () => {
    const deaf = all.filter((deeds) => deeds[0]?.kind === 'deafen');
    expect(deaf.length).toBeGreaterThan(40);
    for (const deeds of deaf) {
      const ways = deeds.map((deed) => (deed.kind === 'deafen' ? deed : null)!);
      const deafened = new Set(ways.map(({ to }) => to));
      expect(ways.filter(({ from }) => deafened.has(from))).toEqual([]);
      expect(new Set(ways.map(({ at, forMs }) => `${at} ${forMs}`)).size).toBe(1);
    }
  });
});

/** Each with all the deeds it is made of. */
function drawPartitions(count: number): Deed[][] {
  return Array.from({ length: count }, (_, seed) => {
    const faults = { ...NO_FAULTS, partitions: 1 };
    const deeds = drawDeeds(faults, MAP, 60_000, seededRandom(seed));
    return deeds.filter(({ kind }) => kind === 'cut' || kind === 'deafen');
  });
}

/** What hangs together still, once it is cut. */
function partsBut([deed]: Deed[]): number[][] {
  const cut = new Set(deed.kind === 'cut' ? deed.pairs.map(([a, b]) => `${a}-${b}`) : []);
  const left = MAP.edges.filter(({ a, b }) => !cut.has(`${a}-${b}`));
  return componentsOf(range(1, NODES), (node) =>
    left.flatMap(({ a, b }) => (a === node ? [b] : b === node ? [a] : [])),
  );
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}
