/**
 * Routing: the component that knows ways. It tells the mesh of our links, learns theirs, and answers the
 * relay where a packet for one node goes next (WIRE §20, §27).
 *
 *   links, heartbeats -> own links -> link state -> mesh
 *   link states, announces -> topology -> strategy -> table -> relay, `hopline path`
 *
 * Nothing waits for a timeout here: a link that closes, a neighbour that is suspected and a way that
 * another node takes back each lead to the next route at once.
 */
import type { Millis, Tick } from '../../protocol/core/machine.ts';
import { LINK_STATE } from '../../protocol/core/packet.ts';
import type { Medium, StationEvent } from '../../protocol/peer/contract.ts';
import type { Chooser, RoutePort } from '../../protocol/peer/route-port.ts';
import { ID_SIZE } from '../../protocol/core/packet.ts';
import type { LinkState, Mobility, Place } from '../../protocol/wire/link-state.ts';
import { decodeLinkState, encodeLinkState } from '../../protocol/wire/link-state.ts';
import { fromHex, idsInHex, toHex } from '../../protocol/wire/hex.ts';
import type { Packet } from '../../protocol/wire/packet.ts';
import type {
  Component,
  ComponentHealth,
  ComponentInput,
  ComponentKind,
  ComponentOutput,
  ComponentPorts,
} from '../component.ts';
import type { MeshEvent } from '../events.ts';
import { PUBLIC } from '../types.ts';
import { StateAuthor } from './author.ts';
import { Chosen, looksAtLoads, strategyOf, unsuited } from './choice.ts';
import type { LinkUse } from './loads.ts';
import { Loads, nominalOf } from './loads.ts';
import { OwnLinks } from './own-links.ts';
import type { PathView } from './path.ts';
import { pathView } from './path.ts';
import type { Route, StrategyName } from './strategy.ts';
import { Table } from './table.ts';
import type { NodeId } from './topology.ts';
import { Topology } from './topology.ts';
import { Whereabouts } from './whereabouts.ts';

export type RoutingConfig = {
  strategy: StrategyName;
  /** Where we are, how we move, and what is left of a battery, where somebody said so. */
  place: Place | null;
  mobility: Mobility | null;
  energyPercent: number | null;
  /** Of wires, as the owner set it. */
  baud: number;
};

export const ROUTING_DEFAULTS: RoutingConfig = {
  strategy: 'shortest',
  place: null,
  mobility: null,
  energyPercent: null,
  baud: 115_200,
};

/** What whoever we are part of knows of us, at any moment. */
export type OwnFacts = {
  /** What we do for others (WIRE §20), a field of bits. */
  capabilities(): number;
  /** What a link was measured to carry; 0 where it was not. */
  bytesPerSecond(link: number): number;
};

/** What announces say is read again so often: it is told of rarely. */
const LOOK_EVERY_MS = 30_000;
/** How often strategies that want to know are told how busy links are. */
const MEASURE_EVERY_MS = 2000;
/** A peer silent for longer is not taken for what it said then. */
const LOOK_BACK_MS = 60_000;

/** Fills `port` with every one that is made. `config`: as the owner has it now. */
export function routingKind(
  port: RoutePort,
  config: () => RoutingConfig,
  facts: OwnFacts,
): ComponentKind<Routing> {
  return {
    name: 'routing',
    types: [LINK_STATE],
    after: [],
    make: (ports, now) => {
      const routing = new Routing(ports, port, config, facts, now);
      port.fill(routing);
      return routing;
    },
  };
}

export class Routing implements Component, Chooser {
  readonly topology: Topology;
  readonly table: Table;
  private readonly ports: ComponentPorts;
  private readonly port: RoutePort;
  private readonly configure: () => RoutingConfig;
  private readonly facts: OwnFacts;
  private config: RoutingConfig;
  private chosen: Chosen;
  private readonly links: OwnLinks;
  private readonly loads = new Loads();
  private readonly lines = new Set<number>();
  private readonly author: StateAuthor;
  private readonly whereabouts: Whereabouts;
  /** Of those at the end of a link of ours. */
  private readonly suspected = new Set<NodeId>();
  /** Who is turned away or kept apart carries nothing for us. */
  private readonly shunned = new Set<NodeId>();
  private epochMs: number | null = null;
  private lookAt: Millis;
  private measureAt: Millis;
  private reached = { version: -1, hops: 0 };
  private readonly counts = { heard: 0, refused: 0, said: 0 };

  constructor(
    ports: ComponentPorts,
    port: RoutePort,
    configure: () => RoutingConfig,
    facts: OwnFacts,
    now: Millis,
  ) {
    this.ports = ports;
    this.facts = facts;
    this.links = new OwnLinks((link) => facts.bytesPerSecond(link));
    this.port = port;
    this.configure = configure;
    this.config = configure();
    this.measureAt = looksAtLoads(this.config.strategy) ? now : Infinity;
    this.author = new StateAuthor(ports.random);
    this.whereabouts = new Whereabouts(this.config, now);
    this.topology = new Topology(toHex(ports.id), now);
    this.chosen = this.choose();
    const isOpen = (id: NodeId): boolean =>
      this.links.has(id) && !this.suspected.has(id) && !this.shunned.has(id);
    this.table = new Table(this.topology, (to, at) => this.ask(to, at), isOpen);
    this.lookAt = now;
    const { peers } = ports.archive;
    for (const id of [...peers.denied(), ...peers.quarantined()]) this.shunned.add(toHex(id));
  }

  step(input: ComponentInput | Tick, now: Millis): ComponentOutput[] {
    // What the relay was answered wrongly is our failure, told here where it can be told.
    if (this.port.flaw !== null) throw this.port.flaw;
    try {
      return this.work(input, now);
    } catch (cause) {
      // The relay floods from now on, rather than follow what was known before.
      this.port.empty();
      throw cause;
    }
  }

  private work(input: ComponentInput | Tick, now: Millis): ComponentOutput[] {
    const out: ComponentOutput[] = [];
    this.take(input, now);
    if (now >= this.topology.deadline()) this.topology.expire(now);
    if (now >= this.lookAt) this.look(now);
    if (now >= this.measureAt) this.measure(now);
    if (now >= this.author.deadline()) this.say(now, out);
    for (const event of this.table.takeEvents()) {
      const peer = fromHex(event.to)!;
      if (event.kind === 'discovered')
        tell(out, { kind: 'RouteDiscovered', peer, hops: event.hops });
      else tell(out, { kind: 'RouteSwitched', peer, reason: event.reason });
    }
    return out;
  }

  deadline(): Millis {
    if (this.table.hasEvents || this.port.flaw !== null) return 0;
    const { topology, author, lookAt, measureAt } = this;
    return Math.min(topology.deadline(), author.deadline(), lookAt, measureAt);
  }

  next(
    target: Uint8Array,
    visited: Uint8Array,
    isFree: (link: number) => boolean,
    now: Millis,
  ): number {
    const been = idsInHex(visited);
    for (const { next, via } of this.table.routesFor(toHex(target), now)) {
      if (been.some((id) => via.includes(id))) continue;
      const link = this.links.linkTo(next, isFree);
      if (link >= 0) return link;
    }
    return -1;
  }

  failed(target: Uint8Array, times: number, now: Millis): void {
    const outcome = this.table.learn(toHex(target), false, times, now);
    if (outcome !== null) this.chosen.strategy.learn?.(outcome, now);
  }

  /** The hops to the node farthest away, by the fewest that lead there. */
  reach(): number {
    const { version } = this.topology;
    if (this.reached.version !== version) this.reached = { version, hops: depth(this.topology) };
    return this.reached.hops;
  }

  health(): ComponentHealth {
    const why = this.chosen.whyUnsuited();
    if (why === null) return { state: 'well' };
    const { name } = this.chosen.strategy;
    return { state: 'strained', why: `${name} does not suit here, and shortest is used: ${why}` };
  }

  statistics(): Record<string, number> {
    let primaryRoutes = 0;
    let backupRoutes = 0;
    let routeSwitches = 0;
    for (const { chosen, routes, switches } of this.table.all()) {
      routeSwitches += switches;
      if (chosen === null) continue;
      primaryRoutes++;
      backupRoutes += routes.length - 1;
    }
    let edges = 0;
    for (const node of this.topology.nodes()) edges += node.edges.size;
    const { heard, refused, said } = this.counts;
    return {
      primaryRoutes,
      backupRoutes,
      routeSwitches,
      nodes: this.topology.size,
      edges: edges / 2,
      linkStatesHeard: heard,
      linkStatesRefused: refused,
      linkStatesSaid: said,
    };
  }

  /** How a packet of ours would go to a node now, and why. */
  path(to: Uint8Array, now: Millis): PathView {
    const { topology, table, chosen } = this;
    const id = toHex(to);
    const [routes, isShunned] = [this.ask(id, now), this.shunned.has(id)];
    const { name: strategy } = chosen.strategy;
    const flaw = chosen.whyUnsuited();
    return pathView(id, { topology, table, strategy, flaw, isShunned, routes, now });
  }

  /** Why a strategy would not suit as things are, with what else is wanted; null where it would. */
  whyUnsuited({ strategy, place, mobility }: RoutingConfig): string | null {
    const { topology, loads, ports } = this;
    const wanted = strategyOf(strategy, loads, ports.random);
    const traits = { place, mobility, ...this.means() };
    return topology.supposing(traits, () => unsuited(wanted, topology, this.slowestLink()));
  }

  private take(input: ComponentInput | Tick, now: Millis): void {
    switch (input.kind) {
      case 'start':
        for (const { link, medium, peer } of this.ports.station(now).links) {
          if (peer !== null) this.open(link, medium, peer);
        }
        return this.relink(now);
      case 'delivered':
        return this.hear(input.packet, input.link, input.isVerified, now);
      case 'heard':
        return this.onStation(input.event, now);
      case 'beat':
        this.links.beat(input.link, input.roundTripMs, input.missed);
        return this.relink(now);
      case 'event':
        return this.onEvent(input.event, now);
      case 'clock':
        this.epochMs = input.offsetMs;
        this.author.changed(this.claims(), now);
        return;
      case 'settings':
        return this.setUp(now);
      default:
    }
  }

  private onStation(event: StationEvent, now: Millis): void {
    switch (event.kind) {
      case 'link-settled':
        if (event.id.length !== ID_SIZE || event.mode === 'incompatible') return;
        this.open(event.link, event.medium, toHex(event.id));
        return this.relink(now);
      case 'link-bound':
        this.open(event.link, 'phone', toHex(event.id));
        return this.relink(now);
      case 'link-closed': {
        this.lines.delete(event.link);
        const id = this.links.close(event.link);
        if (id !== null) this.unlink(id);
        this.relink(now);
        if (id !== null && !this.links.has(id)) this.table.leave(id, now);
        return;
      }
      case 'announced':
        this.topology.announced(toHex(event.id), idsInHex(event.neighbours), now);
        return;
      case 'pong':
        return this.confirm(toHex(event.id), now);
      default:
    }
  }

  private onEvent(event: MeshEvent, now: Millis): void {
    switch (event.kind) {
      case 'NodeSuspected':
      case 'NodeConfirmedFailed': {
        const id = toHex(event.peer);
        if (this.links.has(id)) this.suspected.add(id);
        this.relink(now);
        return this.table.leave(id, now);
      }
      case 'NodeRecovered':
        this.suspected.delete(toHex(event.peer));
        return this.relink(now);
      case 'PeerJudged': {
        const id = toHex(event.peer);
        if (event.decision === 'allow') this.shunned.delete(id);
        else this.shunned.add(id);
        this.relink(now);
        if (event.decision !== 'allow') this.table.leave(id, now);
        return;
      }
      case 'MessageReceived':
        // Who writes to us alone has heard us, or we him: the way between us holds.
        if (event.conversation !== PUBLIC) this.confirm(toHex(event.sender), now);
        return;
      default:
    }
  }

  private confirm(id: NodeId, now: Millis): void {
    const outcome = this.table.learn(id, true, 0, now);
    if (outcome !== null) this.chosen.strategy.learn?.(outcome, now);
  }

  private hear(packet: Packet, link: number, isVerified: boolean, now: Millis): void {
    const decoded = decodeLinkState(packet.payload);
    // Another island's links are no way for us, and an unsigned word is anybody's.
    if (!isVerified || !decoded.ok || this.lines.has(link)) return void this.counts.refused++;
    const { neighbours } = decoded.value;
    const claims = new Map(neighbours.map(({ id, cost }) => [toHex(id), cost]));
    const refusal = this.topology.hear(toHex(packet.sender), decoded.value, claims, now);
    if (refusal === null) this.counts.heard++;
    else this.counts.refused++;
  }

  /** Routes in use give way as to any better ones: between packets, never among many. */
  private setUp(now: Millis): void {
    const before = this.config;
    this.config = this.configure();
    const { strategy } = this.config;
    if (strategy !== before.strategy) {
      this.chosen = this.choose();
      this.measureAt = looksAtLoads(strategy) ? now : Infinity;
    }
    this.relink(now);
    if (saysOther(before, this.config)) this.author.urge(now);
  }

  private open(link: number, medium: Medium, id: NodeId): void {
    if (medium === 'line') this.lines.add(link);
    else this.links.open(link, id, medium);
  }

  /**
   * Who has no link is not suspected of anything: whoever watched over him may give it up, and then
   * nobody tells of his return.
   */
  private unlink(id: NodeId): void {
    if (!this.links.has(id)) this.suspected.delete(id);
  }

  private claims(): ReturnType<OwnLinks['costs']> {
    return this.links.costs(new Set([...this.suspected, ...this.shunned]));
  }

  /** Our links have changed, or what they cost. */
  private relink(now: Millis): void {
    const claims = this.claims();
    this.whereabouts.take(this.config, now);
    const { since, ...where } = this.whereabouts.asSaid(now);
    this.topology.setOwn(claims, { ...where, ...this.means() }, since);
    this.author.changed(claims, now);
  }

  /** What we have to carry for others with. */
  private means(): { energyPercent: number | null; capabilities: number } {
    const { energyPercent } = this.config;
    return { energyPercent, capabilities: this.facts.capabilities() };
  }

  private say(now: Millis, out: ComponentOutput[]): void {
    const claims = this.claims();
    if (this.epochMs === null || this.links.size === 0) return this.author.rest();
    const sequence = this.author.next(claims, this.epochMs + now, now);
    const neighbours = [...claims].map(([id, cost]) => ({ id: fromHex(id)!, cost }));
    this.whereabouts.take(this.config, now);
    const where = this.whereabouts.now(now);
    const state: LinkState = { ...where, ...this.means(), sequence, neighbours };
    const payload = encodeLinkState(state);
    const draft = { type: LINK_STATE, payload, recipient: null, isSigned: true };
    out.push({ kind: 'send', draft });
    this.counts.said++;
  }

  /** Phones say no link state; what their announces say is told of once in ten minutes. */
  private look(now: Millis): void {
    this.lookAt = now + LOOK_EVERY_MS;
    this.table.expire(now);
    for (const { id, isHere, silentMs, neighbours } of this.ports.station(now).peers) {
      if (isHere && silentMs < LOOK_BACK_MS) this.topology.announced(id, neighbours, now);
    }
  }

  /** How busy our links are, for strategies that want to know. */
  private measure(now: Millis): void {
    this.measureAt = now + MEASURE_EVERY_MS;
    const uses: LinkUse[] = [];
    for (const { link, medium, peer, heard, sent, roundTripMs } of this.ports.station(now).links) {
      if (medium === 'line' || peer === null) continue;
      const measured = this.facts.bytesPerSecond(link);
      const bytesPerSecond = measured || nominalOf(medium, this.config.baud);
      uses.push({ to: peer, packets: heard + sent, roundTripMs, bytesPerSecond });
    }
    this.loads.measure(uses, now);
  }

  private ask(to: NodeId, now: Millis): Route[] {
    return this.chosen.inUse.routes(to, this.topology, now);
  }

  private choose(): Chosen {
    const strategy = strategyOf(this.config.strategy, this.loads, this.ports.random);
    return new Chosen(strategy, this.topology, () => this.slowestLink());
  }

  private slowestLink(): number {
    return this.links.slowest((medium) => nominalOf(medium, this.config.baud));
  }
}

/** Whether others are to be told of it. */
function saysOther(before: RoutingConfig, after: RoutingConfig): boolean {
  const said = ({ place, mobility, energyPercent }: RoutingConfig): string =>
    JSON.stringify([place, mobility, energyPercent]);
  return said(before) !== said(after);
}

function tell(out: ComponentOutput[], event: MeshEvent): void {
  out.push({ kind: 'event', event });
}

function depth(topology: Topology): number {
  const met = new Set([topology.self]);
  let hops = -1;
  for (let ring = [topology.self]; ring.length > 0; hops++) {
    const outer: NodeId[] = [];
    for (const node of ring) {
      for (const next of topology.edges(node).keys()) {
        if (met.has(next)) continue;
        met.add(next);
        outer.push(next);
      }
    }
    ring = outer;
  }
  return hops;
}
