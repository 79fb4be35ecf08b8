/**
 * Table: the routes in use, and which of the three each destination has now. A route that breaks gives
 * way at once; one that is merely no longer the best does so between two packets, never among many:
 * what overtakes what went before is lost to phones (WIRE §8).
 *
 *   none --known--> chosen --its link closes, its neighbour is suspected, nothing comes of it--> next best
 *                   chosen --another is better by a fifth, and it is quiet--> the better
 *                   chosen --the same, for what our own link there carries --> the less crowded
 *                   the second time that nothing comes of it --> flood for a minute
 */
import type { Millis } from '../../protocol/core/machine.ts';
import type { RouteSwitchReason } from '../events.ts';
import type { Outcome, Route } from './strategy.ts';
import type { NodeId, Topology } from './topology.ts';
import { STALE_MS } from './topology.ts';

/** Destinations with routes in use; the one not used for longest is forgotten. */
export const DESTINATIONS_MAX = 256;
/** A route is left for another when its score is below so much of the other's (DEFAULTS §3). */
const THRESHOLD = 0.8;
/** First hops that a destination knows anything of; the one tried longest ago is forgotten. */
export const FIRST_HOPS_MAX = 16;
/** Without a packet for so long, a destination is quiet; whoever never is waits so long at most. */
export const QUIET_MS = 500;
export const UNQUIET_MS = 5000;
/** A route that came to nothing is not tried again for so long, nor any after the second (WIRE §12). */
export const AVOIDED_MS = 60_000;
/** How long routes are taken to be as they were, while nothing changes. */
const ASKED_MS = 1000;
/** Of each outcome, this part counts for the reliability. */
const SMOOTHING = 0.25;

export type Destination = {
  readonly id: NodeId;
  routes: Route[];
  /** The first hop of the one in use; null for flooding. */
  chosen: NodeId | null;
  usedAt: Millis;
  /** When it was last in use and quiet, or began to be used. */
  quietAt: Millis;
  askedAt: Millis;
  version: number;
  switches: number;
  lastSwitch: { at: Millis; reason: RouteSwitchReason } | null;
  floodedUntil: Millis;
  /** By first hop: of packets of ours, the part that came to something; 1 where nothing is known. */
  reliability: Map<NodeId, number>;
  avoidedUntil: Map<NodeId, Millis>;
};

export type TableEvent =
  | { kind: 'discovered'; to: NodeId; hops: number }
  | { kind: 'switched'; to: NodeId; reason: RouteSwitchReason };

/** Asks the strategy. */
export type AskRoutes = (to: NodeId, now: Millis) => Route[];

export class Table {
  /** The one not used for longest first. */
  private readonly destinations = new Map<NodeId, Destination>();
  private readonly topology: Topology;
  private readonly ask: AskRoutes;
  private readonly isOpen: (neighbour: NodeId) => boolean;
  private events: TableEvent[] = [];

  /** `isOpen`: whether a neighbour has a link, and is not suspected. */
  constructor(topology: Topology, ask: AskRoutes, isOpen: (neighbour: NodeId) => boolean) {
    this.topology = topology;
    this.ask = ask;
    this.isOpen = isOpen;
  }

  get size(): number {
    return this.destinations.size;
  }

  all(): IterableIterator<Destination> {
    return this.destinations.values();
  }

  find(to: NodeId): Destination | null {
    return this.destinations.get(to) ?? null;
  }

  get hasEvents(): boolean {
    return this.events.length > 0;
  }

  takeEvents(): TableEvent[] {
    const { events } = this;
    this.events = [];
    return events;
  }

  /** The routes for a packet, the one to take first; none: flood. */
  routesFor(to: NodeId, now: Millis): Route[] {
    const known = this.destinations.get(to);
    const destination = known ?? fresh(to, now);
    this.destinations.delete(to);
    this.destinations.set(to, destination);
    if (known === undefined) this.makeRoom();
    if (this.isDue(destination, now)) this.refresh(destination, now);
    const isQuiet = now - destination.usedAt >= QUIET_MS;
    if (isQuiet) destination.quietAt = now;
    destination.usedAt = now;
    this.choose(destination, now, isQuiet || now - destination.quietAt >= UNQUIET_MS);
    const { chosen, routes } = destination;
    if (chosen === null) return [];
    const open = routes.filter(({ next }) => this.isUsable(destination, next, now));
    return open.sort((one, other) => Number(other.next === chosen) - Number(one.next === chosen));
  }

  /** Whoever had routes over a neighbour that is no longer open takes the next best, now. */
  leave(neighbour: NodeId, now: Millis): void {
    for (const destination of this.destinations.values()) {
      if (destination.chosen !== neighbour) continue;
      this.refresh(destination, now);
      this.choose(destination, now, true);
    }
  }

  /** What came of a packet of ours; null where it took no route of these. */
  learn(to: NodeId, isConfirmed: boolean, times: number, now: Millis): Outcome | null {
    const destination = this.destinations.get(to);
    const next = destination?.chosen ?? null;
    if (destination === undefined || next === null) return null;
    const before = destination.reliability.get(next) ?? 1;
    const after = before + (Number(isConfirmed) - before) * SMOOTHING;
    note(destination.reliability, next, after);
    if (!isConfirmed) {
      note(destination.avoidedUntil, next, now + AVOIDED_MS);
      if (times > 1) destination.floodedUntil = now + AVOIDED_MS;
      this.choose(destination, now, true);
    }
    return { to, next, isConfirmed, tookMs: now - destination.usedAt };
  }

  /** Forgets the routes that nobody has used for too long. */
  expire(now: Millis): void {
    for (const [id, { usedAt }] of this.destinations) {
      if (now - usedAt < STALE_MS) return;
      this.destinations.delete(id);
    }
  }

  private isDue({ version, askedAt }: Destination, now: Millis): boolean {
    return version !== this.topology.version || now - askedAt >= ASKED_MS;
  }

  private refresh(destination: Destination, now: Millis): void {
    destination.version = this.topology.version;
    destination.askedAt = now;
    destination.routes = this.ask(destination.id, now);
  }

  private isUsable(
    { avoidedUntil, floodedUntil }: Destination,
    next: NodeId,
    now: Millis,
  ): boolean {
    return now >= floodedUntil && this.isOpen(next) && now >= (avoidedUntil.get(next) ?? -Infinity);
  }

  private choose(destination: Destination, now: Millis, mayImprove: boolean): void {
    const { routes, chosen, reliability } = destination;
    const usable = routes.filter(({ next }) => this.isUsable(destination, next, now));
    const current = usable.find(({ next }) => next === chosen) ?? null;
    const best = usable[0] ?? null;
    if (current !== null) {
      if (!mayImprove || best === current || !isBetter(best, current, reliability)) return;
      const reason = isBetter(idle(best), idle(current), reliability) ? 'better' : 'congested';
      return this.switchTo(destination, best.next, reason, now);
    }
    if (chosen !== null) {
      const reason = this.topology.node(destination.id) === null ? 'stale' : 'failed';
      return this.switchTo(destination, best?.next ?? null, reason, now);
    }
    // Flooded until now: what is under way must not be overtaken.
    if (best === null || !mayImprove) return;
    destination.chosen = best.next;
    this.events.push({ kind: 'discovered', to: destination.id, hops: best.via.length });
  }

  private switchTo(
    destination: Destination,
    next: NodeId | null,
    reason: RouteSwitchReason,
    now: Millis,
  ): void {
    destination.chosen = next;
    destination.switches++;
    destination.lastSwitch = { at: now, reason };
    this.events.push({ kind: 'switched', to: destination.id, reason });
  }

  private makeRoom(): void {
    if (this.destinations.size <= DESTINATIONS_MAX) return;
    for (const id of this.destinations.keys()) {
      this.destinations.delete(id);
      return;
    }
  }
}

/** DEFAULTS §3: reliability / hops; and cost, where the strategy sees more than hops. */
function score(route: Route, reliability: ReadonlyMap<NodeId, number>): number {
  return (reliability.get(route.next) ?? 1) / Math.max(1, route.via.length);
}

function isBetter(route: Route, than: Route, reliability: ReadonlyMap<NodeId, number>): boolean {
  const isCheaper = route.cost < THRESHOLD * than.cost;
  return isCheaper || score(than, reliability) < THRESHOLD * score(route, reliability);
}

/** As it would be without traffic of ours: what is better then was not left for being crowded. */
function idle(route: Route): Route {
  return { ...route, cost: route.idleCost ?? route.cost };
}

function note(of: Map<NodeId, number>, next: NodeId, figure: number): void {
  of.delete(next);
  of.set(next, figure);
  const [oldest] = of.keys();
  if (of.size > FIRST_HOPS_MAX) of.delete(oldest);
}

function fresh(id: NodeId, now: Millis): Destination {
  return {
    id,
    routes: [],
    chosen: null,
    usedAt: -Infinity,
    quietAt: now,
    askedAt: -Infinity,
    version: -1,
    switches: 0,
    lastSwitch: null,
    floodedUntil: -Infinity,
    reliability: new Map(),
    avoidedUntil: new Map(),
  };
}
