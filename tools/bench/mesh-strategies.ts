/**
 * Mesh, its strategies: each that routing can be set to (DEFAULTS §3) on the same meshes with the same
 * packets, beside flooding: what arrives, what it costs the links, how soon a change is overcome, and
 * what it costs a node. Losers are shown losing, and what does not suit a mesh runs on it all the same.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Strategy } from '../../host/routing/strategy.ts';
import type { NodeId } from '../../host/routing/topology.ts';
import { Topology } from '../../host/routing/topology.ts';
import type { Random } from '../../protocol/core/machine.ts';
import type { LinkCost, Place } from '../../protocol/wire/link-state.ts';
import type { Figures } from '../simulate/directed.ts';
import { Directed } from '../simulate/directed.ts';
import { seededRandom } from '../simulate/random.ts';
import { NOTICE_MS, Roaming } from '../simulate/roaming.ts';
import { grid } from '../simulate/shapes.ts';
import { strategiesToCompare } from '../simulate/strategies.ts';
import type { Part } from './bridge-part.ts';
import { percentile } from './percentile.ts';
import type { Result } from './report.ts';
import { perProcessorSecond } from './stopwatch.ts';

/** Nodes of the grid, packets on it before and after its links are cut; walkers, and how long they walk. */
export type Extent = {
  nodes: number;
  packets: number;
  cuts: number;
  walkers: number;
  walkS: number;
  /** For how long each strategy is asked alone, to know its pace. */
  aloneMs: number;
};
const USUAL: Extent = { nodes: 400, packets: 200, cuts: 40, walkers: 50, walkS: 60, aloneMs: 200 };
const FULL: Extent = {
  nodes: 400,
  packets: 2000,
  cuts: 40,
  walkers: 100,
  walkS: 300,
  aloneMs: 500,
};

/** Until the link states of a mesh that has just begun are everywhere. */
const SETTLE_MS = 10_000;
/** Between two packets on the grid. */
const PACE_MS = 25;
const DRAIN_MS = 10_000;
/** Of the nodes, how many swallow what they should pass on, and how many pairs talk meanwhile. */
const DROPPERS_OF = 20;
const TALKING = 20;
const SPEED_MPS = 10;
const METRES_PER_DEGREE = 111_195;
const GRID_STEP_M = 100;
/** Of each by itself: enough for its memory to show. */
const INSTANCES = 20;

export const strategyFigures: Part = async (progress, isFull, seed) =>
  compareStrategies(seed, isFull ? FULL : USUAL, progress);

export function compareStrategies(
  seed: number,
  extent: Extent,
  progress: (line: string) => void,
): Result[] {
  const results: Result[] = [];
  progress(`${extent.nodes} nodes in a grid`);
  const still = stillGrid(seed, extent);
  progress('links are cut');
  const cut = cutGrid(still.mesh, seed, extent);
  progress('nodes that swallow packets');
  const sabotaged = sabotagedGrid(seed, extent);
  progress(`${extent.walkers} nodes that roam`);
  const roamed = roaming(seed, extent);
  const flooding = perDelivered(still.figures['flood']);
  results.push({
    name: 'strategies.topology_kb_per_node',
    value: topologyBytes(still.mesh.topology(1)) / 1000,
    unit: `kB for ${extent.nodes} nodes, of all but flood`,
  });
  for (const name of Object.keys(still.figures)) {
    progress(`memory and choices of ${name}`);
    const alone = aloneOf(name, still.mesh.topology(1), seed, extent.aloneMs);
    const tell = (noun: string, value: number, unit: string): void =>
      void results.push({ name: `strategies.${name}.${noun}`, value, unit });
    tell('delivery', share(still.figures[name]), '%');
    results.push({
      name: `strategies.${name}.transmissions_per_packet`,
      value: perDelivered(still.figures[name]),
      unit: 'writes for each that arrived',
      baseline: flooding,
    });
    tell('p95_ms', percentile(still.figures[name].latencies, 0.95), 'ms to arrive');
    tell('delivery_after_cut', share(cut.figures[name]), '%');
    tell(
      'convergence_ms',
      cut.convergence[name],
      `ms from cuts, noticed after ${NOTICE_MS}, to the last packet they disturbed`,
    );
    tell('kb_per_node', alone.bytes / 1000, 'kB beside the topology that all share');
    tell('us_per_choice', alone.choiceUs, 'us of the processor');
    tell('us_per_change', alone.changeUs, 'us of it for a link that comes or goes');
    tell('mobile_delivery', share(roamed[name]), `% among who walk up to ${SPEED_MPS} m/s`);
    tell('mobile_transmissions', perDelivered(roamed[name]), 'writes for each that arrived');
    tell('sabotaged_delivery', share(sabotaged[name]), '% where one of 20 swallows packets');
  }
  return results;
}

type ByName = Record<string, Figures>;

/** Links of chance: none is like the next. */
function stillGrid(seed: number, extent: Extent): { mesh: Directed; figures: ByName } {
  const mesh = gridOf(seed, extent.nodes);
  talk(mesh, seed, extent.packets);
  return { mesh, figures: figuresOf(mesh) };
}

function cutGrid(
  mesh: Directed,
  seed: number,
  { nodes, packets, cuts }: Extent,
): { figures: ByName; convergence: Record<string, number> } {
  const random = seededRandom(seed + 1);
  for (let count = 0; count < cuts;) {
    const at = 1 + random(nodes);
    const near = mesh.neighbours(at);
    // Nobody is cut off by it.
    if (near.length < 3 || mesh.neighbours(near[0]).length < 3) continue;
    mesh.cut(at, near[0], NOTICE_MS);
    count++;
  }
  const cutAt = mesh.now;
  talk(mesh, seed + 2, packets);
  const figures = figuresOf(mesh);
  const convergence: Record<string, number> = {};
  for (const [name, { disturbedAt }] of Object.entries(figures)) {
    // Flooding is never disturbed: it never knew anything.
    convergence[name] = name === 'flood' ? 0 : Math.max(0, disturbedAt - cutAt);
  }
  return { figures, convergence };
}

/** The same few talk again and again, as people do: there is something to learn. */
function sabotagedGrid(seed: number, { nodes, packets }: Extent): ByName {
  const random = seededRandom(seed + 3);
  const droppers = new Set(
    Array.from({ length: Math.floor(nodes / DROPPERS_OF) }, () => 1 + random(nodes)),
  );
  const honest = (): number => {
    for (;;) {
      const node = 1 + random(nodes);
      if (!droppers.has(node)) return node;
    }
  };
  const pairs = Array.from({ length: TALKING }, () => [honest(), honest()] as const);
  const mesh = gridOf(seed, nodes, droppers);
  mesh.reset();
  for (let count = 0; count < packets; count++) {
    const [from, to] = pairs[count % pairs.length];
    if (from !== to) mesh.say(from, to);
    mesh.runUntil(mesh.now + PACE_MS * 10);
  }
  mesh.runUntil(mesh.now + DRAIN_MS);
  return figuresOf(mesh);
}

function roaming(seed: number, { walkers, walkS }: Extent): ByName {
  const random = seededRandom(seed + 4);
  const sideM = 1000;
  // Each hears about eight others.
  const rangeM = sideM * Math.sqrt(8 / (Math.PI * walkers));
  const walk = new Roaming({ nodes: walkers, sideM, rangeM, speedMps: SPEED_MPS }, random);
  const mesh = new Directed({
    ...{ seed, nodes: walkers, edges: walk.edges() },
    costOf: () => ({ latencyMs: 15, jitterMs: 5, lossPerMille: 20, bytesPerSecond: 20_000 }),
    traitsOf: (node) => walk.traitsOf(node),
    strategies: strategiesToCompare(),
  });
  walk.move(mesh);
  mesh.runUntil(SETTLE_MS);
  mesh.reset();
  for (let count = 0; count < walkS * 4; count++) {
    // Only where there is a way at all.
    mesh.sayAnywhere(random, true);
    mesh.runUntil(mesh.now + 250);
  }
  mesh.runUntil(mesh.now + DRAIN_MS);
  return figuresOf(mesh);
}

function gridOf(seed: number, nodes: number, droppers: ReadonlySet<number> = new Set()): Directed {
  const shape = grid(nodes);
  const width = Math.ceil(Math.sqrt(nodes));
  const costs = new Map<string, LinkCost>();
  const random = seededRandom(seed + 5);
  for (const { a, b } of shape.edges) costs.set(`${a} ${b}`, linkOf(random));
  const mesh = new Directed({
    ...{ seed, nodes, droppers, edges: shape.edges, strategies: strategiesToCompare() },
    costOf: (a, b) => costs.get(`${a} ${b}`)!,
    traitsOf: (node) => ({ place: placeOf(node - 1, width) }),
  });
  mesh.runUntil(SETTLE_MS);
  return mesh;
}

function linkOf(random: Random): LinkCost {
  return {
    latencyMs: 5 + random(36),
    jitterMs: random(6),
    lossPerMille: random(4) === 0 ? random(300) : random(20),
    bytesPerSecond: 2000 + random(18_000),
  };
}

function placeOf(at: number, width: number): Place {
  const latitude = (Math.floor(at / width) * GRID_STEP_M) / METRES_PER_DEGREE;
  const longitude = ((at % width) * GRID_STEP_M) / METRES_PER_DEGREE;
  return { latitude, longitude, altitudeM: 0, accuracyM: 5 };
}

function talk(mesh: Directed, seed: number, packets: number): void {
  const random = seededRandom(seed);
  mesh.reset();
  for (let count = 0; count < packets; count++) {
    mesh.sayAnywhere(random);
    mesh.runUntil(mesh.now + PACE_MS);
  }
  mesh.runUntil(mesh.now + DRAIN_MS);
}

function figuresOf(mesh: Directed): ByName {
  return Object.fromEntries(
    Object.keys(strategiesToCompare()).map((name) => [name, mesh.figures(name)]),
  );
}

function share({ said, delivered }: Figures): number {
  return (100 * delivered) / said;
}

function perDelivered({ delivered, transmissions }: Figures): number {
  return transmissions / Math.max(1, delivered);
}

/** What a node holds of all others, whatever its strategy. */
function topologyBytes(topology: Topology): number {
  return heldBytes(() => {
    const copy = new Topology(topology.self, 0);
    for (const { id, claims, traits } of topology.nodes()) {
      if (id === topology.self) copy.setOwn(new Map(claims), traits);
      else copy.hear(id, { ...traits, sequence: 1, neighbours: [] }, new Map(claims), 0);
    }
    return copy;
  }).bytes;
}

/** What a strategy holds and takes by itself, once it has been asked for everybody. */
function aloneOf(
  name: string,
  topology: Topology,
  seed: number,
  forMs: number,
): { bytes: number; choiceUs: number; changeUs: number } {
  const make = strategiesToCompare()[name];
  const ids = [...topology.nodes()].map(({ id }) => id);
  const { bytes, held } = heldBytes(() => {
    const strategy = make(seededRandom(seed), { of: () => 0 });
    for (const id of ids) strategy.routes(id, topology, 0);
    return strategy;
  });
  let next = 0;
  const choiceUs =
    1e6 /
    perProcessorSecond(() => void held[0].routes(ids[next++ % ids.length], topology, 0), forMs);
  return { bytes, choiceUs, changeUs: changeUs(held[1], topology, ids, forMs) };
}

/** A link far away comes and goes by turns; what a choice takes without that is little beside it. */
function changeUs(strategy: Strategy, topology: Topology, ids: NodeId[], forMs: number): number {
  const far = topology.node(ids[ids.length - 1])!;
  const [lost] = far.claims.keys();
  const { claims, traits } = far;
  const without = new Map([...claims].filter(([to]) => to !== lost));
  let sequence = far.sequence ?? 0;
  return (
    1e6 /
    perProcessorSecond(() => {
      const state = { ...traits, sequence: ++sequence, neighbours: [] };
      topology.hear(far.id, state, sequence % 2 === 0 ? claims : without, far.heardAt);
      strategy.routes(ids[1], topology, 0);
    }, forMs)
  );
}

/** What one of them takes in memory, and some of them. */
function heldBytes<Kind>(make: () => Kind): { bytes: number; held: Kind[] } {
  const collect = collector();
  // What is made once, by whoever comes first, is nobody's.
  make();
  collect();
  const before = process.memoryUsage().heapUsed;
  const held = Array.from({ length: INSTANCES }, make);
  collect();
  return { bytes: Math.max(0, process.memoryUsage().heapUsed - before) / INSTANCES, held };
}

/** Without it, what is held cannot be told from what was thrown away. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
