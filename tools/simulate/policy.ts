/**
 * Policy: by which strategy all nodes of a run choose the ways of their packets, where they believe to
 * be while they do, and whether it suits that mesh at all.
 */
import { strategyOf } from '../../host/routing/choice.ts';
import type { RoutingConfig } from '../../host/routing/routing.ts';
import { ROUTING_DEFAULTS } from '../../host/routing/routing.ts';
import type { Strategy } from '../../host/routing/strategy.ts';
import type { Traits } from '../../host/routing/topology.ts';
import { Topology } from '../../host/routing/topology.ts';
import type { LinkCost, Mobility, Place as Position } from '../../protocol/wire/link-state.ts';
import { PASSES_ON } from '../../protocol/wire/link-state.ts';
import { conditionsOf } from './faults.ts';
import { seededRandom } from './random.ts';
import type { Scenario } from './scenario.ts';
import { SIDE } from './shapes.ts';
import type { Place } from './topology.ts';
import { aroundOf } from './topology.ts';
import type { Velocity } from './walk.ts';
import { Walk } from './walk.ts';

/** The side of every map: a thousandth of it in a minute is slow, and a hundred are a stroll. */
export const MAP_M = 1000;
const METRES_PER_DEGREE = 111_195;
/** Nodes that are asked whether it suits them; in a larger mesh some are asked for all. */
const ASKED_MAX = 32;

/** How a node is told to route; whoever moves has to be told again where he is. */
export function routingOf(scenario: Scenario, walk: Walk | null, node: number): RoutingConfig {
  const { policy, shape } = scenario;
  // Whom nobody asks says nothing: link states are as long as they usually are.
  const saysWhere = shape.isPlaced !== false && (walk !== null || policy === 'geographic');
  return {
    ...ROUTING_DEFAULTS,
    strategy: policy,
    place: saysWhere ? positionOf(shape.places[node - 1]) : null,
    mobility: walk === null ? null : mobilityOf(walk.velocityOf(node)),
  };
}

/** From the lower left corner of the map, which lies where nothing else is: in the sea off Ghana. */
export function positionOf({ x, y }: Place): Position {
  const degrees = (along: number): number => (along * MAP_M) / SIDE / METRES_PER_DEGREE;
  return { latitude: degrees(y), longitude: degrees(x), altitudeM: 0, accuracyM: 0 };
}

export function mobilityOf({ x, y }: Velocity): Mobility {
  const mps = (perSecond: number): number => (perSecond * MAP_M) / SIDE;
  return { kind: 'linear', northMps: mps(y), eastMps: mps(x), periodS: 0 };
}

/** Why the policy is none for that mesh: what most of its nodes would say; null where it suits. */
export function whyUnsuited(scenario: Scenario): string | null {
  const { shape, seed, policy, faults } = scenario;
  const { nodes, edges } = shape;
  const around = aroundOf(nodes, edges);
  const walk = Walk.of(scenario);
  const strategy = strategyOf(policy, { of: () => 0 }, seededRandom(seed));
  const { latencyMs, lossPerMille, bytesPerSecond, jitterMs } = conditionsOf(faults);
  const bandwidth = bytesPerSecond === Infinity ? 0 : bytesPerSecond;
  const cost: LinkCost = { latencyMs, lossPerMille, bytesPerSecond: bandwidth, jitterMs };
  const traits = around.map((_, node): Traits => {
    const { place, mobility } = routingOf(scenario, walk, Math.max(1, node));
    return { place, mobility, energyPercent: null, capabilities: PASSES_ON };
  });
  const claims = around.map((next) => new Map(next.map((to) => [String(to), cost])));
  const asked = Math.min(nodes, ASKED_MAX);
  const reasons: string[] = [];
  for (let at = 0; at < asked; at++) {
    const self = 1 + Math.floor((at * nodes) / asked);
    const reason = reasonOf(strategy, self, traits, claims);
    if (reason !== null) reasons.push(reason);
  }
  return 2 * reasons.length > asked ? reasons[0] : null;
}

function reasonOf(
  strategy: Strategy,
  self: number,
  traits: readonly Traits[],
  claims: readonly Map<string, LinkCost>[],
): string | null {
  const topology = new Topology(String(self), 0, traits.length);
  for (let node = 1; node < traits.length; node++) {
    if (node === self) topology.setOwn(claims[node], traits[node]);
    else {
      const state = { ...traits[node], sequence: 1, neighbours: [] };
      topology.hear(String(node), state, claims[node], 0);
    }
  }
  return strategy.unsuited(topology);
}
