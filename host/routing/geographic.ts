/**
 * Geographic: to the neighbour from whom the way is shorter as the crow flies. It needs to know where
 * the destination is, and nobody else but our own neighbours; places are those of now, as far as what
 * each said of its movement tells. Where no neighbour is nearer there is a hole, and it floods.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import { burden, edgeCost } from './cost.ts';
import type { Prediction } from './place.ts';
import { distanceM, predict } from './place.ts';
import type { Route, Strategy } from './strategy.ts';
import { ROUTES_MAX } from './strategy.ts';
import type { Node, NodeId, Topology } from './topology.ts';

/**
 * Whoever makes so much of the progress that the best neighbour makes is as good, and the cheapest link
 * of those is taken (DEFAULTS §3): the one that reaches furthest is the one that is about to be lost.
 */
const PROGRESS_THRESHOLD = 0.8;
/** Nodes that must say where they are, as a part of all. */
const PLACED_LEAST = 0.5;

type Step = { next: NodeId; progressM: number; leftM: number; cost: number };

export class Geographic implements Strategy {
  readonly name = 'geographic';

  unsuited(topology: Topology): string | null {
    const own = topology.node(topology.self);
    if (own?.traits.place == null) {
      return 'we do not know where we are; set a place, or take shortest';
    }
    let placed = 0;
    for (const { traits } of topology.nodes()) if (traits.place !== null) placed++;
    if (placed >= PLACED_LEAST * topology.size) return null;
    return `${topology.size - placed} of ${topology.size} nodes do not say where they are; take shortest`;
  }

  routes(to: NodeId, topology: Topology, now: Millis): Route[] {
    const here = whereabouts(topology, topology.self, now);
    const there = whereabouts(topology, to, now);
    if (here === null || there === null) return [];
    const hereM = distanceM(here.place, there.place);
    const steps: Step[] = [];
    for (const [next, edge] of topology.edges(topology.self)) {
      const leftM = next === to ? 0 : left(next, there, topology, now);
      const cost = edgeCost(edge);
      if (next === to || leftM < hereM) steps.push({ next, progressM: hereM - leftM, leftM, cost });
    }
    return ordered(steps, to)
      .slice(0, ROUTES_MAX)
      .map((step) => routeOf(step, to));
  }
}

/** From a neighbour to the destination; `Infinity` over one that nothing goes through. */
function left(next: NodeId, there: Prediction, topology: Topology, now: Millis): number {
  const place = whereabouts(topology, next, now);
  if (place === null || burden(topology.node(next)!.traits) === Infinity) return Infinity;
  // As far away as it may be by now: who has wandered off is not counted on.
  return distanceM(place.place, there.place) + place.driftM;
}

/** The destination itself, then the cheapest of those that are as good as the best, then the others. */
function ordered(steps: Step[], to: NodeId): Step[] {
  const most = Math.max(...steps.map(({ progressM }) => progressM));
  const rank = ({ next, progressM }: Step): number =>
    next === to ? 0 : progressM >= PROGRESS_THRESHOLD * most ? 1 : 2;
  return steps.sort((one, other) => {
    const by = rank(one) - rank(other) || (rank(one) === 1 ? one.cost - other.cost : 0);
    return by || other.progressM - one.progressM || (one.next < other.next ? -1 : 1);
  });
}

function routeOf({ next, leftM, progressM, cost }: Step, to: NodeId): Route {
  if (next === to) return { next, via: [to], cost, why: 'it is a neighbour' };
  const metres = (value: number): string => `${Math.round(value)} m`;
  const why = `${metres(progressM)} nearer, ${metres(leftM)} left`;
  return { next, via: [next], cost: Math.round(leftM), why };
}

function whereabouts(topology: Topology, id: NodeId, now: Millis): Prediction | null {
  const node: Node | null = topology.node(id);
  if (node === null || node.traits.place === null) return null;
  const ageMs = Math.max(0, now - node.heardAt);
  return predict(node.traits.place, node.traits.mobility, ageMs);
}
