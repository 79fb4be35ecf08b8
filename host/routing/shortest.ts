/**
 * Shortest: the cheapest way by what links were measured to cost, and the cheapest over each other
 * neighbour beside it. It keeps a tree of ways for each neighbour, led around ourselves, so the next
 * best is known before it is needed.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import { stepCost } from './cost.ts';
import type { Route, Strategy } from './strategy.ts';
import { ROUTES_MAX } from './strategy.ts';
import type { NodeId, Topology } from './topology.ts';
import { Tree } from './tree.ts';

/** Neighbours that routes may begin with: those that cost least. The others still relay for us. */
export const TREES_MAX = 8;

export class Shortest implements Strategy {
  readonly name = 'shortest';
  private readonly trees = new Map<NodeId, Tree>();
  private version = -1;

  unsuited(_topology: Topology): string | null {
    return null;
  }

  routes(to: NodeId, topology: Topology, _now: Millis): Route[] {
    this.follow(topology);
    const routes: Route[] = [];
    for (const [next, tree] of this.trees) {
      const cost = stepCost(topology, topology.self, next) + tree.costTo(to);
      if (cost === Infinity) continue;
      const via = tree.path(to);
      routes.push({ next, via, cost, why: whyOf(via.length, cost) });
    }
    routes.sort((one, other) => one.cost - other.cost || (one.next < other.next ? -1 : 1));
    return routes.slice(0, ROUTES_MAX);
  }

  get memory(): number {
    let nodes = 0;
    for (const tree of this.trees.values()) nodes += tree.size;
    return nodes;
  }

  /** Brings the trees up to date, with as little work as there is. */
  private follow(topology: Topology): void {
    if (this.version === topology.version) return;
    const changes = this.version < 0 ? null : topology.changedSince(this.version);
    this.version = topology.version;
    const firsts = cheapest(topology);
    for (const [root, tree] of this.trees) {
      if (changes === null || !firsts.includes(root)) this.trees.delete(root);
      else tree.update(changes, topology);
    }
    for (const root of firsts) {
      if (!this.trees.has(root)) this.trees.set(root, new Tree(root, topology.self, topology));
    }
  }
}

function cheapest(topology: Topology): NodeId[] {
  const { self } = topology;
  const all = [...topology.edges(self).keys()];
  if (all.length <= TREES_MAX) return all;
  const costs = new Map(all.map((to) => [to, stepCost(topology, self, to)]));
  all.sort((one, other) => costs.get(one)! - costs.get(other)! || (one < other ? -1 : 1));
  return all.slice(0, TREES_MAX);
}

function whyOf(hops: number, cost: number): string {
  return `${hops} ${hops === 1 ? 'hop' : 'hops'}, about ${Math.round(cost / 10)} ms`;
}
