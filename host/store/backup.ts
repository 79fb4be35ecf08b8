/**
 * Backup: a store copied whole while it is in use, and brought back where there is none. A copy is
 * looked through before it gets its name, and never takes the place of what is there. No keys are in
 * it, for none are in the store; what people said is, so it is for its owner alone (RELIABILITY R23).
 */
import * as fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { HoplineError } from '../../protocol/errors.ts';
import { makePrivate, onDisk, storeIn, syncFolder, takeFolder } from './folder.ts';
import { checkWhole, inspect, migrate } from './migrate.ts';
import type { Connection } from './sqlite.ts';
import { complaint, connect, damaged } from './sqlite.ts';

/** Pages copied at once: all of them, since a store in use would make a slower copy begin anew. */
const PAGES = 0x7fffffff;

const NAME_A_COPY = 'name the file that `hopline backup` wrote';

/** What is in a copy. */
export type Contents = {
  bytes: number;
  schema: number;
  /** Fingerprint of the peer whose store it is, in hex. */
  owner: string;
  messages: number;
  peers: number;
  outbox: number;
};

/** Copies the store of a folder into a file that must not exist yet. */
export async function backUp(folder: string, file: string): Promise<Contents> {
  const path = storeIn(folder);
  mustBeThere(path, 'name the folder of a store');
  if (fs.existsSync(file)) throw taken(file);
  const source = connect(path, true);
  try {
    inspect(source, path);
    return await copy(source, path, file, () => taken(file), toOneFile);
  } finally {
    source.close();
  }
}

/** Brings a copy back as the store of a folder that has none. */
export async function restore(file: string, folder: string): Promise<Contents> {
  mustBeThere(file, NAME_A_COPY);
  if (fs.statSync(file).isDirectory()) {
    throw new HoplineError('FILE_UNREADABLE', `${file}: it is a folder; ${NAME_A_COPY}`);
  }
  const path = storeIn(folder);
  const lock = takeFolder(folder);
  try {
    // A log without its store would be read into the restored one.
    if (fs.existsSync(path) || fs.existsSync(`${path}-wal`)) throw existing(folder);
    const source = connect(file, true);
    try {
      checkCopy(source, file);
      return await copy(source, file, path, () => existing(folder), goOn);
    } finally {
      source.close();
    }
  } finally {
    lock.release();
  }
}

/** What is no store that anybody works with need not be moved away, nor restored itself. */
function checkCopy(source: Connection, file: string): void {
  try {
    const version = inspect(source, file);
    if (version === 0) throw damaged(file, 'nothing is in it');
    checkWhole(source, file);
  } catch (cause) {
    if (!(cause instanceof HoplineError) || cause.code !== 'STORE_DAMAGED') throw cause;
    const detail = `${file}: it is no backup, or a damaged one; ${NAME_A_COPY}`;
    throw new HoplineError('STORE_DAMAGED', detail, { cause });
  }
}

/** Copies beside `to`, finishes and checks the copy, and only then gives it its name. */
async function copy(
  source: Connection,
  from: string,
  to: string,
  refusal: () => HoplineError,
  finish: (copied: Connection, path: string) => void,
): Promise<Contents> {
  const draft = join(dirname(to), `.${basename(to)}-${process.pid}`);
  onDisk(to, () => makePrivate(draft));
  try {
    await source.backup(draft, { progress: () => PAGES }).catch((cause) => {
      throw complaint(from, cause);
    });
    const copied = connect(draft, false);
    let contents: Contents;
    try {
      finish(copied, draft);
      checkWhole(copied, draft);
      contents = contentsOf(copied, draft);
    } finally {
      copied.close();
    }
    onDisk(to, () => nameDurably(draft, to, refusal));
    return contents;
  } finally {
    for (const end of ['', '-wal', '-shm', '-journal']) fs.rmSync(draft + end, { force: true });
  }
}

/** A copy stands alone, without a log beside it. */
function toOneFile(copied: Connection): void {
  copied.pragma('journal_mode = DELETE');
}

/** What must not happen twice does not, though the copy is older than what was done since. */
function goOn(copied: Connection, path: string): void {
  toOneFile(copied);
  migrate(copied, path, inspect(copied, path));
  // Which of them were used since, the copy does not know.
  copied.prepare('DELETE FROM invites WHERE usedBy IS NULL').run();
}

function contentsOf(copied: Connection, path: string): Contents {
  const counts = copied
    .prepare<[], Pick<Contents, 'owner' | 'messages' | 'peers' | 'outbox'>>(
      "SELECT coalesce((SELECT value FROM settings WHERE name = 'store.owner'), '') AS owner, (SELECT count(*) FROM messages) AS messages, (SELECT count(*) FROM peers) AS peers, (SELECT count(*) FROM outbox) AS outbox",
    )
    .get()!;
  const schema = Number(copied.pragma('user_version', { simple: true }));
  return { bytes: fs.statSync(path).size, schema, ...counts };
}

function nameDurably(draft: string, to: string, refusal: () => HoplineError): void {
  const file = fs.openSync(draft, 'r');
  try {
    fs.fsyncSync(file);
  } finally {
    fs.closeSync(file);
  }
  try {
    // A link, unlike a rename, never takes the place of what is there.
    fs.linkSync(draft, to);
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === 'EEXIST' ? refusal() : cause;
  }
  syncFolder(dirname(to));
}

function mustBeThere(path: string, remedy: string): void {
  if (fs.existsSync(path)) return;
  throw new HoplineError('FILE_UNREADABLE', `${path}: it is not there; ${remedy}`);
}

function taken(file: string): HoplineError {
  return new HoplineError('FILE_UNWRITABLE', `${file}: it is there already; name another file`);
}

function existing(folder: string): HoplineError {
  return new HoplineError(
    'STORE_EXISTS',
    `${folder}: it was not touched; restore into another folder, or move this one away`,
  );
}
