/**
 * Build: which better-sqlite3 this process has. 12 runs on Node 20, and aborts on Node 24.19 and later
 * when garbage is collected; 13 needs a newer Node-API than Node 20 has. Both write the same files.
 */
import { createRequire } from 'node:module';
import type Sqlite from 'better-sqlite3';

/** The Node-API that 13 is made for. On an older one it does not refuse, it crashes. */
const NODE_API = 10;

export const Database = sqliteOf(Number(process.versions.napi), createRequire(import.meta.url));

/** `require` gives the one or the other by its name, or throws. */
export function sqliteOf(nodeApi: number, require: (name: string) => unknown): typeof Sqlite {
  if (nodeApi >= NODE_API) {
    try {
      const sqlite = require('better-sqlite3-13') as typeof Sqlite;
      // Only what is opened needs its binary, and for a 32-bit Pi there is none.
      new sqlite(':memory:').close();
      return sqlite;
    } catch {
      // The other was built on this machine.
    }
  }
  return require('better-sqlite3') as typeof Sqlite;
}
