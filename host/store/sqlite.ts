/**
 * SQLite: a connection as this store uses it, and its complaints in our words. What is committed is on
 * the disk before anyone hears of it: write-ahead log, and FULL synchronisation (RELIABILITY §1).
 */
import type Sqlite from 'better-sqlite3';
import { HoplineError } from '../../protocol/errors.ts';
import { Database } from './build.ts';

export type Connection = Sqlite.Database;

/** Says that a file is ours: "HOPL" in its header. */
export const APPLICATION_ID = 0x484f504c;
/** Pages of the log after which it is folded into the file. */
const CHECKPOINT_PAGES = 1000;
/** The log is cut back to this once it was folded in. */
const LOG_BYTES_MAX = 16 * 2 ** 20;
const CACHE_KIB = 16 * 1024;

/** A connection that has asked nothing of the file yet. */
export function connect(path: string, isReadOnly: boolean): Connection {
  return tryWith(path, () => new Database(path, { fileMustExist: true, readonly: isReadOnly }));
}

/** Only once the file is known to be ours: this writes its header. */
export function makeDurable(connection: Connection): void {
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = FULL');
  // Where fsync alone leaves it to the drive, as on a Mac.
  connection.pragma('fullfsync = ON');
  connection.pragma('checkpoint_fullfsync = ON');
  connection.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  connection.pragma(`journal_size_limit = ${LOG_BYTES_MAX}`);
  connection.pragma(`cache_size = -${CACHE_KIB}`);
  connection.pragma('trusted_schema = OFF');
  connection.pragma('cell_size_check = ON');
}

/** Runs what may fail outside, and says it in our words if it does. */
export function tryWith<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw complaint(path, cause);
  }
}

/** What a person is told; our own mistakes pass through as they are. */
export function complaint(path: string, cause: unknown): unknown {
  const code = codeOf(cause);
  if (code === null) return cause;
  const said = `${(cause as Error).message} (${code})`;
  if (/^SQLITE_(CORRUPT|NOTADB|FORMAT)/.test(code)) return damaged(path, said, cause);
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return new HoplineError('STORE_LOCKED', `${path}: ${said}; stop the other program`, { cause });
  }
  if (/^SQLITE_(IOERR|FULL|READONLY|CANTOPEN|PERM|AUTH|NOLFS)/.test(code)) {
    const remedy = 'nothing of it was acknowledged; see to the disk, its room and its rights';
    return new HoplineError('FILE_UNWRITABLE', `${path}: ${said}; ${remedy}`, { cause });
  }
  return cause;
}

export function damaged(path: string, what: string, cause?: unknown): HoplineError {
  const wayOut =
    'it was left as it is: restore a backup into another folder with `hopline restore`, or move it away and begin anew';
  return new HoplineError('STORE_DAMAGED', `${path}: ${what}; ${wayOut}`, { cause });
}

export function foreign(path: string, owner: string, asked: string): HoplineError {
  const whose = `it belongs to the peer ${owner.slice(0, 16)}, and these are the keys of ${asked.slice(0, 16)}`;
  const wayOut = 'use the key file it was made with, or another folder';
  return new HoplineError('STORE_FOREIGN', `${path}: ${whose}; ${wayOut}`);
}

/** SQLite's code; null for anything else. */
function codeOf(cause: unknown): string | null {
  if (cause instanceof Database.SqliteError) return cause.code;
  return null;
}

/** A plain view of a blob, which arrives as a Buffer. */
export function bytesOf(blob: Uint8Array): Uint8Array {
  return new Uint8Array(blob.buffer, blob.byteOffset, blob.length);
}

export function bytesOrNull(blob: Uint8Array | null): Uint8Array | null {
  return blob === null ? null : bytesOf(blob);
}
