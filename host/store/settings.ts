/**
 * Settings: small texts by name. Names that begin with `store.` are the store's own.
 */
import type { SettingReads } from '../types.ts';
import type { Connection } from './sqlite.ts';

export class Settings implements SettingReads {
  private readonly upsert;
  private readonly remove;
  private readonly select;

  constructor(connection: Connection) {
    this.upsert = connection.prepare(
      'INSERT INTO settings VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    );
    this.remove = connection.prepare('DELETE FROM settings WHERE name = ?');
    this.select = connection.prepare<unknown[], { value: string }>(
      'SELECT value FROM settings WHERE name = ?',
    );
  }

  /** Null removes it. */
  set(name: string, value: string | null): void {
    if (value === null) this.remove.run(name);
    else this.upsert.run(name, value);
  }

  get(name: string): string | null {
    return this.select.get(name)?.value ?? null;
  }
}
