/**
 * Walk: nodes that go straight on over the map and turn back at its edges, and what the way between two
 * of them loses, by the path-loss model of a log of the distance: ten times 2.7 dB for each tenfold.
 * All of it is whole numbers and squares, so that every machine walks alike.
 */
import type { Millis, Random } from '../../protocol/core/machine.ts';
import { seededRandom } from './random.ts';
import type { Scenario } from './scenario.ts';
import { pairsWithin, SIDE, squareOf } from './shapes.ts';
import type { Place } from './topology.ts';
import type { Edge } from './world.ts';

/** Of the map's units, in a second. */
export type Velocity = { x: number; y: number };

/** Nodes walk so far at once. */
export const STEP_MS = 1000;
/** A link is found where it would lose less than this, and kept until it loses everything. */
const FOUND_PER_MILLE = 300;
/** Where an edge of the map ends, so much of the range is used up: 3 dB are left. */
const EDGE_PER_MILLE = 774;
/**
 * What is left above the least that a receiver hears, 6 dB to 0, as thousandths of the range; and what
 * is lost there, of a thousand. Nearer, nothing is lost.
 */
const LOSSES: readonly (readonly [distance: number, lost: number])[] = [
  [599, 0],
  [653, 10],
  [711, 40],
  [774, 120],
  [843, 300],
  [918, 600],
  [1000, 900],
];

export class Walk {
  /** By node, from 1 at 0. */
  readonly places: Place[];
  private readonly velocities: Velocity[];
  private readonly range: number;
  /** By edge of the map that is longer than others hear: its ends have antennas for it. */
  private readonly ranges = new Map<string, number>();

  /** Null where nobody moves, or nobody knows where he is. */
  static of({ seed, shape, faults }: Scenario): Walk | null {
    if (faults.mobility === 0 || shape.isPlaced === false) return null;
    const random = seededRandom(seed + 5);
    return new Walk(shape.places, shape.edges, faults.mobility, random);
  }

  /** `most`: thousandths of the map that anybody walks in a minute. */
  constructor(places: readonly Place[], edges: readonly Edge[], most: number, random: Random) {
    this.places = places.map(({ x, y }) => ({ x, y }));
    this.velocities = places.map(() => drawVelocity(Math.floor((most * SIDE) / 60_000), random));
    const radio = edges.filter(({ wire }) => wire !== true);
    this.range = rangeFrom(nearest(places, radio.length));
    for (const { a, b } of radio) {
      const range = rangeFrom(Math.sqrt(squareOf(places[a - 1], places[b - 1])));
      if (range > this.range) this.ranges.set(`${a}-${b}`, range);
    }
  }

  velocityOf(node: number): Velocity {
    return this.velocities[node - 1];
  }

  step(ms: Millis): void {
    this.places.forEach((place, at) => {
      const velocity = this.velocities[at];
      for (const axis of ['x', 'y'] as const) {
        place[axis] += Math.floor((velocity[axis] * ms) / 1000);
        if (place[axis] >= 0 && place[axis] <= SIDE) continue;
        place[axis] = place[axis] < 0 ? 0 : SIDE;
        velocity[axis] = -velocity[axis];
      }
    });
  }

  /** Of a thousand writes between the two, how many the distance takes; all, where none is heard. */
  lossOf(a: number, b: number): number {
    const square = squareOf(this.places[a - 1], this.places[b - 1]);
    const range = this.ranges.get(`${a}-${b}`) ?? this.ranges.get(`${b}-${a}`) ?? this.range;
    const found = LOSSES.find(([part]) => square * 1_000_000 <= part * part * range * range);
    return found === undefined ? 1000 : found[1];
  }

  /** Who loses so much is still near enough to find each other. */
  isFound(lossPerMille: number): boolean {
    return lossPerMille <= FOUND_PER_MILLE;
  }

  /** All pairs that are. */
  near(): Edge[] {
    const near = pairsWithin(this.places, this.range);
    return near.filter(({ a, b }) => this.isFound(this.lossOf(a, b)));
  }
}

function rangeFrom(edge: number): number {
  return Math.ceil((edge * 1000) / EDGE_PER_MILLE) + 1;
}

/** How far apart the pair is than which so many pairs are no further apart. */
function nearest(places: readonly Place[], count: number): number {
  const wanted = Math.min(Math.max(1, count), (places.length * (places.length - 1)) / 2);
  for (let range = SIDE / 64; ; range *= 2) {
    const pairs = pairsWithin(places, range);
    if (pairs.length < wanted) continue;
    const squares = pairs.map(({ square }) => square).sort((one, other) => one - other);
    return Math.sqrt(squares[wanted - 1]);
  }
}

/** In any direction; no further in both together than `most`. */
function drawVelocity(most: number, random: Random): Velocity {
  const x = random(most + 1);
  const sign = (): number => (random(2) === 0 ? -1 : 1);
  return { x: sign() * x, y: sign() * (most - x) };
}
