/** Who is taken out of our way, because others see to him (WIRE §29), and who is not. */
import { describe, expect, it } from 'vitest';
import { Vicinity, WATCHERS_MAX } from '../../../protocol/peer/vicinity.ts';
import { id, packet } from '../../packets.ts';

const ME = 9;
const ALL = 0b11110;

describe('a vicinity', () => {
  it('covers nobody as long as nobody has said whom he hears', () => {
    const vicinity = vicinityOf({});
    expect(covered(vicinity, [1])).toEqual([]);
  });

  it('covers whoever hears one of those that brought the packet', () => {
    const vicinity = vicinityOf({ 1: [2, ME], 2: [1, ME] });
    expect(covered(vicinity, [1])).toEqual([2]);
    expect(covered(vicinity, [3])).toEqual([]);
    expect(covered(vicinity, [3, 1])).toEqual([2]);
  });

  it('believes two to hear each other only where both say so', () => {
    expect(covered(vicinityOf({ 1: [2, 3, 4, ME] }), [1])).toEqual([]);
    expect(covered(vicinityOf({ 1: [2, 3, 4, ME], 2: [ME], 3: [1, ME] }), [1])).toEqual([3]);
  });

  it('tells those apart whose ids end alike', () => {
    const vicinity = vicinityOf({ 1: [2, ME] });
    const alike = id(1).fill(7, 0, 4);
    vicinity.hear(2, new Uint8Array([...alike, ...id(ME)]), 0);
    expect(covered(vicinity, [1])).toEqual([]);
  });

  it('takes nobody for his own neighbour', () => {
    const vicinity = vicinityOf({ 1: [1, 2, ME], 2: [1, ME] });
    expect(vicinity.hear(1, ids([1, 2, ME]), 0)).toBe(false);
    expect(covered(vicinity, [1])).toEqual([2]);
  });

  it('leaves to one alone of several who had it from the same what neither is sent by others', () => {
    // 1 brought it to us and to 2; 3 hears us and 2.
    const lists = { 1: [2, ME], 2: [1, 3, ME], 3: [2, ME] };
    const turns = Array.from({ length: 64 }, (_, at) =>
      covered(vicinityOf(lists), [1], packet({ timestamp: at })).includes(3),
    );
    const ours = turns.filter((isCovered) => !isCovered).length;
    expect(ours).toBeGreaterThan(16);
    expect(ours).toBeLessThan(48);
    // The other reckons with the same numbers, and the other way round.
    const others = Array.from({ length: 64 }, (_, at) =>
      covered(
        vicinityOf({ 1: [9, 2], 9: [1, 3, 2], 3: [9, 2] }, 2),
        [1],
        packet({ timestamp: at }),
      ).includes(3),
    );
    expect(others).toEqual(turns.map((isCovered) => !isCovered));
  });

  it('forgets with the link what was said over it', () => {
    const vicinity = vicinityOf({ 1: [2, ME], 2: [1, ME] });
    vicinity.leave(2);
    expect(covered(vicinity, [1])).toEqual([]);
    vicinity.join(2, id(2));
    expect(covered(vicinity, [1])).toEqual([]);
  });

  it('keeps apart links of different words', () => {
    const vicinity = new Vicinity(id(ME), 40, () => 0);
    for (const link of [1, 33, 35]) vicinity.join(link, id(link));
    vicinity.hear(1, ids([33]), 0);
    vicinity.hear(33, ids([1]), 0);
    const heard = Uint32Array.of(1 << 1, 0);
    expect(vicinity.covered(1 << 1, 1, packet(), 1, heard)).toBe(1 << 1);
    expect(vicinity.covered(1 << 3, 1, packet(), 1, heard)).toBe(0);
  });

  it('knows of no links beyond those on the air', () => {
    const vicinity = vicinityOf({ 1: [2, ME], 2: [1, ME] });
    expect(vicinity.has(40)).toBe(false);
    expect(vicinity.covered(1 << 8, 1, packet(), 40, Uint32Array.of(1 << 1, 0))).toBe(0);
  });
});

describe('those who watch for us', () => {
  it('are two where all hear each other, and whoever watched goes on', () => {
    const vicinity = vicinityOf({
      1: [2, 3, 4, ME],
      2: [1, 3, 4, ME],
      3: [1, 2, 4, ME],
      4: [1, 2, 3, ME],
    });
    const before = vicinity.list();
    expect(before.watches).toBe(2);
    expect(vicinity.list()).toEqual(before);
    expect([...before.ids].filter((_, at) => at % 8 === 0).sort()).toEqual([1, 2, 3, 4]);
    const first = before.ids[0];
    vicinity.leave(first);
    expect(vicinity.list().ids[0]).toBe(before.ids[8]);
  });

  it('are one of each part of those around us, up to their limit', () => {
    const two = vicinityOf({ 1: [2, ME], 2: [1, ME], 3: [4, ME], 4: [3, ME] });
    const { ids: listed, watches } = two.list();
    expect(watches).toBe(2);
    expect([listed[0], listed[8]].map((number) => number > 2).sort()).toEqual([false, true]);
    expect(vicinityOf({}, ME, 7).list().watches).toBe(WATCHERS_MAX);
  });

  it('are told apart by how soon they speak', () => {
    const vicinity = vicinityOf({ 1: [ME, 2], 2: [1, ME], 3: [ME], 4: [1, ME] }, ME, 4, {
      1: 2,
      2: 2,
      3: 1,
      4: 1,
    });
    expect(vicinity.watches()).toEqual([
      { link: 1, watch: 'first' },
      { link: 2, watch: 'other' },
      { link: 3, watch: 'only' },
    ]);
  });
});

/** Of `own`, with neighbours from 1 on at links of their number, who say that they hear these. */
function vicinityOf(
  lists: Record<number, number[]>,
  own = ME,
  neighbours = 4,
  watches: Record<number, number> = {},
): Vicinity {
  const vicinity = new Vicinity(id(own), 16, () => 0);
  const all = new Set(Array.from({ length: neighbours }, (_, at) => at + 1));
  for (const link of Object.keys(lists)) all.add(Number(link));
  all.delete(own);
  for (const link of all) vicinity.join(link, id(link));
  for (const [link, heard] of Object.entries(lists)) {
    vicinity.hear(Number(link), ids(heard), watches[Number(link)] ?? 0);
  }
  return vicinity;
}

function ids(numbers: number[]): Uint8Array {
  return new Uint8Array(numbers.flatMap((number) => [...id(number)]));
}

/** Links of those who are covered, once these have brought it. */
function covered(vicinity: Vicinity, heard: number[], bytes = packet()): number[] {
  const brought = heard.reduce((set, link) => set | (1 << link), 0);
  const open = ALL & ~brought;
  const set = vicinity.covered(open, 0, bytes, heard[0], Uint32Array.of(brought));
  return [1, 2, 3, 4].filter((link) => (set & (1 << link)) !== 0);
}
