/**
 * Schedule: things that wait for their moment. The first due leaves first; among equals, the one
 * that came first. It keeps no limit: its owner does, by `length`.
 */
import type { Millis } from './machine.ts';

type Entry<Item> = { dueAt: Millis; order: number; item: Item };

export class Schedule<Item> {
  private readonly heap: Entry<Item>[] = [];
  private order = 0;

  add(dueAt: Millis, item: Item): void {
    const entry = { dueAt: dueAt, order: this.order++, item: item };
    const heap = this.heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = entry;
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
    if (size === 0) return first.item;
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
    return first.item;
  }

  length(): number {
    return this.heap.length;
  }
}

function isBefore<Item>(a: Entry<Item>, b: Entry<Item>): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order);
}
