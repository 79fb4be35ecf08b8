/**
 * Whoever is slow, many or too fast is let go, and everybody else is answered.
 */
import { connect, Server } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { HEAD_MAX } from '../../../host/http/limits.ts';
import { ALICE, DeskDouble, message, raw, serve, serving, TOKEN } from './builders.ts';

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

describe('one connection too many', () => {
  const limits = { connectionsMax: 2 };

  it('takes the place of the one that asked nothing for longest', async () => {
    await serving(
      async ({ server: { port } }) => {
        const resting = await opened(port);
        const silent = await opened(port);
        resting.write(asking(port));
        await once(resting, 'data');
        const gone = once(silent, 'close');
        expect((await raw(port, asking(port))).status).toBe(200);
        await gone;
        expect(resting.destroyed).toBe(false);
      },
      { limits },
    );
  });

  it('takes no place of those who listen: they have a limit of their own', async () => {
    await serving(
      async ({ server: { port, url }, ask }) => {
        const protocols = ['hopline', `token.${TOKEN}`];
        const ears = [0, 1, 2].map(
          () => new WebSocket(`${url.replace('http', 'ws')}/api/v1/events`, protocols),
        );
        await Promise.all(ears.map((ear) => once(ear, 'open')));
        const silent = [await opened(port), await opened(port)];
        expect((await ask('/healthz')).status).toBe(200);
        await expect.poll(() => silent.some(({ destroyed }) => destroyed)).toBe(true);
        expect(ears.map(({ readyState }) => readyState)).toEqual(ears.map(() => WebSocket.OPEN));
        for (const ear of ears) ear.terminate();
      },
      { limits },
    );
  });

  it('takes the place of one that does not read its answer', async () => {
    await serving(
      async ({ server: { port }, desk }) => {
        desk.search = () => [message({ text: 'x'.repeat(8_000_000) })];
        const deaf = [await opened(port), await opened(port)];
        for (const socket of deaf) {
          socket.write(asking(port, '/api/v1/search?text=x'));
          await once(socket, 'readable');
        }
        expect((await raw(port, asking(port))).status).toBe(200);
      },
      { limits },
    );
  });

  it('is closed while all the others wait for us, and let in once they have their answers', async () => {
    await serving(
      async ({ server: { port }, desk }) => {
        let answer = (): void => {};
        const held = new Promise<null>((resolve) => (answer = () => resolve(null)));
        let asked = 0;
        desk.ping = () => {
          asked++;
          return held;
        };
        const path = `/api/v1/peers/${ALICE}/ping`;
        const waiting = [raw(port, posting(port, path)), raw(port, posting(port, path))];
        await expect.poll(() => asked).toBe(2);
        expect((await raw(port, asking(port))).status).toBe(0);
        answer();
        expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
        expect((await raw(port, asking(port))).status).toBe(200);
      },
      { limits },
    );
  });
});

it('lets go of whoever does not read his answer', async () => {
  await serving(
    async ({ server: { port }, desk }) => {
      desk.search = () => [message({ text: 'x'.repeat(8_000_000) })];
      const deaf = await opened(port);
      deaf.write(asking(port, '/api/v1/search?text=x'));
      await once(deaf, 'readable');
      const figures = async (): Promise<string> => (await raw(port, asking(port, '/metrics'))).body;
      expect(await figures()).toContain('hopline_http_connections 2');
      await expect.poll(figures).toContain('hopline_http_connections 1');
    },
    { limits: { idleMs: 200 } },
  );
});

it('answers few requests of a connection before it reads, however many it sends at once', async () => {
  await serving(
    async ({ server: { port }, desk }) => {
      let searched = 0;
      desk.search = () => {
        searched++;
        return [message({ text: 'x'.repeat(1_000_000) })];
      };
      const eager = await opened(port);
      eager.write(asking(port, '/api/v1/search?text=x').repeat(10));
      let text = '';
      eager.on('data', (chunk) => (text += chunk));
      const statuses = (): string[] => text.match(/(?<=HTTP\/1\.1 )\d+/g) ?? [];
      await expect.poll(() => statuses().length).toBe(10);
      expect(statuses().map(Number)).toEqual([200, 200, 200, ...Array<number>(7).fill(429)]);
      expect(searched).toBe(3);
      expect((await raw(port, asking(port))).status).toBe(200);
    },
    { limits: { unreadMax: 3 } },
  );
});

it('hangs up on a request for a line that it refuses, whether that reads it or not', async () => {
  await serving(async ({ server: { port } }) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.write(
      `GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
        'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    socket.resume();
    await once(socket, 'end');
    // What is said to somebody who is gone is refused.
    const broken = once(socket, 'error');
    const talking = setInterval(() => socket.write('still here'), 10);
    await broken.catch(() => {});
    clearInterval(talking);
  });
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

it('answers whoever has the token while strangers ask too often', async () => {
  await serving(
    async ({ server: { url }, ask }) => {
      const statuses = [];
      for (let i = 0; i < 4; i++) statuses.push((await fetch(`${url}/healthz`)).status);
      expect(statuses).toEqual([200, 200, 200, 429]);
      expect((await ask('/healthz')).status).toBe(200);
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

it('goes on when the system had no room for a connection', async () => {
  const listen = vi.spyOn(Server.prototype, 'listen');
  await serving(async ({ ask, logged }) => {
    const [server] = listen.mock.contexts as Server[];
    for (let times = 0; times < 2; times++) server.emit('error', new Error('accept EMFILE'));
    expect(logged.filter((line) => line.includes('accept EMFILE'))).toHaveLength(2);
    expect((await ask('/healthz')).status).toBe(200);
  });
  listen.mockRestore();
});

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
  });
}

function asking(port: number, path = '/healthz'): string {
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`;
}

function posting(port: number, path: string): string {
  const type = 'Content-Type: application/json\r\nContent-Length: 2';
  const [line, ...rest] = asking(port, path).trimEnd().split('\r\n');
  return [line.replace('GET', 'POST'), ...rest, type, '', '{}'].join('\r\n');
}
