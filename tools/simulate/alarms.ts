/**
 * Alarms: when each of many nodes next wants a tick, and who is first. A node's moment may change with
 * every step, so each has one place in a heap and is moved in it: no change costs more than log n.
 */
import type { Millis } from '../../protocol/core/machine.ts';

export class Alarms {
  /** Nodes, the first at the root; among equals the lowest number. */
  private readonly heap: Int32Array;
  /** Beside each its moment: whoever compares two finds both at one place. */
  private readonly at: Float64Array;
  /** By node, where in the heap it stands. */
  private readonly places: Int32Array;

  /** Nodes are numbered from 0 to `count` - 1, and none waits for anything. */
  constructor(count: number) {
    this.heap = Int32Array.from({ length: count }, (_, node) => node);
    this.at = new Float64Array(count).fill(Infinity);
    this.places = Int32Array.from({ length: count }, (_, node) => node);
  }

  nextAt(): Millis {
    return this.at[0];
  }

  /** Who is first, of those who wait at all. */
  next(): number {
    return this.heap[0];
  }

  set(node: number, at: Millis): void {
    const place = this.places[node];
    if (at < this.at[place]) this.raise(node, at, place);
    else if (at > this.at[place]) this.sink(node, at, place);
  }

  private raise(node: number, at: Millis, from: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.isBefore(parent, node, at)) break;
      this.move(parent, place);
      place = parent;
    }
    this.put(node, at, place);
  }

  private sink(node: number, at: Millis, from: number): void {
    const { heap } = this;
    let place = from;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= heap.length) break;
      const next = child + 1;
      if (next < heap.length && this.isBefore(next, heap[child], this.at[child])) child = next;
      if (!this.isBefore(child, node, at)) break;
      this.move(child, place);
      place = child;
    }
    this.put(node, at, place);
  }

  private move(from: number, to: number): void {
    this.put(this.heap[from], this.at[from], to);
  }

  private put(node: number, at: Millis, place: number): void {
    this.heap[place] = node;
    this.at[place] = at;
    this.places[node] = place;
  }

  /** Whether whoever stands there is before a node with that moment. */
  private isBefore(place: number, node: number, at: Millis): boolean {
    const there = this.at[place];
    return there < at || (there === at && this.heap[place] < node);
  }
}
