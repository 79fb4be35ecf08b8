/**
 * Provisioning over Bluetooth: the same command over the Hopline service, through unmodified noble
 * and bleno on a virtual radio, to a node that runs in a process of its own.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { drawNodeKeys, saveNodeKeys } from '../../../device/pi/node-keys.ts';
import { encodeFields } from '../../../protocol/core/fields.ts';
import type { Fields } from '../../../protocol/core/fields.ts';
import { ADMIN_KEY, NAME, NODE_ID } from '../../../protocol/core/settings-table.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { HAS_LIBRARIES, openRig } from '../../ble/rig.ts';
import type { Child } from '../../ble/rig.ts';
import { hex } from '../../protocol/wire/given.ts';

const MISSING = HAS_LIBRARIES ? '' : ' (skipped: no noble and bleno)';

let ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

describe.skipIf(!HAS_LIBRARIES)(`hopline provision ble:NAME${MISSING}`, () => {
  it('changes a node whose keys it has, and follows it through a start', async () => {
    const { here, there, id, keys } = await village();
    const ask = (...words: string[]) => hopline(here, ['provision', ...words, '--keys', keys]);
    const read = await ask('read', 'ble:gate');
    expect([read.status, read.outs.join('\n')]).toEqual([0, expect.stringContaining(id)]);

    const changed = await ask(`ble:${id}`, '--name', 'gate', '--ttl-max', '12', '--role', 'leaf');
    expect([changed.status, changed.errs, changed.outs[0]]).toEqual([
      0,
      [],
      `gate (${id}) is changed`,
    ]);
    // Who plays another role starts again.
    await there.kind('started');
    const after = await ask('read', 'ble:gate', '--json');
    expect(JSON.parse(after.outs[0])).toMatchObject({ id, 'ttl-max': '12', role: 'leaf' });

    expect((await ask('identify', 'ble:gate')).outs[0]).toContain('blinks');
    await there.kind('identify');
  });

  it('does not get anywhere without its key', async () => {
    const { here, id, keys } = await village();
    const nobody = await hopline(here, [
      'provision',
      `ble:${id}`,
      '--name',
      'mine',
      '--keys',
      join(keys, 'others'),
    ]);
    expect([nobody.status > 0, nobody.errs.at(-1)]).toEqual([
      true,
      expect.stringContaining('[NODE_LOCKED]'),
    ]);
  });

  it('says that a new node wants a wire first', async () => {
    const { here, id, keys } = await village(false);
    const { errs } = await hopline(here, [
      'provision',
      `ble:${id}`,
      '--name',
      'new',
      '--keys',
      keys,
    ]);
    expect(errs.at(-1)).toMatch(/if it is new, provision it over a wire first \[NODE_LOCKED\]$/);
  });
});

/** A node, with a key or new, in range of a process that runs commands. */
async function village(isProvisioned = true) {
  const keys = mkdtempSync(join(tmpdir(), 'hopline-keys-'));
  ends.push(() => rmSync(keys, { recursive: true, force: true }));
  const id = hex('a1b2c3d4e5f60718');
  const settings: Fields = [];
  settings[NODE_ID] = id;
  if (isProvisioned) {
    const drawn = drawNodeKeys('gate', id, true, randomBytes);
    saveNodeKeys(keys, { ...drawn, isPending: false }, randomBytes);
    settings[NAME] = new TextEncoder().encode('gate');
    settings[ADMIN_KEY] = drawn.admin;
  }
  const rig = await openRig(2);
  ends.push(() => rig.close());
  const bytes = toHex(encodeFields(settings, 2));
  const there = await rig.start('node', 0, { SETTINGS: bytes });
  await there.kind('started');
  const here = await rig.start('hopline', 1);
  await here.kind('ready');
  return { here, there, id: toHex(id), keys };
}

type Ended = { kind: string; status: number; outs: string[]; errs: string[] };

async function hopline(here: Child, words: string[]): Promise<Ended> {
  here.tell({ words, files: {} });
  return here.kind<Ended>('ended');
}
