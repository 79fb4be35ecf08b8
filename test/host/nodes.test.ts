/**
 * Nodes over whole daemons: a bridge administers another one over a real line, and a board on a real
 * pseudo-terminal of it; what is not allowed changes nothing and is told.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Tether } from '../../device/pi/tether.ts';
import type { DaemonConfig } from '../../host/config.ts';
import type { DaemonPorts } from '../../host/daemon.ts';
import { SettingsFile } from '../../host/daemon/settings-file.ts';
import { Setup } from '../../host/daemon/setup.ts';
import { DaemonDesk } from '../../host/desk.ts';
import type { NodesDesk } from '../../host/http/desk.ts';
import { drawNodeKeys, saveNodeKeys } from '../../device/pi/node-keys.ts';
import { TETHERED } from '../../protocol/core/hello.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import type { Settings } from '../../protocol/core/settings.ts';
import { encodeSlot } from '../../protocol/core/settings.ts';
import { ADMIN_KEY, NAME, NODE_ID, ROLE } from '../../protocol/core/settings-table.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { plugIn } from '../../tools/bench/cable.ts';
import { NodeBoard } from '../provision/node-board.ts';
import { cable, SOCAT, WITHOUT_SOCAT } from '../pty.ts';
import { SEED } from '../seed.ts';
import type { Rig, Running } from './daemon-rig.ts';
import { openDaemonRig } from './daemon-rig.ts';
import { until } from '../patience.ts';

let rig: Rig;
let ends: (() => unknown)[];
beforeEach(() => {
  rig = openDaemonRig();
  ends = [];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  await rig.end();
});

describe('a bridge', () => {
  it('obeys nobody until its owner says so, then whom he named, and the record tells it', async () => {
    const [near, far] = await pair();
    await expect(near.nodes.look(far.at)).rejects.toThrow(
      new RegExp(`far \\(${far.id}\\) does not obey.*admit ${near.id} \\[NODE_LOCKED\\]`),
    );
    await far.desk.changeSettings({ administrators: [near.id] });
    expect(await near.nodes.look(far.at)).toMatchObject({
      ...{ id: far.id, name: 'far', kind: 'bridge', version: '0.0.0', problems: [] },
      figures: { linesUp: 1, peers: 1 },
    });
    const changed = await near.nodes.change(far.at, { 'budget.burst': 5000, ttl: 9, stamps: null });
    const burst = { value: 5000, isSet: true, needsRestart: false, isPending: false };
    expect(changed).toContainEqual({ name: 'budget.burst', ...burst });
    expect(changed).toContainEqual(expect.objectContaining({ name: 'ttl', isPending: true }));
    expect(far.daemon.config.budget.burst).toBe(5000);
    await near.nodes.log(far.at, 'debug');
    expect(far.daemon.config.log).toBe('debug');
    const stranger = '0123456789abcdef';
    expect(await near.nodes.judge(far.at, stranger, { isDenied: true })).toMatchObject({
      id: stranger,
      isDenied: true,
    });
    expect(far.daemon.store.peers.denied().map(toHex)).toEqual([stranger]);
    const lines = far.desk.audit(0, 1000).lines.filter(({ act }) => act.startsWith('admin'));
    expect(lines.map(({ who, act, detail }) => [who, act, detail])).toEqual([
      [near.id, 'administration-refused', 'look'],
      [near.id, 'administered', 'change: budget.burst, ttl, stamps'],
      [near.id, 'administered', 'log'],
      [near.id, 'administered', `judge: ${stranger}`],
    ]);
  });

  it('shows what its owner tuned as its settings, keeps it in the record, and undoes it there', async () => {
    const { desk, daemon } = await withNodes('near');
    const failure = (): unknown[] =>
      desk
        .settings()
        .settings.filter(({ name }) => name.startsWith('failure.'))
        .map(({ value }) => value);
    await desk.tune({ heartbeatMs: 4000, phi: 5.5 });
    expect(failure()).toEqual([4, 3, 5.5, 30]);
    expect(desk.audit(0, 1000).lines.at(-1)).toMatchObject({
      ...{ who: 'owner', act: 'settings-changed', subject: 'failure' },
      detail: 'heartbeat 4, phi 5.5',
    });
    await desk.changeSettings({ log: 'error' });
    expect(failure()).toEqual([4, 3, 5.5, 30]);
    // The file has said nothing else all along.
    await desk.changeSettings({ 'failure.heartbeat': null });
    expect(failure()).toEqual([10, 3, 8, 30]);
    expect(daemon.store.settings.get('resilience')).toBeNull();
    expect(desk.resilience().settings).toMatchObject({ heartbeatMs: 10_000, phi: 8 });
  });

  it("changes nothing where one setting cannot be so, and keeps what is its owner's", async () => {
    const [near, far] = await pair();
    await far.desk.changeSettings({ administrators: [near.id] });
    await expect(near.nodes.change(far.at, { 'budget.burst': 5000, ttl: 65 })).rejects.toThrow(
      /ttl takes a whole number from 1 to 64.*\[REQUEST_INVALID\]/,
    );
    await expect(near.nodes.change(far.at, { administrators: [] })).rejects.toThrow(
      /for its owner/,
    );
    await expect(near.nodes.change(far.at, { 'power-cycle': 'rm -r /' })).rejects.toThrow(
      /alone, and not over the API/,
    );
    await expect(near.nodes.identify(far.at)).rejects.toThrow(/has no lamp/);
    await expect(near.nodes.log(far.at, 'loud')).rejects.toThrow(/log/);
    expect(far.daemon.config.budget.burst).toBe(16_000);
    const names = (await near.nodes.settings(far.at)).map(({ name }) => name);
    expect(names).toContain('administrators');
    expect(names, "commands and places of files are nobody else's").not.toContain('on');
  });

  it('is restarted once where something starts it again, and says where nothing would', async () => {
    let restarts = 0;
    const [near, far] = await pair({ restart: () => restarts++ });
    await far.desk.changeSettings({ administrators: [near.id] });
    await near.nodes.restart(far.at);
    expect(restarts).toBe(1);
    const { steward } = far.daemon;
    const order = { operation: 'restart', board: null, argument: '{"startedAt":1}' } as const;
    // It has started since then.
    expect(await steward!(order, near.daemon.identity.id)).toMatchObject({ status: 'ok' });
    expect(restarts).toBe(1);
    await near.desk.changeSettings({ administrators: [far.id] });
    await expect(far.nodes.restart(near.at)).rejects.toThrow(/started by hand.*\[NODE_REFUSED\]/);
  });

  it('does nothing that it cannot understand', async () => {
    const { daemon, desk } = await withNodes('alone');
    const before = desk.settings();
    for (const [operation, argument] of NONSENSE) {
      const served = await daemon.steward!({ operation, board: null, argument }, new Uint8Array(8));
      expect(served.status, argument).toBe('failed');
      expect(JSON.parse(served.text), argument).toMatchObject({ code: 'REQUEST_INVALID' });
    }
    expect(desk.settings()).toEqual(before);
    expect(desk.peers()).toEqual([]);
  });
});

const NONSENSE = [
  ['change', ''],
  ['change', '[]'],
  ['change', '{"__proto__":1}'],
  ['change', '{}'],
  ['judge', '{"peer":"12"}'],
  ['judge', '{"peer":"0123456789abcdef","perMinute":-1}'],
  ['judge', '{"peer":"0123456789abcdef","isDenied":"yes"}'],
  ['judge', '{"peer":"0123456789abcdef","isKing":true}'],
  ['log', '{"level":3}'],
  ['restart', '{}'],
  ['identify', ''],
] as const;

describe.skipIf(!SOCAT)(`a tethered board of a bridge${WITHOUT_SOCAT}`, () => {
  it('is read and changed through it, from here and from afar, until it is unplugged', async () => {
    const wire = await cable();
    ends.push(() => wire.pull());
    const { board, id, folder } = provisionedBoard('gate');
    const unplug = await plugIn(board, wire.far, 115_200);
    ends.push(unplug);
    const serial = { serial: [wire.near], nodeKeys: folder };
    const [near, far] = await pair(REAL_WIRES, serial);
    await far.desk.changeSettings({ administrators: [near.id] });
    await until(() => far.nodes.list().some((node) => node.id === id), 'it is met');
    const gate = { id, name: 'gate', kind: 'board', isReachable: true, obeys: true };
    expect(far.nodes.list()).toContainEqual({ ...gate, host: null, isSelf: false });

    const here = { who: 'gate', through: null };
    expect(await far.nodes.look(here)).toMatchObject({
      id,
      figures: { battery: expect.any(Number) },
    });
    const changed = await far.nodes.change(here, { 'ttl-max': 9, denied: [near.id] });
    expect(changed).toContainEqual(expect.objectContaining({ name: 'ttl-max', value: '9' }));

    expect(await near.nodes.boards(far.at)).toEqual([{ ...gate, host: far.id, isSelf: false }]);
    const there = { who: 'gate', through: 'far' };
    await near.nodes.change(there, { 'ttl-max': 11 });
    const settings = await near.nodes.settings({ who: id, through: far.id });
    expect(settings).toContainEqual(expect.objectContaining({ name: 'ttl-max', value: '11' }));
    expect(settings).toContainEqual(expect.objectContaining({ name: 'denied', value: near.id }));
    await near.nodes.log(there, 'error');
    await near.nodes.identify(there);
    expect(board.events).toContain('identify');
    for (const [changes, what] of [
      [{ 'ttl-max': 99 }, /ttl-max takes 1 to 64/],
      [{ 'admin-key': '00' }, /no setting "admin-key"/],
    ] as const) {
      await expect(near.nodes.change(there, changes)).rejects.toThrow(what);
    }

    far.daemon.config = { ...far.daemon.config, nodeKeys: null };
    await expect(near.nodes.look(there)).rejects.toThrow(/key of .* is not here.*\[NODE_LOCKED\]/);
    far.daemon.config = { ...far.daemon.config, nodeKeys: folder };
    await unplug();
    await wire.pull();
    await until(() => !far.nodes.list().some((node) => node.id === id), 'it is gone');
    const gone = /on no wire of this bridge; plug it in \[NODE_LOST\]/;
    await expect(near.nodes.look({ who: id, through: 'far' })).rejects.toThrow(gone);
    await expect(near.nodes.look(there)).rejects.toThrow(/gate is on no wire of far/);
  });
});

type WithNodes = Running & {
  desk: DaemonDesk;
  nodes: NodesDesk;
  at: { who: string; through: null };
};

const REAL_WIRES: Partial<DaemonPorts> = {
  tether: (options, events) => new Tether(options, events),
};

async function withNodes(
  name: string,
  ports: Partial<DaemonPorts> = {},
  settings: Partial<DaemonConfig> = {},
): Promise<WithNodes> {
  const folder = rig.folder();
  const path = join(folder, 'bridge.yaml');
  writeFileSync(path, `name: ${name}\n`);
  const running = await rig.start(folder, { name, ...settings }, ports);
  const file = new SettingsFile(path, folder, { env: {}, hostname: name });
  const desk = new DaemonDesk(running.daemon, 'boot', new Setup(file, file.read(), running.daemon));
  return { ...running, desk, nodes: desk.nodes, at: { who: name, through: null } };
}

/** Near and far, with a line between them; what is given is far's. */
async function pair(
  ports: Partial<DaemonPorts> = {},
  settings: Partial<DaemonConfig> = {},
): Promise<[WithNodes, WithNodes]> {
  const near = await withNodes('near');
  const far = await withNodes('far', ports, settings);
  const { line } = await near.desk.invite(near.address);
  await far.desk.join(line);
  for (const [one, other] of [
    [near, far],
    [far, near],
  ]) {
    const isKnown = (): boolean =>
      one.desk.peers().some(({ id, isReachable }) => id === other.id && isReachable);
    await until(isKnown, 'they know each other');
  }
  return [near, far];
}

/** A board that was provisioned, and the folder of its keys. */
function provisionedBoard(name: string): { board: NodeBoard; id: string; folder: string } {
  const folder = join(rig.folder(), 'keys');
  const draw = (size: number): Uint8Array => new Uint8Array(randomBytes(size));
  const keys = drawNodeKeys(name, null, true, draw);
  saveNodeKeys(folder, keys, draw);
  const settings: Settings = [];
  settings[NAME] = new TextEncoder().encode(name);
  settings[NODE_ID] = keys.id;
  settings[ADMIN_KEY] = keys.admin;
  settings[ROLE] = Uint8Array.of(TETHERED);
  const board = new NodeBoard(SEED, { consoleMs: 0 });
  board.places[0] = encodeSlot(settings, 1, crc32);
  board.powerUp();
  return { board, id: toHex(keys.id), folder };
}
