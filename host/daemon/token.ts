/**
 * Token: what proves that a program may ask this daemon: 128 bits of chance in hex, in a file for its
 * owner alone (RELIABILITY R23).
 */
import { existsSync } from 'node:fs';
import { createPrivateFile, invalid, readPrivateFile } from '../../device/pi/private-file.ts';
import { toHex } from '../../protocol/wire/hex.ts';

const TOKEN_SIZE = 16;

/** The token in the file, which is made at the first start. */
export function tokenIn(path: string, draw: (size: number) => Uint8Array): string {
  if (!existsSync(path)) createPrivateFile(path, `${toHex(draw(TOKEN_SIZE))}\n`, toHex(draw(8)));
  const token = readPrivateFile(path).trim();
  if (/^[0-9a-f]{32}$/.test(token)) return token;
  throw invalid(path, 'a token is 32 hex digits; remove the file, and another one is made');
}
