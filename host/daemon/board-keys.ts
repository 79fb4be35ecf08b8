/**
 * Board keys: the admin keys of boards on our wires, from the files that `hopline provision` keeps. They
 * are read when they are wanted, so that a board provisioned just now is obeyed just now.
 */
import { readNodeKeyFile, readNodeKeys } from '../../device/pi/node-keys.ts';
import { sameBytes } from '../../protocol/core/bytes.ts';
import type { DaemonConfig } from '../config.ts';

/** Null where none is here. Throws KEY_FILE_INVALID where a file cannot be used. */
export function adminKeyOf(
  board: Uint8Array,
  { nodeKeys, notes }: Pick<DaemonConfig, 'nodeKeys' | 'notes'>,
): Uint8Array | null {
  const all = [
    ...(nodeKeys === null ? [] : readNodeKeys(nodeKeys)),
    ...notes.map((file) => readNodeKeyFile(file)),
  ];
  return all.find(({ id, admin }) => admin !== null && sameBytes(id, 0, board))?.admin ?? null;
}
