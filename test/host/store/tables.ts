/**
 * Tables: what a store holds, as another connection than its own sees it.
 */
import { Database } from '../../../host/store/build.ts';
import type { Connection } from '../../../host/store/sqlite.ts';

export function schemaOf(path: string): string {
  return reading(path, (database) =>
    JSON.stringify(database.prepare('SELECT * FROM sqlite_schema').all()),
  );
}

export function countsOf(path: string): Record<string, number> {
  return reading(path, (database) => {
    const tables = database
      .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .all();
    return Object.fromEntries(
      tables.map(({ name }) => [
        name,
        database.prepare<[], { n: number }>(`SELECT count(*) AS n FROM "${name}"`).get()!.n,
      ]),
    );
  });
}

function reading<T>(path: string, read: (database: Connection) => T): T {
  const database = new Database(path, { readonly: true });
  try {
    return read(database);
  } finally {
    database.close();
  }
}
