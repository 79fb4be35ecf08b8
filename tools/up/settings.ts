/**
 * Settings: those of a daemon, from a file or without one.
 */
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { codeOf } from '../../device/pi/private-file.ts';
import { readYaml } from '../../device/pi/yaml-file.ts';
import type { DaemonConfig } from '../../host/config.ts';
import { defaultDaemonConfig, readDaemonConfig } from '../../host/config.ts';
import { HoplineError } from '../../protocol/errors.ts';

/** `data`, where it is given, outweighs the folder that the file names. */
export async function settingsIn(
  path: string | null,
  data: string | null,
  env: Record<string, string | undefined>,
): Promise<DaemonConfig> {
  const machine = { env, hostname: hostname() };
  if (path === null) return defaultDaemonConfig(machine, data);
  const text = await readFile(path, 'utf8').catch((cause) => {
    const detail = `${path}: the system says ${codeOf(cause)}`;
    throw new HoplineError('FILE_UNREADABLE', detail, { cause });
  });
  return readDaemonConfig(readYaml(path, text), machine, data);
}
