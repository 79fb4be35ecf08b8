/**
 * hopline up, as a person starts it: in a process of its own, until a signal ends it.
 */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RelayChild, tempFolder } from '../../device/pi/relay-rig.ts';
import { hopline, PROGRAM } from '../built.ts';
import { until } from '../../patience.ts';

let ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});
beforeAll(() => hopline(['--version']));

describe('hopline up', () => {
  it('says what it found and where its page is, serves it, answers like a relay, and goes', async () => {
    const { bridge, data } = await started('radio: { on: false }\nserial: none');
    expect(bridge.out).toMatch(/^cellar {2}[0-9a-f]{16}\n/);
    expect(bridge.out).toMatch(/radio +off, as the settings say\n/);
    expect(bridge.out).toMatch(/lines +others are let in at 127\.0\.0\.1:\d+; 0 to dial\n/);
    const [, url, code] = /(http:\S+)\/#login=([0-9a-f]{32})/.exec(bridge.out)!;

    const login = await fetch(`${url}/api/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
    });
    const { token } = (await login.json()) as { token: string };
    expect(token).toBe(readFileSync(join(data, 'token'), 'latin1').trim());
    const headers = { authorization: `Bearer ${token}` };
    const status = await (await fetch(`${url}/api/v1/status`, { headers })).json();
    expect(status).toMatchObject({ name: 'cellar', isVirtual: false, problems: [] });

    for (const file of ['token', 'bridge.json', 'keys', 'store.sqlite']) {
      expect(statSync(join(data, file)).mode & 0o777, file).toBe(0o600);
    }
    expect(bridge.out + bridge.err).not.toContain(token);

    const asked = await hopline(['status', '--json', '--socket', join(data, 'relay.sock')]);
    expect(JSON.parse(asked.out)).toMatchObject({ station: { name: 'cellar' }, wires: [] });
    bridge.signal('SIGTERM');
    expect(await bridge.ends()).toBe(0);
    expect(['bridge.json', 'relay.sock'].filter((file) => existsSync(join(data, file)))).toEqual(
      [],
    );
  });

  it('goes on without a radio, and says what is missing and what to do', async () => {
    const { bridge } = await started('serial: none');
    expect(bridge.out).toMatch(/radio +there is none that can be used; hopline doctor says/);
    expect(bridge.out).toMatch(/! there is no such Bluetooth adapter: .*plug one in/);
  });

  it('simulates nothing where something real is configured', async () => {
    const folder = tempFolder(ends);
    const peers = 'peers: [{ address: "127.0.0.1:1", node: 0123456789abcdef }]';
    const file = settings(folder, peers);
    const { status, err } = await hopline(['up', '--config', file, '--virtual-island']);
    expect([status, err]).toEqual([79, expect.stringMatching(/127\.0\.0\.1:1.*leave out/)]);
  });

  it('simulates an island if asked to: says so and how to use a radio, and joins nobody', async () => {
    const other = await started('radio: { on: false }\nserial: none');
    const { url } = JSON.parse(readFileSync(join(other.data, 'bridge.json'), 'utf8')) as {
      url: string;
    };
    // Its port is taken, and it finds another.
    const { bridge, data, file } = await started('', ['--virtual-island'], new URL(url).port);
    expect(bridge.out).toMatch(/radio +virtual\n/);
    expect(bridge.out).toContain('Everything around this bridge is simulated');
    // What it was started with, but for the island.
    expect(bridge.out).toContain(`hopline up --config ${file}\n`);
    const peers = async () => (await hopline(['peers', '--data', data])).out;
    await until(async () => /virtual-cora .*over a line/.test(await peers()), 'it has company');
    const invited = await hopline(['invite', '--data', data]);
    const real = `virtual island.*; start it as hopline up --config ${file} \\[`;
    expect([invited.out, invited.err]).toEqual(['', expect.stringMatching(real)]);
    const page = JSON.parse(readFileSync(join(data, 'bridge.json'), 'utf8')) as { url: string };
    const ticket = await hopline(['clients', 'add', 'tablet', '--data', data]);
    expect(ticket.out).toContain(`hopline:ws://${new URL(page.url).host}/`);
  });

  it('says who has the folder already', async () => {
    const { bridge, file } = await started('radio: { on: false }\nserial: none');
    const second = await hopline(['up', '--config', file]);
    expect([second.status, second.err]).toEqual([11, expect.stringContaining('[RELAY_RUNNING]')]);
    expect(bridge.status).toBe(null);
  });

  it('reads its settings again when it is hung up on, and says what waits for the next start', async () => {
    const fixed = 'radio: { on: false }\nserial: none';
    const { bridge, file } = await started(`${fixed}\nlog: warn`);
    const folder = join(file, '..');
    settings(folder, `${fixed}\nlog: debug\nkeep: { days: 3 }\nttl: 9`);
    bridge.signal('SIGHUP');
    await until(() => bridge.err.includes('read again'), 'it has read them');
    expect(logOf(bridge, 'read again')).toMatchObject({ changed: 'log, keep.days', file });
    await until(() => bridge.err.includes('next start'), 'it says what waits');
    expect(logOf(bridge, 'next start')).toMatchObject({ settings: 'ttl' });

    settings(folder, `${fixed}\nlog: debug\nttl: 900`);
    bridge.signal('SIGHUP');
    await until(() => bridge.err.includes('stay as they are'), 'it says what is wrong');
    expect(logOf(bridge, 'stay as they are')['msg']).toMatch(
      /bridge\.yaml:\d+:6: ttl takes a whole/,
    );
    // Over the API it is the same, and what was not understood is not written over.
    const refused = await patched(bridge, { log: 'info' });
    expect([refused.status, await refused.text()]).toEqual([
      500,
      expect.stringMatching(/:\d+:6: ttl/),
    ]);
    settings(folder, `${fixed}\nlog: debug # loud\nttl: 9`);
    const taken = await patched(bridge, { log: 'warn', 'budget.burst': 500 });
    expect(taken.status).toBe(200);
    const written = readFileSync(file, 'utf8');
    expect(written).toContain('log: warn # loud\nttl: 9\nbudget:\n  burst: 500\n');
    const wrong = await patched(bridge, { 'budget.burst': 0 });
    expect([wrong.status, await wrong.text()]).toEqual([
      400,
      expect.stringContaining('budget.burst: '),
    ]);
    expect(readFileSync(file, 'utf8')).toBe(written);
    // A mistake ends nobody.
    expect((await hopline(['status', '--socket', bridge.socket])).status).toBe(0);
    const { out } = await hopline(['audit', '--data', join(folder, 'data')]);
    expect(out).toMatch(/keep/);
    bridge.signal('SIGTERM');
    expect(await bridge.ends()).toBe(0);
  });

  it('ends to be started again, where it is told that somebody does so', async () => {
    const more = 'radio: { on: false }\nserial: none';
    const { bridge, data } = await started(more, [], '0', { HOPLINE_RESTARTED: '1' });
    const restart = await hopline(['node', 'restart', 'cellar', '--data', data]);
    expect(restart).toMatchObject({ status: 0, out: 'cellar: done\n' });
    expect(await bridge.ends()).toBe(0);
  });

  it('leaves nothing open when it cannot begin', async () => {
    const { bridge, data } = await started('radio: { on: false }\nserial: none');
    const { url } = JSON.parse(readFileSync(join(data, 'bridge.json'), 'utf8')) as { url: string };
    const folder = tempFolder(ends);
    const port = new URL(url).port;
    const file = settings(folder, 'radio: { on: false }\nserial: none', port);
    const second = await hopline(['up', '--config', file]);
    expect(second.err).toMatch(/\[LISTEN_FAILED\]/);
    expect(existsSync(join(folder, 'data', 'relay.sock'))).toBe(false);
    expect(bridge.status).toBe(null);
  });
});

function patched({ folder }: RelayChild, changes: object): Promise<Response> {
  const data = join(folder, 'data');
  const { url } = JSON.parse(readFileSync(join(data, 'bridge.json'), 'utf8')) as { url: string };
  const token = readFileSync(join(data, 'token'), 'latin1').trim();
  return fetch(`${url}/api/v1/settings`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ changes }),
  });
}

function logOf({ err }: RelayChild, words: string): Record<string, unknown> {
  const lines = err.split('\n').filter((line) => line.startsWith('{'));
  return JSON.parse(lines.find((line) => line.includes(words))!) as Record<string, unknown>;
}

async function started(
  more: string,
  words: string[] = [],
  httpPort = '0',
  surroundings: Record<string, string> = {},
): Promise<{ bridge: RelayChild; data: string; file: string }> {
  const folder = tempFolder(ends);
  const file = settings(folder, more, httpPort);
  const env = { HOPLINE_ADAPTERS: join(folder, 'none'), ...surroundings };
  const bridge = new RelayChild(folder, [PROGRAM, 'up', '--config', file, ...words], env);
  ends.push(() => bridge.end());
  const data = join(folder, 'data');
  await until(() => {
    if (bridge.status !== null) throw new Error(`it ended: ${bridge.out}${bridge.err}`);
    return bridge.out.includes('log in') && existsSync(join(data, 'bridge.json'));
  }, 'the bridge is up');
  return { bridge, data, file };
}

function settings(folder: string, more: string, httpPort = '0'): string {
  const file = join(folder, 'bridge.yaml');
  const always = `name: cellar\ndata: ${join(folder, 'data')}\nhttp: { port: ${httpPort} }`;
  writeFileSync(file, `${always}\nlisten: { host: 127.0.0.1, port: 0 }\n${more}\n`);
  return file;
}
