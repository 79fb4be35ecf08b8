/**
 * Shapes: who hears whom, by the names of usual topologies. Places are whole numbers on a square of
 * `SIDE` by `SIDE`, so that distances compare alike on every machine; each shape takes time about
 * proportional to its edges.
 */
import { assert } from '../../protocol/core/assert.ts';
import type { Random } from '../../protocol/core/machine.ts';
import type { Place } from './topology.ts';
import { aroundOf, componentsOf } from './topology.ts';
import type { Edge } from './world.ts';

/** Those that have as many neighbours as one likes. */
export const FREE_SHAPES: readonly string[] = ['geometric', 'islands', 'scale-free'];

export const SHAPES = ['line', 'grid', 'ring', 'geometric', 'islands', 'scale-free'] as const;
export type ShapeName = (typeof SHAPES)[number];

/** A map whose place 0 is node 1. */
export type Shape = {
  nodes: number;
  places: Place[];
  edges: Edge[];
  /** False: its places are only for drawing it, and nobody knows where he is. */
  isPlaced?: boolean;
};

export const SIDE = 1 << 20;
/** Nodes of one island of many. */
const ISLAND_NODES = 25;
/** Candidates beyond the mean degree wanted, so that the nearest are among them. */
const SPARE = 1.6;

/** `degree`: the mean number of neighbours, for the shapes that have a choice. */
export function shapeOf(name: ShapeName, nodes: number, degree: number, random: Random): Shape {
  switch (name) {
    case 'line':
      return line(nodes);
    case 'ring':
      return ring(nodes);
    case 'grid':
      return grid(nodes);
    case 'geometric':
      return geometric(nodes, degree, random);
    case 'islands':
      return islands(nodes, degree, random);
    case 'scale-free':
      return scaleFree(nodes, degree, random);
  }
}

export function line(nodes: number): Shape {
  const places = numbers(nodes).map((at) => ({ x: share(at, nodes - 1), y: SIDE / 2 }));
  return { nodes, places, edges: numbers(nodes - 1).map((at) => ({ a: at + 1, b: at + 2 })) };
}

/** Drawn as the outline of a square, which needs no angles. */
function ring(nodes: number): Shape {
  const quarter = Math.ceil(nodes / 4);
  const places = numbers(nodes).map((at) => {
    const along = share(at % quarter, quarter);
    const side = Math.floor(at / quarter);
    if (side === 0) return { x: along, y: 0 };
    if (side === 1) return { x: SIDE, y: along };
    return side === 2 ? { x: SIDE - along, y: SIDE } : { x: 0, y: SIDE - along };
  });
  const { edges } = line(nodes);
  return { nodes, places, edges: nodes > 2 ? [...edges, { a: nodes, b: 1 }] : edges };
}

/** As square as can be; the last row may be short. */
export function grid(nodes: number): Shape {
  const width = Math.ceil(Math.sqrt(nodes));
  const places = numbers(nodes).map((at) => ({
    x: share(at % width, width - 1),
    y: share(Math.floor(at / width), width - 1),
  }));
  const edges = numbers(nodes).flatMap((at): Edge[] => {
    const right = (at + 1) % width !== 0 && at + 1 < nodes ? [{ a: at + 1, b: at + 2 }] : [];
    const below = at + width < nodes ? [{ a: at + 1, b: at + 1 + width }] : [];
    return [...right, ...below];
  });
  return { nodes, places, edges };
}

/** Places drawn at random; the nearest pairs hear each other, as many as make the mean degree. */
export function geometric(nodes: number, degree: number, random: Random): Shape {
  const places = numbers(nodes).map(() => ({ x: random(SIDE), y: random(SIDE) }));
  const wanted = Math.min(Math.round((nodes * degree) / 2), (nodes * (nodes - 1)) / 2);
  // A circle around a node holds so many others, if it lies inside; those at the border miss some.
  let range = SIDE * Math.sqrt((degree * SPARE) / (Math.PI * nodes));
  let pairs = pairsWithin(places, range);
  while (pairs.length < wanted) {
    range *= SPARE;
    pairs = pairsWithin(places, range);
  }
  pairs.sort((one, other) => one.square - other.square || one.a - other.a || one.b - other.b);
  return { nodes, places, edges: pairs.slice(0, wanted).map(({ a, b }) => ({ a, b })) };
}

/** Geometric islands side by side, each joined to the next by one wire. */
function islands(nodes: number, degree: number, random: Random): Shape {
  const count = Math.max(2, Math.round(nodes / ISLAND_NODES));
  const width = Math.ceil(Math.sqrt(count));
  const shape: Shape = { nodes, places: [], edges: [] };
  let before: number | null = null;
  for (const at of numbers(count)) {
    const size = Math.floor(nodes / count) + (at < nodes % count ? 1 : 0);
    const first = shape.places.length;
    const island = geometric(size, Math.min(degree, size - 1), random);
    // The sea between two islands takes a fifth of their way.
    const scale = 0.8 / width;
    for (const { x, y } of island.places) {
      shape.places.push({
        x: Math.floor(x * scale) + share(at % width, width),
        y: Math.floor(y * scale) + share(Math.floor(at / width), width),
      });
    }
    for (const { a, b } of island.edges) shape.edges.push({ a: a + first, b: b + first });
    const [largest] = componentsOf(numbersFrom(1, size), neighboursIn(size, island.edges)).sort(
      (one, other) => other.length - one.length,
    );
    const from = first + largest[random(largest.length)];
    if (before !== null) shape.edges.push({ a: before, b: from, wire: true });
    before = first + largest[random(largest.length)];
  }
  return shape;
}

/** Each newcomer joins whom others joined: few have many neighbours (Barabasi and Albert). */
function scaleFree(nodes: number, degree: number, random: Random): Shape {
  assert(nodes > 1, 'a shape has edges');
  const joins = Math.max(1, Math.round(degree / 2));
  const places = numbers(nodes).map(() => ({ x: random(SIDE), y: random(SIDE) }));
  const edges: Edge[] = [{ a: 1, b: 2 }];
  const ends = [1, 2];
  for (const node of numbersFrom(3, nodes - 2)) {
    const chosen = new Set<number>();
    while (chosen.size < Math.min(joins, node - 1)) {
      // Now and then anybody, or two who have each other would be chosen for ever.
      chosen.add(random(8) === 0 ? 1 + random(node - 1) : ends[random(ends.length)]);
    }
    for (const other of chosen) {
      edges.push({ a: other, b: node });
      ends.push(other, node);
    }
  }
  return { nodes, places, edges };
}

export type Pair = { a: number; b: number; square: number };

/** All pairs no further apart than `range`, found cell by cell. */
export function pairsWithin(places: readonly Place[], range: number): Pair[] {
  const width = Math.max(
    1,
    Math.min(Math.floor(SIDE / range), Math.ceil(Math.sqrt(places.length))),
  );
  const cellOf = (along: number): number => Math.min(width - 1, Math.floor((along * width) / SIDE));
  const cells = Array.from({ length: width * width }, (): number[] => []);
  places.forEach(({ x, y }, at) => cells[cellOf(y) * width + cellOf(x)].push(at));
  const most = range * range;
  const pairs: Pair[] = [];
  places.forEach((place, at) => {
    const [column, row] = [cellOf(place.x), cellOf(place.y)];
    for (let y = Math.max(0, row - 1); y <= Math.min(width - 1, row + 1); y++) {
      for (let x = Math.max(0, column - 1); x <= Math.min(width - 1, column + 1); x++) {
        for (const other of cells[y * width + x]) {
          const square = squareOf(place, places[other]);
          if (other > at && square <= most) pairs.push({ a: at + 1, b: other + 1, square });
        }
      }
    }
  });
  return pairs;
}

export function squareOf(a: Place, b: Place): number {
  return (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y);
}

function neighboursIn(nodes: number, edges: Edge[]): (node: number) => number[] {
  const around = aroundOf(nodes, edges);
  return (node) => around[node];
}

/** A part of the side, in whole numbers. */
function share(part: number, of: number): number {
  return of <= 0 ? 0 : Math.floor((part * SIDE) / of);
}

function numbers(count: number): number[] {
  return numbersFrom(0, count);
}

function numbersFrom(first: number, count: number): number[] {
  return Array.from({ length: Math.max(0, count) }, (_, at) => first + at);
}
