/**
 * Events: what happened in the mesh, in order, as much of it as there is room for.
 */
import type { EventReads, StoredEvent, TimelineFilter } from '../types.ts';
import { EVENTS_KEPT_MAX, pageSize } from '../types.ts';
import type { Connection } from './sqlite.ts';
import { bytesOrNull } from './sqlite.ts';

type Row = Omit<StoredEvent, 'figures' | 'isRoutine'> & { figures: string; isRoutine: number };

export class Events implements EventReads {
  private readonly insert;
  private readonly select;
  private readonly greatest;
  private readonly removeOld;

  constructor(connection: Connection) {
    this.insert = connection.prepare(
      'INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.select = connection.prepare<unknown[], Row>(
      'SELECT * FROM events WHERE key < ? AND (? IS NULL OR name = ?) AND (? IS NULL OR peer = ?)' +
        ' AND isRoutine <= ? ORDER BY key DESC LIMIT ?',
    );
    this.greatest = connection.prepare<unknown[], { key: number | null }>(
      'SELECT max(key) AS key FROM events',
    );
    this.removeOld = connection.prepare('DELETE FROM events WHERE key <= ?');
  }

  /** The oldest goes where there are too many. */
  add({ key, at, name, text, tone, peer, figures, isRoutine }: StoredEvent): void {
    const said = [text, tone, peer, JSON.stringify(figures), isRoutine ? 1 : 0];
    this.insert.run(key, at, name, ...said);
    this.removeOld.run(key - EVENTS_KEPT_MAX);
  }

  lastKey(): number {
    return this.greatest.get()?.key ?? 0;
  }

  before({ before, kind, peer, isAll, limit }: TimelineFilter): StoredEvent[] {
    return this.select
      .all(before, kind, kind, peer, peer, isAll ? 1 : 0, pageSize(limit))
      .map((row) => ({
        ...row,
        peer: bytesOrNull(row.peer),
        figures: JSON.parse(row.figures) as StoredEvent['figures'],
        isRoutine: row.isRoutine === 1,
      }));
  }
}
