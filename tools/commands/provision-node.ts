/**
 * Provisioning of one node at one port: settings, what holds there, and small services to whoever
 * stands before it.
 */
import { assert } from '../../protocol/core/assert.ts';
import { NAME, ROLE } from '../../protocol/core/settings-table.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { Args, Io } from '../command.ts';
import { has, textOf } from '../command.ts';
import type { Wish } from '../../protocol/admin/staging.ts';
import { changesOf, isNew } from '../provision/plan.ts';
import type { NodeState } from '../provision/plan.ts';
import { qrCode, qrLines } from '../../protocol/qr.ts';
import {
  idOf,
  readSetting,
  valueIn,
  visible,
  WRITABLE,
  writeSetting,
} from '../../protocol/admin/setting-text.ts';
import { changeLines } from './provision-fleet.ts';
import type { ListPorts } from './provision-site.ts';
import { Site } from './provision-site.ts';

export async function provisionOne(
  port: string,
  args: Args,
  io: Io,
  listPorts: ListPorts,
): Promise<void> {
  const wishes = wishesOf(args);
  if (wishes.length === 0) {
    const known = WRITABLE.map((name) => `--${name}`).join(', ');
    throw new HoplineError('USAGE', `what shall it be? There are ${known}`);
  }
  const { site, state } = await looked(port, args, io, listPorts);
  const name = textOf(args, 'name') ?? nameOf(state);
  if (name === '') throw new HoplineError('USAGE', `${port}: a new node needs a --name`);
  const gift = isNew(state) ? site.keysOf(name) : null;
  const changes = changesOf(wishes, state, gift?.id ?? null);
  if (has(args, 'dry-run')) {
    io.out(changes.length === 0 ? `${name} is as it should be` : `${name} would change:`);
    if (changes.length > 0) for (const line of changeLines(changes)) io.out(line);
    return;
  }
  const visit = await site.settle(port, name, wishes, state);
  const id = toHex(visit.state.id);
  if (has(args, 'json')) return io.out(JSON.stringify({ name, id, port, changes }));
  if (!visit.isChanged) return io.say(`${name} (${id}) is as it should be`);
  io.say(`${name} (${id}) is ${isNew(state) ? 'provisioned' : 'changed'}`);
  for (const line of changeLines(changes)) io.out(line);
  if (!isNew(state)) return;
  if (state.canHoldKeys) {
    io.say(`its keys are in ${site.fileOf(name)}: who loses them cannot change it again`);
  } else {
    const board = state.board ?? 'this board';
    io.say(`${board} has no SHA-256 and so no keys: whoever holds its wire may change it`);
  }
}

export async function read(port: string, args: Args, io: Io, listPorts: ListPorts): Promise<void> {
  const { state } = await looked(port, args, io, listPorts);
  const settings = Object.fromEntries(
    WRITABLE.map((name) => [name, writeSetting(idOf(name), valueIn(state.settings, idOf(name)))]),
  );
  const id = toHex(state.id);
  const { board } = state;
  const adminKey = state.hasAdmin ? 'set' : 'none';
  if (has(args, 'json')) {
    return io.out(JSON.stringify({ port, id, isNew: isNew(state), board, adminKey, ...settings }));
  }
  const rows: [string, string][] = [
    ['id', isNew(state) ? `${id}, until its next start` : id],
    ['board', board ?? 'unknown'],
    ...Object.entries(settings),
    ['admin-key', adminKey],
  ];
  for (const [name, value] of rows) io.out(`${name.padEnd(14)}  ${value}`);
}

export async function identify(
  port: string,
  args: Args,
  io: Io,
  listPorts: ListPorts,
): Promise<void> {
  const { site, keys } = siteOf(args, io, listPorts);
  const { state } = await site.mustVisit(port, { kind: 'identify' }, keys);
  io.out(`${nameOf(state) || toHex(state.id)} blinks, if it has a light`);
}

export async function qr(port: string, args: Args, io: Io, listPorts: ListPorts): Promise<void> {
  const { state } = await looked(port, args, io, listPorts);
  const id = toHex(state.id);
  const name = nameOf(state);
  const role = writeSetting(ROLE, valueIn(state.settings, ROLE));
  if (isNew(state)) {
    throw new HoplineError('USAGE', `${port}: it has no id of its own yet; provision it first`);
  }
  const text = `hopline:${id}?name=${encodeURIComponent(name)}&role=${role}`;
  if (has(args, 'json')) return io.out(JSON.stringify({ id, name, role, text }));
  const modules = qrCode(text);
  assert(modules !== null, 'the longest name fits');
  for (const line of qrLines(modules, io.colour)) io.out(line);
  io.out(`${visible(name)}  ${id}  ${role}`);
}

export async function unlock(
  port: string,
  args: Args,
  io: Io,
  listPorts: ListPorts,
): Promise<void> {
  const { site, keys } = siteOf(args, io, listPorts);
  const { state } = await site.mustVisit(port, { kind: 'open-console' }, keys);
  const who = nameOf(state) || toHex(state.id);
  io.say(`the console of ${who} is open at ${port} until it starts again`);
}

function siteOf(args: Args, io: Io, listPorts: ListPorts) {
  const site = new Site(textOf(args, 'keys') ?? 'keys', listPorts, io.stopping());
  const file = textOf(args, 'key-file');
  return { site, keys: file === null ? null : site.addKeyFile(file) };
}

async function looked(port: string, args: Args, io: Io, listPorts: ListPorts) {
  const { site, keys } = siteOf(args, io, listPorts);
  const name = textOf(args, 'name');
  const known = keys ?? (name === null ? null : site.keysOf(name));
  const { state } = await site.mustVisit(port, { kind: 'look' }, known);
  return { site, state };
}

function wishesOf(args: Args): Wish[] {
  return WRITABLE.flatMap((name) => {
    const text = textOf(args, name);
    if (text === null) return [];
    const read = readSetting(name, text);
    if (!read.ok) throw new HoplineError('USAGE', `--${read.what}`);
    return [{ id: idOf(name), value: read.value }];
  });
}

function nameOf(state: NodeState): string {
  return new TextDecoder().decode(state.settings[NAME] ?? new Uint8Array());
}
