/**
 * Tally: how much of each family there is, without counting it anew. It is kept in memory, written with
 * the transaction that changed it, and read again after one that failed.
 */
import type { Usage } from '../types.ts';
import type { Connection } from './sqlite.ts';

/** `public` are those of `messages` that everyone hears. */
export type Family = 'messages' | 'public' | 'delivered';

export class Tally {
  /** Null until it is read, by whoever asks first. */
  private usages: Map<Family, Usage> | null = null;
  private readonly changed = new Set<Family>();
  private readonly select;
  private readonly upsert;

  constructor(connection: Connection) {
    this.select = connection.prepare<[], { family: Family } & Usage>('SELECT * FROM tallies');
    this.upsert = connection.prepare(
      'INSERT INTO tallies VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = excluded.count, bytes = excluded.bytes',
    );
  }

  of(family: Family): Usage {
    return { ...this.at(family) };
  }

  add(family: Family, count: number, bytes: number): void {
    const usage = this.at(family);
    this.known().set(family, { count: usage.count + count, bytes: usage.bytes + bytes });
    this.changed.add(family);
  }

  /** At the end of every transaction. */
  write(): void {
    for (const family of this.changed) {
      const { count, bytes } = this.at(family);
      this.upsert.run(family, count, bytes);
    }
    this.changed.clear();
  }

  /** What is on disk counts, after a transaction that failed. It may not be to be read just then. */
  forget(): void {
    this.usages = null;
    this.changed.clear();
  }

  private at(family: Family): Usage {
    return this.known().get(family) ?? { count: 0, bytes: 0 };
  }

  private known(): Map<Family, Usage> {
    this.usages ??= new Map(
      this.select.all().map(({ family, count, bytes }) => [family, { count, bytes }]),
    );
    return this.usages;
  }
}
