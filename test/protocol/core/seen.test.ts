/**
 * What a node remembers of packets. The fast memory is compared with a dumb one that keeps a list.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Seen } from '../../../protocol/core/seen.ts';
import { hold } from '../../seed.ts';

const AGE = 1000;

describe('a memory of packets', () => {
  it('knows a packet by both words of its hash', () => {
    const seen = new Seen(8, 4);
    const slot = seen.add(1, 2, 0, AGE);
    expect(seen.find(1, 2, 0, AGE)).toBe(slot);
    expect(seen.find(1, 3, 0, AGE)).toBe(-1);
    expect(seen.find(2, 2, 0, AGE)).toBe(-1);
  });

  it('forgets the packet met longest ago when it is full', () => {
    const seen = new Seen(2, 1);
    seen.add(1, 0, 0, AGE);
    seen.add(2, 0, 1, AGE);
    seen.find(1, 0, 2, AGE);
    seen.add(3, 0, 3, AGE);
    expect(seen.find(2, 0, 4, AGE)).toBe(-1);
    expect(seen.find(1, 0, 4, AGE)).not.toBe(-1);
    expect(seen.find(3, 0, 4, AGE)).not.toBe(-1);
  });

  it('forgets at the age, counted from the last time it was met', () => {
    const seen = new Seen(4, 1);
    const slot = seen.add(1, 0, 0, AGE);
    expect(seen.find(1, 0, 999, AGE)).toBe(slot);
    expect(seen.find(1, 0, 1998, AGE)).toBe(slot);
    expect(seen.find(1, 0, 2998, AGE)).toBe(-1);
  });

  it('keeps its ages right when 32 bits of milliseconds have passed', () => {
    const wrap = 4294967296;
    const seen = new Seen(4, 1);
    const slot = seen.add(1, 0, wrap - 10, AGE);
    expect(seen.find(1, 0, wrap + 500, AGE)).toBe(slot);
    expect(seen.find(1, 0, wrap + 1500, AGE)).toBe(-1);
  });

  it('keeps the links of each packet apart, and none of the one before it', () => {
    const seen = new Seen(1, 70);
    const slot = seen.add(1, 0, 0, AGE);
    for (const link of [0, 31, 32, 69]) seen.mark(slot, link);
    expect([0, 1, 2].map((word) => seen.marks(slot, word) >>> 0)).toEqual([0x80000001, 1, 32]);
    seen.add(2, 0, 0, AGE);
    expect([0, 1, 2].map((word) => seen.marks(slot, word))).toEqual([0, 0, 0]);
  });

  it('keeps what is known of a packet until another takes its place', () => {
    const seen = new Seen(1, 40);
    const slot = seen.add(1, 0, 0, AGE);
    seen.setState(slot, 0xfffffffe);
    seen.mark(slot, 33);
    expect([seen.isPassed(slot), seen.marks(slot, 0), seen.marks(slot, 1)]).toEqual([false, 0, 2]);
    seen.pass(slot);
    expect([seen.isPassed(slot), seen.state(slot)]).toEqual([true, 0xffffffff]);
    expect(seen.add(2, 0, 0, AGE)).toBe(slot);
    expect([seen.isPassed(slot), seen.state(slot)]).toEqual([false, 0]);
  });

  it('clears one link from all packets', () => {
    const seen = new Seen(3, 40);
    const slots = [1, 2, 3].map((low) => seen.add(low, 0, 0, AGE));
    for (const slot of slots) {
      seen.mark(slot, 33);
      seen.mark(slot, 34);
    }
    seen.forgetLink(33);
    expect(slots.map((slot) => seen.marks(slot, 1))).toEqual([4, 4, 4]);
  });

  it('agrees with a list that forgets the least recently met', () => {
    const moves = fc.array(fc.tuple(fc.nat(11), fc.nat(300)), { maxLength: 120 });
    hold(
      fc.property(moves, (steps) => {
        const seen = new Seen(5, 1);
        let list: { key: number; until: number }[] = [];
        let now = 0;
        for (const [key, pause] of steps) {
          now += pause;
          const entry = list.find((known) => known.key === key && known.until > now);
          const slot = seen.find(key, key, now, AGE);
          expect(slot >= 0).toBe(entry !== undefined);
          if (slot < 0) seen.add(key, key, now, AGE);
          // The list keeps what has expired until it is the oldest, as the memory does.
          if (entry) list = list.filter((known) => known !== entry);
          list.push({ key, until: now + AGE });
          if (list.length > 5) list.shift();
        }
      }),
      1000,
    );
  });
});
