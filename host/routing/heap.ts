/** Heap: what is wanted next, the cheapest first; of equals, by name, so that all nodes agree. */
import type { NodeId } from './topology.ts';

export type Candidate = { cost: number; node: NodeId; parent: NodeId };

export class Heap {
  private readonly items: Candidate[] = [];

  push(item: Candidate): void {
    const { items } = this;
    let at = items.push(item) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!isBefore(item, items[up])) break;
      items[at] = items[up];
      at = up;
    }
    items[at] = item;
  }

  pop(): Candidate | null {
    const { items } = this;
    const first = items[0];
    const last = items.pop();
    if (first === undefined || last === undefined) return null;
    if (items.length > 0) this.sink(last);
    return first;
  }

  private sink(item: Candidate): void {
    const { items } = this;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= items.length) break;
      if (down + 1 < items.length && isBefore(items[down + 1], items[down])) down++;
      if (!isBefore(items[down], item)) break;
      items[at] = items[down];
      at = down;
    }
    items[at] = item;
  }
}

function isBefore(one: Candidate, other: Candidate): boolean {
  if (one.cost !== other.cost) return one.cost < other.cost;
  return one.node < other.node;
}
