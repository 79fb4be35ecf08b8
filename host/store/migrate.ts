/**
 * Migrate: brings a store to the schema of this program, a step at a time, each one whole or not at
 * all. What is newer, damaged or not ours is refused before anything is written (RELIABILITY S24, R24).
 */
import { HoplineError } from '../../protocol/errors.ts';
import { Database } from './build.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Connection } from './sqlite.ts';
import { APPLICATION_ID, damaged, tryWith } from './sqlite.ts';

/** Files up to this size are looked through at every start; a larger one takes too long. */
const CHECKED_BYTES_MAX = 32 * 2 ** 20;

/** The schema version of the file; 0 when nothing is in it yet. Throws for what is not to be used. */
export function inspect(connection: Connection, path: string): number {
  return tryWith(path, () => {
    const version = numberOf(connection, 'user_version');
    const application = numberOf(connection, 'application_id');
    if (version === 0 && application === 0 && schemaOf(connection).length === 0) return 0;
    if (application !== APPLICATION_ID || version < 1) {
      throw damaged(path, 'it is a database, but not of Hopline');
    }
    if (version > MIGRATIONS.length) {
      const known = `it has schema ${version}, and this program knows up to ${MIGRATIONS.length}`;
      const wayOut = 'run the newer Hopline again, or restore an older backup into another folder';
      throw new HoplineError('STORE_NEWER', `${path}: ${known}; ${wayOut}`);
    }
    if (schemaOf(connection) !== schemaAt(version)) {
      throw damaged(path, `its tables are not those of schema ${version}`);
    }
    checkPages(connection, path);
    return version;
  });
}

/** Does the steps from `version` on. Killed anywhere in between, the next start goes on from there. */
export function migrate(
  connection: Connection,
  path: string,
  version: number,
  steps: readonly string[] = MIGRATIONS,
): void {
  for (let done = version; done < steps.length; done++) {
    tryWith(path, () => {
      connection.transaction(() => {
        connection.exec(steps[done]);
        connection.pragma(`user_version = ${done + 1}`);
        connection.pragma(`application_id = ${APPLICATION_ID}`);
      })();
    });
  }
}

/** Looks through every page. */
export function checkWhole(connection: Connection, path: string): void {
  const [found] = connection.pragma('integrity_check(1)', { simple: false }) as {
    integrity_check: string;
  }[];
  if (found.integrity_check !== 'ok') throw damaged(path, `SQLite says: ${found.integrity_check}`);
}

function checkPages(connection: Connection, path: string): void {
  const bytes = numberOf(connection, 'page_count') * numberOf(connection, 'page_size');
  if (bytes > CHECKED_BYTES_MAX) return;
  const found = connection.pragma('quick_check(1)', { simple: true });
  if (found !== 'ok') throw damaged(path, `SQLite says: ${found}`);
}

function schemaAt(version: number): string {
  const model = new Database(':memory:');
  try {
    for (const step of MIGRATIONS.slice(0, version)) model.exec(step);
    return schemaOf(model);
  } finally {
    model.close();
  }
}

/** Every table, index and trigger as it was written. */
function schemaOf(connection: Connection): string {
  return connection
    .prepare<[], { sql: string | null }>('SELECT sql FROM sqlite_schema ORDER BY type, name')
    .all()
    .map(({ sql }) => sql ?? '')
    .join('\n');
}

function numberOf(connection: Connection, pragma: string): number {
  return Number(connection.pragma(pragma, { simple: true }));
}
