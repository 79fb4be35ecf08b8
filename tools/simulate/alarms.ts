/**
 * Alarms: when each of many nodes next wants a tick, and who is first. A node's moment may change with
 * every step, so each has one place in a heap and is moved in it: no change costs more than log n.
 */
import type { Millis } from '../../protocol/core/machine.ts';

export class Alarms {
  /** By node. */
  private readonly at: Float64Array;
  /** Nodes, the first at the root; among equals the lowest number. */
  private readonly heap: Int32Array;
  /** By node, where in the heap it stands. */
  private readonly places: Int32Array;

  /** Nodes are numbered from 0 to `count` - 1, and none waits for anything. */
  constructor(count: number) {
    this.at = new Float64Array(count).fill(Infinity);
    this.heap = Int32Array.from({ length: count }, (_, node) => node);
    this.places = Int32Array.from({ length: count }, (_, node) => node);
  }

  nextAt(): Millis {
    return this.at[this.heap[0]];
  }

  /** Who is first, of those who wait at all. */
  next(): number {
    return this.heap[0];
  }

  set(node: number, at: Millis): void {
    const before = this.at[node];
    if (at === before) return;
    this.at[node] = at;
    if (at < before) this.raise(node);
    else this.sink(node);
  }

  private raise(node: number): void {
    const { heap } = this;
    let place = this.places[node];
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.isBefore(node, heap[parent])) break;
      this.put(heap[parent], place);
      place = parent;
    }
    this.put(node, place);
  }

  private sink(node: number): void {
    const { heap } = this;
    let place = this.places[node];
    for (;;) {
      let child = place * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.isBefore(heap[child + 1], heap[child])) child++;
      if (!this.isBefore(heap[child], node)) break;
      this.put(heap[child], place);
      place = child;
    }
    this.put(node, place);
  }

  private put(node: number, place: number): void {
    this.heap[place] = node;
    this.places[node] = place;
  }

  private isBefore(a: number, b: number): boolean {
    const { at } = this;
    return at[a] < at[b] || (at[a] === at[b] && a < b);
  }
}
