/**
 * Topology: who hears whom. Places are drawn on a unit square, and nodes hear each other within a
 * range that grows until the island hangs together, and as a rule a third more: no island hangs by
 * threads.
 */
import { assert } from '../../protocol/core/assert.ts';
import type { Random } from '../../protocol/core/machine.ts';
import type { Edge } from './world.ts';

export type Place = { x: number; y: number };

/** A map whose place 0 is node 1. */
export type Island = { places: Place[]; edges: Edge[] };

/** Steps of range: 64 of them cross the square. */
const RANGE_STEP = 1 / 64;
/** Tries to put a node somewhere that is not on top of another. */
const PLACE_TRIES = 100;

/** `spare` is how much further they hear than they must, as a part of it. */
export function geometricIsland(nodes: number, random: Random, spare = 1 / 3): Island {
  assert(nodes > 0, 'an island has somebody on it');
  const places: Place[] = [];
  const apart = 0.6 / Math.sqrt(nodes);
  for (let tries = 0; places.length < nodes; tries++) {
    const place = { x: random(1024) / 1023, y: random(1024) / 1023 };
    const isCrowded = places.some((other) => distance(place, other) < apart);
    if (isCrowded && tries % PLACE_TRIES !== 0) continue;
    places.push(place);
  }
  for (let range = RANGE_STEP; ; range += RANGE_STEP) {
    if (!hangsTogether(nodes, edgesWithin(places, range))) continue;
    return { places, edges: edgesWithin(places, range * (1 + spare)) };
  }
}

/** Hops from one node to each other, by number; `Infinity` where no way leads. */
export function hopsFrom(start: number, nodes: number, edges: readonly Edge[]): number[] {
  const around = aroundOf(nodes, edges);
  const hops = new Array<number>(nodes + 1).fill(Infinity);
  hops[start] = 0;
  const reached = [start];
  for (const from of reached) {
    for (const to of around[from]) {
      if (hops[to] !== Infinity) continue;
      hops[to] = hops[from] + 1;
      reached.push(to);
    }
  }
  return hops;
}

/** Who cannot be reached from node 1 over the edges there are. */
export function outOfReach(nodes: number, edges: readonly Edge[]): number[] {
  const hops = hopsFrom(1, nodes, edges);
  return hops.flatMap((count, node) => (node > 0 && count === Infinity ? [node] : []));
}

/** By number, who is beside whom. */
export function aroundOf(nodes: number, edges: readonly Edge[]): number[][] {
  const around = Array.from({ length: nodes + 1 }, (): number[] => []);
  for (const { a, b } of edges) {
    around[a].push(b);
    around[b].push(a);
  }
  return around;
}

/** What hangs together, each part and the parts in the order of their first member. */
export function componentsOf(nodes: number[], next: (node: number) => number[]): number[][] {
  const parts: number[][] = [];
  const found = new Set<number>();
  for (const start of nodes) {
    if (found.has(start)) continue;
    const part = [start];
    found.add(start);
    for (const node of part) {
      for (const to of next(node)) {
        if (found.has(to)) continue;
        found.add(to);
        part.push(to);
      }
    }
    parts.push(part.sort((a, b) => a - b));
  }
  return parts;
}

function edgesWithin(places: Place[], range: number): Edge[] {
  const edges: Edge[] = [];
  for (let a = 0; a < places.length; a++) {
    for (let b = a + 1; b < places.length; b++) {
      if (distance(places[a], places[b]) <= range) edges.push({ a: a + 1, b: b + 1 });
    }
  }
  return edges;
}

function hangsTogether(nodes: number, edges: Edge[]): boolean {
  return hopsFrom(1, nodes, edges)
    .slice(1)
    .every((hops) => hops < Infinity);
}

function distance(a: Place, b: Place): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
