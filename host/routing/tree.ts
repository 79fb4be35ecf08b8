/**
 * Tree: the cheapest ways from one node to all others, kept as the topology changes. Of a change only
 * what hangs below it is reckoned again (Dijkstra, begun at the rim of what is lost): most changes of
 * a mesh are far away, or small.
 */
import { firstCost, stepCost } from './cost.ts';
import { Heap } from './heap.ts';
import type { Change, NodeId, Topology } from './topology.ts';

export class Tree {
  readonly root: NodeId;
  /** Ways lead around it: it is who asks; null where that is the root. */
  private readonly avoided: NodeId | null;
  private readonly cost = new Map<NodeId, number>();
  private readonly parent = new Map<NodeId, NodeId>();

  constructor(root: NodeId, avoided: NodeId | null, topology: Topology) {
    this.root = root;
    this.avoided = avoided;
    this.cost.set(root, 0);
    const heap = new Heap();
    this.offer(root, topology, heap);
    this.settle(heap, topology);
  }

  /** Nodes that it reaches. */
  get size(): number {
    return this.cost.size;
  }

  costTo(node: NodeId): number {
    return this.cost.get(node) ?? Infinity;
  }

  /** All nodes on the way, root and destination included; empty for no way. */
  path(to: NodeId): NodeId[] {
    if (!this.cost.has(to)) return [];
    const path = [to];
    for (let at = to; at !== this.root; path.push(at)) at = this.parent.get(at)!;
    return path.reverse();
  }

  update(changes: readonly Change[], topology: Topology): void {
    const ways = changes.flatMap((change) => waysOf(change, topology));
    const lost = this.cutLoose(ways, topology);
    const heap = new Heap();
    for (const node of lost) {
      for (const from of topology.edges(node).keys()) this.offerOne(from, node, topology, heap);
    }
    for (const { from, to } of ways) this.offerOne(from, to, topology, heap);
    this.settle(heap, topology);
  }

  /** Forgets all whose way led over one that is dearer now, or gone. */
  private cutLoose(ways: Way[], topology: Topology): Set<NodeId> {
    const lost = new Set<NodeId>();
    const toVisit: NodeId[] = [];
    for (const { from, to } of ways) {
      if (this.parent.get(to) !== from) continue;
      const cost = this.costTo(from) + this.step(from, to, topology);
      if (cost !== this.cost.get(to)) toVisit.push(to);
    }
    for (let node = toVisit.pop(); node !== undefined; node = toVisit.pop()) {
      if (lost.has(node)) continue;
      lost.add(node);
      // A child behind an edge that is gone as well is among the ways itself.
      for (const child of topology.edges(node).keys()) {
        if (this.parent.get(child) === node) toVisit.push(child);
      }
    }
    for (const node of lost) {
      this.cost.delete(node);
      this.parent.delete(node);
    }
    return lost;
  }

  private settle(heap: Heap, topology: Topology): void {
    for (let next = heap.pop(); next !== null; next = heap.pop()) {
      const { node, cost, parent } = next;
      if (cost >= this.costTo(node)) continue;
      this.cost.set(node, cost);
      this.parent.set(node, parent);
      this.offer(node, topology, heap);
    }
  }

  private offer(from: NodeId, topology: Topology, heap: Heap): void {
    for (const to of topology.edges(from).keys()) this.offerOne(from, to, topology, heap);
  }

  private offerOne(from: NodeId, to: NodeId, topology: Topology, heap: Heap): void {
    if (from === this.avoided || to === this.avoided) return;
    const cost = this.costTo(from) + this.step(from, to, topology);
    if (cost < this.costTo(to)) heap.push({ cost, node: to, parent: from });
  }

  /** Ways that nobody is avoided by begin with us. */
  private step(from: NodeId, to: NodeId, topology: Topology): number {
    const isFirst = from === this.root && this.avoided === null;
    return isFirst ? firstCost(topology, to) : stepCost(topology, from, to);
  }
}

/** One direction of an edge. */
type Way = { from: NodeId; to: NodeId };

/** Other traits make every way out of a node dearer or cheaper. */
function waysOf({ a, b }: Change, topology: Topology): Way[] {
  if (b === null) return [...topology.edges(a).keys()].map((to) => ({ from: a, to }));
  return [
    { from: a, to: b },
    { from: b, to: a },
  ];
}
