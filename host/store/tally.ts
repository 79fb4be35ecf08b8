/**
 * Tally: how much of each family there is, without counting it anew. It is kept in memory, written with
 * the transaction that changed it, and read again when one fails.
 */
import type { Usage } from '../types.ts';
import type { Connection } from './sqlite.ts';

/** `public` are those of `messages` that everyone hears. */
export type Family = 'messages' | 'public' | 'delivered';

export class Tally {
  private readonly usages = new Map<Family, Usage>();
  private readonly changed = new Set<Family>();
  private readonly select;
  private readonly upsert;

  constructor(connection: Connection) {
    this.select = connection.prepare<[], { family: Family } & Usage>('SELECT * FROM tallies');
    this.upsert = connection.prepare(
      'INSERT INTO tallies VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = excluded.count, bytes = excluded.bytes',
    );
    this.read();
  }

  of(family: Family): Usage {
    return { ...this.at(family) };
  }

  add(family: Family, count: number, bytes: number): void {
    const usage = this.at(family);
    this.usages.set(family, { count: usage.count + count, bytes: usage.bytes + bytes });
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

  /** What is on disk counts, after a transaction that failed. */
  read(): void {
    this.usages.clear();
    this.changed.clear();
    for (const { family, count, bytes } of this.select.all()) {
      this.usages.set(family, { count, bytes });
    }
  }

  private at(family: Family): Usage {
    return this.usages.get(family) ?? { count: 0, bytes: 0 };
  }
}
