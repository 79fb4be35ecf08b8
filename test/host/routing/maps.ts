/** Topologies for tests: nodes `0`, `1`, ..., every edge claimed by both ends. */
import type { NodeId } from '../../../host/routing/topology.ts';
import { Topology } from '../../../host/routing/topology.ts';
import type { LinkCost, LinkState, Place } from '../../../protocol/wire/link-state.ts';
import { PASSES_ON } from '../../../protocol/wire/link-state.ts';

export const TRAITS = {
  place: null,
  energyPercent: null,
  mobility: null,
  capabilities: PASSES_ON,
} as const;

export function cost(latencyMs: number, lossPerMille = 0): LinkCost {
  return { latencyMs, lossPerMille, bytesPerSecond: 0, jitterMs: 0 };
}

export function state(sequence: number, traits: Partial<LinkState> = {}): LinkState {
  return { ...TRAITS, ...traits, sequence, neighbours: [] };
}

/** `claims` of the nodes, by the latency that each says. */
export type Claims = Record<NodeId, Record<NodeId, number>>;

/** As node `self` sees it, who is one of them. */
export function topologyOf(self: NodeId, claims: Claims, nodesMax?: number): Topology {
  const topology = new Topology(self, 0, nodesMax);
  for (const [id, to] of Object.entries(claims)) tell(topology, id, to, 1, 0);
  return topology;
}

export function tell(
  topology: Topology,
  id: NodeId,
  to: Record<NodeId, number>,
  sequence: number,
  now: number,
  traits: Partial<LinkState> = {},
): string | null {
  const claims = new Map(Object.entries(to).map(([other, ms]) => [other, cost(ms)]));
  if (id !== topology.self) return topology.hear(id, state(sequence, traits), claims, now);
  topology.setOwn(claims, { ...TRAITS, ...traits });
  return null;
}

/** Both ends say the same of each edge. */
export function both(edges: [NodeId, NodeId, number][]): Claims {
  const claims: Claims = {};
  for (const [a, b, ms] of edges) {
    (claims[a] ??= {})[b] = ms;
    (claims[b] ??= {})[a] = ms;
  }
  return claims;
}

/** A map on the ground: where nodes are, a degree north and east of nowhere, and who hears whom. */
export type Ground = { places: { northM: number; eastM: number }[]; edges: [number, number][] };

/** Nodes as `n0`, in a square with so many on each side, 100 m apart. */
export function gridGround(side: number): Ground {
  const places = Array.from({ length: side * side }, (_, at) => {
    return { northM: 100 * Math.floor(at / side), eastM: 100 * (at % side) };
  });
  const edges = places.flatMap((_, at): [number, number][] => [
    ...((at + 1) % side === 0 ? [] : [[at, at + 1] as [number, number]]),
    ...(at + side < side * side ? [[at, at + side] as [number, number]] : []),
  ]);
  return { places, edges };
}

export function groundId(at: number): NodeId {
  return `n${String(at).padStart(2, '0')}`;
}

/** As one of its nodes sees it; `costOf` gives the same for either direction. */
export function groundTopology(
  self: number,
  { places, edges }: Ground,
  costOf: (a: number, b: number) => LinkCost = () => cost(10),
  traitsOf: (at: number) => Partial<LinkState> = () => ({}),
): Topology {
  const topology = new Topology(groundId(self), 0);
  places.forEach(({ northM, eastM }, at) => {
    const near = edges.flatMap(([a, b]) => (a === at ? [b] : b === at ? [a] : []));
    const claims = new Map(
      near.map((to) => [groundId(to), costOf(Math.min(at, to), Math.max(at, to))]),
    );
    const traits = { ...TRAITS, place: placeAt(northM, eastM), ...traitsOf(at) };
    if (at === self) topology.setOwn(claims, traits);
    else topology.hear(groundId(at), state(1, traits), claims, 0);
  });
  return topology;
}

const METRES_PER_DEGREE = 111_195;

function placeAt(northM: number, eastM: number): Place {
  const degrees = { latitude: northM / METRES_PER_DEGREE, longitude: eastM / METRES_PER_DEGREE };
  return { ...degrees, altitudeM: 0, accuracyM: 0 };
}
