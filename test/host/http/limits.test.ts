/**
 * Whoever is slow, many or too fast is let go, and everybody else is answered.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { HEAD_MAX } from '../../../host/http/limits.ts';
import { DeskDouble, raw, serve, serving } from './builders.ts';

it.each([
  ['a head that never ends', 'GET /healthz HTTP/1.1\r\nHost: 127'],
  [
    'a body that never ends',
    'POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n' +
      'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
  ],
])('closes a connection with %s', async (_, request) => {
  await serving(
    async ({ server: { port } }) => {
      const reply = await raw(port, request.replace('PORT', String(port)));
      expect(reply.status).toBe(400);
      expect(reply.body).toContain('took too long');
    },
    { limits: { headMs: 100, requestMs: 200 } },
  );
});

it('refuses what is no HTTP, and a head that is too long', async () => {
  await serving(async ({ server: { port } }) => {
    for (const request of [
      '\x16\x03\x01 hello\r\n\r\n',
      `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX: ${'x'.repeat(HEAD_MAX)}\r\n\r\n`,
    ]) {
      const { status, body } = await raw(port, request);
      expect([status, JSON.parse(body)]).toMatchObject([
        400,
        { error: { code: 'REQUEST_INVALID' } },
      ]);
    }
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  });
});

it('closes one connection too many, and takes the next once there is room', async () => {
  await serving(
    async ({ server: { port } }) => {
      const held = [await opened(port), await opened(port)];
      expect((await raw(port, 'GET / HTTP/1.1\r\n\r\n')).status).toBe(0);
      for (const socket of held) socket.destroy();
      await expect
        .poll(async () => (await raw(port, 'GET / HTTP/1.1\r\n\r\n')).status)
        .toBeGreaterThan(0);
    },
    { limits: { connectionsMax: 2 } },
  );
});

it('refuses what is asked too often', async () => {
  await serving(
    async ({ ask }) => {
      const statuses = [];
      for (let i = 0; i < 4; i++) statuses.push((await ask('/healthz')).status);
      expect(statuses).toEqual([200, 200, 200, 429]);
    },
    { limits: { requestsBurst: 3, requestsPerS: 0 } },
  );
});

it.each([
  ['a port that is taken', (port: number) => ({ port }), 'set http.port'],
  ['an address of another machine', () => ({ host: '192.0.2.1' }), 'set http.host'],
])('says what is wrong with %s', async (_, options, advice) => {
  await serving(async ({ server: { port } }) => {
    await expect(serve(new DeskDouble(), options(port))).rejects.toThrow(
      new RegExp(`${advice}.*LISTEN_FAILED`),
    );
  });
});

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
  });
}
