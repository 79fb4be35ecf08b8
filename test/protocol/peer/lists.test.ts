/** How neighbours come to know whom they hear, with few lists, over links that lose some (WIRE §29). */
import { describe, expect, it } from 'vitest';
import type { Millis } from '../../../protocol/core/machine.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import type { ListsOutput } from '../../../protocol/peer/lists.ts';
import {
  AGAIN_MAX_MS,
  AGAIN_MS,
  CONFIRM_MS,
  GATHER_MS,
  Lists,
  SETTLE_MS,
} from '../../../protocol/peer/lists.ts';
import { Vicinity } from '../../../protocol/peer/vicinity.ts';
import type { NeighbourList } from '../../../protocol/wire/spread.ts';
import { LISTED_MAX } from '../../../protocol/wire/spread.ts';
import { id } from '../../packets.ts';
import { runs, xorshift } from '../../seed.ts';

const LATE = 500_000;

describe('the list of a node', () => {
  it('is said once for all who come together, and asks for nothing', () => {
    const lists = listsOf(1);
    up(lists, 2, 0);
    up(lists, 3, SETTLE_MS - 1);
    expect(lists.deadline()).toBe(SETTLE_MS);
    const list = { ...listOf([2, 3]), watches: 2 };
    expect(lists.step(TICK, SETTLE_MS)).toEqual([said(2, list), said(3, list)]);
  });

  it('waits for more while links come up one after another, but not for ever', () => {
    const lists = listsOf(1);
    const times: Millis[] = [];
    for (let now = 0; now <= 30_000; now += 500) {
      if (lists.deadline() <= now && lists.step(TICK, now).length > 0) times.push(now);
      if (now % 1000 === 0) up(lists, 2 + now / 1000, now);
    }
    const first = SETTLE_MS;
    expect(times).toEqual([first, first + GATHER_MS, first + 2 * GATHER_MS, first + 3 * GATHER_MS]);
  });

  it('is said soon again when somebody is gone, and then asks for an answer', () => {
    const lists = listsOf(1);
    for (const link of [2, 3, 4]) up(lists, link, 0);
    lists.step(TICK, SETTLE_MS);
    up(lists, 5, SETTLE_MS);
    expect(lists.deadline()).toBe(SETTLE_MS + GATHER_MS);
    lists.step({ kind: 'gone', link: 3 }, SETTLE_MS + 1);
    up(lists, 6, SETTLE_MS + 2);
    expect(lists.deadline()).toBe(2 * SETTLE_MS + 1);
    const outputs = lists.step(TICK, 2 * SETTLE_MS + 1);
    expect(outputs.map(({ link, list }) => [link, list.asks])).toEqual(
      [2, 4, 5, 6].map((link) => [link, true]),
    );
    // And who comes then waits again.
    up(lists, 7, 3 * SETTLE_MS);
    expect(lists.deadline()).toBe(2 * SETTLE_MS + 1 + GATHER_MS);
  });

  it('is asked about, ever more seldom, until it is confirmed', () => {
    const lists = listsOf(1);
    up(lists, 2, 0);
    const waits: Millis[] = [];
    let said = 0;
    while (waits.length < 9) {
      const now = lists.deadline();
      const [{ list }] = lists.step(TICK, now);
      expect(list.asks).toBe(waits.length > 0);
      said = markHeardBy({ ...list, asks: false });
      waits.push(lists.deadline() - now);
    }
    expect(waits).toEqual([
      CONFIRM_MS + AGAIN_MS,
      ...[2, 4, 8, 16].map((times) => times * AGAIN_MS),
      ...[1, 2, 3, 4].map(() => AGAIN_MAX_MS),
    ]);
    hear(lists, 2, { ...listOf([1]), heard: said }, LATE);
    expect(lists.step(TICK, lists.deadline())).toMatchObject([{ list: { asks: false } }]);
    expect(lists.deadline()).toBe(Infinity);
  });

  it('is asked about as often anew once it is another', () => {
    const lists = listsOf(1);
    up(lists, 2, 0);
    while (lists.deadline() < LATE) lists.step(TICK, lists.deadline());
    up(lists, 3, LATE);
    const soon = LATE + SETTLE_MS + CONFIRM_MS + 7 * AGAIN_MS;
    const links: number[] = [];
    while (lists.deadline() <= soon) {
      for (const { link } of lists.step(TICK, lists.deadline())) links.push(link);
    }
    expect(links.filter((link) => link === 2)).toHaveLength(4);
  });

  it('is confirmed by the next of theirs, and not by who has another', () => {
    const lists = listsOf(1);
    up(lists, 2, 0);
    const [{ list }] = lists.step(TICK, SETTLE_MS);
    const mark = markHeardBy(list);
    hear(lists, 2, { ...listOf([1]), heard: mark ^ 1 }, SETTLE_MS);
    expect(lists.deadline()).toBe(SETTLE_MS + CONFIRM_MS);
    hear(lists, 2, { ...listOf([1]), heard: mark }, SETTLE_MS);
    expect(lists.deadline()).toBe(Infinity);
  });

  it('confirms theirs when nothing else is due within a while, and at once when asked to', () => {
    const lists = settled(1, [2, 3]);
    hear(lists, 2, listOf([1, 7]), LATE);
    expect(lists.deadline()).toBe(LATE + CONFIRM_MS);
    const outputs = lists.step(TICK, LATE + CONFIRM_MS);
    expect(outputs).toMatchObject([{ link: 2, list: { heard: expect.any(Number), asks: false } }]);
    expect(lists.deadline()).toBe(Infinity);
    const asked = hear(lists, 3, { ...listOf([1, 7]), asks: true }, LATE);
    expect(asked).toMatchObject([{ link: 3, list: { asks: false } }]);
    expect(lists.deadline()).toBe(Infinity);
  });

  it('is said to those alone who watch otherwise, where that is all that changed', () => {
    const lists = settled(1, [2, 3, 4, 5, 6]);
    // Three parts prove to be one: two of its watchers are too many, and there is room for the last.
    hear(lists, 2, listOf([1, 3, 4]), LATE);
    hear(lists, 3, listOf([1, 2]), LATE);
    hear(lists, 4, listOf([1, 2]), LATE);
    const due = lists.step(TICK, lists.deadline());
    expect(due.map(({ link }) => link)).toEqual([3, 4, 6]);
    expect(due[0].list.watches).toBe(3);
  });

  it('is said to all where it is full, since who watches decides who is in it', () => {
    const links = Array.from({ length: LISTED_MAX + 2 }, (_, at) => at + 2);
    const lists = settled(1, links);
    hear(lists, 2, listOf([1, 3]), LATE);
    hear(lists, 3, listOf([1, 2]), LATE);
    expect(lists.step(TICK, lists.deadline())).toHaveLength(links.length);
  });

  it('is known to all in the end, though a quarter is lost while links come up', () => {
    for (let seed = 1; seed <= runs(20, 400); seed++) {
      const air = new Air(4, xorshift(seed));
      air.runUntil(1_000_000);
      expect(air.unknown(), `seed ${seed}`).toEqual([]);
    }
  });
});

/** Nodes that all hear each other, over links that come up within half a minute and lose a quarter. */
class Air {
  private readonly nodes: Lists[];
  private readonly random: (below: number) => number;
  private readonly ups: { node: number; link: number; at: Millis }[] = [];
  /** By who hears and of whom: whom that one named last; and whom each names. */
  private readonly known = new Map<string, string>();
  private readonly own = new Map<number, string>();

  constructor(nodes: number, random: (below: number) => number) {
    this.nodes = Array.from({ length: nodes }, (_, node) => listsOf(node));
    this.random = random;
    for (let link = 0; link < nodes; link++) {
      for (let node = 0; node < link; node++) {
        const at = random(30_000);
        this.ups.push({ node, link, at }, { node: link, link: node, at });
      }
    }
    this.ups.sort((a, b) => a.at - b.at);
  }

  runUntil(end: Millis): void {
    for (let now = 0; now < end; now += 50) {
      while (this.ups.length > 0 && this.ups[0].at <= now) {
        const { node, link } = this.ups.shift()!;
        this.carry(node, up(this.nodes[node], link, now), now);
      }
      this.nodes.forEach((lists, node) => {
        if (now >= lists.deadline()) this.carry(node, lists.step(TICK, now), now);
      });
    }
  }

  /** Where somebody knows another list than is so. */
  unknown(): string[] {
    const wrong = [...this.known].filter(([way, ids]) => ids !== this.own.get(Number(way[0])));
    return wrong.map(([way]) => way);
  }

  private carry(from: number, outputs: ListsOutput[], now: Millis): void {
    for (const { link: to, list } of outputs) {
      const ids = membersOf(list);
      this.own.set(from, ids);
      const way = `${from} to ${to}`;
      if (!this.known.has(way)) this.known.set(way, '');
      if (this.random(4) === 0) continue;
      this.known.set(way, ids);
      this.carry(to, hear(this.nodes[to], from, list, now), now);
    }
  }
}

function listsOf(own: number): Lists {
  return new Lists(new Vicinity(id(own), 64, () => 0));
}

/** Long after these came up, when all is confirmed. */
function settled(own: number, links: number[]): Lists {
  const lists = listsOf(own);
  for (const link of links) up(lists, link, 0);
  for (const { link, list } of lists.step(TICK, SETTLE_MS)) {
    hear(lists, link, { ...listOf([own]), heard: markHeardBy(list) }, SETTLE_MS);
  }
  for (let now = lists.deadline(); now < Infinity; now = lists.deadline()) lists.step(TICK, now);
  return lists;
}

/** What somebody says he has, once he heard that list. */
function markHeardBy(list: NeighbourList): number {
  const other = listsOf(99);
  up(other, 1, 0);
  hear(other, 1, list, 0);
  return other.step(TICK, SETTLE_MS)[0].list.heard!;
}

function up(lists: Lists, link: number, now: Millis): ListsOutput[] {
  return lists.step({ kind: 'up', link, id: id(link) }, now);
}

function hear(lists: Lists, link: number, list: NeighbourList, now: Millis): ListsOutput[] {
  return lists.step({ kind: 'heard', link, list }, now);
}

function said(link: number, list: NeighbourList): ListsOutput {
  return { kind: 'list', link, list };
}

function listOf(numbers: number[]): NeighbourList {
  const ids = new Uint8Array(numbers.flatMap((number) => [...id(number)]));
  return { ids, watches: 0, heard: null, asks: false };
}

function membersOf({ ids }: NeighbourList): string {
  return String([...ids].filter((_, at) => at % 8 === 0).sort());
}
