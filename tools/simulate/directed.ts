/**
 * Directed: packets for one node through a mesh in which each node chooses the next hop by itself, by
 * the topology that link states have brought it. Several strategies run beside each other: they share
 * the mesh and what is known of it, and none feels the traffic of another. One seed, one history.
 *
 *   packet at a node -> strategy -> first route whose link is open, around what was visited
 *                                -> none: flooded from there on (WIRE §27)
 *
 * It leaves out keys, framing and repeats, which are alike for all of them: `Mesh` has those.
 */
import { Loads } from '../../host/routing/loads.ts';
import type { Strategy } from '../../host/routing/strategy.ts';
import type { NodeId, Traits } from '../../host/routing/topology.ts';
import { Topology } from '../../host/routing/topology.ts';
import { assert } from '../../protocol/core/assert.ts';
import type { Millis, Random } from '../../protocol/core/machine.ts';
import type { Due } from '../../protocol/core/schedule.ts';
import { Schedule } from '../../protocol/core/schedule.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { LinkCost } from '../../protocol/wire/link-state.ts';
import { PASSES_ON } from '../../protocol/wire/link-state.ts';
import { seededRandom } from './random.ts';
import type { Edge } from './world.ts';
import { nodeId } from './world.ts';

export type DirectedOptions = {
  seed: number;
  nodes: number;
  edges: readonly Edge[];
  /** Of a link between two nodes, the lower number first. */
  costOf(a: number, b: number): LinkCost;
  /** What a node says of itself when it says anything. */
  traitsOf?(node: number): Partial<Traits>;
  /** By name; one is made for each node. */
  strategies: Record<string, (random: Random, loads: Pick<Loads, 'of'>) => Strategy>;
  /** They pass on no packet for anybody, and say that they do. */
  droppers?: ReadonlySet<number>;
};

/** What became of the packets of one strategy. */
export type Figures = {
  said: number;
  delivered: number;
  /** Writes on all links, those that a lossy link repeated included. */
  transmissions: number;
  /** Packets that were flooded, from wherever on. */
  flooded: number;
  loops: number;
  latencies: Millis[];
  /** When the last packet was said that was flooded, lost, or sent into a link that had closed. */
  disturbedAt: Millis;
};

/** WIRE §20, §27. */
const STATE_APART_MS = 5000;
const STATE_EVERY_MS = 100_000;
const GATHER_MS = 500;
const VISITED_MAX = 8;
const HOPS_MAX = 64;
/** A link state waits for its turn at each hop. */
const STATE_HOP_MS = 50;
/** A link gives a write up that was lost so often. */
const TRIES_MAX = 5;
const PACKET_BYTES = 200;
/** A packet that was not confirmed by then came to nothing. */
const PATIENCE_MS = 5000;
const MEASURE_MS = 5000;

type Link = { cost: LinkCost; isOpen: boolean; noticedAt: Millis };

type Packet = {
  from: number;
  to: number;
  saidAt: Millis;
  isThere: boolean;
  isFlooded: boolean;
  /** Who had it by flooding. */
  floodedTo: Set<number>;
  firstHop: NodeId | null;
};

/** A packet on its way, and where it was: the latest last. */
type Copy = { packet: Packet; visited: number[]; hops: number; isFlood: boolean };

type Place = {
  readonly id: NodeId;
  readonly topology: Topology;
  readonly links: Map<number, Link>;
  sequence: number;
  saidAt: Millis;
  sayAt: Millis;
};

/** A strategy on every node, and the traffic that it moves. */
type Lane = {
  readonly strategies: Strategy[];
  readonly loads: Loads[];
  /** By sender and receiver: until when their link is busy, and what it carried. */
  readonly busy: Map<number, { until: Millis; packets: number }>;
  readonly random: Random;
  figures: Figures;
};

type Event = Due & { run(): void };

export class Directed {
  now: Millis = 0;
  /** Writes that link states cost, for all strategies alike. */
  stateTransmissions = 0;
  private readonly options: DirectedOptions;
  private readonly random: Random;
  private readonly places: Place[] = [];
  private readonly lanes = new Map<string, Lane>();
  private readonly events = new Schedule<Event>();

  constructor(options: DirectedOptions) {
    this.options = options;
    this.random = seededRandom(options.seed);
    for (let node = 0; node <= options.nodes; node++) this.places.push(placeOf(node));
    let lane = 0;
    for (const [name, make] of Object.entries(options.strategies)) {
      this.lanes.set(name, this.laneOf(make, options.seed * 31 + lane++));
    }
    for (const edge of options.edges) this.link(edge.a, edge.b);
    for (let node = 1; node <= options.nodes; node++) {
      this.changed(node);
      this.after(this.random(STATE_EVERY_MS), () => this.sayAgain(node));
    }
    this.after(MEASURE_MS, () => this.measure());
  }

  /** Every strategy carries a packet of its own. */
  say(from: number, to: number): void {
    assert(from !== to, 'nobody sends to himself');
    for (const lane of this.lanes.values()) this.sayIn(lane, from, to);
  }

  /** From one node drawn by chance to another, as a rule; to one that it can reach, if that is asked. */
  sayAnywhere(random: Random, isReached = false): void {
    const from = 1 + random(this.options.nodes);
    const reached = isReached ? this.reachedBy(from).flat() : this.everybody();
    const others = reached.filter((node) => node !== from);
    if (others.length > 0) this.say(from, others[random(others.length)]);
  }

  join(a: number, b: number): void {
    this.link(a, b);
    this.changed(a);
    this.changed(b);
  }

  /** Both notice after a while; what they send each other until then they send again. */
  cut(a: number, b: number, noticeMs: Millis = 0): void {
    const link = this.places[a].links.get(b)!;
    if (!link.isOpen) return;
    link.isOpen = false;
    link.noticedAt = this.now + noticeMs;
    const notice = (): void => {
      this.places[a].links.delete(b);
      this.places[b].links.delete(a);
      this.changed(a);
      this.changed(b);
    };
    if (noticeMs === 0) notice();
    else this.after(noticeMs, notice);
  }

  /** A node knows where it is now; it says so with what it says next. */
  moved(node: number): void {
    this.places[node].topology.setOwn(this.claimsOf(node), this.traitsOf(node));
  }

  /** A node notices that what it would say of itself has changed. */
  private changed(node: number): void {
    const place = this.places[node];
    const { links, topology } = place;
    const claims = this.claimsOf(node);
    const isPoorer = [...topology.edges(topology.self).keys()].some((id) => !claims.has(id));
    topology.setOwn(claims, this.traitsOf(node));
    if (links.size === 0) return;
    const dueAt = Math.max(this.now + (isPoorer ? 0 : GATHER_MS), place.saidAt + STATE_APART_MS);
    if (place.sayAt <= dueAt) return;
    place.sayAt = dueAt;
    this.after(dueAt - this.now, () => {
      if (place.sayAt === dueAt) this.sayState(node);
    });
  }

  neighbours(node: number): number[] {
    return [...this.places[node].links.keys()];
  }

  topology(node: number): Topology {
    return this.places[node].topology;
  }

  figures(name: string): Figures {
    return this.lanes.get(name)!.figures;
  }

  /** Counts from here on anew. */
  reset(): void {
    for (const lane of this.lanes.values()) lane.figures = freshFigures();
    this.stateTransmissions = 0;
  }

  after(ms: Millis, run: () => void): void {
    this.events.add({ dueAt: this.now + ms, order: 0, run });
  }

  runUntil(until: Millis): void {
    while (this.events.nextAt() <= until) {
      const event = this.events.take();
      this.now = event.dueAt;
      event.run();
    }
    this.now = until;
  }

  private laneOf(make: DirectedOptions['strategies'][string], seed: number): Lane {
    const random = seededRandom(seed);
    const loads = this.places.map(() => new Loads());
    const strategies = loads.map((each) => make(random, each));
    return { strategies, loads, busy: new Map(), random, figures: freshFigures() };
  }

  private link(a: number, b: number): void {
    const [low, high] = a < b ? [a, b] : [b, a];
    const link = { cost: this.options.costOf(low, high), isOpen: true, noticedAt: Infinity };
    this.places[a].links.set(b, link);
    this.places[b].links.set(a, link);
  }

  private sayIn(lane: Lane, from: number, to: number): void {
    lane.figures.said++;
    const packet: Packet = {
      ...{ from, to, saidAt: this.now, isThere: false, isFlooded: false },
      ...{ floodedTo: new Set<number>(), firstHop: null },
    };
    this.after(PATIENCE_MS, () => {
      if (packet.isThere) return;
      this.disturbed(lane, packet);
      this.learn(lane, packet, false);
    });
    this.route(lane, { packet, visited: [], hops: 0, isFlood: false }, from, 0);
  }

  private arrive(lane: Lane, copy: Copy, at: number, from: number): void {
    const { packet } = copy;
    if (at === packet.to) return this.deliver(lane, packet);
    if (this.options.droppers?.has(at)) return;
    if (copy.hops >= HOPS_MAX) return;
    if (copy.isFlood) return this.flood(lane, copy, at, from);
    if (copy.visited.includes(at)) lane.figures.loops++;
    this.route(lane, copy, at, from);
  }

  private deliver(lane: Lane, packet: Packet): void {
    if (packet.isThere) return;
    packet.isThere = true;
    const { figures } = lane;
    const tookMs = this.now - packet.saidAt;
    figures.delivered++;
    figures.latencies.push(tookMs);
    // The answer takes as long.
    this.after(tookMs, () => this.learn(lane, packet, true));
  }

  private learn(lane: Lane, { from, to, saidAt, firstHop }: Packet, isConfirmed: boolean): void {
    if (firstHop === null) return;
    const outcome = { to: this.places[to].id, next: firstHop, isConfirmed };
    lane.strategies[from].learn?.({ ...outcome, tookMs: this.now - saidAt }, this.now);
  }

  private route(lane: Lane, copy: Copy, at: number, from: number): void {
    const { packet } = copy;
    const visited = [...copy.visited, at].slice(-VISITED_MAX);
    const next = this.choose(lane, packet.to, at, visited, from);
    if (next === 0) return this.flood(lane, { ...copy, isFlood: true }, at, 0);
    packet.firstHop ??= this.places[next].id;
    this.transmit(lane, { ...copy, visited, hops: copy.hops + 1 }, at, next);
  }

  /** 0 for no way. */
  private choose(lane: Lane, to: number, at: number, visited: number[], from: number): number {
    const { topology, links } = this.places[at];
    const routes = lane.strategies[at].routes(this.places[to].id, topology, this.now);
    const been = visited.map((node) => this.places[node].id);
    for (const { next, via } of routes) {
      const node = numberOf(next);
      if (node === from || !links.has(node) || been.some((id) => via.includes(id))) continue;
      return node;
    }
    return 0;
  }

  private flood(lane: Lane, copy: Copy, at: number, from: number): void {
    const { packet } = copy;
    if (packet.floodedTo.has(at)) return;
    packet.floodedTo.add(at);
    if (!packet.isFlooded) {
      packet.isFlooded = true;
      lane.figures.flooded++;
      this.disturbed(lane, packet);
    }
    for (const next of this.places[at].links.keys()) {
      if (next !== from) this.transmit(lane, { ...copy, hops: copy.hops + 1 }, at, next);
    }
  }

  private disturbed({ figures }: Lane, { saidAt }: Packet): void {
    figures.disturbedAt = Math.max(figures.disturbedAt, saidAt);
  }

  private transmit(lane: Lane, copy: Copy, from: number, to: number): void {
    const link = this.places[from].links.get(to)!;
    const { latencyMs, jitterMs, lossPerMille, bytesPerSecond } = link.cost;
    let tries = 1;
    while (tries <= TRIES_MAX && lane.random(1000) < lossPerMille) tries++;
    lane.figures.transmissions += Math.min(tries, TRIES_MAX);
    const busy = this.busyOf(lane, from, to);
    const beginsAt = Math.max(this.now, busy.until);
    const airMs = Math.ceil((PACKET_BYTES * 1000) / bytesPerSecond);
    busy.until = beginsAt + airMs * Math.min(tries, TRIES_MAX);
    busy.packets++;
    if (tries > TRIES_MAX) return;
    const tookMs = tries * latencyMs + lane.random(jitterMs + 1);
    this.after(busy.until - this.now + tookMs, () => {
      if (link.isOpen) return this.arrive(lane, copy, to, from);
      if (copy.isFlood) return;
      // Its link closed under it: once its sender knows, he sends it another way.
      this.disturbed(lane, copy.packet);
      this.after(Math.max(0, link.noticedAt - this.now), () =>
        this.route(lane, { ...copy, visited: copy.visited.slice(0, -1) }, from, to),
      );
    });
  }

  private busyOf(lane: Lane, from: number, to: number): { until: Millis; packets: number } {
    const key = from * 65_536 + to;
    let busy = lane.busy.get(key);
    if (busy === undefined) lane.busy.set(key, (busy = { until: 0, packets: 0 }));
    return busy;
  }

  private measure(): void {
    this.after(MEASURE_MS, () => this.measure());
    for (const lane of this.lanes.values()) {
      for (const [from, { links }] of this.places.entries()) {
        const uses = [...links].map(([to, { cost }]) => {
          const there = this.busyOf(lane, from, to);
          const back = this.busyOf(lane, to, from);
          const waitMs = Math.max(0, there.until - this.now) + Math.max(0, back.until - this.now);
          return {
            to: this.places[to].id,
            packets: there.packets + back.packets,
            roundTripMs: 2 * cost.latencyMs + waitMs,
            bytesPerSecond: cost.bytesPerSecond,
          };
        });
        lane.loads[from].measure(uses, this.now);
      }
    }
  }

  private sayAgain(node: number): void {
    this.after(STATE_EVERY_MS, () => this.sayAgain(node));
    this.places[node].topology.expire(this.now);
    if (this.places[node].links.size > 0) this.sayState(node);
  }

  /** To all it reaches now, ring by ring. */
  private sayState(node: number): void {
    const place = this.places[node];
    place.saidAt = this.now;
    place.sayAt = Infinity;
    const sequence = ++place.sequence;
    const claims = this.claimsOf(node);
    const state = { ...this.traitsOf(node), sequence, neighbours: [] };
    this.reachedBy(node).forEach((ring, hops) => {
      for (const at of ring) {
        this.stateTransmissions += this.places[at].links.size - (hops === 0 ? 0 : 1);
      }
      this.after(hops * STATE_HOP_MS, () => {
        for (const at of ring) this.places[at].topology.hear(place.id, state, claims, this.now);
      });
    });
  }

  /** All that a node reaches now, itself first, ring by ring. */
  private reachedBy(node: number): number[][] {
    const reached = new Set([node]);
    const rings = [[node]];
    for (const ring of rings) {
      const outer: number[] = [];
      for (const at of ring) {
        for (const next of this.places[at].links.keys()) {
          if (reached.has(next)) continue;
          reached.add(next);
          outer.push(next);
        }
      }
      if (outer.length > 0) rings.push(outer);
    }
    return rings;
  }

  private everybody(): number[] {
    return Array.from({ length: this.options.nodes }, (_, at) => at + 1);
  }

  private claimsOf(node: number): Map<NodeId, LinkCost> {
    return new Map(
      [...this.places[node].links].map(([to, { cost }]) => [this.places[to].id, cost]),
    );
  }

  private traitsOf(node: number): Traits {
    const plain = { place: null, energyPercent: null, mobility: null, capabilities: PASSES_ON };
    return { ...plain, ...this.options.traitsOf?.(node) };
  }
}

function placeOf(node: number): Place {
  const id = toHex(nodeId(node));
  const topology = new Topology(id, 0);
  return { id, topology, links: new Map(), sequence: 0, saidAt: -Infinity, sayAt: Infinity };
}

function numberOf(id: NodeId): number {
  return Number.parseInt(id.slice(-4), 16);
}

function freshFigures(): Figures {
  const counts = { said: 0, delivered: 0, transmissions: 0, flooded: 0, loops: 0 };
  return { ...counts, latencies: [], disturbedAt: -Infinity };
}
