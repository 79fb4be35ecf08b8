/**
 * World: a mesh in a bottle. It stands in for the driver: it feeds real relays one input at a time,
 * carries what they transmit through the air, and moves time to whatever happens next. One seed,
 * one history.
 */
import { assert } from '../../protocol/core/assert.ts';
import { Guard } from '../../protocol/core/buckets.ts';
import type { Millis, Tick } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import { ID_SIZE } from '../../protocol/core/packet.ts';
import type { RelayConfig, RelayInput, RelayOutput } from '../../protocol/core/relay.ts';
import { Relay, RELAY_DEFAULTS } from '../../protocol/core/relay.ts';
import type { Due } from '../../protocol/core/schedule.ts';
import { Schedule } from '../../protocol/core/schedule.ts';
import { makeSeenHash } from '../../protocol/trust/seen-hash.ts';
import type { AirConditions } from './air.ts';
import { Air, CLEAR_AIR } from './air.ts';
import { seededRandom } from './random.ts';

/** Two nodes, numbered from 1, that hear each other; over a wire when `wire` says so. */
export type Edge = { a: number; b: number; wire?: boolean };

export type WorldOptions = {
  seed: number;
  nodes: number;
  edges: Edge[];
  air?: AirConditions;
  relay?: Partial<Omit<RelayConfig, 'id' | 'linksMax'>>;
};

/** One step of one node, as the world saw it. */
export type Step = {
  at: Millis;
  node: number;
  input: RelayInput | Tick;
  outputs: RelayOutput[];
};

/** Rates no simulated talker reaches, so that only the relay's own rules are at work. */
const AMPLE = { perSecond: 1000, burst: 4000 };

/** Steps after which `settle` gives up: a mesh that never falls silent is broken. */
const SETTLE_STEPS_MAX = 5_000_000;

/** Where a link leads. Cutting it closes it for good, with what is still on its way. */
type End = { node: number; link: number; isOpen: boolean };
type Arrival = Due & { end: End; bytes: Uint8Array };

export class World {
  now: Millis = 0;
  readonly air: Air;
  private readonly relays: Relay[] = [];
  /** By node and link: who hears what is sent there. Null once the edge is cut. */
  private readonly ends: (End | null)[][] = [];
  private readonly arrivals = new Schedule<Arrival>();
  private readonly watch: (step: Step) => void;

  constructor(options: WorldOptions, watch: (step: Step) => void = () => {}) {
    this.watch = watch;
    this.air = new Air(options.air ?? CLEAR_AIR, seededRandom(options.seed));
    const degrees = new Array<number>(options.nodes + 1).fill(0);
    for (const { a, b } of options.edges) {
      assert(a !== b && inside(a, options.nodes) && inside(b, options.nodes), 'edges join nodes');
      degrees[a] += 1;
      degrees[b] += 1;
    }
    for (let node = 1; node <= options.nodes; node++) {
      const chance = seededRandom(options.seed * 65_537 + node);
      const config = {
        ...RELAY_DEFAULTS,
        // A world has many nodes; what a test needs remembered it sets.
        seenMax: 256,
        ...options.relay,
        id: nodeId(node),
        linksMax: Math.max(1, degrees[node]),
      };
      const hash = makeSeenHash(chance(2 ** 32), chance(2 ** 32));
      this.relays[node] = new Relay(config, chance, hash, new Guard(64, AMPLE, AMPLE, node));
      this.ends[node] = [];
    }
    for (const edge of options.edges) this.join(edge);
  }

  /** A node says something of its own to all it reaches. */
  say(node: number, bytes: Uint8Array): void {
    this.step(node, { kind: 'send', link: -1, bytes: bytes.slice() });
  }

  /** A frame from outside the world reaches a node as if over one of its links. */
  inject(node: number, link: number, bytes: Uint8Array): void {
    this.step(node, { kind: 'heard', link, bytes: bytes.slice() });
  }

  /** Two nodes stop hearing each other; what is in the air between them is lost. */
  cut(a: number, b: number): void {
    const link = this.linkTo(a, b);
    const toB = this.ends[a][link]!;
    const toA = this.ends[b][toB.link]!;
    toA.isOpen = false;
    toB.isOpen = false;
    this.ends[a][toA.link] = null;
    this.ends[b][toB.link] = null;
    this.step(a, { kind: 'linkDown', link: toA.link });
    this.step(b, { kind: 'linkDown', link: toB.link });
  }

  /** Two nodes hear each other, for the first time or again. */
  join({ a, b, wire = false }: Edge): void {
    const linkOfA = freeLink(this.ends[a]);
    const linkOfB = freeLink(this.ends[b]);
    this.ends[a][linkOfA] = { node: b, link: linkOfB, isOpen: true };
    this.ends[b][linkOfB] = { node: a, link: linkOfA, isOpen: true };
    for (const [node, link, other] of [
      [a, linkOfA, b],
      [b, linkOfB, a],
    ]) {
      this.step(node, { kind: 'linkUp', link, air: !wire });
      this.step(node, { kind: 'neighbour', link, id: nodeId(other) });
    }
  }

  /** Lets things happen until nothing is left to happen, or `until` is reached. */
  settle(until: Millis = Infinity): void {
    for (let steps = 0; ; steps++) {
      assert(steps < SETTLE_STEPS_MAX, 'the mesh falls silent');
      let node = 0;
      let at = this.arrivals.nextAt();
      for (let i = 1; i < this.relays.length; i++) {
        const deadline = this.relays[i].deadline();
        if (deadline < at) {
          at = deadline;
          node = i;
        }
      }
      if (at > until || at === Infinity) break;
      this.now = Math.max(this.now, at);
      if (node > 0) this.step(node, TICK);
      else this.arrive(this.arrivals.take());
    }
    if (until < Infinity) this.now = until;
  }

  /** Who is at the far end of a link; 0 if nobody is any more. */
  neighbour(node: number, link: number): number {
    return this.ends[node][link]?.node ?? 0;
  }

  private arrive({ end, bytes }: Arrival): void {
    if (end.isOpen) this.step(end.node, { kind: 'heard', link: end.link, bytes });
  }

  private step(node: number, input: RelayInput | Tick): void {
    // The relay may patch the TTL of what it is given: the step is shown with what came in.
    const shown = 'bytes' in input ? { ...input, bytes: input.bytes.slice() } : input;
    const outputs = this.relays[node].step(input, this.now);
    this.watch({ at: this.now, node, input: shown, outputs });
    for (const output of outputs) {
      if (output.kind !== 'transmit') continue;
      const end = this.ends[node][output.link];
      const at = this.air.carry(this.now);
      if (end && at !== null)
        this.arrivals.add({ dueAt: at, order: 0, end, bytes: output.bytes.slice() });
    }
  }

  private linkTo(a: number, b: number): number {
    const link = this.ends[a].findIndex((end) => end?.node === b);
    assert(link >= 0, 'only an edge that exists can be cut');
    return link;
  }
}

/** The id of a node of the world: its number, big-endian, in a run of the letter n. */
export function nodeId(node: number): Uint8Array {
  const id = new Uint8Array(ID_SIZE).fill(0x6e);
  id[6] = node >> 8;
  id[7] = node;
  return id;
}

/** The number of the node whose id lies there. */
export function nodeOf(bytes: Uint8Array, at: number): number {
  return (bytes[at + 6] << 8) | bytes[at + 7];
}

function freeLink(ends: (End | null)[]): number {
  const free = ends.findIndex((end) => end === null || end === undefined);
  return free < 0 ? ends.length : free;
}

function inside(node: number, nodes: number): boolean {
  return node >= 1 && node <= nodes;
}
