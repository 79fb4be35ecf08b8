/**
 * Shortest: the cheapest way by what links were measured to cost, and the cheapest over each other
 * neighbour beside it, so that the next best is known before it is needed.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import type { Route, Strategy } from './strategy.ts';
import { ROUTES_MAX } from './strategy.ts';
import type { NodeId, Topology } from './topology.ts';
import { Ways } from './ways.ts';

export class Shortest implements Strategy {
  readonly name = 'shortest';
  private readonly ways = new Ways();

  unsuited(_topology: Topology): string | null {
    return null;
  }

  routes(to: NodeId, topology: Topology, _now: Millis): Route[] {
    const ways = this.ways.to(to, topology).slice(0, ROUTES_MAX);
    return ways.map(({ next, via, cost }) => ({ next, via, cost, why: whyOf(via.length, cost) }));
  }

  get memory(): number {
    return this.ways.size;
  }
}

function whyOf(hops: number, cost: number): string {
  return `${hops} ${hops === 1 ? 'hop' : 'hops'}, about ${Math.round(cost / 10)} ms`;
}
