/**
 * What happened is in the journal at once, in the store a moment later, and is not lost with a disk
 * that fails for a while.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Journal, ROUTINE_MAX, WAITING_MAX, WRITE_EVERY_MS } from '../../../host/desk/journal.ts';
import type { StoreWrite, TimelineFilter } from '../../../host/types.ts';
import { MemoryArchive } from '../../../tools/simulate/archive.ts';

const ADA = '01'.repeat(8);
const ALL: TimelineFilter = { before: Infinity, kind: null, peer: null, isAll: true, limit: 10 };

describe('a journal', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('gives what waits and what is stored as one, the newest first', () => {
    const { journal, store } = begun();
    for (const text of ['one', 'two']) journal.add(entry({ text }));
    vi.advanceTimersByTime(WRITE_EVERY_MS);
    expect(store.events.lastKey()).toBe(2);
    journal.add(entry({ text: 'three' }));
    expect(texts(journal, ALL)).toEqual(['three', 'two', 'one']);
    expect(texts(journal, { ...ALL, before: 3 })).toEqual(['two', 'one']);
    expect(texts(journal, { ...ALL, limit: 2 })).toEqual(['three', 'two']);
  });

  it('goes on after the last number of the store', () => {
    const { journal, store } = begun();
    expect(journal.add(entry({}))).toBe(1);
    journal.write();
    expect(new Journal(store).add(entry({}))).toBe(2);
  });

  it.each<[Partial<TimelineFilter>, string[]]>([
    [{ kind: 'PeerLeft' }, ['left']],
    [{ peer: new Uint8Array(8).fill(1) }, ['of ada']],
    [{ isAll: false }, ['left', 'of ada']],
  ])('filters by %j what waits and what is stored alike', (some, expected) => {
    const { journal } = begun();
    journal.add(entry({ text: 'of ada', peer: ADA }));
    journal.add(entry({ text: 'routine', isRoutine: true }));
    journal.add(entry({ text: 'left', name: 'PeerLeft' }));
    expect(texts(journal, { ...ALL, ...some })).toEqual(expected);
    journal.write();
    expect(texts(journal, { ...ALL, ...some })).toEqual(expected);
  });

  it('writes again after a disk that failed until no more could wait', () => {
    const { journal, store } = begun();
    store.isFailing = true;
    for (let at = 0; at < WAITING_MAX; at++) journal.add(entry({}));
    vi.advanceTimersByTime(WRITE_EVERY_MS);
    store.isFailing = false;
    journal.add(entry({ text: 'one too many' }));
    vi.advanceTimersByTime(WRITE_EVERY_MS);
    journal.add(entry({ text: 'the next' }));
    vi.advanceTimersByTime(WRITE_EVERY_MS);
    const stored = store.events.before({ ...ALL, limit: 1000 });
    expect(stored).toHaveLength(WAITING_MAX + 1);
    expect(stored[0].text).toBe('the next');
  });

  it('keeps what waits while the disk fails, up to its limit, and routine sooner left out', () => {
    const { journal, store } = begun();
    store.isFailing = true;
    for (let at = 0; at <= ROUTINE_MAX; at++) journal.add(entry({ isRoutine: true }));
    expect(journal.page({ ...ALL, limit: 1000 })).toHaveLength(ROUTINE_MAX);
    vi.advanceTimersByTime(WRITE_EVERY_MS);
    for (let at = ROUTINE_MAX; at <= WAITING_MAX; at++) journal.add(entry({}));
    store.isFailing = false;
    vi.advanceTimersByTime(WRITE_EVERY_MS);
    expect(store.events.before({ ...ALL, limit: 1000 })).toHaveLength(WAITING_MAX);
  });
});

function texts(journal: Journal, filter: TimelineFilter): string[] {
  return journal.page(filter).map(({ text }) => text);
}

function begun() {
  const archive = new MemoryArchive();
  const store = {
    events: archive.events,
    isFailing: false as boolean,
    commit(writes: StoreWrite[]) {
      if (store.isFailing) throw new Error('the disk fails');
      archive.commit(writes);
    },
  };
  return { store, journal: new Journal(store) };
}

function entry(some: Partial<Parameters<Journal['add']>[0]>): Parameters<Journal['add']>[0] {
  const rest = { tone: 'plain', peer: null, figures: {}, isRoutine: false } as const;
  return { at: 1, name: 'NodeRecovered', text: '', ...rest, ...some };
}
