/**
 * Node keys: what an operator holds of each node he provisioned, one private file a node in a folder
 * `keys`. They are drawn and on disk before the node hears of them, as `NAME.new`, and become
 * `NAME.key` once it has them; nothing here ever replaces one.
 *
 *   hopline node 1
 *   name <of the node>
 *   id <16 hex digits>
 *   admin <64 hex digits, or none>      a board without SHA-256 has no keys
 *   note <64 hex digits, or none>
 *   check <16 hex digits>
 */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { assert } from '../../protocol/core/assert.ts';
import { HoplineError } from '../../protocol/errors.ts';
import type { Device } from '../../protocol/peer/note-desk.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import {
  checkFolder,
  checkOf,
  createPrivateFile,
  hexField,
  invalid,
  readPrivateFile,
  syncFolder,
  unreadable,
  unwritable,
} from './private-file.ts';

export type NodeKeys = {
  name: string;
  id: Uint8Array;
  admin: Uint8Array | null;
  note: Uint8Array | null;
  /** Drawn, and not known to be on the node yet. */
  isPending: boolean;
};

const FIRST_LINE = 'hopline node 1';
const KEY_SIZE = 32;
const ID_SIZE = 8;
/** Files in a folder; a folder with more is some other folder. */
const KEYS_MAX = 2000;

/**
 * Keys for a node, and an id unless it has one. `randomBytes` is the system's source, node:crypto's
 * (RELIABILITY S5); one that fails us here must not go unnoticed.
 */
export function drawNodeKeys(
  name: string,
  id: Uint8Array | null,
  canHoldKeys: boolean,
  randomBytes: (size: number) => Uint8Array,
): NodeKeys {
  const drawn: NodeKeys = {
    name,
    id: id ?? new Uint8Array(randomBytes(ID_SIZE)),
    admin: canHoldKeys ? new Uint8Array(randomBytes(KEY_SIZE)) : null,
    note: canHoldKeys ? new Uint8Array(randomBytes(KEY_SIZE)) : null,
    isPending: true,
  };
  assert(flawIn(drawn) === null, 'the random source is alive');
  return drawn;
}

/** Writes `NAME.new`. */
export function saveNodeKeys(
  folder: string,
  keys: NodeKeys,
  randomBytes: (size: number) => Uint8Array,
): void {
  createPrivateFile(nodeKeyPath(folder, keys.name, 'new'), textOf(keys), toHex(randomBytes(8)));
}

/** From now on they are known to be on the node. */
export function confirmNodeKeys(folder: string, name: string): void {
  const path = nodeKeyPath(folder, name, 'key');
  try {
    fs.linkSync(nodeKeyPath(folder, name, 'new'), path);
    syncFolder(folder);
    fs.unlinkSync(nodeKeyPath(folder, name, 'new'));
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Files the keys of a node under its new name; cut short, they are under both, and refused as a copy. */
export function renameNodeKeys(
  folder: string,
  keys: NodeKeys,
  name: string,
  randomBytes: (size: number) => Uint8Array,
): void {
  const before = nodeKeyPath(folder, keys.name, 'key');
  const after = nodeKeyPath(folder, name, 'key');
  const tag = toHex(randomBytes(8));
  // Where only capitals differ it is the same file, and its name in it matters to nobody.
  if (before === after) return;
  createPrivateFile(after, textOf({ ...keys, name }), tag);
  try {
    fs.unlinkSync(before);
  } catch (cause) {
    throw unwritable(before, cause);
  }
}

/**
 * All keys in the folder, which may be absent. Keys or ids that two files share, and keys that no
 * random source gives, are refused before anybody uses one (S5).
 */
export function readNodeKeys(folder: string): NodeKeys[] {
  if (!fs.existsSync(folder)) return [];
  checkFolder(folder);
  const names = namesIn(folder);
  if (names.length > KEYS_MAX) throw invalid(folder, `it has more than ${KEYS_MAX} key files`);
  const all: NodeKeys[] = [];
  const owners = new Map<string, string>();
  for (const file of names) {
    const path = join(folder, file);
    const keys = readOne(path);
    // Confirming was cut short between its two steps: both names are the same file.
    if (keys.isPending && names.includes(file.replace(/\.new$/, '.key'))) continue;
    for (const [what, secret] of [
      ['name', new TextEncoder().encode(keys.name.toLowerCase())],
      ['id', keys.id],
      ['key', keys.admin],
      ['key', keys.note],
    ] as const) {
      if (secret === null) continue;
      const owner = owners.get(`${what} ${toHex(secret)}`);
      if (owner !== undefined) {
        throw invalid(path, `it has the ${what} of ${owner}; remove the copy`);
      }
      owners.set(`${what} ${toHex(secret)}`, path);
    }
    all.push(keys);
  }
  return all;
}

/** The keys in one file. */
export function readNodeKeyFile(path: string): NodeKeys {
  return readOne(path);
}

/** A device whose notes are said on; `counterOf` gives the last one that was taken of it, or -1. */
export function readNoteDevice(path: string, counterOf: (id: Uint8Array) => number): Device {
  const { id, note, name } = readOne(path);
  if (note === null) {
    const detail = `${path}: ${name} has no note key, so its notes cannot be told from others'`;
    throw new HoplineError('CONFIG_INVALID', `${detail}; take it out of notes`);
  }
  return { id, key: note, name, counter: counterOf(id) };
}

function readOne(path: string): NodeKeys {
  const text = new TextDecoder().decode(
    Uint8Array.from(readPrivateFile(path), (letter) => letter.charCodeAt(0)),
  );
  const keys = parse(text, path.endsWith('.new'));
  if (typeof keys === 'string') throw invalid(path, `${keys}; restore it from a copy`);
  const flaw = flawIn(keys);
  if (flaw !== null) throw invalid(path, `${flaw}; remove it, and provision the node anew`);
  return keys;
}

function namesIn(folder: string): string[] {
  try {
    return fs
      .readdirSync(folder)
      .filter((name) => /^[^.].*\.(key|new)$/.test(name))
      .sort();
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

/** A name that every file system takes, and that tells names apart: small letters, %XX for the rest. */
export function nodeKeyPath(folder: string, name: string, kind: 'key' | 'new'): string {
  let file = '';
  for (const byte of new TextEncoder().encode(name.toLowerCase())) {
    const letter = String.fromCharCode(byte);
    file += /[a-z0-9_-]/.test(letter) ? letter : `%${toHex(Uint8Array.of(byte))}`;
  }
  return join(folder, `${file}.${kind}`);
}

function textOf({ name, id, admin, note }: NodeKeys): string {
  const hex = (key: Uint8Array | null): string => (key === null ? 'none' : toHex(key));
  const lines = [FIRST_LINE, `name ${name}`, `id ${toHex(id)}`];
  const above = [...lines, `admin ${hex(admin)}`, `note ${hex(note)}`, ''].join('\n');
  return `${above}check ${checkOf(above)}\n`;
}

/** The keys, or what is wrong, in words that do not quote the file. */
function parse(text: string, isPending: boolean): NodeKeys | string {
  const lines = text.split('\n');
  if (lines[0] !== FIRST_LINE) return 'it is not a key file of a node';
  if (lines.length !== 7 || lines[6] !== '') return 'it is cut short or has lines too many';
  const above = `${lines.slice(0, 5).join('\n')}\n`;
  if (lines[5] !== `check ${checkOf(above)}`) return 'its check does not fit its lines';
  const name = lines[1].startsWith('name ') ? lines[1].slice(5) : '';
  const id = hexField(lines[2], 'id', ID_SIZE);
  const admin = lines[3] === 'admin none' ? null : hexField(lines[3], 'admin', KEY_SIZE);
  const note = lines[4] === 'note none' ? null : hexField(lines[4], 'note', KEY_SIZE);
  const isWhole = (lines[3] === 'admin none') === (admin === null);
  if (name === '' || id === null || !isWhole || (admin === null) !== (note === null)) {
    return 'a line of it is damaged';
  }
  return { name, id, admin, note, isPending };
}

/** Why nobody should use these, or null. */
function flawIn({ id, admin, note }: NodeKeys): string | null {
  if (id.every((byte) => byte === id[0])) return 'its id is one byte over and over';
  for (const key of [admin, note]) {
    if (key !== null && isGuessable(key)) return 'no random source gave its keys';
  }
  return null;
}

/**
 * Whether a key has a pattern: few values, a period, or steady steps. Of 2^54 keys drawn at random
 * one has fewer than 16 values among its 32 bytes.
 */
export function isGuessable(key: Uint8Array): boolean {
  if (new Set(key).size < 16) return true;
  for (let period = 1; period <= key.length / 2; period++) {
    const step = (key[period] - key[0]) & 0xff;
    let isSteady = true;
    for (let i = period; i < key.length && isSteady; i++) {
      isSteady = ((key[i] - key[i - period]) & 0xff) === step;
    }
    if (isSteady) return true;
  }
  return false;
}
