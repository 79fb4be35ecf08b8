/**
 * What is done when something happens, with a real server and real commands.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Actions, QUEUE_MAX } from '../../../host/daemon/actions.ts';
import type { ActionConfig } from '../../../host/config.ts';
import type { MeshEvent } from '../../../host/events.ts';
import { until } from '../../patience.ts';

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
/** The latest of each entry. */
let problems: Map<number, string | null>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hopline-actions-'));
  posted = [];
  answers = [];
  warnings = [];
  problems = new Map();
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
    await until(() => posted.length > 0, 'it is there');
    expect(posted).toEqual([
      { at: 1_800_000_000_000, event: 'PeerJoined', peer: 'ab'.repeat(8), name: 'ada' },
    ]);
  });

  it('is tried again where it fails, and then given up without telling its secret', async () => {
    answers = [500, 500, 200, 500, 404, 503];
    begin([{ event: 'any', webhook: url }]);
    actions.hear(JOINED, 1);
    await until(() => posted.length === 3, 'the third try is there');
    expect(warnings).toEqual([]);
    actions.hear(JOINED, 2);
    await until(() => warnings.length > 0, 'it is given up');
    expect(posted).toHaveLength(6);
    expect(warnings[0]).toMatch(/webhook http:\/\/127\.0\.0\.1:\d+: PeerJoined: it answered 503/);
    expect(warnings[0]).not.toMatch(/secret/);
  });

  it('that failed is not tried again by a bridge that ends', async () => {
    answers = [500];
    begin([{ event: 'any', webhook: url }], 10_000, [60_000]);
    actions.hear(JOINED, 1);
    await until(() => posted.length === 1, 'the first try is there');
    await pause(100);
    actions.close();
    await pause(100);
    expect([posted.length, warnings]).toEqual([1, []]);
  });

  it('that hangs keeps a hundred events, and holds up no other', async () => {
    answers = ['hang'];
    const configs: ActionConfig[] = [
      { event: 'any', webhook: url },
      { event: 'any', command: `cat >> ${join(folder, 'log')}` },
    ];
    // However long the machine takes for a hundred commands, the webhook hangs meanwhile.
    begin(configs, 600_000);
    for (let at = 0; at < QUEUE_MAX + 20; at++) actions.hear(JOINED, at);
    await until(() => lines().length >= QUEUE_MAX, 'the command has them');
    expect(posted).toHaveLength(1);
    server.closeAllConnections();
    await until(() => posted.length >= QUEUE_MAX + 1, 'the rest came through');
    await until(() => warnings.length > 1, 'it says what it gave up');
    expect(warnings.filter((line) => line.startsWith('webhook'))).toEqual([
      expect.stringMatching(/: 19 events came faster than it could take them/),
    ]);
  });
});

describe('an action that fails', () => {
  it('is a problem that counts and names no secret, until it does an event again', async () => {
    answers = [500, 500, 500, 404, 404, 404];
    begin([
      { event: 'NodeConfirmedFailed', command: 'true' },
      { event: 'PeerJoined', webhook: url },
    ]);
    const what = 'the webhook for PeerJoined, entry 2 of "on", fails';
    actions.hear(JOINED, 1);
    await until(() => problems.has(2), 'it is told');
    expect(problems.get(2)).toMatch(`${what}: an event was given up, the last as it answered 500;`);
    actions.hear(JOINED, 2);
    await until(() => /2 events were.*it answered 404/.test(problems.get(2)!), 'it is counted');
    actions.hear(JOINED, 3);
    await until(() => problems.get(2) === null, 'it is well');
    expect(problems.has(1)).toBe(false);
  });

  it('is none once it is not wanted any more, and a command is not quoted', async () => {
    begin([{ event: 'any', command: 'exit 3 # s3cr3t' }]);
    actions.hear(JOINED, 1);
    await until(() => problems.has(1), 'it is told');
    expect(problems.get(1)).toMatch(/^the command for any, .*, the last as it ended with 3;/);
    expect(problems.get(1)).not.toMatch(/s3cr3t/);
    actions.close();
    expect(problems.get(1)).toBeNull();
  });
});

describe('a command', () => {
  it('finds the event on its input and its name beside it, and nothing in its words', async () => {
    const log = join(folder, 'log');
    begin([{ event: 'any', command: `printf '%s ' "$HOPLINE_EVENT" >> ${log}; cat >> ${log}` }]);
    const name = '$(exit 4) `exit 5` "; exit 6';
    actions.hear({ ...JOINED, name }, 5);
    await until(() => lines().length > 0, 'it ran');
    expect(lines()[0].startsWith('PeerJoined {"at":5,')).toBe(true);
    expect(JSON.parse(lines()[0].replace('PeerJoined ', ''))).toMatchObject({ name });
  });

  it('that fails is told of with what it ended with', async () => {
    begin([{ event: 'any', command: 'exit 3' }]);
    actions.hear(JOINED, 5);
    await until(() => warnings.length > 0, 'it is given up');
    expect(warnings).toEqual(['command exit 3: PeerJoined: it ended with 3']);
  });

  it('that hangs is ended with all that it began, whatever is collected meanwhile', async () => {
    const command = `sleep 600 & echo $! >> ${join(folder, 'log')}; wait`;
    begin([{ event: 'any', command }], 200);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    actions.hear(JOINED, 5);
    await until(() => lines().length > 0, 'it runs');
    await until(() => {
      collect();
      return warnings.length > 0;
    }, 'it is given up');
    expect(warnings).toEqual([`command ${command}: PeerJoined: it took longer than 0.2 s`]);
    expect(lines()).toHaveLength(3);
    await until(() => !lines().some(isRunning), 'nothing of it is left');
  });

  it('that is under way ends with the bridge', async () => {
    begin([{ event: 'any', command: `sleep 600 & echo $! >> ${join(folder, 'log')}; wait` }]);
    actions.hear(JOINED, 5);
    await until(() => lines().length > 0, 'it runs');
    actions.close();
    await until(() => !lines().some(isRunning), 'nothing of it is left');
    expect(warnings).toEqual([]);
  });
});

function begin(configs: ActionConfig[], takesMaxMs = 10_000, againAfterMs = [1, 1]): void {
  actions = new Actions(configs, {
    log: { warn: (line: string) => void warnings.push(line) } as never,
    told: (entry, problem) => void problems.set(entry, problem),
    againAfterMs,
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
