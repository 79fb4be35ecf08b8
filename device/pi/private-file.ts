/**
 * Private file: what only its owner may read, written whole or not at all. Keys lie in such files, and
 * never take the place of one that is there.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { HoplineError } from '../../protocol/errors.ts';
import { fromHex } from '../../protocol/wire/hex.ts';

/** No file of ours is half as long. */
const SIZE_MAX = 1024;

/**
 * Writes a file that must not exist yet, in a folder that is made if there is none. `tag` tells its
 * draft from those of others.
 */
export function createPrivateFile(path: string, text: string, tag: string): void {
  const folder = dirname(path);
  makeFolder(folder);
  checkFolder(folder);
  const draft = join(folder, `.keys-${tag}`);
  try {
    writeDurably(draft, text);
    // A link, unlike a rename, never takes the place of what is there.
    fs.linkSync(draft, path);
    syncFolder(folder);
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') {
      throw new HoplineError(
        'KEY_FILE_EXISTS',
        `${path} was not touched; use it, or name another file`,
      );
    }
    throw unwritable(path, cause);
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

/** What the file holds, one character a byte. */
export function readPrivateFile(path: string): string {
  checkFolder(dirname(path));
  return readPrivately(path);
}

/** The bytes of a line `name hex`, or null. */
export function hexField(line: string, name: string, size: number): Uint8Array | null {
  if (!line.startsWith(`${name} `)) return null;
  const bytes = fromHex(line.slice(name.length + 1));
  return bytes !== null && bytes.length === size ? bytes : null;
}

/** The last line of a file of keys: the first 8 bytes of SHA-256 of those above. */
export function checkOf(lines: string): string {
  return createHash('sha256').update(lines).digest('hex').slice(0, 16);
}

/** With those above it: Node's own way to make them never ends where none can be, as in /proc. */
export function makeFolder(folder: string, mode = 0o700): void {
  const above = dirname(folder);
  if (!fs.existsSync(above)) makeFolder(above, mode);
  try {
    fs.mkdirSync(folder, { mode });
  } catch (cause) {
    if (fs.existsSync(folder) && fs.statSync(folder).isDirectory()) return;
    if (codeOf(cause) !== 'ENOENT') throw unwritable(folder, cause);
    throw new HoplineError('FILE_UNWRITABLE', `${folder}: ${above} takes no folders`, { cause });
  }
}

export function checkFolder(folder: string): void {
  let stat: fs.Stats;
  try {
    stat = fs.statSync(folder);
  } catch (cause) {
    throw unreadable(folder, cause);
  }
  if (!stat.isDirectory()) throw invalid(folder, 'it is not a folder');
  checkOwner(folder, stat, 'chmod 700', ', or keep keys in a folder of their own');
}

function checkOwner(path: string, stat: fs.Stats, remedy: string, instead = ''): void {
  // Windows has neither owners nor modes that could be asked this way.
  if (process.getuid === undefined) return;
  if (stat.uid !== process.getuid()) throw invalid(path, 'it belongs to another user');
  if ((stat.mode & 0o077) !== 0) {
    throw invalid(path, `others can get at it; allow only its owner: ${remedy} ${path}${instead}`);
  }
}

/** What is checked is what is read: one open file, no link followed to it. */
function readPrivately(path: string): string {
  let file: number;
  try {
    file = fs.openSync(
      path,
      fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK,
    );
  } catch (cause) {
    if (codeOf(cause) === 'ELOOP') throw invalid(path, 'it is a link; name the file itself');
    throw unreadable(path, cause);
  }
  try {
    const stat = fs.fstatSync(file);
    if (!stat.isFile()) throw invalid(path, 'it is not a file');
    checkOwner(path, stat, 'chmod 600');
    const bytes = Buffer.alloc(SIZE_MAX);
    return bytes.toString('latin1', 0, fs.readSync(file, bytes));
  } catch (cause) {
    throw cause instanceof HoplineError ? cause : unreadable(path, cause);
  } finally {
    fs.closeSync(file);
  }
}

/** All of it or nothing: what was there before stays until the new one is on the disk. */
export function replaceDurably(path: string, text: string, mode = 0o600): void {
  const draft = `${path}.draft`;
  makeFolder(dirname(path));
  fs.rmSync(draft, { force: true });
  writeDurably(draft, text, mode);
  fs.renameSync(draft, path);
  syncFolder(dirname(path));
}

function writeDurably(path: string, text: string, mode = 0o600): void {
  const file = fs.openSync(path, 'wx', mode);
  try {
    fs.writeFileSync(file, text);
    // A mask of the process may have taken some of it.
    fs.fchmodSync(file, mode);
    fs.fsyncSync(file);
  } finally {
    fs.closeSync(file);
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

export function invalid(path: string, what: string): HoplineError {
  return new HoplineError('KEY_FILE_INVALID', `${path}: ${what}`);
}

export function unreadable(path: string, cause: unknown): HoplineError {
  const what =
    codeOf(cause) === 'ENOENT'
      ? 'it is not there; restore it from a copy'
      : `the system says ${codeOf(cause)}`;
  return new HoplineError('FILE_UNREADABLE', `${path}: ${what}`, { cause });
}

export function unwritable(path: string, cause: unknown): HoplineError {
  return new HoplineError('FILE_UNWRITABLE', `${path}: the system says ${codeOf(cause)}`, {
    cause,
  });
}

export function codeOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? 'an unknown error';
}
