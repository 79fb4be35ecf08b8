/**
 * Build: which better-sqlite3 this process has. 12 runs on Node 20, and aborts on Node 24.19 and later
 * when garbage is collected; 13 needs a newer Node-API than Node 20 has. Both write the same files.
 */
import { createRequire } from 'node:module';
import type Sqlite from 'better-sqlite3';

/** The Node-API that 13 is made for. On an older one it does not refuse, it crashes. */
const NODE_API = 10;

export const Database = loadSqlite();

function loadSqlite(): typeof Sqlite {
  const require = createRequire(import.meta.url);
  if (Number(process.versions.napi) >= NODE_API) {
    try {
      return require('better-sqlite3-13') as typeof Sqlite;
    } catch {
      // Where its binary does not run, the other was built.
    }
  }
  return require('better-sqlite3') as typeof Sqlite;
}
