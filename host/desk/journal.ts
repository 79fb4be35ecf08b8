/**
 * Journal: what happened in the mesh, kept so that it can be read after a restart. It is written to the
 * store a few seconds at a time, in a batch of its own: nobody was promised any of it, so a crash may
 * cost the last of these seconds, and a disk that fails costs what there is no room for.
 */
import type { MeshEventKind } from '../events.ts';
import type { TimelineEntry } from '../http/views.ts';
import type { StoredEvent, StoreWrite, TimelineFilter } from '../types.ts';
import { fromHex, toHex } from '../../protocol/wire/hex.ts';

/** How long an entry waits for others. */
export const WRITE_EVERY_MS = 2000;
/** Entries that wait; further ones are left out, and those that come with every packet sooner. */
export const WAITING_MAX = 500;
export const ROUTINE_MAX = 100;

export type JournalStore = {
  readonly events: {
    lastKey(): number;
    before(filter: TimelineFilter): StoredEvent[];
  };
  commit(writes: StoreWrite[]): void;
};

export class Journal {
  private readonly store: JournalStore;
  /** The newest last. */
  private waiting: StoredEvent[] = [];
  private lastKey: number;
  private writing: NodeJS.Timeout | undefined;

  constructor(store: JournalStore) {
    this.store = store;
    this.lastKey = store.events.lastKey();
  }

  /** The number it has from now on, even where it is left out. */
  add({ peer, ...entry }: Omit<TimelineEntry, 'key'>): number {
    const key = ++this.lastKey;
    // One that is left out tries again, too: the disk may be well by now.
    this.writing ??= setTimeout(() => this.write(), WRITE_EVERY_MS);
    this.writing.unref();
    if (this.waiting.length >= (entry.isRoutine ? ROUTINE_MAX : WAITING_MAX)) return key;
    this.waiting.push({ ...entry, key, peer: peer === null ? null : fromHex(peer) });
    return key;
  }

  /** The newest first. */
  page(filter: TimelineFilter): TimelineEntry[] {
    const waiting = this.waiting.filter((event) => isWanted(event, filter)).reverse();
    const limit = filter.limit - waiting.length;
    const stored = limit > 0 ? this.store.events.before({ ...filter, limit }) : [];
    return [...waiting, ...stored].slice(0, filter.limit).map(entryOf);
  }

  /** Writes what waits; where that cannot be, it goes on waiting. */
  write(): void {
    clearTimeout(this.writing);
    this.writing = undefined;
    if (this.waiting.length === 0) return;
    try {
      this.store.commit(this.waiting.map((event) => ({ kind: 'event', event })));
      this.waiting = [];
    } catch {
      // The daemon says what is wrong with the disk; the next entry tries again.
    }
  }
}

function isWanted(event: StoredEvent, { before, kind, peer, isAll }: TimelineFilter): boolean {
  if (event.key >= before) return false;
  if (kind !== null && event.name !== kind) return false;
  if (peer !== null && (event.peer === null || toHex(event.peer) !== toHex(peer))) return false;
  return isAll || !event.isRoutine;
}

function entryOf({ peer, name, ...event }: StoredEvent): TimelineEntry {
  return { ...event, name: name as MeshEventKind, peer: peer === null ? null : toHex(peer) };
}
