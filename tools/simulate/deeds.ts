/**
 * Deeds: what is said and what goes wrong in a run, each with its moment, drawn from the seed before
 * anything runs. A failing run is made shorter by leaving some of them out.
 */
import type { Millis, Random } from '../../protocol/core/machine.ts';
import type { DiskFault } from './disk.ts';
import type { Faults } from './faults.ts';
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
  map: { nodes: number; edges: readonly Edge[] },
  untilMs: Millis,
  random: Random,
): Deed[] {
  const draw = { ...map, untilMs, random };
  const deeds: Deed[] = [
    ...drawWords(draw),
    ...times(faults.crashes, () => drawCrash(draw)),
    ...times(faults.pauses, () => drawPause(draw)),
    ...times(faults.partitions, () => drawPartition(draw)),
    ...times(faults['one-way'], () => drawDeaf(draw)),
    ...times(faults.swizzles, () => drawSwizzle(draw)).flat(),
    ...drawClocks(faults.clocks * HOUR_MS, draw),
    ...times(faults.disks, () => drawDisk(['full', 'tear'], draw)),
    ...times(faults.lies, () => drawDisk(['lose', 'misdirect'], draw)),
  ];
  return deeds.sort((one, other) => one.at - other.at);
}

type Draw = { nodes: number; edges: readonly Edge[]; untilMs: Millis; random: Random };

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

/** Any two sides, however they lie; or one node alone. */
function drawPartition({ nodes, edges, untilMs, random }: Draw): Deed {
  const isAlone = random(3) === 0;
  const alone = 1 + random(nodes);
  const isLeft = Array.from({ length: nodes + 1 }, (_, node) =>
    isAlone ? node === alone : random(2) === 0,
  );
  const pairs = edges.filter(({ a, b }) => isLeft[a] !== isLeft[b]).map(pairOf);
  return { at: random(untilMs), kind: 'cut', pairs, forMs: 1000 + random(45_000) };
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
