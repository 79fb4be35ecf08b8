/**
 * Clients of a bridge: programs that take part over a line of their own, over TCP and WebSocket alike;
 * and one that floods, which costs the others nothing.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLIENT_LINES_MAX } from '../../host/daemon/bridge-config.ts';
import { DaemonDesk } from '../../host/desk.ts';
import { encodePacket, MESSAGE, plainPacket } from '../../protocol/core/packet.ts';
import { parseInvitation } from '../../protocol/peer/invitation.ts';
import { LeafClient } from '../../tools/bench/leaf-client.ts';
import { SEED } from '../seed.ts';
import { person } from '../protocol/trust/people.ts';
import type { Rig, Running } from './daemon-rig.ts';
import { openDaemonRig } from './daemon-rig.ts';
import { LineEnd } from './links/line-end.ts';
import { until } from '../patience.ts';

let rig: Rig;
let closing: (() => Promise<void>)[];
beforeEach(() => {
  rig = openDaemonRig();
  closing = [];
});
afterEach(async () => {
  await Promise.all(closing.map((close) => close()));
  await rig.end();
});

describe('clients of a bridge', () => {
  it('hear and are heard, over TCP and over WebSocket, and know each other', async () => {
    const bridge = await rig.start(rig.folder());
    const desk = new DaemonDesk(bridge.daemon, 'boot');
    const ada = await clientOf(bridge, 'ada');
    const { port } = bridge.daemon.clientsAt!;
    const bob = await clientOf(bridge, 'bob', `127.0.0.1:${port}`);
    await until(() => desk.clients().every(({ nodes }) => nodes.length === 1), 'both are here');
    await until(() => bob.peers().some(({ name }) => name === 'ada'), 'they know each other');
    ada.say('hello from ada');
    await until(() => bob.heard.includes('hello from ada'), 'bob has heard');
    await bridge.daemon.ask({ kind: 'say', text: 'hello from the bridge' });
    await until(() => ada.heard.length === 1 && bob.heard.length === 2, 'both have');
    const heard = bridge.events.filter(({ event }) => event.kind === 'message');
    expect(heard.length).toBeGreaterThanOrEqual(2);
    expect(desk.links().map(({ medium, way }) => [medium, way])).toEqual([
      ['client', 'client'],
      ['client', 'client'],
    ]);
    expect(bridge.daemon.snapshot().gateway.lines).toEqual([]);
  });

  it('hear the far end of a line at once, and are heard there', async () => {
    const one = await rig.start(rig.folder());
    const two = await rig.start(rig.folder());
    const invite = await one.daemon.ask({ kind: 'invite', address: one.address });
    if (invite.kind === 'invited') await two.daemon.ask({ kind: 'join', text: invite.line });
    const ada = await clientOf(one, 'ada');
    const bob = await clientOf(two, 'bob');
    await until(() => bob.peers().some(({ name }) => name === 'ada'), 'they know each other');
    ada.say('over two bridges');
    await until(() => bob.heard.includes('over two bridges'), 'bob has heard');
    // It waited for no turn, and cost nothing of what the radios may have.
    expect(two.daemon.snapshot().gateway.injected).toBe(0);
  });

  it('catch up with what was said before they came', async () => {
    const bridge = await rig.start(rig.folder());
    await until(() => bridge.daemon.snapshot().station.unixMs !== null, 'its clock is set');
    await bridge.daemon.ask({ kind: 'say', text: 'before' });
    const ada = await clientOf(bridge, 'ada');
    // One filter in a hundred names by mistake what is lacking, and the next one does not.
    await until(() => ada.heard.includes('before'), 'she has it');
  });

  it('are let in by a token alone, until it is taken away', async () => {
    const bridge = await rig.start(rig.folder());
    const desk = new DaemonDesk(bridge.daemon, 'boot');
    const { line } = await desk.addClient('tablet');
    await expect(desk.addClient('tablet')).rejects.toThrow(/there is a client tablet already/);
    await expect(desk.removeClient('phone')).rejects.toThrow(/no client phone/);
    const guest = client(line);
    await until(() => guest.isAttached, 'it is let in');
    const stranger = client(`${line.slice(0, -2)}00`);
    await until(() => stranger.why !== null, 'it is refused');
    expect(stranger.why).toMatch(/hung up as soon as it knew us/);
    // Nor does a token of theirs open the door of other gateways.
    const elsewhere = client(line, bridge.address);
    await until(() => elsewhere.why !== null, 'it is refused');
    await desk.removeClient('tablet');
    await until(() => !guest.isAttached && desk.links().length === 0, 'it is gone');
    expect(desk.clients()).toEqual([]);
  });

  it('are four at most with one token', async () => {
    const bridge = await rig.start(rig.folder());
    const { line } = await new DaemonDesk(bridge.daemon, 'boot').addClient('tabs');
    const tabs = Array.from({ length: 5 }, () => client(line));
    await until(() => tabs.filter((tab) => tab.isAttached).length === 4, 'four are here');
    await until(() => tabs.some(({ why }) => why !== null), 'one is not');
    expect(bridge.daemon.snapshot().clients.length).toBe(4);
    expect(CLIENT_LINES_MAX).toBe(50);
  });
});

it('a client that floods is read no faster than its share, and others are heard as ever', async () => {
  const bridge = await rig.start(rig.folder());
  const desk = new DaemonDesk(bridge.daemon, 'boot');
  const ada = await clientOf(bridge, 'ada');
  const bob = await clientOf(bridge, 'bob');
  await until(() => bob.peers().some(({ name }) => name === 'ada'), 'they know each other');
  const { line } = await desk.addClient('flood');
  const read = parseInvitation(line);
  if (!read.ok) throw new Error(read.why);
  const { node, secret, address } = read.value;
  const flood = new LineEnd(person(7), SEED);
  closing.push(() => flood.lines.close());
  flood.feed({ kind: 'routes', routes: [{ address, id: node, token: secret }] });
  await until(() => flood.line !== null, 'the flood is here');
  for (let count = 0; count < 20_000; count++) {
    flood.say(nonsense(count));
    if (count % 500 === 499) await new Promise((resolve) => setImmediate(resolve));
  }
  for (let count = 0; count < 5; count++) {
    ada.say(`word ${count}`);
    await until(() => bob.heard.includes(`word ${count}`), 'bob has heard');
  }
  const { heard } = desk.links().find(({ peer }) => peer !== null && isOf(peer, person(7).id))!;
  // 4 MB were to come; its share is 64 KB at once, and 31 a second.
  expect(heard).toBeGreaterThan(0);
  expect(heard).toBeLessThan(20_000);
  const isTold = (): boolean => bridge.events.some(({ event }) => event.kind === 'BandwidthLimit');
  await until(isTold, 'the owner is told');
  expect(desk.usage().samples.localMbps.some((mbps) => mbps > 0)).toBe(true);
});

/** A public message of somebody whom nobody knows. */
function nonsense(count: number): Uint8Array {
  const sender = new Uint8Array(8).fill(count & 255);
  const payload = new Uint8Array(180).fill(65);
  return encodePacket(plainPacket(MESSAGE, 7, Date.now() + count, sender, payload));
}

function isOf(hex: string, id: Uint8Array): boolean {
  return hex === Buffer.from(id).toString('hex');
}

async function clientOf(bridge: Running, name: string, address?: string): Promise<LeafClient> {
  const { line } = await new DaemonDesk(bridge.daemon, 'boot').addClient(name);
  const leaf = client(line, address, name);
  await until(() => leaf.isAttached, `${name} is let in`);
  return leaf;
}

function client(line: string, address?: string, name = 'guest'): LeafClient {
  const leaf = new LeafClient(line, name, address);
  closing.push(() => leaf.close());
  return leaf;
}
