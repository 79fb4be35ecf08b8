/**
 * Key file: where a peer's two secrets lie. Only their owner can read them, they are written whole or
 * not at all, and nothing here ever replaces or repairs one: who loses his keys must be told, not
 * given new ones (RELIABILITY S24, R23). Copies of it are the person's own affair.
 *
 *   hopline keys 1
 *   noise <64 hex digits>
 *   sign <64 hex digits>
 *   check <16 hex digits>      SHA-256 of the lines above, first 8 bytes
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { assert } from '../../protocol/core/assert.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { equalSecret } from '../../protocol/trust/crypto.ts';
import type { Secrets } from '../../protocol/trust/identity.ts';
import { fromHex, toHex } from '../../protocol/wire/hex.ts';

const FIRST_LINE = 'hopline keys 1';
const KEY_SIZE = 32;
/** A key file is not half as long. */
const SIZE_MAX = 1024;

/**
 * Draws new keys into a file that must not exist yet, in a folder that is made if there is none.
 * `randomBytes` is the system's source, node:crypto's (S5).
 */
export function createKeyFile(path: string, randomBytes: (size: number) => Uint8Array): Secrets {
  const secrets = { noise: randomBytes(KEY_SIZE), sign: randomBytes(KEY_SIZE) };
  assert(isRandom(secrets.noise) && isRandom(secrets.sign), 'the random source is alive');
  assert(!equalSecret(secrets.noise, secrets.sign), 'the random source does not repeat itself');
  const folder = dirname(path);
  makeFolder(folder);
  checkFolder(folder);
  const draft = join(folder, `.keys-${toHex(randomBytes(8))}`);
  try {
    writeDurably(draft, textOf(secrets));
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
  return secrets;
}

/** The secrets in the file, or a HoplineError that says what is wrong and what to do. */
export function readKeyFile(path: string): Secrets {
  checkFolder(dirname(path));
  const secrets = parse(readPrivately(path));
  if (typeof secrets === 'string') throw invalid(path, `${secrets}; restore it from a copy`);
  return secrets;
}

function textOf(secrets: Secrets): string {
  const lines = `${FIRST_LINE}\nnoise ${toHex(secrets.noise)}\nsign ${toHex(secrets.sign)}\n`;
  return `${lines}check ${checkOf(lines)}\n`;
}

/** The secrets, or what is wrong, in words that do not quote the file. */
function parse(text: string): Secrets | string {
  const lines = text.split('\n');
  if (lines[0] !== FIRST_LINE) {
    const isOther = /^hopline keys \d+$/.test(lines[0]);
    return isOther ? 'it is of a version this program does not know' : 'it is not a key file';
  }
  if (lines.length !== 5 || lines[4] !== '') return 'it is cut short or has lines too many';
  const noise = fieldOf(lines[1], 'noise', KEY_SIZE);
  const sign = fieldOf(lines[2], 'sign', KEY_SIZE);
  const check = fieldOf(lines[3], 'check', 8);
  if (noise === null || sign === null || check === null) return 'a line of it is damaged';
  const above = lines.slice(0, 3).join('\n') + '\n';
  if (toHex(check) !== checkOf(above)) return 'its check does not fit its keys';
  return { noise, sign };
}

function fieldOf(line: string, name: string, size: number): Uint8Array | null {
  if (!line.startsWith(`${name} `)) return null;
  const bytes = fromHex(line.slice(name.length + 1));
  return bytes !== null && bytes.length === size ? bytes : null;
}

function checkOf(lines: string): string {
  return createHash('sha256').update(lines).digest('hex').slice(0, 16);
}

/** No source gives 32 equal bytes by chance. */
function isRandom(bytes: Uint8Array): boolean {
  return bytes.length === KEY_SIZE && bytes.some((byte) => byte !== bytes[0]);
}

function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

function checkFolder(folder: string): void {
  let stat: fs.Stats;
  try {
    stat = fs.statSync(folder);
  } catch (cause) {
    throw unreadable(folder, cause);
  }
  if (!stat.isDirectory()) throw invalid(folder, 'it is not a folder');
  checkOwner(folder, stat, 'chmod 700');
}

function checkOwner(path: string, stat: fs.Stats, remedy: string): void {
  // Windows has neither owners nor modes that could be asked this way.
  if (process.getuid === undefined) return;
  if (stat.uid !== process.getuid()) throw invalid(path, 'it belongs to another user');
  if ((stat.mode & 0o077) !== 0) {
    throw invalid(path, `others can get at it; allow only its owner: ${remedy} ${path}`);
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

function writeDurably(path: string, text: string): void {
  const file = fs.openSync(path, 'wx', 0o600);
  try {
    fs.writeFileSync(file, text);
    fs.fsyncSync(file);
  } finally {
    fs.closeSync(file);
  }
}

function syncFolder(folder: string): void {
  // Windows cannot open a folder, and keeps names safe without being asked.
  if (process.platform === 'win32') return;
  const file = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(file);
  } finally {
    fs.closeSync(file);
  }
}

function invalid(path: string, what: string): HoplineError {
  return new HoplineError('KEY_FILE_INVALID', `${path}: ${what}`);
}

function unreadable(path: string, cause: unknown): HoplineError {
  const what =
    codeOf(cause) === 'ENOENT'
      ? 'it is not there; restore it from a copy'
      : `the system says ${codeOf(cause)}`;
  return new HoplineError('FILE_UNREADABLE', `${path}: ${what}`, { cause });
}

function unwritable(path: string, cause: unknown): HoplineError {
  return new HoplineError('FILE_UNWRITABLE', `${path}: the system says ${codeOf(cause)}`, {
    cause,
  });
}

function codeOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? 'an unknown error';
}
