/**
 * Settings: those of a daemon, from a file, or from the one in its folder of data.
 */
import { hostname } from 'node:os';
import type { DaemonConfig } from '../../host/config.ts';
import { SettingsFile } from '../../host/daemon/settings-file.ts';

/** `data`, where it is given, outweighs the folder that the file names. */
export function settingsFile(
  path: string | null,
  data: string | null,
  env: Record<string, string | undefined>,
): SettingsFile {
  return new SettingsFile(path, data, { env, hostname: hostname() });
}

export function settingsIn(...where: Parameters<typeof settingsFile>): DaemonConfig {
  return settingsFile(...where).read().config;
}
