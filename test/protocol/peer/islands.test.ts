/**
 * Any island of stations, over links of all kinds: everybody hears everything once, while links die
 * and come up; and who comes late learns the rest from his neighbours.
 */
import { describe, expect, it } from 'vitest';
import type { OwnMedium } from '../../../protocol/peer/contract.ts';
import type { Station } from '../../../protocol/peer/station.ts';
import { seededRandom } from '../../../tools/simulate/random.ts';
import { runs, SEED } from '../../seed.ts';
import { stationOf, Village } from './village.ts';

const MEDIA: OwnMedium[] = ['node', 'wire', 'node'];
const STATIONS = 6;
const WORDS = 12;

describe('an island of stations', () => {
  it('brings each word to everybody once, now or as history', () => {
    for (let round = 0; round < runs(2, 100); round++) {
      const seed = SEED + round;
      const { village, stations, edges } = islandOf(seed);
      const random = seededRandom(seed + 7);
      village.pass(10_000);
      const saidBy = new Map(stations.map((station) => [station, 0]));
      for (let i = 0; i < WORDS; i++) {
        const speaker = stations[random(STATIONS)];
        saidBy.set(speaker, saidBy.get(speaker)! + 1);
        village.tell(speaker, { kind: 'say', text: `word ${i}` });
        // Only edges that close a ring are cut, and each comes back.
        const edge = edges[random(edges.length)];
        if (edge.isSpare) flap(village, stations, edge);
        village.pass(random(3000));
      }
      // Long enough to ask for what is missing, hop by hop.
      village.pass(240_000);
      for (const station of stations) {
        const texts = village.told(station, 'message').map(({ text }) => text);
        expect(new Set(texts).size, `seed ${seed}: told twice`).toBe(texts.length);
        expect(texts.length, `seed ${seed}: not told`).toBe(WORDS - saidBy.get(station)!);
      }
    }
  });
});

type Edge = { a: number; b: number; links: [number, number]; medium: OwnMedium; isSpare: boolean };

/** A tree, and two edges more. */
function islandOf(seed: number): { village: Village; stations: Station[]; edges: Edge[] } {
  const random = seededRandom(seed);
  const village = new Village();
  const stations = Array.from({ length: STATIONS }, (_, i) =>
    stationOf(village, i + 1, { wires: 8 }),
  );
  const used = stations.map(() => ({ air: 0, wire: 7 }));
  const edges: Edge[] = [];
  const join = (a: number, b: number, isSpare: boolean): void => {
    const medium = MEDIA[random(MEDIA.length)];
    const link = (at: number): number => (medium === 'wire' ? used[at].wire++ : used[at].air++);
    const edge: Edge = { a, b, links: [link(a), link(b)], medium, isSpare };
    edges.push(edge);
    village.join(stations[a], edge.links[0], stations[b], edge.links[1], medium);
  };
  for (let b = 1; b < STATIONS; b++) join(random(b), b, false);
  join(0, STATIONS - 1, true);
  join(1, STATIONS - 2, true);
  return { village, stations, edges };
}

function flap(village: Village, stations: Station[], { a, b, links, medium }: Edge): void {
  village.cut(stations[a], links[0]);
  village.pass(200);
  village.join(stations[a], links[0], stations[b], links[1], medium);
}
