/**
 * A day in the life of a bridge, in virtual time: it grows no further once it has met everybody and
 * filled what it keeps, and at the end all that was acknowledged is there, and every route and every
 * command that reads works. `npm test` lives a few minutes of it, with the same end.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { MessageView, PacketRowView, PeerView } from '../../../host/http/views.ts';
import { ROUTES } from '../../../host/http/routes/all.ts';
import { buildProgram } from '../../../tools/build/program.ts';
import { commands } from '../../../tools/commands/index.ts';
import { dispatch } from '../../../tools/dispatch.ts';
import { VIRTUAL_FOLDER } from '../../../tools/island/virtual-daemon.ts';
import { version } from '../../../tools/version.ts';
import { runs, SEED, SOAK } from '../../seed.ts';
import { CHROMIUM } from '../../browser/chromium.ts';
import { build, PAGE } from '../../tools/built.ts';
import type { TestIo } from '../../tools/io.ts';
import { testIo } from '../../tools/io.ts';
import { HOUR_MS, MINUTE_MS, VirtualDay } from './virtual-day.ts';

vi.mock('../../../host/links/ip-lines.ts', async () => ({
  IpLines: (await import('../links/memory-lines.ts')).MemoryLines,
}));

const run = promisify(execFile);
const LASTS_MS = runs(2 * MINUTE_MS, 24 * HOUR_MS);
/** History of six hours is full, and what is kept of the last hour. */
const SETTLED_MS = runs(MINUTE_MS, 8 * HOUR_MS);
const CUT_EVERY_MS = runs(MINUTE_MS, 3 * HOUR_MS);
/** Between the two, of all that is in use. */
const GROWTH_MAX = 1.1;
/** People of the island, the other behind a line. */
const [BEN, CORA] = ['virtual-ben', 'virtual-cora'];

/** Routes that need a question. */
const QUERIES: Record<string, string> = { '/api/v1/search': '?text=word' };

/** What reads, of a running bridge or of its folder. */
const COMMANDS: Record<string, string[]> = {
  status: ['', '--json'],
  peers: ['', '--all --json', BEN],
  lines: ['', '--json'],
  path: [BEN, CORA],
  ping: [`${BEN} --count 2`, CORA],
  trace: [BEN, CORA],
  scan: ['', '--json'],
  monitor: ['--count 3', '--count 3 --json'],
  audit: ['', '--verify', '--json'],
  clients: ['--json'],
  node: ['list', '--json'],
  login: [''],
  listen: ['--history 20', '--since 2h --json'],
  chat: ['--history 20'],
  send: ['--to public hello'],
  backup: ['FOLDER --out OUT'],
  restore: ['OUT --to NEW'],
};
const LOSSY = new Set(['ping', 'trace']);
const TRIES_MAX = 10;
/** What asks nothing of a running bridge, or changes it. */
const ELSEWHERE = [
  ...['up', 'config', 'invite', 'join', 'part', 'relay', 'doctor', 'acceptance', 'build', 'flash'],
  ...['provision', 'console', 'demo', 'simulate', 'identity', 'conformance', 'bench'],
];

let day: VirtualDay;
beforeAll(async () => {
  if (CHROMIUM !== null) build();
  day = await VirtualDay.begin(SEED, CUT_EVERY_MS, CHROMIUM === null ? null : PAGE);
});
afterAll(() => day.end());

it('is lived without a complaint, and memory is flat', async () => {
  for (let at = 0; at < SETTLED_MS; at += HOUR_MS) await day.live(Math.min(at, SETTLED_MS));
  await day.live(SETTLED_MS);
  const settled = day.memory();
  for (let at = SETTLED_MS; at < LASTS_MS; at += HOUR_MS) {
    await day.live(at);
    if (SOAK) console.log(`${at / HOUR_MS} h: ${day.memory().toFixed(1)} MB, ${day.rung} alarms`);
  }
  await day.live(LASTS_MS);
  expect(day.complaints).toEqual([]);
  expect(day.acknowledged.length).toBeGreaterThan(LASTS_MS / MINUTE_MS);
  expect(day.memory() / settled).toBeLessThan(GROWTH_MAX);
});

describe('at its end', () => {
  beforeAll(() => day.calm());

  it('all that was acknowledged is there', async () => {
    const texts = new Set<string>();
    const peers = await ask<{ peers: PeerView[] }>('/api/v1/peers');
    const conversations = ['public', ...peers.peers.map(({ id }) => id)];
    for (const conversation of conversations) {
      for (let before = Number.MAX_SAFE_INTEGER; ;) {
        const query = `conversation=${conversation}&limit=1000&before=${before}`;
        const { messages } = await ask<{ messages: MessageView[] }>(`/api/v1/messages?${query}`);
        for (const { text } of messages) texts.add(text);
        if (messages.length < 1000) break;
        before = messages.at(-1)!.key;
      }
    }
    expect(day.acknowledged.filter((text) => !texts.has(text))).toEqual([]);
  });

  const reading = ROUTES.filter(({ method }) => method === 'GET').map(({ path }) => path);
  it.each(reading)('GET %s answers', async (path) => {
    const answer = await ask(`${await filled(path)}${QUERIES[path] ?? ''}`);
    expect(JSON.stringify(answer).length).toBeGreaterThan(1);
  });

  it.each(['ping', 'trace'])('%s comes back from either island', async (what) => {
    for (const who of [BEN, CORA]) {
      const path = `/api/v1/peers/${who}/${what}`;
      const answers = await tried(() => ask<object>(path, 'POST'), isReached);
      expect(answers.filter(isReached)).toHaveLength(1);
    }
  });

  it.each(Object.entries(COMMANDS))('hopline %s works', async (name, lines) => {
    for (const line of lines) {
      const tries = await tried(
        () => hopline(name, line),
        ({ status }) => status === 0 || !LOSSY.has(name),
      );
      const { status, outs, errs } = tries.at(-1)!;
      expect([line, status, errs.join('; ')]).toEqual([line, 0, expect.anything()]);
      expect([line, outs.join('').length > 0]).toEqual([line, true]);
    }
  });

  it.skipIf(CHROMIUM === null)('every view of the page shows what there is', async () => {
    const visitor = await buildProgram('test/host/day/visitor-main.ts', day.folder);
    const seen = await day.meanwhile(() => run(process.execPath, [visitor, day.newLogin()]));
    expect(seen.stdout).toBe('12 views\n');
  });

  it('no command was forgotten', () => {
    expect([...Object.keys(COMMANDS), ...ELSEWHERE].sort()).toEqual(Object.keys(commands).sort());
  });
});

/** What stands for files, as nobody knows beforehand where they are. */
const PLACES: Record<string, () => string> = {
  FOLDER: () => join(day.folder, VIRTUAL_FOLDER),
  OUT: () => join(day.folder, 'monday.backup'),
  NEW: () => join(day.folder, 'restored'),
};

/** On this air one packet of ten is lost, and nobody sends a ping again. */
async function tried<Result>(
  deed: () => Promise<Result>,
  isGood: (result: Result) => boolean,
): Promise<Result[]> {
  const results: Result[] = [];
  while (results.length < TRIES_MAX && !results.some(isGood)) results.push(await deed());
  return results;
}

function isReached(answer: object): boolean {
  return /roundTripMs":\d/.test(JSON.stringify(answer));
}

async function filled(path: string): Promise<string> {
  if (!path.includes('{key}')) return path.replace('{who}', BEN).replace('{node}', day.id);
  const list = (): Promise<{ packets: PacketRowView[] }> => ask('/api/v1/packets');
  // They are kept from when somebody asks for them.
  await list();
  await day.live(day.now + 10_000);
  const { packets } = await list();
  return path.replace('{key}', String(packets[0].key));
}

async function ask<Answer>(path: string, method = 'GET'): Promise<Answer> {
  return day.meanwhile(async () => {
    const headers = { authorization: `Bearer ${day.token}`, 'content-type': 'application/json' };
    const body = method === 'POST' ? '{}' : undefined;
    const answer = await fetch(`${day.url}${path}`, { method, headers, ...(body && { body }) });
    const text = await answer.text();
    expect([path, answer.status, text.slice(0, 300)]).toEqual([path, 200, expect.anything()]);
    return (path === '/metrics' ? text : JSON.parse(text)) as Answer;
  });
}

async function hopline(command: string, line: string): Promise<TestIo & { status: number }> {
  const io = testIo();
  const stop = new AbortController();
  io.stopping = () => stop.signal;
  io.out = (out) => {
    io.outs.push(out);
    // It would listen for ever.
    if (command === 'listen') stop.abort();
  };
  const given = line.split(' ').filter(Boolean);
  const { options } = await commands[command]();
  if ('socket' in options) given.push('--socket', day.socket);
  if ('data' in options) given.push('--data', day.folder);
  const words = [command, ...given.map((word) => PLACES[word]?.() ?? word)];
  const status = await day.meanwhile(() => dispatch(words, commands, version(), io));
  return { ...io, status };
}
