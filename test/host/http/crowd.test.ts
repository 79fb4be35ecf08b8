/**
 * Crowds: thousands who ask as slowly as they can, and a thousand who listen, of whom a tenth reads
 * nothing. Whoever behaves is served as if he were alone, and the others cost what they may
 * (RELIABILITY R13, R14).
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { DaemonDesk } from '../../../host/desk.ts';
import { HTTP_LIMITS } from '../../../host/http/limits.ts';
import { PATIENCE_MS } from '../../patience.ts';
import { runs } from '../../seed.ts';
import type { Running as RunningDaemon } from '../daemon-rig.ts';
import { openDaemonRig } from '../daemon-rig.ts';
import type { Running } from './builders.ts';
import { ALICE, DeskDouble, serve, TOKEN } from './builders.ts';

const SLOW = runs(300, 3000);
const READERS = runs(50, 1000);
const STALLED = READERS / 10;
/** Far fewer than are slow. */
const CONNECTIONS_MAX = runs(64, HTTP_LIMITS.connectionsMax);
/** For the system to hang up on those whom nobody took. */
const HANG_UP_MS = runs(PATIENCE_MS, 200_000);
/** Connections that are begun together: no more than the system holds ready. */
const AT_ONCE = 50;

const rig = openDaemonRig();
const sockets: Socket[] = [];
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const close of closing.splice(0)) await close();
});

let bridge: RunningDaemon;
let running: Running<DaemonDesk>;
beforeAll(async () => {
  bridge = await rig.start(rig.folder());
  const { daemon } = bridge;
  running = await serve(new DaemonDesk(daemon, 'boot'), {
    takeLine: (...asked) => daemon.takeClient(...asked),
    limits: { connectionsMax: CONNECTIONS_MAX },
  });
});
afterAll(async () => {
  await running.server.close();
  await rig.end();
});

it(`R13: answers whoever asks, while ${SLOW} dribble what they ask at each of its doors`, async () => {
  const { port } = running.server;
  const lines = Number(bridge.address.split(':')[1]);
  const client = bridge.daemon.clientsAt!.port;
  let answered = 0;
  const honest = async (at: number): Promise<void> => {
    expect((await running.ask('/api/v1/status')).status).toBe(200);
    const body = JSON.stringify({ to: 'public', text: `word ${at}` });
    expect((await running.ask('/api/v1/messages', { method: 'POST', body })).status).toBe(200);
    answered++;
  };
  for (let at = 0; at < SLOW; at++) {
    begin(port, SLOW_REQUESTS[at % SLOW_REQUESTS.length].replaceAll('PORT', `${port}`));
    begin(at % 2 === 0 ? lines : client, SLOW_LINES[at % SLOW_LINES.length]);
    if (at % AT_ONCE > 0) continue;
    await honest(at);
    // Another byte of each.
    for (const socket of sockets) if (socket.writable) socket.write('a');
  }
  expect(answered).toBe(SLOW / AT_ONCE);
  await expect
    .poll(async () => Number(await figureOf(running.ask, 'http_connections')))
    .toBeLessThanOrEqual(CONNECTIONS_MAX);
  // Those whom the system has still to hang up on are no part of it.
  await expect
    .poll(() => sockets.filter(({ destroyed }) => !destroyed).length, { timeout: HANG_UP_MS })
    .toBeLessThanOrEqual(CONNECTIONS_MAX + 50);
});

it(`R14: tells ${READERS} everything while ${STALLED} of them read nothing`, async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  closing.push(() => vi.useRealTimers());
  const desk = new DeskDouble();
  const { server, ask, logged } = await serve(desk);
  closing.push(() => server.close());
  const url = `${server.url.replace('http', 'ws')}/api/v1/events`;
  const readers: Ear[] = [];
  while (readers.length < READERS) {
    readers.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => Ear.open(url)))));
  }
  const [stalled, healthy] = [readers.slice(0, STALLED), readers.slice(STALLED)];
  for (const { socket } of stalled) socket.pause();

  const text = 'x'.repeat(64_000);
  let told = 0;
  // More than the system keeps for one who sleeps.
  while (told < 100) {
    for (const until = told + 10; told < until; told++) {
      desk.tell({ kind: 'note', device: 'button', name: 'door', text });
    }
    for (const ear of healthy) await ear.hears(told);
  }
  const cursors = Array.from({ length: told }, (_, at) => `b1-${at + 1}`);
  for (const { heard } of healthy) expect(heard).toEqual(cursors);
  const waiting = Number(await figureOf(ask, 'event_waiting_bytes'));
  expect(waiting).toBeGreaterThan(STALLED * 0.7 * HTTP_LIMITS.waitingMax);
  expect(waiting).toBeLessThanOrEqual(STALLED * HTTP_LIMITS.waitingMax);

  for (let ping = 0; ping < 2; ping++) {
    vi.advanceTimersByTime(HTTP_LIMITS.pingMs);
    const { cursor } = desk.tell({ kind: 'alarm', id: ALICE });
    told++;
    for (const ear of healthy) await ear.hears(told);
    expect(healthy.every(({ heard }) => heard.at(-1) === cursor)).toBe(true);
    // Their pongs are under way, which takes a turn of the loop and no time.
    for (let turn = 0; turn < 20; turn++) await new Promise((done) => setTimeout(done, 5));
  }
  expect(await figureOf(ask, 'event_readers_stalled_total')).toBe(String(STALLED));
  expect(await figureOf(ask, 'event_readers')).toBe(String(healthy.length));
  expect(await figureOf(ask, 'event_waiting_bytes')).toBe('0');
  const whys = logged.filter((line) => line.startsWith('a listener is let go: it read nothing'));
  expect(whys).toHaveLength(STALLED);
});

/** As far as they get: a head, a body, a WebSocket, and one for a line of which nothing comes. */
const SLOW_REQUESTS = [
  'GET /api/v1/status HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nX-',
  'POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n{"',
  'GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-',
  'GET /line HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  '',
];
/** The beginning of a record of a handshake, of a WebSocket, and silence. */
const SLOW_LINES = ['\0\x20', 'GET /line HTTP/1.1\r\nHost: here\r\nX-', ''];

function begin(port: number, words: string): void {
  const socket = connect(port, '127.0.0.1');
  // Whoever is hung up on may hear of it in any way.
  socket.on('error', () => {}).resume();
  if (words !== '') socket.write(words);
  sockets.push(socket);
}

async function figureOf(ask: Running['ask'], name: string): Promise<string> {
  const text = await (await ask('/metrics')).text();
  return new RegExp(`^hopline_${name} (.*)$`, 'm').exec(text)![1];
}

/** A page that listens, and keeps the cursors of what it hears. */
class Ear {
  readonly socket: WebSocket;
  readonly heard: string[] = [];
  private wake = (): void => {};

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (text) => {
      this.heard.push(/"cursor":"([^"]*)"/.exec(String(text))![1]);
      this.wake();
    });
  }

  static open(url: string): Promise<Ear> {
    const socket = new WebSocket(url, ['hopline', `token.${TOKEN}`]);
    closing.push(() => socket.terminate());
    return new Promise((resolve, reject) => {
      socket.on('error', reject).on('open', () => resolve(new Ear(socket)));
    });
  }

  async hears(count: number): Promise<void> {
    while (this.heard.length < count) await new Promise<void>((done) => (this.wake = done));
  }
}
