/**
 * Ways: the cheapest way to a destination over each neighbour, led around ourselves, and which of them
 * lead downhill. Downhill is every neighbour from whom it costs less than from here: as long as all go
 * downhill only, whichever of such neighbours each takes, nothing comes back (the loop-free alternates
 * of RFC 5286).
 */
import { firstCost } from './cost.ts';
import type { NodeId, Topology } from './topology.ts';
import { Tree } from './tree.ts';

/**
 * Neighbours that ways may begin with: those that cost least, and where there are more, the one of them
 * all with whom the best way begins.
 */
export const TREES_MAX = 8;

export type Way = {
  next: NodeId;
  /** All hops from that one to the destination, both included. */
  via: NodeId[];
  cost: number;
  isDownhill: boolean;
};

export class Ways {
  private readonly trees = new Map<NodeId, Tree>();
  /** From ourselves; null where a tree begins at each neighbour. */
  private whole: Tree | null = null;
  private version = -1;

  /** The cheapest first. */
  to(to: NodeId, topology: Topology): Way[] {
    this.follow(topology);
    const ways: Way[] = [];
    for (const [next, tree] of this.trees) {
      const cost = firstCost(topology, next) + tree.costTo(to);
      if (cost < Infinity) ways.push({ next, via: tree.path(to), cost, isDownhill: false });
    }
    const [, next, ...rest] = this.whole?.path(to) ?? [];
    if (next !== undefined && !this.trees.has(next)) {
      ways.push({ next, via: [next, ...rest], cost: this.whole!.costTo(to), isDownhill: false });
    }
    ways.sort((one, other) => one.cost - other.cost || (one.next < other.next ? -1 : 1));
    for (const way of ways) {
      way.isDownhill = way.cost - firstCost(topology, way.next) < ways[0].cost;
    }
    return ways;
  }

  /** Nodes that the trees hold, together. */
  get size(): number {
    let nodes = this.whole?.size ?? 0;
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
    const { self } = topology;
    if (topology.edges(self).size <= TREES_MAX) this.whole = null;
    else if (changes === null || this.whole === null) this.whole = new Tree(self, null, topology);
    else this.whole.update(changes, topology);
  }
}

function cheapest(topology: Topology): NodeId[] {
  const { self } = topology;
  const all = [...topology.edges(self).keys()];
  if (all.length <= TREES_MAX) return all;
  const costs = new Map(all.map((to) => [to, firstCost(topology, to)]));
  all.sort((one, other) => costs.get(one)! - costs.get(other)! || (one < other ? -1 : 1));
  return all.slice(0, TREES_MAX);
}
