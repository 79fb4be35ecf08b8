/**
 * Path: how packets go to a node, as a person asks for it (`hopline path`): the routes there are, the
 * one that is taken, why, and when that last changed.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import type { RouteSwitchReason } from '../events.ts';
import { IS_GATEWAY, KEEPS_HISTORY, PASSES_ON } from '../../protocol/wire/link-state.ts';
import type { Route, StrategyName } from './strategy.ts';
import { ROUTES_MAX } from './strategy.ts';
import type { Table } from './table.ts';
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
  routes: Route[];
  now: Millis;
};

export function pathView(to: NodeId, known: Known): PathView {
  const { topology, table, strategy, flaw, routes, now } = known;
  const destination = table.find(to);
  const chosen = destination?.chosen ?? routes[0]?.next ?? null;
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
    flooded: whyFlooded(to, known),
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

function whyFlooded(to: NodeId, { topology, table, strategy, routes, now }: Known): string | null {
  const destination = table.find(to);
  if (strategy === 'flood') return 'the strategy is to flood: setting routing.strategy';
  if (destination !== null && now < destination.floodedUntil) {
    return 'two packets in a row came to nothing on routes';
  }
  if (topology.node(to) === null) return 'no node of this island has told of it within 300 s';
  if (routes.length === 0) return 'no way leads there whose links both ends claim';
  if (destination !== null && destination.chosen === null) return 'its routes came to nothing';
  return null;
}
