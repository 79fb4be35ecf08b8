/** Lines over real sockets: two peers on this machine, whose line breaks, stalls and comes back. */
import { createConnection, Server } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { IpLines, WAITING_MAX } from '../../../host/links/ip-lines.ts';
import type { LineEvent } from '../../../host/links/pipe.ts';
import { encodePacket, MESSAGE, plainPacket } from '../../../protocol/core/packet.ts';
import { NORMAL } from '../../../protocol/core/queue.ts';
import type { Identity } from '../../../protocol/trust/identity.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { SEED } from '../../seed.ts';
import { person } from '../../protocol/trust/people.ts';
import { LineEnd } from './line-end.ts';
import { Router } from './router.ts';
import { until } from '../../patience.ts';

const [alice, bob] = [person(1), person(2)];
const LOOPBACK = '127.0.0.1';
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const it of open.splice(0)) await it.close();
});

describe.each([
  { over: 'TCP', scheme: '' },
  { over: 'WebSocket', scheme: 'ws://' },
])('two peers over $over', ({ scheme }) => {
  it('pass packets both ways, in order and whole', async () => {
    const [a, b] = [endOf(alice), endOf(bob)];
    const { port } = await b.lines.listen(LOOPBACK, 0);
    a.call(`${scheme}${LOOPBACK}:${port}`, bob.id);
    await until(() => a.line !== null && b.line !== null);
    const packets = Array.from({ length: 2000 }, (_, at) => message(at));
    for (const packet of packets) {
      a.say(packet);
      b.say(packet);
      if (a.backlog > 500) await turn();
    }
    await until(() => a.heard.length >= packets.length && b.heard.length >= packets.length);
    expect(b.heard.map(toHex)).toEqual(packets.map(toHex));
    expect(a.heard.map(toHex)).toEqual(packets.map(toHex));
  });

  it('find each other again when whatever is between them comes back', async () => {
    const [a, b] = [endOf(alice), endOf(bob)];
    const { port } = await b.lines.listen(LOOPBACK, 0);
    const router = await routerTo(port);
    a.call(`${scheme}${LOOPBACK}:${router.port}`, bob.id);
    for (let count = 0; count < 2; count++) {
      await until(() => a.line !== null && b.line !== null);
      router.cut();
      await until(() => a.line === null && b.line === null);
    }
    await until(() => a.line !== null);
    a.say(message(7));
    await until(() => b.heard.length === 1);
  });

  it('go on with others while one does not read', async () => {
    const [a, b, c] = [endOf(alice), endOf(bob), endOf(person(3))];
    const { port } = await a.lines.listen(LOOPBACK, 0);
    const router = await routerTo(port);
    b.call(`${scheme}${LOOPBACK}:${router.port}`, alice.id);
    await until(() => a.line !== null);
    const stalled = a.line!;
    router.stall();
    c.call(`${scheme}${LOOPBACK}:${port}`, alice.id);
    await until(() => a.line !== stalled);
    const before = process.memoryUsage().rss;
    for (let count = 0; count < 20_000; count++) {
      a.feed({ kind: 'send', line: stalled, bytes: message(count, 2000), priority: NORMAL });
      if (count % 500 === 0) await turn();
    }
    a.say(message(1));
    await until(() => c.heard.length === 1);
    // 40 MB were asked for; the queue holds 4 of them and drops the rest, counted.
    expect(a.drops['queue-full']).toBeGreaterThan(10_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });
});

it('lets go of a stranger who talks something else', async () => {
  const a = endOf(alice);
  const { port } = await a.lines.listen(LOOPBACK, 0);
  const stranger = createConnection(port, LOOPBACK);
  const isClosed = new Promise<void>((done) => stranger.once('close', () => done()));
  stranger.on('error', () => {});
  stranger.resume().write('SSH-2.0-OpenSSH_9.9\r\n');
  await isClosed;
  expect(a.drops).toEqual({ 'too-long': 1 });
});

describe('a door that cannot be opened', () => {
  it('says who has the port', async () => {
    const [a, b] = [endOf(alice), endOf(bob)];
    const { port } = await a.lines.listen(LOOPBACK, 0);
    await expect(b.lines.listen(LOOPBACK, port)).rejects.toThrow(
      new RegExp(
        `127\\.0\\.0\\.1:${port}: another program listens there.* set listen\\.port \\[LISTEN`,
      ),
    );
    const clients = new IpLines(() => true, { setting: 'clients' });
    await expect(clients.listen(LOOPBACK, port)).rejects.toThrow(/or set clients\.port/);
  });

  it('says that an address is not its own', async () => {
    await expect(endOf(alice).lines.listen('192.0.2.1', 0)).rejects.toThrow(
      /no such address; set listen\.host \[LISTEN_FAILED\]/,
    );
  });
});

it('goes on listening when the system had no room for somebody', async () => {
  const listen = vi.spyOn(Server.prototype, 'listen');
  const [a, b] = [endOf(alice), endOf(bob)];
  const { port } = await b.lines.listen(LOOPBACK, 0);
  const [server] = listen.mock.contexts as Server[];
  listen.mockRestore();
  for (let times = 0; times < 2; times++) server.emit('error', new Error('accept EMFILE'));
  a.call(`${LOOPBACK}:${port}`, bob.id);
  await until(() => a.line !== null && b.line !== null);
});

it.each([
  { address: `${LOOPBACK}:1`, why: /ECONNREFUSED/ },
  { address: '[::1]:1', why: /ECONNREFUSED|EADDRNOTAVAIL|ENETUNREACH/ },
  { address: `${LOOPBACK}:70000`, why: /no port/ },
  { address: LOOPBACK, why: /no port/ },
  { address: `ws://${LOOPBACK}:1`, why: /ECONNREFUSED/ },
  { address: `tls://${LOOPBACK}:1`, why: /lines go over udp:/ },
  { address: 'ws://127.0.0.256:1', why: /no host/ },
])('$address, where nobody listens, is a line that closes', async ({ address, why }) => {
  const a = endOf(alice);
  a.call(address, bob.id);
  await until(() => a.closed !== '');
  expect(a.closed).toMatch(why);
});

it('remembers nothing of a line that is held when it is gone already', async () => {
  const told: LineEvent[] = [];
  const lines = new IpLines((event) => told.push(event) > 0);
  open.push(lines);
  const { port } = await lines.listen(LOOPBACK, 0);
  // Whoever holds it has yet to hear that it closed.
  for (let count = 0; count < 3; count++) {
    createConnection(port, LOOPBACK).end('nothing of ours');
    await until(() => told.at(-1)?.kind === 'closed');
    const { line } = told.at(-1)!;
    lines.perform({ kind: 'hold', line });
    told.length = 0;
  }
  expect(lines['held'].size).toBe(0);
});

describe('while the machine takes nothing', () => {
  it('it is asked again ever more rarely, and at once when it takes something', async () => {
    let [asked, isOpen] = [0, false];
    const lines = new IpLines(() => (asked++, isOpen));
    open.push(lines);
    const { port } = await lines.listen(LOOPBACK, 0);
    await strangers(1, port, 'hello');
    await until(() => asked > 0);
    await wait(500);
    expect(asked).toBeLessThan(40);
    isOpen = true;
    await until(() => lines['refused'].length === 0);
  });

  it('nothing new is read, and few are let in', async () => {
    let isOpen = false;
    const told: LineEvent[] = [];
    const lines = new IpLines((event) => isOpen && told.push(event) > 0);
    open.push(lines);
    const { port } = await lines.listen(LOOPBACK, 0);
    const much = 'x'.repeat(1_000_000);
    const closed = await strangers(WAITING_MAX + 10, port, much);
    await until(() => closed() === 10);
    const waiting = lines['refused'];
    expect(waiting.filter(({ kind }) => kind === 'opened')).toHaveLength(WAITING_MAX);
    const bytes = waiting.flatMap((event) => (event.kind === 'received' ? [event.bytes] : []));
    expect(bytes.length).toBeLessThanOrEqual(WAITING_MAX);
    isOpen = true;
    await until(() => told.filter(({ kind }) => kind === 'received').length > WAITING_MAX);
  });
});

/** So many who say something, one after another, and how many of them were let go. */
async function strangers(count: number, port: number, words: string): Promise<() => number> {
  let closed = 0;
  for (let at = 0; at < count; at++) {
    const socket = createConnection(port, LOOPBACK).on('error', () => {});
    open.push({ close: async () => void socket.destroy() });
    socket.on('close', () => closed++);
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write(words);
  }
  return () => closed;
}

function message(number: number, size = 20): Uint8Array {
  const payload = new Uint8Array(size).fill(number & 255);
  return encodePacket(plainPacket(MESSAGE, 7, number, alice.id, payload));
}

function endOf(who: Identity): LineEnd {
  const end = new LineEnd(who, SEED + open.length);
  open.push(end.lines);
  return end;
}

async function routerTo(port: number): Promise<Router> {
  const router = await Router.start(port);
  open.push(router);
  return router;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
