/**
 * Install: puts the relay under systemd, and takes it out again. Every step is said; with a root
 * folder of its own, nothing outside that folder is touched.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HoplineError } from '../../protocol/errors.ts';
import { CONFIG_PATH, CONFIG_TEXT, SERVICE, UNIT_PATH, unitOf } from './unit.ts';

export type InstallWish = {
  /** `/` for this machine; any other folder gets the files and nothing else. */
  root: string;
  /** Only say what would be done. */
  isDry: boolean;
};

/** What was done, or would be, a line each. */
export function install(wish: InstallWish, command: string[]): string[] {
  const lines = [put(wish, UNIT_PATH, unitOf(command))];
  if (existsSync(join(wish.root, CONFIG_PATH))) lines.push(`kept ${CONFIG_PATH}`);
  else lines.push(put(wish, CONFIG_PATH, CONFIG_TEXT));
  lines.push(...systemctl(wish, ['daemon-reload'], ['enable', '--now', SERVICE]));
  lines.push('note: while the relay runs, bluetoothd is stopped; audio and others lose Bluetooth');
  lines.push('note: its keys and counters are in /var/lib/hopline; keep a copy of them');
  return lines;
}

export function uninstall(wish: InstallWish): string[] {
  const lines = systemctl(wish, ['disable', '--now', SERVICE]);
  const path = join(wish.root, UNIT_PATH);
  if (!existsSync(path)) lines.push(`there is no ${UNIT_PATH}`);
  else {
    if (!wish.isDry) attempt(UNIT_PATH, () => rmSync(path));
    lines.push(`${wish.isDry ? 'would remove' : 'removed'} ${UNIT_PATH}`);
  }
  lines.push(...systemctl(wish, ['daemon-reload']));
  lines.push(`kept ${CONFIG_PATH} and /var/lib/hopline: who removes the keys loses the identity`);
  return lines;
}

/** Whole or not at all. */
export function put({ root, isDry }: InstallWish, path: string, text: string): string {
  if (isDry) return `would write ${path}:\n${text.trimEnd()}`;
  const place = join(root, path);
  attempt(path, () => {
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(`${place}.draft`, text);
    renameSync(`${place}.draft`, place);
  });
  return `wrote ${path}`;
}

export function systemctl({ root, isDry }: InstallWish, ...calls: string[][]): string[] {
  if (root !== '/') return [];
  return calls.map((words) => {
    const line = `systemctl ${words.join(' ')}`;
    if (isDry) return `would run ${line}`;
    const { status, stderr, error } = spawnSync('systemctl', words, { encoding: 'utf8' });
    if (status === 0) return `ran ${line}`;
    const why = error?.message ?? stderr.trim();
    return `${line} did not work: ${why}; run it yourself`;
  });
}

export function attempt(path: string, act: () => void): void {
  try {
    act();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'an error';
    const advice = code === 'EACCES' || code === 'EPERM' ? 'run it with sudo' : 'see what is there';
    const detail = `${path}: the system says ${code}; ${advice}`;
    throw new HoplineError('FILE_UNWRITABLE', detail, { cause });
  }
}
