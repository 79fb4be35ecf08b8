/**
 * No route answers who must not be answered: every one of the table is asked under every bad head
 * (RELIABILITY R19, S27). A route that is added is asked too.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Guard } from '../../../host/http/guard.ts';
import type { Route } from '../../../host/http/route.ts';
import { ROUTES } from '../../../host/http/routes/all.ts';
import { EVENTS_PATH } from '../../../host/http/openapi.ts';
import type { Running } from './builders.ts';
import { ALICE, DeskDouble, raw, serve, serving, TOKEN } from './builders.ts';

type Asked = { method: string; path: string; access: Route['access']; isSocket: boolean };

const EVERYTHING: Asked[] = [
  ...ROUTES.map(({ method, path, access }) => ({
    method: method as string,
    path: path.replace(/\{\w+\}/g, ALICE),
    access,
    isSocket: false,
  })),
  { method: 'GET', path: EVENTS_PATH, access: 'token', isSocket: true },
  // What is no route is no way around.
  { method: 'GET', path: '/api/v1/nothing', access: 'public', isSocket: false },
  { method: 'GET', path: '/api/v1/peers/%zz', access: 'public', isSocket: false },
];

const TOKEN_LINE = `Authorization: Bearer ${TOKEN}`;

type Case = {
  what: string;
  /** Lines of the head, for a server on this port. */
  lines: (port: number) => string[];
  status: number;
  code: string;
  /** Only where a token is wanted. */
  isOfToken?: boolean;
};

const host = (port: number): string => `Host: 127.0.0.1:${port}`;

const CASES: Case[] = [
  {
    what: 'no token',
    lines: (port) => [host(port)],
    status: 401,
    code: 'TOKEN_REFUSED',
    isOfToken: true,
  },
  {
    what: 'a wrong token',
    lines: (port) => [host(port), `Authorization: Bearer ${TOKEN.replace('0', '1')}`],
    status: 401,
    code: 'TOKEN_REFUSED',
    isOfToken: true,
  },
  {
    what: 'half a token',
    lines: (port) => [host(port), `Authorization: Bearer ${TOKEN.slice(0, 16)}`],
    status: 401,
    code: 'TOKEN_REFUSED',
    isOfToken: true,
  },
  {
    what: 'the token in the path',
    lines: (port) => [host(port), `Authorization: Basic ${TOKEN}`],
    status: 401,
    code: 'TOKEN_REFUSED',
    isOfToken: true,
  },
  { what: 'Host evil.example', lines: () => [TOKEN_LINE, 'Host: evil.example'], ...refused() },
  {
    what: 'Host evil.example with our port',
    lines: (port) => [TOKEN_LINE, `Host: evil.example:${port}`],
    ...refused(),
  },
  {
    what: 'Host 127.0.0.1.evil.example',
    lines: (port) => [TOKEN_LINE, `Host: 127.0.0.1.evil.example:${port}`],
    ...refused(),
  },
  {
    what: 'a Host with a suffix',
    lines: (port) => [TOKEN_LINE, `Host: 127.0.0.1:${port}.evil.example`],
    ...refused(),
  },
  {
    what: 'a Host with another port',
    lines: (port) => [TOKEN_LINE, `Host: 127.0.0.1:${port + 1}`],
    ...refused(),
  },
  { what: 'an empty Host', lines: () => [TOKEN_LINE, 'Host:'], ...refused() },
  { what: 'no Host', lines: () => [TOKEN_LINE], status: 400, code: 'REQUEST_INVALID' },
  {
    what: 'two Hosts',
    lines: (port) => [TOKEN_LINE, host(port), 'Host: evil.example'],
    status: 400,
    code: 'REQUEST_INVALID',
  },
  {
    what: 'two Hosts, ours last',
    lines: (port) => [TOKEN_LINE, 'Host: evil.example', host(port)],
    status: 400,
    code: 'REQUEST_INVALID',
  },
  {
    what: 'a foreign Origin',
    lines: (port) => [TOKEN_LINE, host(port), 'Origin: http://evil.example'],
    ...refused(),
  },
  {
    what: 'the Origin null',
    lines: (port) => [TOKEN_LINE, host(port), 'Origin: null'],
    ...refused(),
  },
  {
    what: 'an Origin on another port of this machine',
    lines: (port) => [TOKEN_LINE, host(port), `Origin: http://127.0.0.1:${port + 1}`],
    ...refused(),
  },
  {
    what: 'two Origins',
    lines: (port) => [
      TOKEN_LINE,
      host(port),
      `Origin: http://127.0.0.1:${port}`,
      'Origin: http://evil.example',
    ],
    status: 400,
    code: 'REQUEST_INVALID',
  },
  {
    what: 'the mark of a page of another site',
    lines: (port) => [TOKEN_LINE, host(port), 'Sec-Fetch-Site: cross-site'],
    ...refused(),
  },
  {
    what: 'both lengths',
    lines: (port) => [TOKEN_LINE, host(port), 'Transfer-Encoding: chunked', 'Content-Length: 2'],
    status: 400,
    code: 'REQUEST_INVALID',
  },
];

function refused(): { status: number; code: string } {
  return { status: 403, code: 'SITE_REFUSED' };
}

let running: Running;
let port: number;
beforeAll(async () => {
  running = await serve(new DeskDouble(), { limits: { requestsBurst: 3000 } });
  port = running.server.port;
});
afterAll(() => running.server.close());

it.each(CASES)(
  'with $what it answers $status on every route',
  async ({ lines, status, code, isOfToken }) => {
    for (const asked of EVERYTHING) {
      if (isOfToken === true && asked.access === 'public') continue;
      const reply = await raw(port, requestFor(asked, lines(port)));
      const { error } = JSON.parse(reply.body) as { error: { code: string } };
      expect(`${asked.method} ${asked.path} ${reply.status} ${error.code}`).toBe(
        `${asked.method} ${asked.path} ${status} ${code}`,
      );
      expect(reply.body).not.toContain(TOKEN);
    }
    expect(running.desk.changes).toEqual([]);
    expect(running.logged.join()).not.toContain(TOKEN);
  },
);

it('lets in whoever shows the token, under any of its names', async () => {
  await serving(
    async ({ server: { port } }) => {
      for (const name of [
        `127.0.0.1:${port}`,
        `localhost:${port}`,
        `LOCALHOST:${port}`,
        `[::1]:${port}`,
        'mesh.example',
        `mesh.example:${port}`,
      ]) {
        const asked = EVERYTHING.find(({ path }) => path === '/api/v1/status')!;
        const lines = [`Host: ${name}`, TOKEN_LINE, `Origin: http://${name}`];
        expect([name, (await raw(port, requestFor(asked, lines))).status]).toEqual([name, 200]);
      }
    },
    { hosts: ['Mesh.example'] },
  );
});

describe('open to programs of this machine', () => {
  const status = EVERYTHING.find(({ path }) => path === '/api/v1/status')!;

  it.each([
    ['no token', [], 200],
    ['a page of another site', ['Origin: http://evil.example'], 403],
    ['a proxy in between', ['X-Forwarded-For: 192.0.2.1'], 401],
  ])('answers %s with %j as %i', async (_, lines, expected) => {
    await serving(
      async ({ server: { port } }) => {
        const reply = await raw(port, requestFor(status, [host(port), ...lines]));
        expect(reply.status).toBe(expected);
      },
      { isOpenOnLoopback: true },
    );
  });

  it.each(['192.0.2.1', '::ffff:192.0.2.1', '10.127.0.0', '2001:db8::1', '127.0.0.1.evil', ''])(
    'is not open to %j',
    (address) => {
      expect(isKnown(address)).toBe(false);
    },
  );

  it.each(['127.0.0.1', '127.8.9.10', '::ffff:127.0.0.1', '::1'])('is open to %s', (address) => {
    expect(isKnown(address)).toBe(true);
    for (const name of ['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Real-IP', 'Via']) {
      expect([name, isKnown(address, name)]).toEqual([name, false]);
    }
  });

  function isKnown(address: string, ...names: string[]): boolean {
    const guard = new Guard({ token: TOKEN, hosts: new Set(), isOpenOnLoopback: true });
    const rawHeaders = names.flatMap((name) => [name, 'a proxy']);
    return guard.isKnown({ method: 'GET', url: '/', rawHeaders, address });
  }

  it('still wants its own name', async () => {
    await serving(
      async ({ server: { port } }) => {
        const reply = await raw(port, requestFor(status, ['Host: evil.example']));
        expect(reply.status).toBe(403);
      },
      { isOpenOnLoopback: true },
    );
  });
});

it.each([null, 'text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])(
  'takes no body of the type %s',
  async (type) => {
    for (const asked of EVERYTHING.filter(({ method }) => ['POST', 'PATCH'].includes(method))) {
      const request = requestFor(asked, [host(port), TOKEN_LINE]).replace(
        /Content-Type: .*\r\n/,
        type === null ? '' : `Content-Type: ${type}\r\n`,
      );
      expect([asked.path, (await raw(port, request)).status]).toEqual([asked.path, 400]);
    }
    expect(running.desk.changes).toEqual([]);
  },
);

it.each(['http://evil.example/api/v1/status', '*', 'evil.example:80'])(
  'answers no request for %s',
  async (target) => {
    const lines = [`GET ${target} HTTP/1.1`, host(port), TOKEN_LINE, '', ''];
    expect((await raw(port, lines.join('\r\n'))).status).toBe(400);
  },
);

function requestFor({ method, path, isSocket }: Asked, lines: string[]): string {
  const body = method === 'GET' ? '' : '{}';
  const hasLength = lines.some((line) => line.startsWith('Content-Length'));
  return [
    `${method} ${path} HTTP/1.1`,
    ...lines,
    ...(isSocket
      ? [
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        ]
      : []),
    ...(method === 'GET' ? [] : ['Content-Type: application/json']),
    ...(method === 'GET' || hasLength ? [] : [`Content-Length: ${body.length}`]),
    '',
    body,
  ].join('\r\n');
}
