/**
 * Plan: what would change, in a person's words, and nothing that holds already. Of a key nobody
 * learns more than that it is new.
 */
import { describe, expect, it } from 'vitest';
import { ADMIN_KEY, NAME, NODE_ID, ROLE, TTL_MAX } from '../../protocol/core/settings-table.ts';
import type { Settings } from '../../protocol/core/settings.ts';
import type { Wish } from '../../protocol/admin/staging.ts';
import type { NodeState } from '../../tools/provision/plan.ts';
import { encodeWishes } from '../../protocol/admin/staging.ts';
import { changesOf, isNew, openWishes } from '../../tools/provision/plan.ts';
import {
  helpOf,
  idOf,
  readSetting,
  WRITABLE,
  writeSetting,
} from '../../protocol/admin/setting-text.ts';
import { id } from '../packets.ts';

describe('a plan', () => {
  it('names what changes from what to what', () => {
    const state = stateOf({ settings: settings({ [NAME]: 'old', [NODE_ID]: id(3), [ROLE]: [0] }) });
    const wishes = [wish('name', 'gate'), wish('role', 'relay'), wish('ttl-max', '7')];
    expect(changesOf(wishes, state, null)).toEqual([
      { name: 'name', from: 'old', to: 'gate' },
      { name: 'role', from: 'leaf', to: 'relay' },
    ]);
  });

  it('is empty when all holds, also by default', () => {
    const state = stateOf({ settings: settings({ [NODE_ID]: id(3), [TTL_MAX]: [7] }) });
    const wishes = [wish('role', 'relay'), wish('ttl-max', 'default'), wish('allowed', 'default')];
    expect(changesOf(wishes, state, null)).toEqual([]);
    expect(isNew(state)).toBe(false);
  });

  it('gives a new node an id, keys and a locked console, and shows no key', () => {
    const state = stateOf({ hasAdmin: false });
    expect(isNew(state)).toBe(true);
    expect(changesOf([wish('name', 'gate')], state, id(7))).toEqual([
      { name: 'name', from: 'none', to: 'gate' },
      { name: 'console-lock', from: 'off', to: 'on' },
      { name: 'node-id', from: 'none', to: '07'.repeat(8) },
      { name: 'admin-key', from: 'none', to: 'new' },
      { name: 'note-key', from: 'none', to: 'new' },
    ]);
    const open = changesOf([wish('console-lock', 'off')], state, null);
    expect(open.map(({ name, to }) => `${name} ${to}`)).toEqual([
      'node-id new',
      'admin-key new',
      'note-key new',
    ]);
  });

  it('gives a board without SHA-256 an id, and neither keys nor a lock', () => {
    const state = stateOf({ hasAdmin: false, canHoldKeys: false });
    expect(changesOf([], state, null).map(({ name }) => name)).toEqual(['node-id']);
    const provisioned = stateOf({
      hasAdmin: false,
      canHoldKeys: false,
      settings: settings({ [NODE_ID]: id(1) }),
    });
    expect(isNew(provisioned)).toBe(false);
  });

  it('asks for a default by an empty value', () => {
    const state = stateOf({ settings: settings({ [NODE_ID]: id(3), [TTL_MAX]: [9] }) });
    const open = openWishes([wish('ttl-max', 'default')], state);
    expect([...encodeWishes(open)]).toEqual([TTL_MAX, 0, 0]);
    expect(changesOf([wish('ttl-max', 'default')], state, null)).toEqual([
      { name: 'ttl-max', from: '9', to: '7' },
    ]);
  });
});

describe('a setting', () => {
  it.each([
    ['name', 'gate', '67617465'],
    ['role', 'tethered', '04'],
    ['link-rate', '1000', '03e8'],
    ['transmit-power', '-40', '00'],
    ['transmit-power', '4', '2c'],
    ['power-source', 'battery', '01'],
    ['console-lock', 'on', '01'],
    ['seen-max', '0', '0000'],
    ['allowed', '0102030405060708, 1112131415161718', '01020304050607081112131415161718'],
  ] as const)('%s is read from "%s", and written so', (name, text, hex) => {
    const read = readSetting(name, text);
    if (!read.ok) return expect.fail(read.what);
    expect(Buffer.from(read.value).toString('hex')).toBe(hex);
    expect(writeSetting(idOf(name), read.value)).toBe(text);
  });

  it('of every name has a line of help', () => {
    for (const name of WRITABLE) expect(helpOf(name)).toMatch(/^\S.* \(.+\)$/);
    expect(helpOf('transmit-power')).toBe('its power (-40 to 20 dBm)');
    expect(WRITABLE.map(idOf).every((each) => each < ADMIN_KEY && each !== NODE_ID)).toBe(true);
  });
});

function wish(name: (typeof WRITABLE)[number], text: string): Wish {
  const read = readSetting(name, text);
  if (!read.ok) return expect.fail(read.what);
  return { id: idOf(name), value: read.value };
}

function stateOf(differs: Partial<NodeState>): NodeState {
  return {
    id: id(9),
    board: 'mdbt42q',
    hasAdmin: true,
    canHoldKeys: true,
    settings: [],
    ...differs,
  };
}

function settings(values: Record<number, string | number[] | Uint8Array>): Settings {
  const list: Settings = [];
  for (const [at, value] of Object.entries(values)) {
    list[Number(at)] = typeof value === 'string' ? Buffer.from(value) : Uint8Array.from(value);
  }
  return list;
}
