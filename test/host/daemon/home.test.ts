/**
 * What a daemon finds in its folder, and makes there at its first start.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nativeCrypto } from '../../../device/pi/crypto.ts';
import { createKeyFile } from '../../../device/pi/key-file.ts';
import { checkOf, createPrivateFile } from '../../../device/pi/private-file.ts';
import { writeCounters, writePins } from '../../../device/pi/state-file.ts';
import type { DaemonConfig } from '../../../host/config.ts';
import type { Home } from '../../../host/daemon/home.ts';
import { openHome } from '../../../host/daemon/home.ts';
import { Identity } from '../../../protocol/trust/identity.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { configIn, logInto } from '../daemon-rig.ts';
import { provisioned } from '../../device/pi/relay-rig.ts';
import { id, pin, said } from '../store/builders.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hopline-home-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a home', () => {
  it('is made once, for its owner alone, and is the same from then on', () => {
    const first = open();
    const id = toHex(first.identity.id);
    first.store.close();
    for (const file of ['keys', 'store.sqlite']) {
      expect(statSync(join(folder, file)).mode & 0o777, file).toBe(0o600);
    }
    const again = open();
    expect(toHex(again.identity.id)).toBe(id);
    again.store.close();
  });

  it('keeps as much as the settings say', () => {
    const { store } = open({ keep: { messages: 2, megabytes: 1, days: 1 } });
    for (const text of ['a', 'b', 'c']) store.commit([said({ id: text, heardAt: Date.now() })]);
    store.trim(Date.now());
    expect(store.messages.usage().count).toBe(2);
    store.close();
  });

  it('takes over what a relay kept there: who it is, whom it knew, and the last notes', () => {
    const secrets = createKeyFile(join(folder, 'keys'), draw);
    const before = new Identity(nativeCrypto(), secrets);
    writePins(join(folder, 'pins'), [pin(1)]);
    writeCounters(join(folder, 'counters'), new Map([[toHex(id(9)), 41]]));
    const { identity, store, lost } = open();
    expect(toHex(identity.id)).toBe(toHex(before.id));
    expect(store.peers.pins()).toEqual([pin(1)]);
    expect(store.counters.of(id(9))).toBe(41);
    expect(lost).toBeNull();
    store.close();

    rmSync(join(folder, 'store.sqlite'));
    const bare = open();
    expect(bare.lost).not.toBeNull();
    expect(bare.store.counters.of(id(9))).toBe(41);
    bare.store.close();
  });

  it('makes no new keys where only they are missing (S24)', () => {
    open().store.close();
    rmSync(join(folder, 'keys'));
    expect(() => open()).toThrow(/keys: .*restore it from a copy \[FILE_UNREADABLE\]/);

    rmSync(join(folder, 'store.sqlite'));
    writePins(join(folder, 'pins'), []);
    expect(() => open()).toThrow(/\[FILE_UNREADABLE\]/);
  });

  it('says that the history is gone where only the store is, until the next start (S24)', () => {
    const log: string[] = [];
    const first = open({}, log);
    first.store.close();
    expect([first.lost, log.join()]).toEqual([null, expect.not.stringContaining('warn')]);

    rmSync(join(folder, 'store.sqlite'));
    const bare = open({}, log);
    bare.store.close();
    expect(toHex(bare.identity.id)).toBe(toHex(first.identity.id));
    expect(bare.lost).toMatch(
      /store\.sqlite was not there, and was begun anew: .*hopline restore$/,
    );
    expect(log.filter((line) => line.includes('begun anew'))).toHaveLength(1);

    const again = open({}, log);
    again.store.close();
    expect(again.lost).toBeNull();
  });

  it('forgets what was tuned once the file says something else, and logs it', () => {
    const value = '{"phi":5}';
    const tuned = (differs: Partial<DaemonConfig>, log: string[] = []): string | null => {
      const { store } = open(differs, log);
      const found = store.settings.get('resilience');
      store.close();
      return found;
    };
    const { store } = open();
    store.commit([{ kind: 'setting', name: 'resilience', value }]);
    store.close();
    const { resilience } = configIn(folder);
    const healing = { ...resilience.care, attemptsMax: 2 };
    const others = { name: 'other', resilience: { ...resilience, care: healing } };
    expect(tuned({})).toBe(value);
    expect(tuned(others)).toBe(value);

    const log: string[] = [];
    expect(tuned({ resilience: { ...resilience, confirmMs: 60_000 } }, log)).toBeNull();
    expect(log.join()).toMatch(/"failure\\" are others now, and what was tuned before/);
  });

  it('knows the devices whose notes are said on, each with its last counter', () => {
    const notes = [provisioned(folder, 'door').file];
    const { store, devices } = open({ notes });
    expect(devices).toMatchObject([{ name: 'door', counter: -1 }]);
    store.commit([{ kind: 'counter', device: devices[0].id, counter: 7 }]);
    store.close();
    const again = open({ notes });
    expect(again.devices).toMatchObject([{ name: 'door', counter: 7 }]);
    again.store.close();
  });

  it('takes no device without a note key, and is left closed', () => {
    const file = join(folder, 'pixl.key');
    const above = `hopline node 1\nname pixl\nid 0123456789abcdef\nadmin none\nnote none\n`;
    createPrivateFile(file, `${above}check ${checkOf(above)}\n`, 'x');
    expect(() => open({ notes: [file] })).toThrow(/pixl has no note key.*\[CONFIG_INVALID\]/);
    open().store.close();
  });
});

function open(settings: Partial<DaemonConfig> = {}, log: string[] = []): Home {
  const ports = { crypto: nativeCrypto(), draw, log: logInto(log) };
  return openHome({ ...configIn(folder), ...settings }, ports);
}

function draw(size: number): Uint8Array {
  return new Uint8Array(randomBytes(size));
}
