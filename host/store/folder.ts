/**
 * Folder: where a store lies, for its owner alone, and which process has it. The lock is the system's
 * own and ends with the process, however that ends; the pid beside it only tells people who it is.
 *
 *   store.sqlite    the store, with -wal and -shm beside it while it is open
 *   store.lock      locked by the process that writes; always empty
 *   store.pid       that process
 */
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { HoplineError } from '../../protocol/errors.ts';
import { Database } from './build.ts';
import type { Connection } from './sqlite.ts';
import { damaged, tryWith } from './sqlite.ts';

const STORE_NAME = 'store.sqlite';
const LOCK_NAME = 'store.lock';
const PID_NAME = 'store.pid';

export type Lock = { release(): void };

export function storeIn(folder: string): string {
  return join(folder, STORE_NAME);
}

/** It stays where a store was once. */
export function lockIn(folder: string): string {
  return join(folder, LOCK_NAME);
}

/** Makes the folder if there is none, and takes it for this process. */
export function takeFolder(folder: string): Lock {
  const path = lockIn(folder);
  const outside = <T>(run: () => T): T => onDisk(folder, run);
  outside(() => makeFolder(folder));
  outside(() => makePrivate(path));
  const connection: Connection = tryWith(path, () => new Database(path, { timeout: 0 }));
  try {
    // Nothing is ever written, so nothing need be kept to undo it.
    connection.pragma('journal_mode = MEMORY');
    connection.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    connection.close();
    throw new HoplineError('STORE_LOCKED', `${folder}: ${holderOf(folder)}`, { cause });
  }
  try {
    outside(() => fs.writeFileSync(join(folder, PID_NAME), `${process.pid}\n`, { mode: 0o600 }));
  } catch (failure) {
    connection.close();
    throw failure;
  }
  return {
    release() {
      fs.rmSync(join(folder, PID_NAME), { force: true });
      connection.close();
    },
  };
}

/** The file of the store, empty if there was none, for its owner alone. */
export function prepareFile(folder: string): string {
  const path = storeIn(folder);
  return onDisk(path, () => {
    const isEmpty = !fs.existsSync(path) || fs.statSync(path).size === 0;
    const log = `${path}-wal`;
    if (isEmpty && fs.existsSync(log) && fs.statSync(log).size > 0) {
      throw damaged(path, `the file is gone but its log is there (${log})`);
    }
    makePrivate(path);
    syncFolder(folder);
    return path;
  });
}

/** An empty file unless there is one, and closed to others either way. */
export function makePrivate(path: string): void {
  try {
    fs.closeSync(fs.openSync(path, 'wx', 0o600));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    // Never opened here: closing it again would drop the locks this process has on it.
    fs.chmodSync(path, 0o600);
  }
}

export function syncFolder(folder: string): void {
  // Windows cannot open a folder, and keeps names safe without being asked.
  if (process.platform === 'win32') return;
  const file = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(file);
  } finally {
    fs.closeSync(file);
  }
}

/** Runs what may fail on the disk, and names the place if it does. */
export function onDisk<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (cause instanceof HoplineError || code === undefined) throw cause;
    throw new HoplineError('FILE_UNWRITABLE', `${path}: the system says ${code}`, { cause });
  }
}

/** With those above it: Node's own way to make them never ends where none can be, as in /proc. */
function makeFolder(folder: string): void {
  const above = dirname(folder);
  if (!fs.existsSync(above)) makeFolder(above);
  try {
    fs.mkdirSync(folder, { mode: 0o700 });
  } catch (cause) {
    if (fs.existsSync(folder) && fs.statSync(folder).isDirectory()) return;
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new HoplineError('FILE_UNWRITABLE', `${folder}: ${above} takes no folders`, { cause });
  }
}

function holderOf(folder: string): string {
  let pid = '';
  try {
    pid = fs.readFileSync(join(folder, PID_NAME), 'latin1').trim();
  } catch {
    // It is just being taken or given back.
  }
  if (!/^\d{1,10}$/.test(pid)) return 'another process has it; wait for it to end';
  return `process ${pid} has it; stop that one, or name another folder`;
}
