/**
 * Timeline: packets by time, then by id: an order that is everybody's. They lie in blocks of bounded
 * size, so that putting one in moves few others, and what is summed up of a block stays true until
 * that block is touched (see Fingerprints).
 */
import type { Bound } from '../wire/reconcile.ts';

export type Dated = { readonly timestamp: number; readonly name: string };

/** A fuller block is cut in two. */
const BLOCK_MAX = 128;

export type Block<Item extends Dated> = {
  readonly items: Item[];
  /** Another one whenever the items are others. */
  revision: number;
};

/** Items `from` to before `to` of one block. */
export type Part<Item extends Dated> = { block: Block<Item>; from: number; to: number };

export class Timeline<Item extends Dated> {
  private blocks: Block<Item>[] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  get oldest(): Item | null {
    return this.blocks[0]?.items[0] ?? null;
  }

  get newest(): Item | null {
    return this.blocks.at(-1)?.items.at(-1) ?? null;
  }

  /** Each item once: whoever adds has looked. */
  add(item: Item): void {
    const at = Math.max(0, firstOf(this.blocks, ({ items }) => byAge(items[0], item) > 0) - 1);
    const block = this.blocks[at];
    this.count++;
    if (block === undefined) return void this.blocks.push({ items: [item], revision: 0 });
    block.items.splice(placeIn(block, boundOf(item)), 0, item);
    block.revision++;
    if (block.items.length <= BLOCK_MAX) return;
    const upper = block.items.splice(block.items.length >> 1);
    this.blocks.splice(at + 1, 0, { items: upper, revision: 0 });
  }

  remove(item: Item): void {
    const at = this.blockOf(boundOf(item));
    const block = this.blocks[at];
    const place = block === undefined ? -1 : placeIn(block, boundOf(item));
    if (block?.items[place]?.name !== item.name) return;
    block.items.splice(place, 1);
    block.revision++;
    this.count--;
    if (block.items.length === 0) this.blocks.splice(at, 1);
  }

  /** How many items lie before the bound. */
  rank(bound: Bound): number {
    const at = this.blockOf(bound);
    let before = 0;
    for (let i = 0; i < at; i++) before += this.blocks[i].items.length;
    return at < this.blocks.length ? before + placeIn(this.blocks[at], bound) : before;
  }

  /** Items `from` to before `to`, counted from the oldest. */
  slice(from: number, to: number): Item[] {
    const parts = this.parts(from, to);
    return parts.flatMap((part) => part.block.items.slice(part.from, part.to));
  }

  /** The same, block by block. */
  parts(from: number, to: number): Part<Item>[] {
    const parts: Part<Item>[] = [];
    let before = 0;
    for (const block of this.blocks) {
      if (before >= to) break;
      const { length } = block.items;
      if (before + length > from) {
        parts.push({ block, from: Math.max(0, from - before), to: Math.min(length, to - before) });
      }
      before += length;
    }
    return parts;
  }

  /** The first block of which something does not lie before the bound; past the last if there is none. */
  private blockOf(bound: Bound): number {
    return firstOf(this.blocks, ({ items }) => isFrom(items[items.length - 1], bound));
  }
}

function boundOf({ timestamp, name }: Dated): Bound {
  return { time: timestamp, name };
}

/** The oldest first; of one moment, in an order that is everybody's. */
export function byAge(a: Dated, b: Dated): number {
  return a.timestamp - b.timestamp || (a.name === b.name ? 0 : a.name < b.name ? -1 : 1);
}

function placeIn<Item extends Dated>({ items }: Block<Item>, bound: Bound): number {
  return firstOf(items, (item) => isFrom(item, bound));
}

function isFrom({ timestamp, name }: Dated, bound: Bound): boolean {
  return timestamp > bound.time || (timestamp === bound.time && name >= bound.name);
}

/** Of a list in which those that `isPast` come last, where they begin. */
function firstOf<Item>(list: Item[], isPast: (item: Item) => boolean): number {
  let from = 0;
  let to = list.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (isPast(list[middle])) to = middle;
    else from = middle + 1;
  }
  return from;
}
