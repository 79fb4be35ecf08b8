/**
 * Lines over WebSocket where something else is at one end: requests that are none, pages of strangers,
 * text, messages without end; and thousands of connections of which nothing comes.
 */
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createConnection, createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { person } from '../../protocol/trust/people.ts';
import { runs, SEED } from '../../seed.ts';
import { raw } from '../http/builders.ts';
import { LineEnd } from './line-end.ts';
import { until } from '../../patience.ts';

const LOOPBACK = '127.0.0.1';
/** At a full count as many as R-rows speak of. */
const SLOW = runs(300, 3000);
const UPGRADED = 'HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

describe('a port that takes lines, asked by something else', () => {
  const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
  const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  it.each([
    ['GET / HTTP/1.1\r\nHost: here\r\n\r\n', 426],
    [`GET /elsewhere HTTP/1.1\r\nHost: here\r\n${UPGRADE}${KEY}\r\n`, 404],
    [`GET /line HTTP/1.1\r\nHost: here\r\n${UPGRADE}\r\n`, 400],
    [`GET /line HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\n${UPGRADE}${KEY}\r\n`, 403],
    [`GET /line HTTP/1.1\r\nHost: x\r\nOrigin: http://localhost.evil\r\n${UPGRADE}${KEY}\r\n`, 403],
    [`GET /line HTTP/1.1\r\nHost: x\r\nOrigin: null\r\n${UPGRADE}${KEY}\r\n`, 403],
  ])('%j: %i', async (request, status) => {
    const { port } = await listening();
    expect((await raw(port, request)).status).toBe(status);
  });

  it.each(['http://localhost:5173', 'http://127.0.0.1', 'https://MY.example'])(
    'takes a line from a page of %s',
    async (origin) => {
      const { port } = await listening(['https://my.example']);
      const page = new WebSocket(`ws://${LOOPBACK}:${port}/line`, { origin });
      closing.push(() => page.terminate());
      await new Promise((resolve, reject) => page.on('open', resolve).on('error', reject));
    },
  );

  it('closes upon text, and upon a message that no record needs', async () => {
    const { port } = await listening();
    for (const [said, code] of [
      ['hello', 1003],
      [new Uint8Array(70_000), 1009],
    ] as const) {
      const page = new WebSocket(`ws://${LOOPBACK}:${port}`);
      await new Promise((resolve) => page.on('open', resolve));
      const closed = new Promise((resolve) => page.on('close', resolve));
      page.send(said);
      expect(await closed).toBe(code);
    }
  });
});

it('says so when a server is there that takes no lines', async () => {
  const server = createServer((_, answer) => answer.writeHead(404).end());
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  closing.push(() => server.close());
  const end = endOf();
  const { port } = server.address() as AddressInfo;
  end.call(`ws://${LOOPBACK}:${port}/nothing`, person(2).id);
  await until(() => end.closed !== '');
  expect(end.closed).toBe('it takes no lines there (404 Not Found)');
});

it.each([
  ['no HTTP', 'hello\r\n\r\n', 'HPE_INVALID_CONSTANT'],
  ['an answer to another', `${UPGRADED}Sec-WebSocket-Accept: x\r\n\r\n`, 'Sec-WebSocket-Accept'],
])('says so when what is there speaks %s', async (_, answer, code) => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {}).once('data', () => socket.write(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  closing.push(() => server.close());
  const end = endOf();
  const { port } = server.address() as AddressInfo;
  end.call(`ws://${LOOPBACK}:${port}`, person(2).id);
  await until(() => end.closed !== '');
  expect(end.closed).toContain('what is there does not speak as WebSockets do');
  expect(end.closed).toContain(code);
});

it('goes through TLS to wss://, and to nobody whose certificate nobody vouches for', async () => {
  const server = createSecureServer(SELF_SIGNED, (_, answer) => answer.writeHead(404).end());
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  closing.push(() => server.close());
  const end = endOf();
  const { port } = server.address() as AddressInfo;
  end.call(`wss://${LOOPBACK}:${port}`, person(2).id);
  await until(() => end.closed !== '');
  expect(end.closed).toBe('nobody vouches for its certificate (DEPTH_ZERO_SELF_SIGNED_CERT)');
});

it(`R13: is not brought down by ${SLOW} connections that say next to nothing`, async () => {
  const end = endOf();
  const { port } = await end.lines.listen(LOOPBACK, 0);
  const before = process.memoryUsage().rss;
  const sockets: Socket[] = [];
  closing.push(() => sockets.forEach((socket) => socket.destroy()));
  let over = 0;
  for (let at = 0; at < SLOW; at++) {
    const socket = createConnection(port, LOOPBACK);
    socket.on('error', () => {}).on('close', () => over++);
    // Half a request, half a record, or nothing.
    if (at % 3 > 0) socket.write(at % 3 === 1 ? 'GET /li' : '\0');
    sockets.push(socket.resume());
    // No more than the system holds ready: of 8 it is seen later what they are.
    await until(() => at - over < 40);
  }
  // Of one host 8 may be shaking; all others are let go at once.
  await until(() => over >= SLOW - 8);
  expect(end.drops['too-many-shaking']).toBeGreaterThanOrEqual(SLOW - 8);
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  sockets.forEach((socket) => socket.destroy());
  await until(() => over === SLOW);
  // And whoever comes then is let in as ever.
  const friend = endOf(2);
  friend.call(`ws://${LOOPBACK}:${port}`, person(1).id);
  await until(() => friend.line !== null && end.line !== null);
});

async function listening(origins: string[] = []): Promise<{ port: number }> {
  return endOf(1, origins).lines.listen(LOOPBACK, 0);
}

function endOf(number = 1, origins: string[] = []): LineEnd {
  const end = new LineEnd(person(number), SEED + number, origins);
  closing.push(() => end.lines.close());
  return end;
}

/** Made for this test, good for a hundred years, and vouched for by nobody. */
const SELF_SIGNED = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgnLSnFma0mp9ur/zU
FqvVIKwKZbJBz9NFclPiU2KsyBOhRANCAARvjuB3agDlVoWGsJbHjrmQyet9kUuj
l/87AIf73CAY/LSJGjuX0Kl654hPqRLiewKszoJzpXdIIk8rV16WvD+V
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUdQEvcJsDsWaOpZmkS8fb/ET1bdIwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTE4MzIyMFoYDzIxMjYxMDI4
MTgzMjIwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARvjuB3agDlVoWGsJbHjrmQyet9kUujl/87AIf73CAY/LSJGjuX0Kl6
54hPqRLiewKszoJzpXdIIk8rV16WvD+Vo28wbTAdBgNVHQ4EFgQUX0+Spp448uTM
LIHuum9dtR2ETiswHwYDVR0jBBgwFoAUX0+Spp448uTMLIHuum9dtR2ETiswDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAISFYkB7T1F8dhU5XgCK/XoInHz9RmNiZLAOagDJtYskAiAx
IZuJDZzwZ3sLO+U62pJcj6pFH+KZoBUaG2oXZGPKbA==
-----END CERTIFICATE-----`,
};
