/** Topologies for tests: nodes `0`, `1`, ..., every edge claimed by both ends. */
import type { NodeId } from '../../../host/routing/topology.ts';
import { Topology } from '../../../host/routing/topology.ts';
import type { LinkCost, LinkState } from '../../../protocol/wire/link-state.ts';
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
