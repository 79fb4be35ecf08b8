/**
 * The API answers what the desk says, takes what its schemas allow, and names what is wrong with the
 * rest.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Running } from './builders.ts';
import { ALICE, BOB, DeskDouble, message, serve, raw, serving, TOKEN } from './builders.ts';

let shared: Running;
beforeAll(async () => {
  shared = await serve(new DeskDouble());
});
afterAll(() => shared.server.close());

describe('whoever shows the token', () => {
  it.each([
    ['/api/v1/status', { name: 'bridge', counts: { drops: { duplicate: 4 } } }],
    ['/api/v1/statistics', { gateway: { drops: { stale: 1 } }, carried: [{ who: ALICE }] }],
    ['/api/v1/map', { islands: [{ nodes: [{ kind: 'self' }, { id: 'link 3' }] }] }],
    ['/api/v1/links', { links: [{ peer: ALICE, mode: null, rssi: -60 }] }],
    ['/api/v1/gateways', { gateways: [{ lines: [BOB] }] }],
    ['/api/v1/components', { components: [{ statistics: { networkHealth: 0.93 } }] }],
    ['/api/v1/peers', { peers: [{ name: 'alice' }, { name: 'bob' }, { name: 'Bob' }] }],
    ['/api/v1/peers/Alice', { id: ALICE, fingerprint: null }],
    ['/api/v1/conversations', { conversations: [{ last: { text: 'hello' } }, { last: null }] }],
    ['/api/v1/messages', { messages: [{ key: 3 }, { key: 2 }, { key: 1 }] }],
    [`/api/v1/messages?conversation=${ALICE}&before=3&limit=1`, { messages: [{ key: 2 }] }],
    ['/api/v1/search?text=hell', { messages: [{ key: 3 }, { key: 2 }, { key: 1 }] }],
    ['/api/v1/resilience', { networkHealth: 0.8, partitions: [{ lost: [BOB] }] }],
    ['/api/v1/messages?after=1&limit=1', { messages: [{ key: 2 }] }],
    ['/api/v1/packets?after=0', { packets: [{ key: 1, type: 'message', sender: ALICE }] }],
    ['/api/v1/packets/1', { key: 1, parts: [{ name: 'text', at: 22 }] }],
    ['/api/v1/log?limit=5', { lines: [{ words: 'no link is left for a port' }] }],
    ['/api/v1/audit/check', { lines: 1, flaw: null }],
    ['/api/v1/timeline', { timeline: [{ name: 'NodeSuspected', peer: BOB }] }],
    ['/api/v1/settings', { settings: [{ value: 'bridge' }, { value: 9, isPending: true }, {}, { value: true }, {}, { value: [BOB], schema: { items: { type: 'string' } } }, {}] }], // prettier-ignore
    ['/api/v1/lines', { lines: [{ node: BOB, problem: 'nobody answers there' }] }],
  ])('reads %s', async (path, expected) => {
    const answer = await shared.ask(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toMatchObject(expected);
  });

  it.each([
    ['POST', '/api/v1/messages', { to: 'alice', text: 'hi' }, 200, { to: 'alice', text: 'hi' }],
    ['PATCH', `/api/v1/peers/${BOB}`, { standing: 'verified' }, 200, { standing: 'verified' }],
    ['PATCH', `/api/v1/peers/${BOB}`, { standing: 'basic' }, 200, { standing: 'contacted' }],
    ['PATCH', `/api/v1/peers/${BOB}`, { standing: 'unknown' }, 200, { standing: 'seen' }],
    ['DELETE', `/api/v1/peers/${BOB}`, undefined, 204, { forget: BOB }],
    ['PATCH', '/api/v1/resilience', { phi: 6.5 }, 200, { tune: { phi: 6.5 } }],
    ['PATCH', '/api/v1/settings', { changes: { ttl: 5, name: null } }, 200, { settings: { ttl: 5, name: null } }], // prettier-ignore
    ['PATCH', '/api/v1/settings', { changes: { ttl: 65 } }, 400, { settings: { ttl: 65 } }],
    ['POST', '/api/v1/conversations/public/read', { key: 3 }, 204, { read: 'public', key: 3 }],
    ['POST', '/api/v1/lines', { line: 'hopline:x' }, 200, { join: 'hopline:x' }],
    ['DELETE', `/api/v1/lines/${BOB}`, undefined, 204, { part: BOB }],
  ])('changes by %s %s', async (method, path, body, status, change) => {
    const { ask, desk } = shared;
    const answer = await ask(path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect([answer.status, desk.changes.at(-1)]).toMatchObject([status, change]);
  });

  it('asks how far a peer is, by a name that only he has', async () => {
    const ping = async (who: string): Promise<unknown> =>
      (await shared.ask(`/api/v1/peers/${who}/ping`, posted({}))).json();
    expect(await ping('alice')).toEqual({ ping: { roundTripMs: 12, hops: 1 } });
    expect(await ping(BOB)).toEqual({ ping: null });
    expect(await ping('bob')).toMatchObject({ error: { code: 'AMBIGUOUS_NAME' } });
    expect(await ping('carol')).toMatchObject({ error: { code: 'PEER_UNKNOWN' } });
    const trace = await shared.ask('/api/v1/peers/alice/trace', posted({}));
    expect(await trace.json()).toMatchObject({ hops: [{ id: ALICE, medium: 'air' }] });
    const path = await shared.ask('/api/v1/peers/alice/path');
    expect(await path.json()).toMatchObject({ id: ALICE, routes: [{ via: [ALICE] }] });
  });

  it.each([
    [{}, 'hopline:192.0.2.1:8334/'],
    [{ address: null }, 'hopline:192.0.2.1:8334/'],
    [{ address: 'here:1' }, 'hopline:here:1/'],
  ])('gets an invite for %j', async (body, beginning) => {
    const answer = await shared.ask('/api/v1/invites', posted(body));
    expect(((await answer.json()) as { line: string }).line).toContain(beginning);
  });

  it('asks for what happened by kind, by node, and for what comes with every packet', async () => {
    const { ask, desk } = shared;
    await ask(`/api/v1/timeline?before=9&limit=2&kind=PeerLeft&node=${BOB}&what=all`);
    expect(desk.asked).toEqual({ before: 9, limit: 2, kind: 'PeerLeft', node: BOB, isAll: true });
    await ask('/api/v1/timeline');
    expect(desk.asked).toMatchObject({ limit: 500, kind: null, node: null, isAll: false });
  });

  it('sees a message as the desk has it', async () => {
    const answer = await shared.ask('/api/v1/messages?limit=1');
    expect(await answer.json()).toEqual({ messages: [message({ key: 3 })] });
  });
});

describe('what a request must not hold', () => {
  it.each([
    ['GET', '/api/v1/messages?limit=0', undefined, 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/messages?limit=1e1', undefined, 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/messages?limit=1&limit=2', undefined, 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/messages?evil=1', undefined, 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/status?token=1', undefined, 400, 'REQUEST_INVALID'],
    ['POST', '/api/v1/peers/alice/ping', { hard: true }, 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/search', undefined, 400, 'REQUEST_INVALID'],
    ['POST', '/api/v1/messages', {}, 400, 'REQUEST_INVALID'],
    ['POST', '/api/v1/messages', { to: 'public', text: 7 }, 400, 'REQUEST_INVALID'],
    ['POST', '/api/v1/messages', { to: 'public', text: '' }, 400, 'REQUEST_INVALID'],
    ['POST', '/api/v1/messages', { to: 'public', text: 'x', also: 1 }, 400, 'REQUEST_INVALID'],
    ['POST', '/api/v1/messages', { to: 'x', text: 'x'.repeat(70_000) }, 413, 'REQUEST_TOO_LARGE'],
    ['POST', '/api/v1/messages', { to: 'bob', text: 'x' }, 409, 'AMBIGUOUS_NAME'],
    ['POST', '/api/v1/messages', { to: 'carol', text: 'x' }, 404, 'PEER_UNKNOWN'],
    ['PATCH', '/api/v1/peers/alice', { isDenied: true }, 400, 'REQUEST_INVALID'],
    ['PATCH', `/api/v1/peers/${BOB}`, { standing: 'holy' }, 400, 'REQUEST_INVALID'],
    ['PATCH', '/api/v1/resilience', { heartbeatMs: 999 }, 400, 'REQUEST_INVALID'],
    ['PATCH', '/api/v1/resilience', { phi: 17 }, 400, 'REQUEST_INVALID'],
    ['PATCH', '/api/v1/resilience', { patience: 1 }, 400, 'REQUEST_INVALID'],
    ['POST', '/api/v1/bench', { at: 1e300, area: 'x', seed: 1, node: '', machine: '', figures: [] }, 400, 'REQUEST_INVALID'], // prettier-ignore
    ['GET', '/api/v1/messages?after=1&before=3', undefined, 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/timeline?kind=Rain', undefined, 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/packets/2', undefined, 404, 'NOT_FOUND'],
    ['GET', '/api/v1/packets/x', undefined, 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/nothing', undefined, 404, 'NOT_FOUND'],
    ['GET', '/api/v1/peers/%zz', undefined, 400, 'REQUEST_INVALID'],
    ['GET', `/api/v1/peers/${'x'.repeat(255)}`, undefined, 404, 'PEER_UNKNOWN'],
    ['GET', `/api/v1/peers/${'x'.repeat(256)}`, undefined, 400, 'REQUEST_INVALID'],
    ['PUT', '/api/v1/messages', {}, 404, 'NOT_FOUND'],
  ])('%s %s %j is %i %s', async (method, path, body, status, code) => {
    const answer = await shared.ask(path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect([answer.status, await answer.json()]).toMatchObject([status, { error: { code } }]);
  });

  it('says where it is wrong', async () => {
    await serving(async ({ ask }) => {
      const answer = await ask('/api/v1/messages', posted({ to: 'x', text: 7 }));
      expect(await answer.json()).toEqual({
        error: {
          code: 'REQUEST_INVALID',
          message: 'that cannot be asked: body.text must be string [REQUEST_INVALID]',
        },
      });
    });
  });
});

it('says in words that what must be said was not', async () => {
  await serving(async ({ ask }) => {
    const answer = await ask('/api/v1/lines', { method: 'POST', body: '{"line":""}' });
    expect(await answer.text()).toContain('that cannot be asked: body.line is empty [');
  });
});

it('names what a body may not have', async () => {
  await serving(async ({ ask }) => {
    const answer = await ask('/api/v1/lines', { method: 'POST', body: '{"line":"x","lime":1}' });
    expect(await answer.text()).toContain('that cannot be asked: body takes no \\"lime\\" [');
  });
});

it('answers a fault of its own without its inside, and logs it', async () => {
  await serving(async ({ ask, desk, logged }) => {
    desk.failure = new Error('the secret inside');
    const answer = await ask('/api/v1/status');
    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(text).toContain('BRIDGE_FAULT');
    expect(text).not.toContain('secret');
    expect(logged.join('\n')).toContain('the secret inside');
  });
});

it('tells anybody that it is well, and how it may be asked', async () => {
  await serving(async ({ server }) => {
    const health = await fetch(`${server.url}/healthz`);
    expect(await health.json()).toEqual({ health: 'ok' });
    const document = await fetch(`${server.url}/openapi.json`);
    expect(await document.json()).toMatchObject({ openapi: '3.1.0' });
  });
});

describe('a login code', () => {
  const login = (url: string, code: string): Promise<Response> =>
    fetch(`${url}/api/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
    });

  it('gives the token, once', async () => {
    await serving(async ({ server, desk }) => {
      const { code, link } = server.newLogin();
      expect(link).toBe(`${server.url}/#login=${code}`);
      expect(await (await login(server.url, code)).json()).toEqual({ token: TOKEN });
      const again = await login(server.url, code);
      expect([again.status, await again.json()]).toMatchObject([
        401,
        { error: { code: 'LOGIN_REFUSED' } },
      ]);
      expect(desk.changes).toEqual([
        { login: '127.0.0.1', isLetIn: true },
        { login: '127.0.0.1', isLetIn: false },
      ]);
    });
  });

  it('is made by whoever has the token, and serves for ten minutes', async () => {
    let now = 1_800_000_000_000;
    await serving(
      async ({ server, ask }) => {
        const made = await ask('/api/v1/login-codes', { method: 'POST' });
        const { code, expiresAt } = (await made.json()) as { code: string; expiresAt: number };
        expect(expiresAt).toBe(now + 600_000);
        const late = server.newLogin().code;
        now += 599_999;
        expect((await login(server.url, code)).status).toBe(200);
        now += 1;
        expect((await login(server.url, late)).status).toBe(401);
      },
      { now: () => now },
    );
  });

  it('cannot be guessed fast: ten wrong ones, and even the right one waits for a minute', async () => {
    let now = 1_800_000_000_000;
    await serving(
      async ({ server }) => {
        for (let i = 0; i < 10; i++) expect((await login(server.url, `no ${i}`)).status).toBe(401);
        const { code } = server.newLogin();
        const refused = await login(server.url, code);
        expect([refused.status, await refused.json()]).toMatchObject([
          429,
          { error: { code: 'TOO_OFTEN' } },
        ]);
        now += 60_000;
        expect((await login(server.url, code)).status).toBe(200);
      },
      { now: () => now },
    );
  });

  it('makes the oldest useless when there are too many', async () => {
    await serving(async ({ server }) => {
      const codes = Array.from({ length: 17 }, () => server.newLogin().code);
      expect((await login(server.url, codes[0])).status).toBe(401);
      expect((await login(server.url, codes[1])).status).toBe(200);
    });
  });
});

it('tells clients that offer HTTP/2 how to ask, behind the guard as any', async () => {
  await serving(async ({ server: { port } }) => {
    const offer = (host: string): string =>
      `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n`;
    const told = await raw(port, offer(`127.0.0.1:${port}`));
    expect(told).toMatchObject({ status: 400, body: expect.stringContaining('HTTP_1_1') });
    expect((await raw(port, offer('evil.example'))).status).toBe(403);
  });
});

function posted(body: object): RequestInit {
  return { method: 'POST', body: JSON.stringify(body) };
}
