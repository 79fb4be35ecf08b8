/**
 * Path: how packets go to a node, as a person asks for it (`hopline path`): the routes there are, the
 * one that is taken, why, and when that last changed.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import type { RouteSwitchReason } from '../events.ts';
import { IS_GATEWAY, KEEPS_HISTORY, PASSES_ON } from '../../protocol/wire/link-state.ts';
import type { Route, StrategyName } from './strategy.ts';
import { ROUTES_MAX } from './strategy.ts';
import type { Destination, Table } from './table.ts';
import { QUIET_MS, UNQUIET_MS } from './table.ts';
import type { NodeId, Topology } from './topology.ts';

export type RouteView = {
  next: NodeId;
  via: readonly NodeId[];
  hops: number;
  cost: number;
  why: string;
  isChosen: boolean;
  /** Part of our packets over it that came to something, 0 to 1. */
  reliability: number;
};

/** What a node can do for others, as its link states say it (WIRE §20). */
const DEEDS = { 'passes-on': PASSES_ON, gateway: IS_GATEWAY, history: KEEPS_HISTORY };
export type Deed = keyof typeof DEEDS;

export type PathView = {
  to: NodeId;
  strategy: StrategyName;
  /** Why the strategy does not suit, and another is used; null where it does. */
  unsuited: string | null;
  routes: RouteView[];
  /** Why packets are flooded; null where they take a route. */
  flooded: string | null;
  switches: number;
  lastSwitch: { agoMs: Millis; reason: RouteSwitchReason } | null;
  nodesKnown: number;
  /** What it says that it does for others; null where it tells nothing of itself, as phones do. */
  does: Deed[] | null;
};

type Known = {
  topology: Topology;
  table: Table;
  strategy: StrategyName;
  flaw: string | null;
  /** It is turned away or kept apart here. */
  isShunned: boolean;
  routes: Route[];
  now: Millis;
};

export function pathView(to: NodeId, known: Known): PathView {
  const { topology, table, strategy, flaw, routes, now } = known;
  const destination = table.find(to);
  const flooded = whyFlooded(to, known);
  const chosen = flooded === null ? takenOf(routes, destination, now) : null;
  const views = routes.slice(0, ROUTES_MAX).map((route) => ({
    ...route,
    hops: route.via.length,
    isChosen: route.next === chosen,
    reliability: destination?.reliability.get(route.next) ?? 1,
  }));
  const last = destination?.lastSwitch ?? null;
  return {
    to,
    strategy,
    unsuited: flaw,
    routes: views,
    flooded,
    switches: destination?.switches ?? 0,
    lastSwitch: last === null ? null : { agoMs: now - last.at, reason: last.reason },
    nodesKnown: topology.size - 1,
    does: deedsOf(topology, to),
  };
}

/** Which way packets take, and why, in a sentence. */
export function choiceOf({ strategy, flooded, routes }: PathView): string {
  if (flooded !== null) return `packets to it are flooded: ${flooded}`;
  const { why } = routes.find(({ isChosen }) => isChosen) ?? routes[0];
  const others = routes.length - 1;
  const spare =
    others === 0 ? 'no other way' : others === 1 ? 'another way' : `${others} other ways`;
  return `packets to it take a way of ${why} (${strategy}); ${spare} known: hopline path`;
}

function deedsOf(topology: Topology, id: NodeId): Deed[] | null {
  const node = topology.node(id);
  if (node === null || node.sequence === null) return null;
  const { capabilities } = node.traits;
  return (Object.keys(DEEDS) as Deed[]).filter((deed) => (capabilities & DEEDS[deed]) !== 0);
}

/** That a person or what was seen of it turns a node away or keeps it apart, and what undoes it. */
export function shunWords(id: NodeId, isDenied: boolean, isQuarantined: boolean): string | null {
  if (isDenied) {
    return `${id} is blocked here, and nothing it says is taken: hopline peers unblock ${id}`;
  }
  if (!isQuarantined) return null;
  return `${id} is quarantined here, and is entrusted with nothing: hopline peers allow ${id}`;
}

/** The first hop of the next packet: the route in use, or the best there is where none is. */
function takenOf(routes: Route[], destination: Destination | null, now: Millis): NodeId | null {
  const usable = usableOf(routes, destination, now);
  const current = usable.find(({ next }) => next === destination?.chosen);
  return (current ?? usable[0])?.next ?? null;
}

function usableOf(routes: Route[], destination: Destination | null, now: Millis): Route[] {
  return routes.filter(({ next }) => now >= (destination?.avoidedUntil.get(next) ?? -Infinity));
}

function whyFlooded(to: NodeId, known: Known): string | null {
  const { topology, table, strategy, isShunned, routes, now } = known;
  const destination = table.find(to);
  if (strategy === 'flood') return 'the strategy is to flood: setting routing.strategy';
  if (destination !== null && now < destination.floodedUntil) {
    const again = againIn(destination.floodedUntil - now);
    return `two packets in a row came to nothing on routes; ${again}`;
  }
  if (isShunned && routes.length === 0) {
    return 'our own links to it are not used while it is blocked or kept apart, and no other way is known';
  }
  if (topology.node(to) === null) return 'no node of this island has told of it within 300 s';
  if (routes.length === 0) return 'no way leads there whose links both ends claim';
  return destination === null ? null : whyNotNow(routes, destination, now);
}

/** Of a destination that has routes: why the next packet takes none of them. */
function whyNotNow(routes: Route[], destination: Destination, now: Millis): string | null {
  const { chosen, avoidedUntil, usedAt, quietAt } = destination;
  if (usableOf(routes, destination, now).length === 0) {
    const first = Math.min(...routes.map(({ next }) => avoidedUntil.get(next) ?? now));
    return `its routes came to nothing; ${againIn(first - now)}`;
  }
  // What is under way must not be overtaken (table.ts).
  const isQuiet = now - usedAt >= QUIET_MS || now - quietAt >= UNQUIET_MS;
  if (chosen !== null || isQuiet) return null;
  const [quiet, most] = [QUIET_MS / 1000, UNQUIET_MS / 1000];
  return `a way is known, and is taken once nothing was sent there for ${quiet} s, or after ${most} s`;
}

function againIn(ms: Millis): string {
  return `they are tried again in ${Math.ceil(ms / 1000)} s`;
}
