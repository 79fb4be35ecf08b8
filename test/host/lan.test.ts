/**
 * Whole daemons of one network, over real UDP sockets: they write to each other over a line of datagrams,
 * and find each other by multicast where they were told to look.
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PUBLIC } from '../../host/types.ts';
import { fromHex } from '../../protocol/wire/hex.ts';
import type { Rig, Running } from './daemon-rig.ts';
import { openDaemonRig } from './daemon-rig.ts';
import { until } from '../patience.ts';

let rig: Rig;
beforeEach(() => {
  rig = openDaemonRig();
});
afterEach(() => rig.end());

it('two daemons with a line over UDP hear each other, also after one was away', async () => {
  const one = await rig.start(rig.folder());
  const two = await rig.start(rig.folder());
  const address = `udp://${one.address}`;
  const invited = await one.daemon.ask({ kind: 'invite', address });
  if (invited.kind !== 'invited') return expect.fail(invited.kind);
  expect(invited.line).toContain(`hopline:${address}/`);
  expect(await two.daemon.ask({ kind: 'join', text: invited.line })).toMatchObject({
    kind: 'joined',
  });
  await until(() => isUp(one) && isUp(two), 'the line is up');
  await one.daemon.ask({ kind: 'say', text: 'over datagrams' });
  await until(() => publicOf(two).includes('over datagrams'), 'it is heard');

  // It says goodbye, so nobody waits for its silence.
  await two.daemon.leave();
  await until(() => !isUp(one), 'it is noticed');
  await one.daemon.ask({ kind: 'say', text: 'meanwhile' });
  const again = await rig.start(two.daemon.config.data);
  await until(() => publicOf(again).includes('meanwhile'), 'it caught up');
  expect(publicOf(again)).toEqual(['meanwhile', 'over datagrams']);
});

it('daemons of one network find each other: those that know each other get a line', async () => {
  const folders = [rig.folder(), rig.folder()];
  const ids: string[] = [];
  for (const folder of folders) {
    const { daemon, id } = await rig.start(folder);
    ids.push(id);
    await daemon.leave();
  }
  const [one, two] = await Promise.all([
    rig.start(folders[0], { lan: true, allow: [fromHex(ids[1])!] }),
    rig.start(folders[1], { lan: true, allow: [fromHex(ids[0])!] }),
  ]);
  const stranger = await rig.start(rig.folder(), { lan: true });
  await until(() => isUp(one) && isUp(two), 'they have a line');
  await until(() => foundBy(one).includes(stranger.id), 'the stranger is found');
  await until(() => ids.every((id) => foundBy(stranger).includes(id)), 'and finds them');
  expect(foundBy(one)).not.toContain(two.id);
  expect(isUp(stranger)).toBe(false);
});

it('a daemon that listens nowhere says why it finds nobody, and goes on', async () => {
  const one = await rig.start(rig.folder(), { lan: true, listen: null });
  expect(one.daemon.problems).toContainEqual(expect.stringContaining('listen.port is off'));
});

function isUp({ daemon }: Running): boolean {
  return daemon.snapshot().lines.some(({ state }) => state === 'up');
}

function foundBy({ daemon }: Running): string[] {
  return daemon.snapshot().gateway.found.map(({ node }) => Buffer.from(node).toString('hex'));
}

/** The newest first. */
function publicOf({ daemon }: Running): string[] {
  return daemon.store.messages.before(PUBLIC, Number.MAX_SAFE_INTEGER, 50).map(({ text }) => text);
}
