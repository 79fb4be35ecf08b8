/**
 * What the far end of a line knew, page by page, and what of it was never here.
 */
import { describe, expect, it } from 'vitest';
import type { Tally } from '../../../protocol/peer/tally.ts';
import { beginTally, isWhole, LACKING_MAX, takePage } from '../../../protocol/peer/tally.ts';
import type { Bound, Page } from '../../../protocol/wire/reconcile.ts';

const [FROM, TO] = [1000, 5000];

describe('a tally', () => {
  it('is whole once pages were told all the way down, and what was here is not lacking', () => {
    const tally = beginTally(FROM, TO);
    expect(take(tally, page(3000, TO, ['a', 'b']), ['b'])).toBe(true);
    expect([isWhole(tally), tally.rest]).toEqual([false, at(3000)]);
    expect(take(tally, page(FROM, 3000, ['c']))).toBe(false);
    expect(isWhole(tally)).toBe(true);
    expect([...tally.lacking]).toEqual(['a', 'c']);
  });

  it('begins in the middle of a moment in which many were said', () => {
    const tally = beginTally(FROM, TO);
    const middle = { time: FROM, name: 'ab' };
    expect(take(tally, { from: middle, to: at(TO), names: ['a'] })).toBe(true);
    expect(take(tally, { from: at(FROM), to: middle, names: ['b'] })).toBe(false);
    expect(isWhole(tally)).toBe(true);
  });

  it.each<[string, Page]>([
    ['was not asked for', page(3000, 4000, ['a'])],
    ['was told before', page(3000, TO, ['a'])],
  ])('is not changed by a page that %s', (_, again) => {
    const tally = beginTally(FROM, TO);
    take(tally, page(3000, TO, ['x']));
    expect(take(tally, again)).toBe(false);
    expect([tally.rest, [...tally.lacking]]).toEqual([at(3000), ['x']]);
  });

  it('is cut short where nothing older can be named, and keeps what it has', () => {
    const tally = beginTally(FROM, TO);
    take(tally, page(3000, TO, ['a']));
    expect(take(tally, page(3000, 3000, []))).toBe(false);
    expect(take(tally, page(FROM, 3000, ['b']))).toBe(false);
    expect([isWhole(tally), tally.isCutShort, [...tally.lacking]]).toEqual([false, true, ['a']]);
  });

  it('has a limit, whatever it is told', () => {
    const tally = beginTally(FROM, TO);
    const names = Array.from({ length: LACKING_MAX }, (_, number) => `${number}`);
    expect(take(tally, page(3000, TO, names))).toBe(true);
    expect(take(tally, page(FROM, 3000, ['one more']))).toBe(false);
    expect([tally.lacking.size, isWhole(tally), tally.isCutShort]).toEqual([4096, false, true]);
  });
});

function take(tally: Tally, told: Page, known: string[] = []): boolean {
  return takePage(tally, told, (name) => known.includes(name));
}

function page(from: number, to: number, names: string[]): Page {
  return { from: at(from), to: at(to), names };
}

function at(time: number): Bound {
  return { time, name: '' };
}
