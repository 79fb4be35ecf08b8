/**
 * Bridge file: where a running daemon is to be asked, for programs of its owner. It is there while the
 * daemon runs, and is left behind by one that ended badly.
 */
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { codeOf, replaceDurably } from '../../device/pi/private-file.ts';
import { HoplineError } from '../../protocol/errors.ts';

export const BRIDGE_FILE = 'bridge.json';

export type Whereabouts = {
  /** Of the page and the API. */
  url: string;
  pid: number;
  version: string;
  /** The file that holds the token; written from the root, for whoever asks from another folder. */
  token: string;
};

/** Gives what removes it again. */
export function writeBridgeFile(folder: string, whereabouts: Whereabouts): () => void {
  const path = join(folder, BRIDGE_FILE);
  const token = resolve(whereabouts.token);
  try {
    replaceDurably(path, `${JSON.stringify({ ...whereabouts, token })}\n`);
  } catch (cause) {
    throw new HoplineError('FILE_UNWRITABLE', `${path}: the system says ${codeOf(cause)}`, {
      cause,
    });
  }
  return () => rmSync(path, { force: true });
}
