/**
 * Virtual worlds: what a daemon without a radio finds around it, and that nothing of it gets out.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openLog } from '../../../device/pi/log.ts';
import { openHome } from '../../../host/daemon/home.ts';
import type { Identity } from '../../../protocol/trust/identity.ts';
import { realPartOf, startVirtual, startVirtualIfAlone } from '../../../tools/up/start.ts';
import { VirtualWorld } from '../../../tools/island/virtual-world.ts';
import { configIn, openDaemonRig, portsOf } from '../../host/daemon-rig.ts';
import { LineEnd } from '../../host/links/line-end.ts';
import { person } from '../../protocol/trust/people.ts';
import { crypto } from '../../protocol/trust/ports.ts';
import { SEED } from '../../seed.ts';
import { until } from '../../patience.ts';

/** An id. */
const NOBODY = new Uint8Array(8);
const log = openLog('error', { write() {} }, null);

let ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

describe('a virtual world', () => {
  it('has company on the radio, and another island at the end of a line', async () => {
    const { daemon } = await visit();
    const names = () => daemon.snapshot().station.peers.map(({ name }) => name);
    await until(() => names().includes('virtual-cora'), 'somebody behind the line is met');
    await until(() => names().includes('virtual-ada'), 'and somebody on the air');
    for (const name of names()) expect(name).toMatch(/^virtual-/);
    expect(daemon.audience.report().radio).toMatchObject({ state: 'on', isAdvertising: true });
    // Nobody takes its addresses for those of devices.
    for (const { address } of daemon.audience.neighbours()) expect(address).toMatch(/^virtual-\d$/);
    // Its advertisements hold no names, and its announces do.
    const near = () => daemon.audience.neighbours().map(({ name }) => name);
    await until(() => near().some((name) => name.startsWith('virtual-')), 'one near by has a name');
  });

  it('keeps what it has to keep apart, and opens no door', async () => {
    const { daemon, folder } = await visit();
    expect(daemon.listening).toBe(null);
    expect(daemon.isVirtual).toBe(true);
    expect(existsSync(join(folder, 'virtual', 'store.sqlite'))).toBe(true);
    expect(readdirSync(folder)).not.toContain('store.sqlite');
    expect(readdirSync(folder)).not.toContain('keys');
  });

  it('has no console to open, and is silent once its radio is closed', async () => {
    const world = await worldOf(person(1).id);
    const events: string[] = [];
    const radio = await world.openRadio({ adapter: null, name: '' }, ({ kind }) =>
      events.push(kind),
    );
    radio.connect(1, 'virtual-0', 'uart');
    await until(() => events.includes('closed'), 'it is closed');
    radio.scan(true);
    await until(() => events.includes('sighted'), 'somebody is there');
    await radio.close();
    const before = events.length;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(events).toHaveLength(before);
  });

  it('has a second gateway, which listens to this machine and lets in that daemon alone', async () => {
    const { peer } = await worldOf(person(1).id);
    expect(peer.address).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(await dial(peer, person(1))).toBe('up');
    expect(await dial(peer, person(2))).toBe('down');
  });
});

describe('a daemon that is virtual if it is alone', () => {
  it.each([
    ['the adapter hci1', { radio: { isOn: true, adapter: 'hci1' } }],
    ['the serial port /dev/ttyUSB0', { serial: ['/dev/ttyUSB0'] }],
    ['the line to b.example:8334', { peers: [{ address: 'b.example:8334', node: NOBODY }] }],
    ['who may open a line (allow)', { allow: [NOBODY] }],
    ['the public address a.example:8334', { publicAddress: 'a.example:8334' }],
  ])('is not where the settings name %s', (what, differs) => {
    expect(realPartOf({ ...configIn('data'), ...differs })).toBe(what);
  });

  it('is not where a line was joined, and is where there was none', async () => {
    const rig = openDaemonRig();
    ends.push(() => rig.end());
    const config = configIn(rig.folder());
    const ports = portsOf(log, fail);
    const { store } = openHome(config, ports);
    store.close();
    const alone = await startVirtualIfAlone(config, ports);
    expect(alone.daemon.isVirtual).toBe(true);
    await alone.close();

    const again = openHome(config, ports);
    const line = { node: NOBODY, address: '127.0.0.1:1', name: 'far', addedAt: 1 };
    again.store.commit([{ kind: 'line', line }]);
    again.store.close();
    const joined = await startVirtualIfAlone(config, ports);
    expect(joined.daemon.isVirtual).toBe(false);
    await joined.close();
  });
});

async function visit() {
  const rig = openDaemonRig();
  const folder = rig.folder();
  ends.push(() => rig.end());
  const { daemon, close } = await startVirtual(configIn(folder), portsOf(log, fail));
  ends.push(close);
  return { daemon, folder };
}

/** What becomes of a line that `who` opens. */
async function dial(
  { address, node }: { address: string; node: Uint8Array },
  who: Identity,
): Promise<'up' | 'down'> {
  const end = new LineEnd(who, SEED);
  ends.push(() => end.lines.close());
  end.call(address, node);
  // Who is let in is soon told something; who is not is up at most until he has proven who he is.
  await until(() => end.heard.length > 0 || end.closed !== '', 'it is known');
  return end.heard.length > 0 ? 'up' : 'down';
}

async function worldOf(guest: Uint8Array): Promise<VirtualWorld> {
  const world = await VirtualWorld.open(guest, { crypto, log, broken: fail });
  ends.push(() => world.close());
  return world;
}

function fail(cause: unknown): never {
  throw cause;
}
