/**
 * The commands with the daemon itself: two bridges as two processes, paired, talked over, killed and
 * started again by nothing but what an operator types.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { freePort } from '../../free-port.ts';
import { commands } from '../../../tools/commands/index.ts';
import { dispatch, STATUS } from '../../../tools/dispatch.ts';
import { version } from '../../../tools/version.ts';
import { hopline, PROGRAM } from '../built.ts';
import { testIo } from '../io.ts';
import type { TestIo } from '../io.ts';
import { until } from '../../patience.ts';

const folder = mkdtempSync(join(tmpdir(), 'hopline-real-'));
const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

it('two bridges are paired, talk, and lose nothing when one is killed', async () => {
  await hopline(['--version']);
  const [anna, berta] = await Promise.all([up('anna'), up('berta')]);

  const { outs } = await run('anna', 'invite');
  expect(outs[0]).toMatch(/^hopline:127\.0\.0\.1:\d+\/[0-9a-f]{16}\/[0-9a-f]{32}$/);
  const joined = await run('berta', 'join', outs[0]);
  expect(joined).toMatchObject({
    status: 0,
    outs: [expect.stringMatching(/^joined anna \(.*is up/)],
  });
  const again = await run('anna', 'join', outs[0]);
  expect(again.errs[0]).toMatch(/invite of this bridge itself.*\[REQUEST_INVALID\]/);
  expect((await run('anna', 'lines')).outs[1]).toMatch(/^berta +[0-9a-f]{16} +\(dials us\) +up/);

  await eventually('anna', ['peers'], /^berta +[0-9a-f]{16} +over a line/m);
  const listening = begin('berta', ['listen', '--json']);
  expect(await run('anna', 'send', '--wait', '--to', 'Berta', 'psst')).toMatchObject({
    status: 0,
    outs: [expect.stringMatching(/^(delivered to|read by) Berta/)],
  });
  await run('anna', 'send', 'good', 'morning');
  await until(() => textsOf(listening.io).length === 2);
  expect(textsOf(listening.io)).toEqual(['psst', 'good morning']);

  berta.kill('SIGKILL');
  await until(() => listening.io.errs.length === 1);
  expect(await run('berta', 'send', 'x')).toMatchObject({ status: STATUS.BRIDGE_UNREACHABLE });
  const { status } = await run('anna', 'send', '--to', 'berta', 'while you were away');
  expect(status).toBe(0);
  await run('anna', 'send', 'said to everyone meanwhile');
  await up('berta');
  await until(() => textsOf(listening.io).length === 4);
  expect(listening.io.errs).toEqual(['the bridge is gone; it is looked for', 'the bridge is back']);
  const all = ['psst', 'good morning', 'while you were away', 'said to everyone meanwhile'];
  expect(new Set(textsOf(listening.io))).toEqual(new Set(all));
  listening.stop();
  expect(await listening.ended).toBe(0);
  const told = begin('berta', ['listen', '--json', '--history', '10']);
  await until(() => told.io.outs.length === 4);
  expect(textsOf(told.io).sort()).toEqual([...all].sort());
  told.stop();

  const [link] = (await run('anna', 'login')).outs;
  const { origin, hash } = new URL(link);
  const body = JSON.stringify({ code: hash.replace('#login=', '') });
  const headers = { 'content-type': 'application/json' };
  const login = (): Promise<Response> =>
    fetch(`${origin}/api/v1/login`, { method: 'POST', headers, body });
  expect([(await login()).status, (await login()).status]).toEqual([200, 401]);

  anna.kill('SIGTERM');
  await until(() => !running.has(anna));
  expect([anna.exitCode, existsSync(join(folder, 'anna', 'bridge.json'))]).toEqual([0, false]);
});

/** A bridge with lines on a port of its own, and neither radio nor wire; resolves when it can be asked. */
async function up(name: string): Promise<ChildProcess> {
  const config = join(folder, `${name}.yaml`);
  if (!existsSync(config)) {
    const port = await freePort();
    const lines = [
      `name: ${name}`,
      'radio: { on: false }',
      'serial: none',
      'log: silent',
      `listen: { host: 127.0.0.1, port: ${port} }`,
      'http: { port: 0 }',
    ];
    writeFileSync(config, lines.join('\n'));
  }
  const words = [PROGRAM, 'up', '--config', config, '--data', join(folder, name)];
  const child = spawn(process.execPath, words, { stdio: 'ignore' });
  running.add(child);
  child.on('exit', () => running.delete(child));
  await eventually(name, ['lines'], /^$|^gateway/);
  return child;
}

function begin(name: string, [command, ...words]: string[]) {
  const io = testIo();
  io.wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const controller = new AbortController();
  io.stopping = () => controller.signal;
  const all = [command, '--data', join(folder, name), ...words];
  const ended = dispatch(all, commands, version(), io);
  return { io, ended, stop: () => controller.abort() };
}

async function run(name: string, ...words: string[]) {
  const { io, ended } = begin(name, words);
  const status = await ended;
  return { status, outs: io.outs, errs: io.errs };
}

/** Runs it until it ends well and says so. */
async function eventually(name: string, words: string[], wanted: RegExp): Promise<void> {
  for (;;) {
    const { status, outs } = await run(name, ...words);
    if (status === 0 && wanted.test(outs.join('\n'))) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function textsOf({ outs }: TestIo): string[] {
  const events = outs.map((line) => JSON.parse(line));
  return events.flatMap(({ kind, message }) => (kind === 'message' ? [message.text] : []));
}
