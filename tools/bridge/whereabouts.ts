/**
 * Whereabouts: where a running bridge is to be asked, as its data folder says: an address in
 * `bridge.json`, and a token that only its owner may read.
 */
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { defaultConfig } from '../../device/pi/config.ts';
import type { Whereabouts as Announced } from '../../host/daemon/bridge-file.ts';
import { BRIDGE_FILE } from '../../host/daemon/bridge-file.ts';
import { startOf } from '../../host/daemon/start-command.ts';
import { HoplineError } from '../../protocol/errors.ts';
import type { Args, Io } from '../command.ts';
import { textOf } from '../command.ts';
import { version } from '../version.ts';

/** What `npm start` and the README's examples use, in the working directory. */
export const LOCAL_FOLDER = 'hopline-data';

/** The folder that was named, or the one here where a bridge runs, or that of this user's bridge. */
export function dataFolder(args: Args, io: Io): string {
  const usual = (): string => defaultConfig({ env: io.env, hostname: hostname() }).data;
  return textOf(args, 'data') ?? localFolder() ?? usual();
}

/** The data folder of a bridge that runs here, or null. */
export function localFolder(): string | null {
  return existsSync(join(LOCAL_FOLDER, BRIDGE_FILE)) ? LOCAL_FOLDER : null;
}

export type Whereabouts = { url: string; token: string; pid: number };

/** Read anew for each request: a bridge that was started again may have another port. */
export function whereabouts(folder: string): Whereabouts {
  const { url, pid, version: theirs, token: path } = announced(folder);
  if (theirs !== version()) {
    const detail = `${folder}: it is Hopline ${theirs}, and this is ${version()}`;
    throw new HoplineError('BRIDGE_DIFFERS', `${detail}; start it again with this one`);
  }
  const token = readOr(path, () => {
    const detail = `${path}: the token is missing; start it again with ${startOf(['--data', folder])}`;
    return new HoplineError('BRIDGE_UNREACHABLE', detail);
  });
  return { url, pid, token: token.trim() };
}

function announced(folder: string): Announced {
  const path = join(folder, BRIDGE_FILE);
  const text = readOr(path, () => {
    const detail = `${folder}: no bridge runs there; start it with ${startOf(['--data', folder])}`;
    return new HoplineError('BRIDGE_UNREACHABLE', `${detail}, or name its folder with --data`);
  });
  const said = parsed(text);
  if (said !== null) return said;
  const detail = `${path}: it says no address; start the bridge again`;
  throw new HoplineError('BRIDGE_UNREACHABLE', detail);
}

function parsed(text: string): Announced | null {
  try {
    const said = JSON.parse(text) as Partial<Announced>;
    const { url, pid, token } = said;
    if (typeof url !== 'string' || !URL.canParse(url) || typeof token !== 'string') return null;
    return { url, pid: Number(pid), version: String(said.version), token };
  } catch {
    return null;
  }
}

function readOr(path: string, missing: () => HoplineError): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw missing();
    const why =
      code === 'EACCES' || code === 'EPERM'
        ? 'only its owner may read it; try with sudo, or as that user'
        : `the system says ${code}`;
    throw new HoplineError('FILE_UNREADABLE', `${path}: ${why}`, { cause });
  }
}
