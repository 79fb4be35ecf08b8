/**
 * Layout: where the nodes of a map stand. Nodes of an island are held together by springs along their
 * links and kept apart by a force between all of them; islands are laid out as wholes. The same map
 * gives the same picture, and a map that changed a little gives nearly the same: what stood somewhere
 * starts from there.
 */
import type { MapView } from '../views.ts';

export type Point = { x: number; y: number };

export type Chart = {
  places: Map<string, Point>;
  islands: { id: string; isHere: boolean; hull: Point[]; center: Point; radius: number }[];
  /** What all of it fits into. */
  box: { left: number; top: number; width: number; height: number };
};

/** How far apart two nodes want to be, and how near they may come, in units of the chart. */
const SPACING = 74;
export const NEAREST = 56;
/** From the outermost nodes of an island to its shore. */
export const SHORE = 34;
/** Between the shores of two islands. */
const STRAIT = 46;
/** Rounds of the forces; with many nodes fewer, so that a thousand take a moment only. */
const ROUNDS = 260;
const ROUNDS_OF_MANY = 60;
const MANY = 160;
/** Where nearly all of many stood somewhere before, what is new finds its place in a few rounds. */
const ROUNDS_OF_KNOWN = 4;
const KNOWN_SHARE = 0.9;
/** Rounds in which what is too near is moved apart. Usually a few are enough. */
const APART_ROUNDS = 200;

type Body = { id: string; x: number; y: number; radius: number };
type Spring = { a: Body; b: Body };
type Island = { id: string; isHere: boolean; nodes: Body[] };

/** `isTall`: islands stand above each other rather than side by side. */
export function layOut(map: MapView, isTall: boolean, before?: ReadonlyMap<string, Point>): Chart {
  const islands = map.islands
    .filter(({ nodes }) => nodes.length > 0)
    // Our own first: others are laid out around it.
    .sort((a, b) => Number(b.isHere) - Number(a.isHere) || order(a.id, b.id))
    .map(({ id, isHere, nodes }) => ({ id, isHere, nodes: settleIsland(map, nodes, before) }));
  const bodies = islands.map(({ id, nodes }) => {
    const reach = Math.max(...nodes.map(({ x, y }) => Math.hypot(x, y)));
    return { id, x: 0, y: 0, radius: reach + SHORE + STRAIT / 2 };
  });
  settleIslands(bodies, isTall);
  face(map, islands, bodies);

  const places = new Map<string, Point>();
  const charted = islands.map(({ id, isHere, nodes }, at) => {
    const { x, y, radius } = bodies[at];
    for (const node of nodes) places.set(node.id, { x: node.x + x, y: node.y + y });
    const hull = hullOf(nodes.map((node) => places.get(node.id)!));
    return { id, isHere, hull, center: { x, y }, radius: radius - STRAIT / 2 };
  });
  return { places, islands: charted, box: boxOf(charted.flatMap(({ hull }) => hull)) };
}

function settleIsland(
  map: MapView,
  nodes: { id: string }[],
  before?: ReadonlyMap<string, Point>,
): Body[] {
  const ids = nodes.map(({ id }) => id).sort(order);
  const bodies = ids.map((id, at) => bodyAt(id, before?.get(id) ?? spiral(at, SPACING)));
  const known = ids.filter((id) => before?.has(id)).length;
  const isKnown = ids.length > MANY && known >= ids.length * KNOWN_SHARE;
  center(bodies);
  const byId = new Map(bodies.map((body) => [body.id, body]));
  const springs: Spring[] = [];
  for (const { a, b, kind } of map.links) {
    const [from, to] = [byId.get(a), byId.get(b)];
    if (kind !== 'line' && from && to && from !== to) springs.push({ a: from, b: to });
  }
  if (isKnown) {
    for (const { a, b } of springs) {
      if (!before!.has(a.id)) beside(a, b);
      else if (!before!.has(b.id)) beside(b, a);
    }
  }
  const rounds = isKnown ? ROUNDS_OF_KNOWN : bodies.length > MANY ? ROUNDS_OF_MANY : ROUNDS;
  for (let round = 0; round < rounds; round++) {
    // Steps shrink, so that it comes to rest.
    pull(bodies, springs, SPACING * 0.5 * (1 - round / rounds));
  }
  apart(bodies, 0);
  center(bodies);
  return bodies;
}

/** What is new begins near whom it hears. */
function beside(body: Body, other: Body): void {
  body.x = other.x + NEAREST;
  body.y = other.y;
}

/** Around the first one, and rather side by side, or above each other, as the paper is. */
function settleIslands(bodies: Body[], isTall: boolean): void {
  const radius = Math.max(0, ...bodies.map((body) => body.radius));
  bodies.forEach((body, at) => {
    const { x, y } = spiral(at, 2 * radius);
    Object.assign(body, isTall ? { x: -y, y: x } : { x, y });
  });
  for (let round = 0; round < ISLAND_ROUNDS; round++) {
    for (const body of bodies) {
      body.x *= isTall ? 0.94 : 0.985;
      body.y *= isTall ? 0.985 : 0.94;
    }
    apart(bodies, 1);
  }
  apart(bodies, 0);
}

const ISLAND_ROUNDS = 120;

/** Turns islands so that their gateways look at each other: lines cross as little land as can be. */
function face(map: MapView, islands: Island[], bodies: Body[]): void {
  const home = new Map(
    islands.flatMap(({ nodes }, at) => nodes.map(({ id }) => [id, at] as const)),
  );
  islands.forEach(({ nodes }, at) => {
    const own = new Map(nodes.map((node) => [node.id, node]));
    const [from, to] = [
      { x: 0, y: 0 },
      { x: 0, y: 0 },
    ];
    for (const { a, b, kind } of map.links) {
      if (kind !== 'line' || own.has(a) === own.has(b)) continue;
      const [near, far] = own.has(a) ? [a, b] : [b, a];
      const island = home.get(far);
      if (island === undefined) continue;
      add(from, own.get(near)!);
      add(to, { x: bodies[island].x - bodies[at].x, y: bodies[island].y - bodies[at].y });
    }
    // Gateways in the middle look everywhere.
    if (Math.hypot(from.x, from.y) < NEAREST) return;
    const angle = Math.atan2(to.y, to.x) - Math.atan2(from.y, from.x);
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    for (const node of nodes) {
      const { x, y } = node;
      node.x = x * cos - y * sin;
      node.y = x * sin + y * cos;
    }
  });
}

function add(sum: Point, { x, y }: Point): void {
  sum.x += x;
  sum.y += y;
}

function pull(bodies: Body[], springs: Spring[], stepMax: number): void {
  const moves = new Map(bodies.map((body) => [body, { x: 0, y: 0 }]));
  const give = (body: Body, x: number, y: number): void => {
    const move = moves.get(body)!;
    move.x += x;
    move.y += y;
  };
  eachNear(bodies, SPACING * 3, (a, b) => {
    const { x, y, distance } = between(a, b);
    const force = (SPACING * SPACING) / (distance * distance);
    give(a, -x * force * 8, -y * force * 8);
    give(b, x * force * 8, y * force * 8);
  });
  for (const { a, b } of springs) {
    const { x, y, distance } = between(a, b);
    const force = (distance - SPACING * 1.15) * 0.14;
    give(a, x * force, y * force);
    give(b, -x * force, -y * force);
  }
  for (const body of bodies) {
    const move = moves.get(body)!;
    // A little towards the middle, so that what has no link does not drift away.
    const [x, y] = [move.x - body.x * 0.012, move.y - body.y * 0.012];
    const shrink = Math.min(1, stepMax / (Math.hypot(x, y) || 1));
    body.x += x * shrink;
    body.y += y * shrink;
  }
}

/** Moves apart what is nearer than it may be; `roundsMax` 0 for as long as it takes. */
function apart(bodies: Body[], roundsMax: number): void {
  const reach = 2 * Math.max(0, ...bodies.map(({ radius }) => radius));
  for (let round = 0; round < (roundsMax || APART_ROUNDS); round++) {
    let isDone = true;
    eachNear(bodies, reach, (a, b) => {
      const { x, y, distance } = between(a, b);
      const lack = a.radius + b.radius - distance;
      if (lack <= 0) return;
      isDone = false;
      // A hair more than half each, so that it ends.
      const half = lack * 0.505 + 0.01;
      a.x -= x * half;
      a.y -= y * half;
      b.x += x * half;
      b.y += y * half;
    });
    if (isDone) return;
  }
}

/** Cells in a column, at most: far more than any map has. */
const CELLS_MAX = 2 ** 20;

/**
 * All pairs within a distance of where they stand now, each once and in a fixed order: through a grid, so
 * that many are no trouble.
 */
function eachNear(bodies: Body[], distance: number, visit: (a: Body, b: Body) => void): void {
  const cells = new Map<number, Body[]>();
  const keys = bodies.map(
    ({ x, y }) => Math.floor(x / distance) * CELLS_MAX + Math.floor(y / distance),
  );
  bodies.forEach((body, at) => {
    const key = keys[at];
    for (let column = -1; column <= 1; column++) {
      for (let row = -1; row <= 1; row++) {
        for (const other of cells.get(key + column * CELLS_MAX + row) ?? []) visit(other, body);
      }
    }
    const cell = cells.get(key);
    if (cell === undefined) cells.set(key, [body]);
    else cell.push(body);
  });
}

/** The direction from one to the other; where they are one, any direction that both agree on. */
function between(a: Body, b: Body): Point & { distance: number } {
  const [x, y] = [b.x - a.x, b.y - a.y];
  const distance = Math.hypot(x, y);
  if (distance > 0.01) return { x: x / distance, y: y / distance, distance };
  return order(a.id, b.id) < 0
    ? { x: 0.8, y: 0.6, distance: 0.01 }
    : { x: -0.8, y: -0.6, distance: 0.01 };
}

/** Points of a sunflower: every number has its place, evenly far from the others. */
function spiral(at: number, spacing: number): Point {
  const angle = at * 2.399963229728653;
  const radius = spacing * 0.62 * Math.sqrt(at);
  return { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
}

function bodyAt(id: string, { x, y }: Point): Body {
  return { id, x, y, radius: NEAREST / 2 };
}

function center(bodies: Body[]): void {
  const x = bodies.reduce((sum, body) => sum + body.x, 0) / bodies.length;
  const y = bodies.reduce((sum, body) => sum + body.y, 0) / bodies.length;
  for (const body of bodies) {
    body.x -= x;
    body.y -= y;
  }
}

/** The convex hull, counter-clockwise (Andrew's monotone chain). */
function hullOf(points: Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  if (sorted.length < 3) return sorted;
  const half = (from: Point[]): Point[] => {
    const chain: Point[] = [];
    for (const point of from) {
      while (chain.length > 1 && turn(chain.at(-2)!, chain.at(-1)!, point) <= 0) chain.pop();
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.toReversed())];
}

function turn(a: Point, b: Point, c: Point): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

function boxOf(points: Point[]): Chart['box'] {
  if (points.length === 0) return { left: 0, top: 0, width: 0, height: 0 };
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const [left, top] = [Math.min(...xs) - SHORE, Math.min(...ys) - SHORE];
  return {
    left,
    top,
    width: Math.max(...xs) + SHORE - left,
    height: Math.max(...ys) + SHORE - top,
  };
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
