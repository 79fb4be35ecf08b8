/**
 * Install: puts a bridge under systemd, and takes it out again, as `hopline relay install` does with a
 * relay. Every step is said, and a unit that somebody changed is kept beside the new one.
 */
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { InstallWish } from '../relay/install.ts';
import { attempt, put, systemctl } from '../relay/install.ts';
import { bridgeUnit, isAsWritten, SERVICE } from './unit.ts';

/** `home`: of the user whose service it is to be; null for one of the machine. */
export type BridgeWish = InstallWish & { home: string | null };

/** What was done, or would be, a line each. */
export function installBridge(wish: BridgeWish, command: string[]): string[] {
  const path = pathOf(wish);
  const lines = [...setAside(wish, path), put(wish, path, bridgeUnit(command, wish.home !== null))];
  lines.push(...told(wish, ['daemon-reload'], ['enable', SERVICE], ['restart', SERVICE]));
  return [...lines, ...notes(wish)];
}

export function uninstallBridge(wish: BridgeWish): string[] {
  const path = pathOf(wish);
  const lines = told(wish, ['disable', '--now', SERVICE]);
  if (!existsSync(join(wish.root, path))) lines.push(`there is no ${path}`);
  else {
    lines.push(...setAside(wish, path));
    if (!wish.isDry) attempt(path, () => rmSync(join(wish.root, path), { force: true }));
    lines.push(`${wish.isDry ? 'would remove' : 'removed'} ${path}`);
  }
  lines.push(...told(wish, ['daemon-reload']));
  return [...lines, 'kept its data: who removes the keys loses the identity'];
}

function pathOf({ home }: BridgeWish): string {
  return home === null
    ? `/etc/systemd/system/${SERVICE}`
    : join(home, '.config', 'systemd', 'user', SERVICE);
}

/** What somebody wrote is not ours to write over. */
function setAside({ root, isDry }: BridgeWish, path: string): string[] {
  const place = join(root, path);
  if (!existsSync(place)) return [];
  let unit = '';
  attempt(path, () => (unit = readFileSync(place, 'utf8')));
  if (isAsWritten(unit)) return [];
  if (!isDry) attempt(path, () => renameSync(place, `${place}.old`));
  const what = isDry ? 'would be kept' : 'is kept';
  return [`${path} was changed by somebody: it ${what} as ${path}.old`];
}

function told(wish: BridgeWish, ...calls: string[][]): string[] {
  const whose = wish.home === null ? [] : ['--user'];
  return systemctl(wish, ...calls.map((words) => [...whose, ...words]));
}

function notes({ home }: BridgeWish): string[] {
  if (home !== null) {
    return [
      'note: it runs while you are logged in; loginctl enable-linger lets it run always',
      'note: a service of a user reaches no Bluetooth adapter; sudo hopline up --install does',
      'note: hopline login prints the link that opens its page',
    ];
  }
  return [
    'note: while the bridge runs, bluetoothd is stopped; audio and others lose Bluetooth',
    'note: its keys, messages and settings.yaml are in /var/lib/hopline; keep a copy',
    'note: sudo hopline login --data /var/lib/hopline prints the link that opens its page',
    `note: systemctl reload ${SERVICE} reads the settings again`,
  ];
}
