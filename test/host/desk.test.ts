/**
 * The desk over whole daemons: what the API reads and wishes.
 */
import { createSocket } from 'node:dgram';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DaemonDesk } from '../../host/desk.ts';
import type { EventView } from '../../host/http/views.ts';
import { PUBLIC } from '../../host/types.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { Rig, Running } from './daemon-rig.ts';
import { openDaemonRig } from './daemon-rig.ts';
import { until } from '../patience.ts';

let rig: Rig;
beforeEach(() => {
  rig = openDaemonRig();
});
afterEach(() => rig.end());

it('counts datagrams that came to nothing beside what was dropped on its way', async () => {
  const { desk, address } = await withDesk('anna');
  const socket = createSocket('udp4');
  const [host, port] = address.split(':');
  socket.send(new Uint8Array(9), Number(port), host, () => socket.close());
  await until(() => 'udp-bad-type' in desk.statistics().gateway.drops, 'it is counted');
  expect(desk.statistics().gateway.drops).toMatchObject({ stale: 0, 'udp-bad-type': 1 });
});

describe('the desks of two bridges with a line', () => {
  it('know each other, the line and both islands', async () => {
    const [one, two] = await pair();
    expect(one.desk.status()).toMatchObject({ id: one.id, name: 'anna', health: 'ok' });
    expect(one.desk.peer('Berta')).toMatchObject({ id: two.id, isReachable: true, isHere: false });
    expect(one.desk.lines()).toMatchObject([
      { node: two.id, name: 'berta', address: null, origin: 'invited', state: 'up' },
    ]);
    expect(two.desk.lines()).toMatchObject([
      { node: one.id, name: 'anna', address: one.address, origin: 'joined', state: 'up' },
    ]);
    expect(one.desk.path('Berta').flooded).toMatch(/^it is on another island/);
    const traced = one.daemon.choice(Buffer.from(two.id, 'hex'));
    expect(traced).toMatch(/^packets to it are flooded: it is on another island/);
    await until(() => one.desk.gateways().length === 2, 'its advert is there');
    expect(one.desk.gateways()).toMatchObject([
      { id: one.id, isSelf: true, lines: [two.id] },
      { id: two.id, isSelf: false, isHere: false, name: 'berta' },
    ]);
    const { self, islands, links } = one.desk.map();
    expect(self).toBe(one.id);
    expect(islands.map(({ isHere, nodes }) => [isHere, nodes.map(({ name }) => name)])).toEqual([
      [true, ['anna']],
      [false, ['berta']],
    ]);
    const [a, b] = [one.id, two.id].sort();
    expect(links).toEqual([{ a, b, kind: 'line', isUp: true }]);
    expect(one.desk.links()).toMatchObject([{ medium: 'line', way: 'line', peer: two.id }]);
  });

  it('send, show and read messages, and say how far each came', async () => {
    const [one, two] = await pair();
    const events: EventView[] = [];
    one.desk.listen((event) => events.push(event));
    const sent = await one.desk.send('berta', 'the tide is coming in');
    expect(sent).toMatchObject({ conversation: two.id, senderName: 'anna', isOwn: true });
    await one.desk.send(PUBLIC, 'good morning');
    await until(() => two.desk.conversations(10).length === 2, 'both are there');
    const conversation = two.desk.conversations(10).find(({ name }) => name === one.id)!;
    expect(conversation).toMatchObject({
      title: 'anna',
      unread: 1,
      last: { text: 'the tide is coming in', isOwn: false, state: 'heard', senderName: 'anna' },
    });
    await two.desk.read(one.id, conversation.last!.key);
    await until(() => one.desk.messages(two.id, FAR, 1)[0].state === 'read', 'it was read');
    const unread = two.desk.conversations(10).map((each) => [each.name, each.unread]);
    expect(Object.fromEntries(unread)).toEqual({ [PUBLIC]: 1, [one.id]: 0 });
    expect(two.desk.search('tide', FAR, 10)).toMatchObject([{ text: 'the tide is coming in' }]);

    const states = events.flatMap((event) =>
      event.kind === 'message-state' && event.message.id === sent.id ? [event.message.state] : [],
    );
    expect(states.slice(-2)).toEqual(['delivered', 'read']);
    const [first] = events;
    expect(one.desk.eventsAfter(first.cursor)).toEqual(events.slice(1));
    expect(one.desk.eventsAfter('elsewhere-1')).toMatchObject([{ kind: 'gap' }]);
  });

  it('refuse what cannot be done, and say what can', async () => {
    const [one, two] = await pair();
    await expect(one.desk.send('nobody', 'x')).rejects.toThrow(/nobody: .*\[PEER_UNKNOWN\]/);
    const near = /bertha: .*; did you mean berta\? \[PEER_UNKNOWN\]/;
    await expect(one.desk.send('bertha', 'x')).rejects.toThrow(near);
    await expect(one.desk.send('berta', '')).rejects.toThrow(/at least one.*\[REQUEST_INVALID\]/);
    await expect(one.desk.send(one.id, 'x')).rejects.toThrow(/itself.*\[REQUEST_INVALID\]/);
    await expect(one.desk.join('hopline:there')).rejects.toThrow(/only a part of it is there/);
    await expect(one.desk.part('0123456789abcdef')).rejects.toThrow(/there is no line/);
    await expect(one.desk.ping('12')).rejects.toThrow(/16 hex digits/);
    await expect(one.desk.ping(one.id)).rejects.toThrow(/itself.*\[REQUEST_INVALID\]/);
    await expect(one.desk.trace(one.id)).rejects.toThrow(/itself.*\[REQUEST_INVALID\]/);
    expect(() => one.desk.path(one.id)).toThrow(/itself.*\[REQUEST_INVALID\]/);

    const { isDenied } = await one.desk.changePeer(two.id, { isDenied: true });
    expect(isDenied).toBe(true);
    await expect(one.desk.send('berta', 'x')).rejects.toThrow(/turned away here/);
    const changed = await one.desk.changePeer(two.id, { isDenied: false, standing: 'verified' });
    expect(changed).toMatchObject({ isDenied: false, standing: 'verified' });
  });

  it('find who is here by his name, also once he was forgotten', async () => {
    const [one, two] = await pair();
    await one.desk.forgetPeer(two.id);
    expect(one.desk.peer('Berta')).toMatchObject({ id: two.id, isReachable: true });
    expect(() => one.desk.peer(' ')).toThrow('[PEER_UNKNOWN]');
  });

  it('keep somebody apart, slow him down, and enter what was decided into the audit trail', async () => {
    const [one, two] = await pair();
    const change = { isQuarantined: true, perMinute: 5 };
    expect(await one.desk.changePeer(two.id, change)).toMatchObject({
      ...change,
      neighbour: { heard: expect.any(Number), reputation: expect.any(Number) },
    });
    const denied = await one.desk.changePeer(two.id, { isDenied: true, isQuarantined: false });
    expect(denied).toMatchObject({ isDenied: true, isQuarantined: false });
    const allowed = await one.desk.changePeer(two.id, { isQuarantined: false, perMinute: null });
    expect(allowed).toMatchObject({ isDenied: false, isQuarantined: false, perMinute: null });
    one.desk.noteLogin('127.0.0.1', false);
    await until(() => lastLine(one.desk).act === 'login-refused', 'it is noted');
    const { lines, base, head } = one.desk.audit(0, 100);
    const acts = lines.map(({ act }) => act);
    expect(acts[0]).toBe('started');
    expect(acts.slice(-6)).toEqual([
      ...['quarantined', 'limited', 'blocked', 'unblocked', 'limited'],
      'login-refused',
    ]);
    expect(lines.at(-2)).toMatchObject({ who: 'owner', subject: two.id });
    expect([base.key, head]).toEqual([0, { key: lines.length, hash: lines.at(-1)!.hash }]);
  });

  it('take a name that two have for nobody, and name both', async () => {
    const [one] = await pair();
    const other = await withDesk('berta');
    await joined(other, one);
    await until(() => one.desk.peers().length === 2, 'both are known');
    await expect(one.desk.send('berta', 'x')).rejects.toThrow(
      new RegExp(`${other.id}.*say which one by its id \\[AMBIGUOUS_NAME\\]`),
    );
    expect(await one.desk.send(other.id, 'you')).toMatchObject({ conversation: other.id });
  });

  it('part with a line, and let nobody in where nobody is let in', async () => {
    const [one, two] = await pair();
    await two.desk.part(one.id);
    await until(() => one.desk.lines()[0].state !== 'up', 'it is gone');
    expect(two.desk.lines()).toEqual([]);
    const closed = await withDesk('dora', null);
    await expect(closed.desk.invite('here:1')).rejects.toThrow(/listen\.port: off/);
    await expect(one.desk.invite('here')).rejects.toThrow(/has no port/);
    const { line } = await one.desk.invite(null);
    expect(line.startsWith(`hopline:${one.address}/${one.id}/`)).toBe(true);
  });
});

describe('the desk of peers', () => {
  it('looks once for all that are another now, however many announce themselves', async () => {
    const { daemon, desk } = await withDesk('anna');
    const told: string[] = [];
    desk.listen((event) => {
      if (event.kind === 'peer') told.push(event.peer.id);
    });
    let looks = 0;
    const look = daemon.snapshot.bind(daemon);
    daemon.snapshot = () => (looks++, look());
    const ids = Array.from({ length: 100 }, (_, at) => Uint8Array.of(1, 2, 3, 4, 5, 6, 7, at));
    const none = new Uint8Array(0);
    const said = { name: 'x', frame: none, capabilities: null, neighbours: none };
    for (const id of [...ids, ...ids]) {
      daemon['tell']({ of: 'station', event: { kind: 'announced', id, ...said } });
    }
    const [gone] = ids;
    const left = { kind: 'peer-left', id: gone, name: 'x', reason: 'user' } as const;
    daemon['tell']({ of: 'station', event: { ...left, heardAt: 0, neighbours: none } });
    await until(() => told.length > 0, 'they are told of');
    expect(told).toEqual(ids.slice(1).map(toHex));
    expect(looks).toBe(1);
  });
});

describe('the desk of the mesh', () => {
  it('tells who is watched, and what becomes of a peer whose line goes', async () => {
    const [one, two] = await pair();
    await until(() => one.desk.resilience().neighbours.length === 1, 'it is watched');
    expect(one.desk.resilience()).toMatchObject({
      neighbours: [{ id: two.id, name: 'berta', state: 'near' }],
      partitions: [],
      settings: { heartbeatMs: 10_000, missed: 3, phi: 8, confirmMs: 30_000 },
    });
  });

  it('changes when a node has failed, for good, and takes nothing that no setting may be', async () => {
    const { daemon, desk } = await withDesk('anna');
    const changed = await desk.tune({ heartbeatMs: 2000, phi: 5 });
    const settings = { heartbeatMs: 2000, missed: 3, phi: 5, confirmMs: 30_000 };
    expect(changed.settings).toEqual(settings);
    expect(JSON.parse(daemon.store.settings.get('resilience')!)).toEqual(settings);
    await expect(desk.tune({ missed: 1 })).rejects.toThrow(/REQUEST_INVALID/);
    expect(desk.resilience().settings).toEqual(settings);
  });
});

/** Beyond every key. */
const FAR = Number.MAX_SAFE_INTEGER;

type WithDesk = Running & { desk: DaemonDesk };

async function withDesk(
  name: string,
  listen: { host: string; port: number } | null = { host: '127.0.0.1', port: 0 },
): Promise<WithDesk> {
  const running = await rig.start(rig.folder(), { name, listen });
  return { ...running, desk: new DaemonDesk(running.daemon, 'boot') };
}

/** Anna, who invited, and Berta, who joined. */
async function pair(): Promise<[WithDesk, WithDesk]> {
  const one = await withDesk('anna');
  const two = await withDesk('berta');
  await joined(two, one);
  return [one, two];
}

async function joined(one: WithDesk, other: WithDesk): Promise<void> {
  const { line, command } = await other.desk.invite(other.address);
  expect(command).toBe(`hopline join '${line}'`);
  await one.desk.join(command);
  await until(() => {
    return isKnown(one, other) && isKnown(other, one);
  }, 'they know each other');
}

function isKnown(one: WithDesk, other: WithDesk): boolean {
  return one.desk.peers().some(({ id, isReachable }) => id === other.id && isReachable);
}

function lastLine(desk: DaemonDesk): { act: string } {
  return desk.audit(0, 1000).lines.at(-1)!;
}
