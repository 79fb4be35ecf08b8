/**
 * Lines over real UDP sockets: two peers on this machine, and between them a router that loses
 * datagrams, changes addresses and goes dark.
 */
import { createSocket, Socket } from 'node:dgram';
import { promises as dns } from 'node:dns';
import { afterEach, expect, it, vi } from 'vitest';
import { encodePacket, MESSAGE, plainPacket } from '../../../protocol/core/packet.ts';
import { datagramOf, OPENING, OPENING_SIZE } from '../../../protocol/peer/datagrams.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { freePort } from '../../free-port.ts';
import { SEED } from '../../seed.ts';
import { person } from '../../protocol/trust/people.ts';
import { DatagramRouter } from './datagram-router.ts';
import { LineEnd } from './line-end.ts';
import { until } from '../../patience.ts';

const [alice, bob] = [person(1), person(2)];
const LOOPBACK = '127.0.0.1';
/** A line of which nothing is heard for so long is given up; far sooner where a test waits for it. */
const PATIENT = { intervalMs: 1000, missedMax: 600 };
const HASTY = { intervalMs: 100, missedMax: 5 };
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const it of open.splice(0)) await it.close();
});

it('two peers pass packets both ways, in order and whole, over a way that loses one in ten', async () => {
  const { a, b, router } = await connected();
  router.lostPercent = 10;
  const packets = Array.from({ length: 500 }, (_, at) => message(at));
  for (const packet of packets) {
    a.say(packet);
    b.say(packet);
  }
  await until(() => a.heard.length >= packets.length && b.heard.length >= packets.length);
  expect(b.heard.map(toHex)).toEqual(packets.map(toHex));
  expect(a.heard.map(toHex)).toEqual(packets.map(toHex));
});

it('a line goes on when a router gives one end another address', async () => {
  const { a, b, router } = await connected();
  const line = b.line;
  await router.rebind();
  a.say(message(1));
  b.say(message(2));
  await until(() => a.heard.length === 1 && b.heard.length === 1);
  expect(b.line).toBe(line);
});

it('two peers find each other again when what is between them comes back', async () => {
  const { a, b, router } = await connected(HASTY);
  // Until each knows how often the other beats, it waits for longer.
  await until(() => router.carried > 40);
  router.isDark = true;
  await until(() => a.line === null && b.line === null);
  router.isDark = false;
  await until(() => a.line !== null && b.line !== null);
  a.say(message(7));
  await until(() => b.heard.length === 1);
  expect(b.heard).toEqual([message(7)]);
});

it('a line that is not read loses nothing: what is not taken is sent again', async () => {
  const { a, b } = await connected();
  const line = b.line!;
  b.lines.perform({ kind: 'hold', line });
  for (let at = 0; at < 100; at++) a.say(message(at, 500));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(b.heard).toEqual([]);
  b.lines.perform({ kind: 'go', line });
  await until(() => b.heard.length === 100);
});

it('says who has the port', async () => {
  // TCP is asked first, and must have the same port to give.
  const port = await freePort();
  const taken = createSocket('udp4');
  await new Promise<void>((resolve) => taken.bind(port, LOOPBACK, resolve));
  open.push({ close: () => new Promise((done) => taken.close(done)) });
  await expect(endOf(1).lines.listen(LOOPBACK, port)).rejects.toMatchObject({
    code: 'LISTEN_FAILED',
    message: expect.stringMatching(
      new RegExp(`UDP ${LOOPBACK}:${port}: another program.* set listen`),
    ),
  });
});

it('answers nobody who says that he comes from port 0, where nothing can be sent', async () => {
  const bind = vi.spyOn(Socket.prototype, 'bind');
  const a = endOf(1);
  await a.lines.listen(LOOPBACK, 0);
  const [socket] = bind.mock.contexts as Socket[];
  bind.mockRestore();
  const from = { address: LOOPBACK, family: 'IPv4', port: 0, size: OPENING_SIZE };
  socket.emit('message', datagramOf(OPENING, [7], new Uint8Array(OPENING_SIZE - 5)), from);
  expect(a.lines.drops).toEqual({ nowhere: 1 });
});

it('says why a name leads nowhere', async () => {
  const a = endOf(1);
  a.call('udp://nowhere.invalid:1', bob.id);
  await until(() => a.closed !== '');
  expect(a.closed).toMatch(/ENOTFOUND|EAI_AGAIN/);
});

it('a name of several addresses leads to whichever is listened at', async () => {
  const [a, b] = [endOf(1), endOf(2)];
  const { port } = await b.lines.listen(LOOPBACK, 0);
  const known = vi.spyOn(dns, 'lookup').mockResolvedValue([
    { address: '::1', family: 6 },
    { address: '127.0.0.9', family: 4 },
    { address: LOOPBACK, family: 4 },
  ] as never);
  a.call(`udp://bridge.example.org:${port}`, bob.id);
  await until(() => a.line !== null && b.line !== null);
  known.mockRestore();
  a.say(message(3));
  b.say(message(4));
  await until(() => a.heard.length === 1 && b.heard.length === 1);
});

it('who listens for this machine alone dials others from where they can answer', async () => {
  const bind = vi.spyOn(Socket.prototype, 'bind');
  const a = endOf(1);
  await a.lines.listen(LOOPBACK, 0);
  a.call('udp://198.51.100.1:9', bob.id);
  await until(() => bind.mock.contexts.length === 2);
  const [, dialling] = bind.mock.contexts as Socket[];
  bind.mockRestore();
  await until(() => isBound(dialling));
  expect(dialling.address().address).toBe('0.0.0.0');
});

/** Two peers with a line through a router. */
async function connected(
  pace = PATIENT,
): Promise<{ a: LineEnd; b: LineEnd; router: DatagramRouter }> {
  const [a, b] = [endOf(1, pace), endOf(2, pace)];
  const { port } = await b.lines.listen(LOOPBACK, 0);
  const router = await DatagramRouter.start(port, SEED);
  open.push(router);
  a.call(`udp://${LOOPBACK}:${router.port}`, bob.id);
  await until(() => a.line !== null && b.line !== null);
  return { a, b, router };
}

function isBound(socket: Socket): boolean {
  try {
    return socket.address().port > 0;
  } catch {
    return false;
  }
}

function message(number: number, size = 20): Uint8Array {
  const payload = new Uint8Array(size).fill(number & 255);
  return encodePacket(plainPacket(MESSAGE, 7, number, alice.id, payload));
}

function endOf(number: number, pace = PATIENT): LineEnd {
  const end = new LineEnd(person(number), SEED + number, [], pace);
  open.push(end.lines);
  return end;
}
