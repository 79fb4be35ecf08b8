/**
 * Hybrid: ways weighed by all that is known of them at once (DEFAULTS §3): latency, bandwidth,
 * reliability, congestion, hops and energy. Each counts as its share of the best that any of the ways
 * has, so that none has to be measured in another's unit. Only ways that lead downhill are weighed.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import { USUAL_BYTES_PER_S } from './cost.ts';
import type { Loads } from './loads.ts';
import type { Route, Strategy } from './strategy.ts';
import { ROUTES_MAX } from './strategy.ts';
import type { NodeId, Topology } from './topology.ts';
import type { Way } from './ways.ts';
import { Ways } from './ways.ts';

/** DEFAULTS §3; they are 1 together. */
export const HYBRID_WEIGHTS = {
  latency: 0.3,
  bandwidth: 0.2,
  reliability: 0.2,
  congestion: 0.15,
  hops: 0.1,
  energy: 0.05,
};

/** What a way is like; of each, more is better. */
type Merits = Record<keyof typeof HYBRID_WEIGHTS, number>;
const ASPECTS = Object.keys(HYBRID_WEIGHTS) as (keyof Merits)[];

/** A perfect way costs nothing, the worst so much. */
const COST_MOST = 10_000;
/** Latency that nobody measured is not none. */
const LATENCY_LEAST_MS = 1;
const KNOWN_LEAST = 0.5;

export class Hybrid implements Strategy {
  readonly name = 'hybrid';
  private readonly loads: Pick<Loads, 'of'>;
  private readonly ways = new Ways();

  constructor(loads: Pick<Loads, 'of'>) {
    this.loads = loads;
  }

  unsuited(topology: Topology): string | null {
    let known = 0;
    let all = 0;
    for (const { edges } of topology.nodes()) {
      for (const { latencyMs, bytesPerSecond } of edges.values()) {
        all++;
        if (latencyMs > 0 || bytesPerSecond > 0) known++;
      }
    }
    if (known >= KNOWN_LEAST * all) return null;
    return `${all - known} of ${all} links have not been measured, so there is nothing to weigh; take shortest`;
  }

  routes(to: NodeId, topology: Topology, _now: Millis): Route[] {
    const all = this.ways.to(to, topology);
    const ways = all.filter(({ isDownhill }) => isDownhill);
    const merits = ways.map((way) => this.meritsOf(way, topology));
    const best = bestOf(merits);
    const routes = ways.map((way, at) => routeOf(way, merits[at], best));
    if (ways.length === 1) routes[0].why = 'the only way that leads nearer';
    routes.sort((one, other) => one.cost - other.cost || (one.next < other.next ? -1 : 1));
    for (const { next, via, isDownhill } of all) {
      if (!isDownhill)
        routes.push({ next, via, cost: COST_MOST, why: 'the way round, if all fail' });
    }
    return routes.slice(0, ROUTES_MAX);
  }

  get memory(): number {
    return this.ways.size;
  }

  private meritsOf({ next, via }: Way, topology: Topology): Merits {
    let from = topology.self;
    let latencyMs = 0;
    let bandwidth = Infinity;
    let reliability = 1;
    let energy = 100;
    for (const at of via) {
      const edge = topology.edge(from, at)!;
      latencyMs += Math.max(LATENCY_LEAST_MS, edge.latencyMs + edge.jitterMs);
      bandwidth = Math.min(bandwidth, edge.bytesPerSecond || USUAL_BYTES_PER_S);
      reliability *= (1000 - edge.lossPerMille) / 1000;
      energy = Math.min(energy, topology.node(at)!.traits.energyPercent ?? 100);
      from = at;
    }
    return {
      latency: 1 / latencyMs,
      bandwidth,
      reliability,
      congestion: 1 - this.loads.of(next),
      hops: 1 / via.length,
      energy,
    };
  }
}

function bestOf(all: Merits[]): Merits {
  const best = { latency: 0, bandwidth: 0, reliability: 0, congestion: 0, hops: 0, energy: 0 };
  for (const merits of all) {
    for (const aspect of ASPECTS) best[aspect] = Math.max(best[aspect], merits[aspect]);
  }
  return best;
}

function routeOf({ next, via }: Way, merits: Merits, best: Merits): Route {
  let score = 0;
  const lacks: string[] = [];
  for (const aspect of ASPECTS) {
    const share = shareOf(merits, best, aspect);
    score += HYBRID_WEIGHTS[aspect] * share;
    if (share < 1) lacks.push(`${aspect} ${Math.round(100 * share)} %`);
  }
  const why = lacks.length === 0 ? 'the best in everything' : `of the best: ${lacks.join(', ')}`;
  const costOf = (reached: number): number => Math.round(COST_MOST * (1 - reached));
  const idle = score + HYBRID_WEIGHTS.congestion * (1 - shareOf(merits, best, 'congestion'));
  return { next, via, cost: costOf(score), idleCost: costOf(idle), why };
}

/** What no way has, none is the worse for. */
function shareOf(merits: Merits, best: Merits, aspect: keyof Merits): number {
  return best[aspect] === 0 ? 1 : merits[aspect] / best[aspect];
}
