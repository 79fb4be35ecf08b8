/**
 * Schedule: things that wait for their moment. The first due leaves first; among equals, the one
 * that came first. It keeps no limit: its owner does, by `length`.
 */
import type { Millis } from './machine.ts';

/** What can wait. The schedule writes `order`. */
export type Due = { dueAt: Millis; order: number };

export class Schedule<Item extends Due> {
  private readonly heap: Item[] = [];
  private order = 0;

  add(item: Item): void {
    item.order = this.order++;
    const heap = this.heap;
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(item, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = item;
  }

  /** When the next is due; `Infinity` if nothing waits. */
  nextAt(): Millis {
    return this.heap.length > 0 ? this.heap[0].dueAt : Infinity;
  }

  /** Takes the next. There must be one. */
  take(): Item {
    const heap = this.heap;
    const first = heap[0];
    const last = heap.pop()!;
    const size = heap.length;
    if (size === 0) return first;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= size) break;
      if (child + 1 < size && isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return first;
  }

  length(): number {
    return this.heap.length;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order);
}
