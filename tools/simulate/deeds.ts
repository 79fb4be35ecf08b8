/**
 * Deeds: what is said and what goes wrong in a run, each with its moment, drawn from the seed before
 * anything runs. A failing run is made shorter by leaving some of them out.
 */
import type { Millis, Random } from '../../protocol/core/machine.ts';
import type { DiskFault } from './disk.ts';
import type { Faults } from './faults.ts';
import type { Shape } from './shapes.ts';
import { hopsFrom } from './topology.ts';
import type { Edge } from './world.ts';

/** Ends of an edge, by number. */
export type Pair = [number, number];

export type Deed = { at: Millis } & (
  | { kind: 'say'; node: number; text: string }
  | { kind: 'tell'; node: number; to: number; text: string }
  /** Its neighbours notice after `noticeMs`; `Infinity`: only by its silence. */
  | { kind: 'crash'; node: number; noticeMs: Millis; forMs: Millis }
  | { kind: 'pause'; node: number; forMs: Millis }
  | { kind: 'cut'; pairs: Pair[]; forMs: Millis }
  | { kind: 'deafen'; from: number; to: number; forMs: Millis }
  | { kind: 'clock'; node: number; offMs: Millis }
  | { kind: 'disk'; node: number; fault: DiskFault; forMs: Millis }
);

export type DeedKind = Deed['kind'];

const HOUR_MS = 3_600_000;
/** A message is said about so often, somewhere. */
const SAY_EVERY_MS = 6000;
/** The first words come once neighbours have met. */
const FIRST_SAY_MS = 3000;
/** One of so many is for one peer alone. */
const PRIVATE_OF = 3;

/** In the order in which they happen. */
export function drawDeeds(
  faults: Faults,
  map: Pick<Shape, 'nodes' | 'edges' | 'places'>,
  untilMs: Millis,
  random: Random,
): Deed[] {
  const draw = { ...map, untilMs, random };
  const deeds: Deed[] = [
    ...drawWords(draw),
    ...times(faults.crashes, () => drawCrash(draw)),
    ...times(faults.pauses, () => drawPause(draw)),
    ...times(faults.partitions, () => drawPartition(draw)).flat(),
    ...times(faults['one-way'], () => drawDeaf(draw)),
    ...times(faults.swizzles, () => drawSwizzle(draw)).flat(),
    ...drawClocks(faults.clocks * HOUR_MS, draw),
    ...times(faults.disks, () => drawDisk(['full', 'tear'], draw)),
    ...times(faults.lies, () => drawDisk(['lose', 'misdirect'], draw)),
  ];
  return deeds.sort((one, other) => one.at - other.at);
}

type Draw = Pick<Shape, 'nodes' | 'edges' | 'places'> & { untilMs: Millis; random: Random };

function drawWords({ nodes, untilMs, random }: Draw): Deed[] {
  const deeds: Deed[] = [];
  for (let at = FIRST_SAY_MS; at < untilMs; at += 1 + random(2 * SAY_EVERY_MS)) {
    const node = 1 + random(nodes);
    const to = 1 + random(nodes);
    const text = `word ${deeds.length + 1} of ${node}`;
    // Now and then it takes more than one write, and more than one packet.
    const long = random(6) === 0 ? ` ${'and on '.repeat(random(120))}` : '';
    if (random(PRIVATE_OF) === 0 && to !== node) {
      deeds.push({ at, kind: 'tell', node, to, text: text + long });
    } else deeds.push({ at, kind: 'say', node, text: text + long });
  }
  return deeds;
}

function drawCrash(draw: Draw): Deed {
  const { random } = draw;
  const noticeMs = [0, 200, 5000, Infinity][random(4)];
  return { ...drawMoment(draw), kind: 'crash', noticeMs, forMs: 100 + random(30_000) };
}

function drawPause(draw: Draw): Deed {
  return { ...drawMoment(draw), kind: 'pause', forMs: 50 + draw.random(20_000) };
}

/** The mesh falls apart between its sides, or one side does not hear the others any more. */
function drawPartition(draw: Draw): Deed[] {
  const { edges, untilMs, random } = draw;
  const sideOf = SPLITS[random(SPLITS.length)](draw);
  // Now and then somebody is on both sides, and all goes through him.
  if (random(4) === 0) sideOf[1 + random(draw.nodes)] = BOTH;
  const isOneWay = random(4) === 0;
  const span = { at: random(untilMs), forMs: 1000 + random(45_000) };
  const across = edges.filter(({ a, b }) => isAcross(sideOf[a], sideOf[b])).map(pairOf);
  if (!isOneWay) return [{ ...span, kind: 'cut', pairs: across }];
  return across
    .filter((pair) => pair.some((node) => sideOf[node] === DEAF))
    .map(([a, b]): Deed => {
      const [from, to] = sideOf[a] === DEAF ? [b, a] : [a, b];
      return { ...span, kind: 'deafen', from, to };
    });
}

const BOTH = -1;
/** The side that hears nobody else, where a partition is one-way. */
const DEAF = 0;

/** How a mesh falls apart: by node, on which side it is. */
const SPLITS: readonly ((draw: Draw) => number[])[] = [
  // Any two sides, or three, however they lie.
  ({ nodes, random }) => sides(nodes, () => random(2)),
  ({ nodes, random }) => sides(nodes, () => random(3)),
  ({ nodes, random }) => {
    const alone = 1 + random(nodes);
    return sides(nodes, (node) => (node === alone ? 0 : 1));
  },
  splitAround,
  splitByPlace,
];

/** Half of the nodes: somebody, and whoever is next to him. */
function splitAround({ nodes, edges, random }: Draw): number[] {
  const hops = hopsFrom(1 + random(nodes), nodes, edges);
  return halves(nodes, (node) => hops[node]);
}

/** A line right through the map, whichever way it goes. */
function splitByPlace({ nodes, places, random }: Draw): number[] {
  const [right, up] = [random(5) - 2, random(5) - 2];
  return halves(nodes, (node) => right * places[node - 1].x + up * places[node - 1].y);
}

/** Those of whom there is least, and the others. */
function halves(nodes: number, of: (node: number) => number): number[] {
  const order = Array.from({ length: nodes }, (_, at) => at + 1);
  order.sort((one, other) => of(one) - of(other) || one - other);
  const first = new Set(order.slice(0, Math.floor(nodes / 2)));
  return sides(nodes, (node) => (first.has(node) ? 0 : 1));
}

function sides(nodes: number, of: (node: number) => number): number[] {
  return Array.from({ length: nodes + 1 }, (_, node) => of(node));
}

function isAcross(one: number, other: number): boolean {
  return one !== other && one !== BOTH && other !== BOTH;
}

function drawDeaf({ edges, untilMs, random }: Draw): Deed {
  const { a, b } = edges[random(edges.length)];
  const [from, to] = random(2) === 0 ? [a, b] : [b, a];
  return { at: random(untilMs), kind: 'deafen', from, to, forMs: 1000 + random(40_000) };
}

/** FoundationDB's swizzle-clogging: links stop one after the other, and start in another order. */
function drawSwizzle({ edges, untilMs, random }: Draw): Deed[] {
  const chosen = edges.filter(() => random(2) === 0);
  const startAt = random(untilMs);
  return chosen.map((edge): Deed => {
    const at = startAt + random(10_000);
    return { at, kind: 'cut', pairs: [pairOf(edge)], forMs: 12_000 + random(10_000) };
  });
}

/** Half of them are off from the start, and jump later; the other half jumps only now and then. */
function drawClocks(mostMs: Millis, draw: Draw): Deed[] {
  if (mostMs === 0) return [];
  const { nodes, random, untilMs } = draw;
  const off = (): Millis => {
    // Also by what just passes for right, and by what just does not.
    const most = [mostMs, 200_000, 90_000][random(3)];
    return random(2 * most + 1) - most;
  };
  const deeds: Deed[] = [];
  for (let node = 1; node <= nodes; node++) {
    if (random(2) === 0) deeds.push({ at: 0, kind: 'clock', node, offMs: off() });
    if (random(2) === 0) deeds.push({ at: random(untilMs), kind: 'clock', node, offMs: off() });
  }
  return deeds;
}

function drawDisk(kinds: DiskFault[], draw: Draw): Deed {
  const fault = kinds[draw.random(kinds.length)];
  return { ...drawMoment(draw), kind: 'disk', fault, forMs: 500 + draw.random(15_000) };
}

function drawMoment({ nodes, untilMs, random }: Draw): { at: Millis; node: number } {
  return { at: random(untilMs), node: 1 + random(nodes) };
}

function pairOf({ a, b }: Edge): Pair {
  return [a, b];
}

function times<Made>(count: number, make: () => Made): Made[] {
  return Array.from({ length: count }, make);
}
