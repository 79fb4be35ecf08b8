/**
 * Token file: what proves that a program of this user may ask the bridge: 128 bits of chance in hex, in
 * a file for its owner alone. The daemon makes it at its first start; who asks the daemon reads it.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createPrivateFile, invalid, readPrivateFile } from '../../device/pi/private-file.ts';
import { HoplineError } from '../../protocol/errors.ts';

const TOKEN = /^[0-9a-f]{32}$/;

/** The token in the file; a new one where there is no file. */
export function openTokenFile(path: string): string {
  if (!existsSync(path)) {
    try {
      createPrivateFile(path, `${randomBytes(16).toString('hex')}\n`, String(process.pid));
    } catch (cause) {
      // Another process was first, and its token is as good.
      if (!(cause instanceof HoplineError) || cause.code !== 'KEY_FILE_EXISTS') throw cause;
    }
  }
  return readTokenFile(path);
}

/** The token in the file, unless others can get at it. */
export function readTokenFile(path: string): string {
  const token = readPrivateFile(path).trimEnd();
  if (TOKEN.test(token)) return token;
  throw invalid(path, 'it holds no token; remove it, and the bridge makes a new one');
}
