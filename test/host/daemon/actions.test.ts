/**
 * What is done when something happens, with a real server and real commands.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Actions, QUEUE_MAX } from '../../../host/daemon/actions.ts';
import type { ActionConfig } from '../../../host/config.ts';
import type { MeshEvent } from '../../../host/events.ts';
import { until } from '../daemon-rig.ts';

const JOINED: MeshEvent = { kind: 'PeerJoined', peer: new Uint8Array(8).fill(0xab), name: 'ada' };
const FAILED: MeshEvent = {
  kind: 'NodeConfirmedFailed',
  peer: new Uint8Array(8),
  silentMs: 31_000,
};

let folder: string;
let server: Server;
let url: string;
let posted: unknown[];
let answers: (number | 'hang')[];
let actions: Actions;
let warnings: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hopline-actions-'));
  posted = [];
  answers = [];
  warnings = [];
  server = createServer(receive);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?secret=7`;
});

afterEach(async () => {
  actions.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

describe('a webhook', () => {
  it('is posted the events it wants, with ids as hex and the time', async () => {
    begin([{ event: 'PeerJoined', webhook: url }]);
    actions.hear(FAILED, 1);
    actions.hear(JOINED, 1_800_000_000_000);
    await until('it is there', () => posted.length > 0);
    expect(posted).toEqual([
      { at: 1_800_000_000_000, event: 'PeerJoined', peer: 'ab'.repeat(8), name: 'ada' },
    ]);
  });

  it('is tried again where it fails, and then given up without telling its secret', async () => {
    answers = [500, 500, 200, 500, 404, 503];
    begin([{ event: 'any', webhook: url }]);
    actions.hear(JOINED, 1);
    await until('the third try is there', () => posted.length === 3);
    expect(warnings).toEqual([]);
    actions.hear(JOINED, 2);
    await until('it is given up', () => warnings.length > 0);
    expect(posted).toHaveLength(6);
    expect(warnings[0]).toMatch(/webhook http:\/\/127\.0\.0\.1:\d+: PeerJoined: it answered 503/);
    expect(warnings[0]).not.toMatch(/secret/);
  });

  it('that hangs keeps a hundred events, and holds up no other', async () => {
    answers = ['hang'];
    begin([
      { event: 'any', webhook: url },
      { event: 'any', command: `cat >> ${join(folder, 'log')}` },
    ]);
    for (let at = 0; at < QUEUE_MAX + 20; at++) actions.hear(JOINED, at);
    await until('the command has them', () => lines().length >= QUEUE_MAX);
    expect(posted).toHaveLength(1);
    server.closeAllConnections();
    await until('the rest came through', () => posted.length >= QUEUE_MAX + 1);
    await until('it says what it gave up', () => warnings.length > 1);
    expect(warnings.filter((line) => line.startsWith('webhook'))).toEqual([
      expect.stringMatching(/: 19 events came faster than it could take them/),
    ]);
  });
});

describe('a command', () => {
  it('finds the event on its input and its name beside it, and nothing in its words', async () => {
    const log = join(folder, 'log');
    begin([{ event: 'any', command: `printf '%s ' "$HOPLINE_EVENT" >> ${log}; cat >> ${log}` }]);
    const name = '$(exit 4) `exit 5` "; exit 6';
    actions.hear({ ...JOINED, name }, 5);
    await until('it ran', () => lines().length > 0);
    expect(lines()[0].startsWith('PeerJoined {"at":5,')).toBe(true);
    expect(JSON.parse(lines()[0].replace('PeerJoined ', ''))).toMatchObject({ name });
  });

  it('that fails is told of with what it ended with', async () => {
    begin([{ event: 'any', command: 'exit 3' }]);
    actions.hear(JOINED, 5);
    await until('it is given up', () => warnings.length > 0);
    expect(warnings).toEqual(['command exit 3: PeerJoined: it ended with 3']);
  });

  it('that hangs is ended with all that it began, whatever is collected meanwhile', async () => {
    const command = `sleep 600 & echo $! >> ${join(folder, 'log')}; wait`;
    begin([{ event: 'any', command }], 200);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    actions.hear(JOINED, 5);
    await until('it runs', () => lines().length > 0);
    await until('it is given up', () => {
      collect();
      return warnings.length > 0;
    });
    expect(warnings).toEqual([`command ${command}: PeerJoined: it took longer than 0.2 s`]);
    expect(lines()).toHaveLength(3);
    await until('nothing of it is left', () => !lines().some(isRunning));
  });

  it('that is under way ends with the bridge', async () => {
    begin([{ event: 'any', command: `sleep 600 & echo $! >> ${join(folder, 'log')}; wait` }]);
    actions.hear(JOINED, 5);
    await until('it runs', () => lines().length > 0);
    actions.close();
    await until('nothing of it is left', () => !lines().some(isRunning));
    expect(warnings).toEqual([]);
  });
});

function begin(configs: ActionConfig[], takesMaxMs = 10_000): void {
  actions = new Actions(configs, {
    log: { warn: (line: string) => void warnings.push(line) } as never,
    againAfterMs: [1, 1],
    takesMaxMs,
  });
}

/** Those that are whole. */
function lines(): string[] {
  const log = join(folder, 'log');
  return existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : [];
}

function isRunning(pid: string): boolean {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}

function receive(request: IncomingMessage, response: ServerResponse): void {
  let body = '';
  request.setEncoding('utf8').on('data', (part: string) => (body += part));
  request.on('end', () => {
    posted.push(JSON.parse(body));
    const answer = answers.shift() ?? 200;
    if (answer === 'hang') return;
    response.writeHead(answer).end();
  });
}
