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
import { assert } from '../../protocol/core/assert.ts';
import { equalSecret } from '../../protocol/trust/crypto.ts';
import type { Secrets } from '../../protocol/trust/identity.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { checkOf, createPrivateFile, hexField, invalid, readPrivateFile } from './private-file.ts';

const FIRST_LINE = 'hopline keys 1';
const KEY_SIZE = 32;

/**
 * Draws new keys into a file that must not exist yet, in a folder that is made if there is none.
 * `randomBytes` is the system's source, node:crypto's (S5).
 */
export function createKeyFile(path: string, randomBytes: (size: number) => Uint8Array): Secrets {
  const secrets = { noise: randomBytes(KEY_SIZE), sign: randomBytes(KEY_SIZE) };
  assert(isRandom(secrets.noise) && isRandom(secrets.sign), 'the random source is alive');
  assert(!equalSecret(secrets.noise, secrets.sign), 'the random source does not repeat itself');
  createPrivateFile(path, textOf(secrets), toHex(randomBytes(8)));
  return secrets;
}

/** The secrets in the file, or a HoplineError that says what is wrong and what to do. */
export function readKeyFile(path: string): Secrets {
  const secrets = parse(readPrivateFile(path));
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
  const noise = hexField(lines[1], 'noise', KEY_SIZE);
  const sign = hexField(lines[2], 'sign', KEY_SIZE);
  const check = hexField(lines[3], 'check', 8);
  if (noise === null || sign === null || check === null) return 'a line of it is damaged';
  const above = lines.slice(0, 3).join('\n') + '\n';
  if (toHex(check) !== checkOf(above)) return 'its check does not fit its keys';
  return { noise, sign };
}

/** No source gives 32 equal bytes by chance. */
function isRandom(bytes: Uint8Array): boolean {
  return bytes.length === KEY_SIZE && bytes.some((byte) => byte !== bytes[0]);
}
