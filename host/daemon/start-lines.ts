/**
 * Start lines: what a start has to say to the audit trail: that there was one, and which settings are
 * others than before, the security level by name. What a running daemon reads again says the same. What
 * the owner wrote last outweighs what he tuned before, which is forgotten then.
 */
import { createHash } from 'node:crypto';
import type { DaemonConfig } from '../config.ts';
import { TUNING } from '../resilience/resilience.ts';
import type { AuditAct, SettingReads, StoreWrite } from '../types.ts';

/**
 * Under it is kept what tells the settings of the last start from others: of all but the level no more than
 * a digest, since a web address or a command may hold a secret, and a backup has all of the store.
 */
const SETTINGS = 'audit.settings';

export function startLines(config: DaemonConfig, stored: SettingReads, at: number): StoreWrite[] {
  return [
    line('started', '', `security is ${config.security}`, at),
    ...changeLines(config, stored, at),
  ];
}

/** And keeps them for the next time. */
export function changeLines(config: DaemonConfig, stored: SettingReads, at: number): StoreWrite[] {
  const now = textsOf(config);
  const before = JSON.parse(stored.get(SETTINGS) ?? 'null') as Record<string, string> | null;
  const writes: StoreWrite[] = [];
  if (before !== null) {
    const changed = Object.keys(now).filter((name) => !isSame(before[name], now[name]));
    for (const name of changed.filter((name) => name !== 'security')) {
      writes.push(line('settings-changed', name, '', at));
    }
    if (changed.includes('security')) {
      writes.push(
        line('level-changed', 'security', `${before['security']} to ${now['security']}`, at),
      );
    }
    if (changed.includes('failure')) writes.push({ kind: 'setting', name: TUNING, value: null });
  }
  const value = JSON.stringify(now);
  return [...writes, { kind: 'setting', name: SETTINGS, value }];
}

/** Where the trail itself lies changes nothing in it: a simulated world has a folder of its own. */
function textsOf({ data: _, keyFile: __, ...config }: DaemonConfig): Record<string, string> {
  const { resilience, ...others } = config;
  const { care: healing, ...failure } = resilience;
  const texts = Object.entries({ ...others, failure, healing }).map(([name, value]) => [
    writtenAs(name),
    digest(JSON.stringify(value)),
  ]);
  return { ...Object.fromEntries(texts), security: config.security };
}

/**
 * Stores of earlier versions have the values themselves; and what they do not name, a newer version
 * brought, and nobody changed.
 */
function isSame(before: string | undefined, now: string): boolean {
  return before === undefined || before === now || digest(before) === now;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** As files of settings have it: `publicAddress` is public-address there. */
function writtenAs(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function line(act: AuditAct, subject: string, detail: string, at: number): StoreWrite {
  return { kind: 'audit', entry: { at, who: 'owner', act, subject, detail } };
}
