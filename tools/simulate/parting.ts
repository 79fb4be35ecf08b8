/**
 * Parting: a mesh of stations is parted for a while, people on all sides talk on, and then it is one
 * again. How long until everybody has everything, how often neighbours compared what they hold for it,
 * and what that cost the links.
 */
import type { Millis, Tick } from '../../protocol/core/machine.ts';
import { FLAGS_AT, IS_ANSWER, RECONCILE, REQUEST_SYNC } from '../../protocol/core/packet.ts';
import type { ReconcileConfig } from '../../protocol/peer/reconcile.ts';
import type { Station } from '../../protocol/peer/station.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { openPacket } from '../../protocol/wire/packet.ts';
import { decodeReconcile } from '../../protocol/wire/reconcile.ts';
import type { Conditions } from './conditions.ts';
import type { Mesh } from './mesh.ts';
import type { SimInput, SimOutput } from './sim-node.ts';
import { seededRandom } from './random.ts';
import type { Shape } from './shapes.ts';
import { geometric } from './shapes.ts';
import { stationMesh } from './stations.ts';
import { aroundOf, componentsOf } from './topology.ts';

/** Who is parted: the plane into so many strips, or the node at its edge from all others. */
export type Cut = 'halves' | 'thirds' | 'one against all';

export type PartingOptions = {
  seed: number;
  crypto: Crypto;
  nodes: number;
  /** Neighbours of a node on average. */
  degree: number;
  cut: Cut;
  cutMs: Millis;
  /** Each node says something so often while the mesh is parted. */
  talkMs: Millis;
  conditions: Conditions;
  /** Null: all ask as phones do. */
  reconcile: ReconcileConfig | null;
  /** So long after it is healed nobody waits any more. */
  patienceMs: Millis;
};

export type Parted = {
  said: number;
  /** Messages that nodes lacked when it was healed, all nodes together. */
  missing: number;
  /** From where something was said, all of that part, to whoever is farthest from it. */
  hops: number;
  /** From healing until everybody had everything; null where somebody never had. */
  tookMs: Millis | null;
  /** How often the busiest link began to compare, or to ask, until then. */
  rounds: number;
  /** What comparing and asking cost, and what was given for it, on all links until then. */
  askedBytes: number;
  givenBytes: number;
  /** Messages told twice at one node. */
  twice: number;
};

/** All nodes have met. */
const MEET_MS = 30_000;
/** So often it is looked whether everybody has everything. */
const LOOK_MS = 100;

export function partMesh(options: PartingOptions): Parted {
  return new Parting(options).run();
}

class Parting {
  private readonly options: PartingOptions;
  private readonly shape: Shape;
  private readonly mesh: Mesh<Station>;
  /** By node: what it was told. */
  private readonly told: Set<string>[];
  private readonly said = new Set<string>();
  private readonly rounds = new Map<string, number>();
  /** Of each way: what the write before belonged to, which may go on in the next one. */
  private readonly going = new Map<string, 'asked' | 'given' | null>();
  private askedBytes = 0;
  private givenBytes = 0;
  private twice = 0;
  private isHealed = false;

  constructor(options: PartingOptions) {
    const { seed, nodes, degree, crypto, conditions, reconcile } = options;
    this.options = options;
    this.shape = connected(nodes, degree, seed);
    this.told = Array.from({ length: nodes + 1 }, () => new Set());
    const { edges } = this.shape;
    const made = { seed, nodes, edges, crypto, conditions, openWithinMs: 1000 };
    this.mesh = stationMesh(
      { ...made, station: { reconcile } },
      {
        stepped: (node, _input: SimInput | Tick, outputs) => this.hear(node, outputs),
        wrote: (from, to, bytes) => this.count(from, to, bytes),
      },
    ).mesh;
  }

  run(): Parted {
    const { nodes, cutMs, talkMs, patienceMs } = this.options;
    const { mesh } = this;
    const parts = partsOf(this.shape, this.options.cut);
    const across = this.shape.edges.filter(({ a, b }) => parts[a] !== parts[b]);
    mesh.runUntil(MEET_MS);
    for (const { a, b } of across) mesh.cut(a, b);
    for (let node = 1; node <= nodes; node++) {
      const first = MEET_MS + (node * talkMs) / nodes;
      for (let at = first, i = 0; at < MEET_MS + cutMs; at += talkMs, i++) this.sayAt(at, node, i);
    }
    mesh.runUntil(MEET_MS + cutMs);
    const healedAt = mesh.now;
    const missing = this.missing();
    this.isHealed = true;
    for (const { a, b } of across) mesh.join({ a, b });
    while (this.missing() > 0 && mesh.now < healedAt + patienceMs)
      mesh.runUntil(mesh.now + LOOK_MS);
    return {
      said: this.said.size,
      missing,
      hops: hopsBehind(this.shape, parts),
      tookMs: this.missing() === 0 ? mesh.now - healedAt : null,
      rounds: Math.max(0, ...this.rounds.values()),
      askedBytes: this.askedBytes,
      givenBytes: this.givenBytes,
      twice: this.twice,
    };
  }

  private sayAt(at: Millis, node: number, turn: number): void {
    this.mesh.at(at, () => this.mesh.tell(node, { kind: 'say', text: `word ${turn} of ${node}` }));
  }

  private hear(node: number, outputs: readonly SimOutput[]): void {
    for (const output of outputs) {
      if (output.kind !== 'told' || 'of' in output) continue;
      const { event } = output;
      if (event.kind === 'said') this.said.add(event.text);
      if (event.kind !== 'message' && event.kind !== 'said') continue;
      if (this.told[node].has(event.text)) this.twice++;
      this.told[node].add(event.text);
    }
  }

  private missing(): number {
    return this.told.slice(1).reduce((sum, told) => sum + this.said.size - told.size, 0);
  }

  /** One segment (WIRE §23): a header byte, and a packet from its beginning or going on. */
  private count(from: number, to: number, write: Uint8Array): void {
    if (!this.isHealed) return;
    const way = `${from} ${to}`;
    if ((write[0] & FIRST) !== 0) {
      const type = write[2];
      const isAsked = type === RECONCILE || type === REQUEST_SYNC;
      const isGiven = (write[1 + FLAGS_AT] & IS_ANSWER) !== 0;
      this.going.set(way, isAsked ? 'asked' : isGiven ? 'given' : null);
      if (type === REQUEST_SYNC || (type === RECONCILE && isOpening(write))) {
        const link = from < to ? way : `${to} ${from}`;
        this.rounds.set(link, (this.rounds.get(link) ?? 0) + 1);
      }
    }
    const going = this.going.get(way);
    if (going === 'asked') this.askedBytes += write.length;
    if (going === 'given') this.givenBytes += write.length;
  }
}

const FIRST = 0x80;

/** Whether nothing came before it: a fingerprint or two, of all there is. */
function isOpening(write: Uint8Array): boolean {
  const opened = openPacket(write.slice(1));
  const heard = opened.ok ? decodeReconcile(opened.packet.payload) : null;
  const ranges = (heard?.ok === true ? heard.value.compared?.ranges : null) ?? [];
  return (
    ranges.length > 0 && ranges.length <= 2 && ranges.every(({ kind }) => kind === 'fingerprint')
  );
}

/** The first such mesh of which all nodes hang together. */
function connected(nodes: number, degree: number, seed: number): Shape {
  const random = seededRandom(seed);
  const all = Array.from({ length: nodes }, (_, at) => at + 1);
  for (;;) {
    const shape = geometric(nodes, degree, random);
    const around = aroundOf(nodes, shape.edges);
    if (componentsOf(all, (node) => around[node]).length === 1) return shape;
  }
}

/** By node, of which part it is. */
function partsOf({ nodes, places }: Shape, cut: Cut): number[] {
  const order = Array.from({ length: nodes }, (_, at) => at).sort(
    (a, b) => places[a].x - places[b].x,
  );
  const strips = { halves: 2, thirds: 3, 'one against all': nodes }[cut];
  const parts: number[] = [0];
  order.forEach((place, rank) => {
    const strip = Math.floor((rank * strips) / nodes);
    parts[place + 1] = cut === 'one against all' ? Math.min(strip, 1) : strip;
  });
  return parts;
}

/** How many hops what was said in one part has to go at most: to whoever is farthest from all of it. */
function hopsBehind({ nodes, edges }: Shape, parts: number[]): number {
  const around = aroundOf(nodes, edges);
  const all = Array.from({ length: nodes }, (_, at) => at + 1);
  const farthest = [...new Set(parts.slice(1))].map((part) => {
    const reached = new Set(all.filter((node) => parts[node] === part));
    let ring = [...reached];
    for (let hops = 0; ; hops++) {
      ring = [...new Set(ring.flatMap((node) => around[node]))].filter(
        (node) => !reached.has(node),
      );
      if (ring.length === 0) return hops;
      for (const node of ring) reached.add(node);
    }
  });
  return Math.max(...farthest);
}
