/**
 * The page's files are served as what they are, from nowhere but their folder, and a browser may run
 * nothing that did not come from there.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWebFiles } from '../../../host/http/web-files.ts';
import { runs } from '../../seed.ts';
import { HOSTILE } from '../store/hostile.ts';
import type { Running } from './builders.ts';
import { DeskDouble, raw, serve, serving } from './builders.ts';

const PAGE = '<!doctype html><title>page</title>';
/** What stands behind paths of ours: a string may be one, such as the empty. */
const OURS = new Set([PAGE]);

let home: string;
let running: Running;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'hopline-web-'));
  const web = join(home, 'web');
  mkdirSync(join(web, 'api'), { recursive: true });
  writeFileSync(join(home, 'secret.txt'), 'not for you');
  writeFileSync(join(web, 'index.html'), PAGE);
  writeFileSync(join(web, 'api', 'index.html'), '<!doctype html><title>api</title>');
  writeFileSync(join(web, 'app.js'), 'export {};');
  writeFileSync(join(web, 'chunk-0A1B2C3D.js'), 'export {};');
  running = await serve(new DeskDouble(), { web });
});
afterAll(async () => {
  await running.server.close();
  rmSync(home, { recursive: true });
});

it.each([
  ['/', 'text/html; charset=utf-8', 'no-cache'],
  ['/index.html', 'text/html; charset=utf-8', 'no-cache'],
  ['/api', 'text/html; charset=utf-8', 'no-cache'],
  ['/app.js', 'text/javascript; charset=utf-8', 'no-cache'],
  ['/app.js?v=1', 'text/javascript; charset=utf-8', 'no-cache'],
  ['/chunk-0A1B2C3D.js', 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
])('serves %s as %s, %s', async (path, type, caching) => {
  const answer = await fetch(`${running.server.url}${path}`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe(type);
  expect(answer.headers.get('cache-control')).toBe(caching);
});

it('says that nothing changed to whoever has the file', async () => {
  const url = `${running.server.url}/app.js`;
  const etag = (await fetch(url)).headers.get('etag')!;
  expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
  expect((await fetch(url, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
});

it.each(['/', '/api/v1/status', '/nothing'])('binds the browser with %s', async (path) => {
  const { headers } = await fetch(`${running.server.url}${path}`);
  const policy = headers.get('content-security-policy')!;
  expect(policy).toMatch(/^default-src 'self'/);
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|\*|http/);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('access-control-allow-origin')).toBeNull();
});

describe('a path out of the folder', () => {
  it.each([
    '/../secret.txt',
    '/api/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/..\\secret.txt',
    '//secret.txt',
    '/app.js%00.html',
    '/.',
    '/api/',
    '/%',
  ])('%s leads nowhere', async (path) => {
    const { port } = running.server;
    const reply = await raw(port, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    expect(reply.status).toBeGreaterThanOrEqual(400);
    expect(reply.status).toBeLessThan(500);
    expect(reply.body).not.toContain('not for you');
  });
});

it('R20: nor does any path that others have got out of folders with', async () => {
  const { port } = running.server;
  const paths = Object.values(HOSTILE)
    .flat()
    .map((text) => text.replace(/[\r\n]/g, ''));
  const step = Math.ceil(paths.length / runs(60, paths.length));
  for (const path of paths.filter((_, at) => at % step === 0)) {
    const words = Buffer.from(`GET /${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    const { status, body } = await raw(port, words);
    expect([path, body.includes('not for you')]).toEqual([path, false]);
    expect([path, status === 200 ? OURS.has(body) : status < 500]).toEqual([path, true]);
  }
});

it('opens to a link that a person follows from another site, but not under another name', async () => {
  const { port } = running.server;
  const follow = (host: string): Promise<{ status: number }> =>
    raw(port, `GET / HTTP/1.1\r\nHost: ${host}\r\nSec-Fetch-Site: cross-site\r\n\r\n`);
  expect((await follow(`127.0.0.1:${port}`)).status).toBe(200);
  expect((await follow('evil.example')).status).toBe(403);
});

it('has no page where there is no folder, and refuses one that is far too large', async () => {
  await serving(
    async ({ server }) => {
      expect((await fetch(server.url)).status).toBe(404);
    },
    { web: join(home, 'none') },
  );
  const large = join(home, 'large');
  mkdirSync(large);
  for (let i = 0; i <= 256; i++) writeFileSync(join(large, `${i}.js`), '');
  expect(() => readWebFiles(large)).toThrow(/at most 256 files.*FILE_UNREADABLE/);
});
