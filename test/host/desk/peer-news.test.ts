/** Peer news: who changes often is told of once in a while, and whoever floods with names fills nothing. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NEWS_EVERY_MS, NEWS_MAX, PeerNews } from '../../../host/desk/peer-news.ts';

let told: string[][];
let news: PeerNews;

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  news = new PeerNews((ids) => void told.push(ids));
});
afterEach(() => {
  news.close();
  vi.useRealTimers();
});

describe('peers that are others than they were', () => {
  it('are told of together, each once', () => {
    for (const id of ['a', 'b', 'a']) news.add(id);
    vi.advanceTimersByTime(NEWS_EVERY_MS - 1);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual([['a', 'b']]);
    vi.advanceTimersByTime(NEWS_EVERY_MS);
    expect(told).toHaveLength(1);
  });

  it('are not told of once they have left, or it is closed', () => {
    for (const id of ['a', 'b']) news.add(id);
    news.leave('a');
    vi.advanceTimersByTime(NEWS_EVERY_MS);
    expect(told).toEqual([['b']]);
    news.add('c');
    news.close();
    vi.advanceTimersByTime(NEWS_EVERY_MS);
    expect(told).toHaveLength(1);
  });

  it('wait as many as there is room for, and the newest of them', () => {
    for (let at = 0; at < NEWS_MAX + 10; at++) news.add(`${at}`);
    vi.advanceTimersByTime(NEWS_EVERY_MS);
    expect(told[0]).toHaveLength(NEWS_MAX);
    expect(told[0].at(-1)).toBe(`${NEWS_MAX + 9}`);
  });
});
