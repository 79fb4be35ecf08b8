/**
 * Balanced: up to three ways at once, each over another neighbour, and among those that are about as
 * good each destination has its own. What is good counts the load of our own links, so that a busy one
 * is spared; all of them lead downhill, so nothing goes in circles however loads differ along the way.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import type { Loads } from './loads.ts';
import type { Route, Strategy } from './strategy.ts';
import { ROUTES_MAX } from './strategy.ts';
import type { NodeId, Topology } from './topology.ts';
import type { Way } from './ways.ts';
import { Ways } from './ways.ts';

/** A link with all it can carry is reckoned as so many times its cost, and one. */
const LOAD_WEIGHT = 4;
/** Ways that cost no more than so many times the best are as good as it is. */
const AS_GOOD = 1.25;

export class Balanced implements Strategy {
  readonly name = 'balanced';
  private readonly loads: Pick<Loads, 'of'>;
  private readonly ways = new Ways();

  constructor(loads: Pick<Loads, 'of'>) {
    this.loads = loads;
  }

  unsuited(topology: Topology): string | null {
    const neighbours = topology.edges(topology.self).size;
    if (neighbours >= 2) return null;
    return `there ${neighbours === 1 ? 'is one neighbour' : 'is no neighbour'}, and nothing to choose between; take shortest`;
  }

  routes(to: NodeId, topology: Topology, _now: Millis): Route[] {
    const ways = this.ways.to(to, topology);
    const downhill = ways.filter(({ isDownhill }) => isDownhill).map((way) => this.weighed(way));
    downhill.sort(byCost);
    // Behind them, for when all of those are cut: the rest, which others may not agree with.
    const others = ways.filter(({ isDownhill }) => !isDownhill).map((way) => this.weighed(way));
    const good = downhill.filter(({ cost }) => cost <= AS_GOOD * downhill[0].cost);
    const first = good.length === 0 ? 0 : spread(topology.self + to, good.length);
    const routes = [...good.slice(first), ...good.slice(0, first)];
    return [...routes, ...downhill.slice(good.length), ...others.sort(byCost)].slice(0, ROUTES_MAX);
  }

  get memory(): number {
    return this.ways.size;
  }

  private weighed({ next, via, cost }: Way): Route {
    const load = this.loads.of(next);
    const weighed = Math.round(cost * (1 + LOAD_WEIGHT * load));
    const busy = `${Math.round(100 * load)} % busy`;
    const why = `${via.length} ${via.length === 1 ? 'hop' : 'hops'} over a link that is ${busy}`;
    return { next, via, cost: weighed, idleCost: cost, why };
  }
}

function byCost(one: Route, other: Route): number {
  return one.cost - other.cost || (one.next < other.next ? -1 : 1);
}

/** A number below `count` that is the same for the same name, and spread evenly over all names. */
function spread(name: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  }
  return ((hash ^ (hash >>> 15)) >>> 0) % count;
}
