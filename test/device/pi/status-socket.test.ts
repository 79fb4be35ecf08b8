/**
 * Status socket: what a program of the same user can ask, and what no program can do to the relay.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { connectToRelay } from '../../../device/pi/status-client.ts';
import type { FollowEvents } from '../../../device/pi/status-client.ts';
import {
  FOLLOWED_MAX,
  openStatusSocket,
  QUESTION_MAX,
  READERS_MAX,
  WAITING_MAX,
} from '../../../device/pi/status-socket.ts';
import type { StatusService } from '../../../device/pi/status-socket.ts';
import { HoplineError } from '../../../protocol/errors.ts';
import { until } from '../../patience.ts';

let ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

describe('a status socket', () => {
  it('answers who asks, and only its user can', async () => {
    const { path, client } = await asked();
    expect(await client.ask('echo', { a: 1 })).toEqual({ a: 1 });
    expect(await client.ask('echo')).toEqual({});
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('answers in any order, and says which question was which', async () => {
    const { client } = await asked();
    const slow = client.ask('slow');
    const order: string[] = [];
    await Promise.all([
      slow.then(() => order.push('slow')),
      client.ask('echo').then(() => order.push('echo')),
    ]);
    expect(order).toEqual(['echo', 'slow']);
  });

  it('says what cannot be asked, and goes on', async () => {
    const { client } = await asked();
    await expect(client.ask('unheard')).rejects.toThrow(
      'that cannot be asked: nobody knows "unheard" [REQUEST_INVALID]',
    );
    await expect(client.ask('fail')).rejects.toThrow('the port is gone: p [PORT_GONE]');
    await expect(client.follow('unheard', {}, quiet())).rejects.toThrow('no "unheard" to follow');
    expect(await client.ask('echo')).toEqual({});
  });

  it('brings what is followed until it is stopped', async () => {
    const { client, push, followers } = await asked();
    const heard: unknown[] = [];
    const stop = await client.follow('packets', {}, { ...quiet(), event: (e) => heard.push(e) });
    push(1);
    push({ two: 2 });
    await until(() => heard.length === 2);
    expect(heard).toEqual([1, { two: 2 }]);
    stop();
    await until(() => followers() === 0);
  });

  it('lets go of a reader that left', async () => {
    const { client, followers } = await asked();
    await client.follow('packets', {}, quiet());
    expect(followers()).toBe(1);
    client.close();
    await until(() => followers() === 0);
  });

  it('tells its readers that it ends', async () => {
    const { client, socket } = await asked();
    let ended = 0;
    await client.follow('packets', {}, { ...quiet(), ended: () => ended++ });
    const open = client.ask('never').catch((cause: Error) => cause.message);
    await socket.close();
    await until(() => ended > 0);
    expect([ended, await open]).toEqual([1, expect.stringContaining('[RELAY_UNREACHABLE]')]);
    await expect(client.ask('echo')).rejects.toThrow('the relay has ended');
  });
});

describe('a slow reader', () => {
  it('misses events, is told how many, and holds no more than its share', async () => {
    const { path, push, waiting } = await asked();
    const reader = connect(path);
    ends.push(() => reader.destroy());
    reader.write('{"id":7,"follow":"packets"}\n');
    reader.pause();
    await until(() => waiting.count === 1);
    const event = 'x'.repeat(1000);
    const count = 3000;
    for (let n = 0; n < count; n++) push(event);
    // What it was sent is bounded, whatever the system itself holds.
    let text = '';
    reader.setEncoding('utf8').on('data', (more) => (text += String(more)));
    reader.resume();
    const lines = () =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line));
    await until(() => lines().some(({ missed }) => missed > 0));
    const said = lines();
    const events = said.filter((each) => 'event' in each).length;
    const missed = said.reduce((sum, each) => sum + (each.missed ?? 0), 0);
    expect(events + missed).toBe(count);
    expect(events * 1000).toBeLessThan(2 * WAITING_MAX + 1_000_000);
    expect(missed).toBeGreaterThan(0);
    push('after');
    await until(() => lines().at(-1).event === 'after');
  });

  it('does not keep the relay from ending', async () => {
    const { path, push, waiting, socket } = await asked();
    const reader = connect(path);
    ends.push(() => reader.destroy());
    reader.write('{"id":7,"follow":"packets"}\n');
    reader.pause();
    await until(() => waiting.count === 1);
    for (let n = 0; n < 3000; n++) push('x'.repeat(1000));
    await socket.close();
  });
});

describe('whoever asks badly', () => {
  for (const [what, line] of [
    ['no JSON', 'status\n'],
    ['no object', '17\n'],
    ['no id', '{"ask":"echo"}\n'],
    ['values that are none', '{"id":1,"ask":"echo","with":3}\n'],
    ['too long a line', `{"id":1,"ask":"${'x'.repeat(QUESTION_MAX)}"}\n`],
    ['no end of a line', 'x'.repeat(QUESTION_MAX + 1)],
  ]) {
    it(`is told so and let go: ${what}`, async () => {
      const { path, client } = await asked();
      expect(await lastWords(path, line)).toContain('REQUEST_INVALID');
      expect(await client.ask('echo')).toEqual({});
    });
  }

  it('by neither asking nor following is told so', async () => {
    const { client, path } = await asked();
    const reader = connect(path);
    ends.push(() => reader.destroy());
    const said = new Promise((resolve) => reader.once('data', (bytes) => resolve(String(bytes))));
    reader.write('{"id":3}\n');
    expect(await said).toContain('neither ask, follow nor stop');
    expect(await client.ask('echo')).toEqual({});
  });

  it('by following too much is refused', async () => {
    const { client } = await asked();
    for (let n = 0; n < FOLLOWED_MAX; n++) await client.follow('packets', {}, quiet());
    await expect(client.follow('packets', {}, quiet())).rejects.toThrow('follows too much already');
  });

  it('as one too many is told so', async () => {
    const { path } = await asked();
    for (let n = 1; n < READERS_MAX; n++) {
      const client = await connectToRelay(path);
      ends.push(() => client.close());
      await client.ask('echo');
    }
    expect(await lastWords(path, '')).toContain(`${READERS_MAX} others ask already`);
  });
});

describe('a second relay', () => {
  it('is refused while the first one answers', async () => {
    const { path, service } = await asked();
    await expect(openStatusSocket(path, service)).rejects.toThrow(
      `a relay runs there already: ${path}: stop that one`,
    );
    await expect(openStatusSocket(path, service)).rejects.toThrow('[RELAY_RUNNING]');
  });

  it('takes the place of one that ended badly', async () => {
    const path = join(folder(), 'relay.sock');
    // Closing removes the file, so what a killed process leaves is made by hand.
    const { execFileSync } = await import('node:child_process');
    const program = `require('net').createServer().listen(process.argv[1],()=>process.kill(process.pid,'SIGKILL'))`;
    try {
      execFileSync(process.execPath, ['-e', program, path], { stdio: 'ignore' });
    } catch {
      // It was killed.
    }
    expect(statSync(path).isSocket()).toBe(true);
    const socket = await openStatusSocket(path, testService().service);
    ends.push(() => socket.close());
    const client = await connectToRelay(path);
    ends.push(() => client.close());
    expect(await client.ask('echo')).toEqual({});
  });

  it('does not remove what is no socket', async () => {
    const path = join(folder(), 'relay.sock');
    writeFileSync(path, 'mine');
    await expect(openStatusSocket(path, testService().service)).rejects.toThrow(
      'is no socket; remove it',
    );
    expect(statSync(path).size).toBe(4);
  });
});

describe('a relay that is not there', () => {
  it('is named, with what to do', async () => {
    const path = join(folder(), 'relay.sock');
    await expect(connectToRelay(path)).rejects.toThrow(
      `the relay cannot be asked: ${path}: no relay runs there; start it with hopline relay, a bridge with hopline up`,
    );
  });

  it('is one that breaks off', async () => {
    const path = join(folder(), 'relay.sock');
    const server = createServer((socket) => socket.destroy()).listen(path);
    ends.push(() => server.close());
    await until(() => server.listening);
    const client = await connectToRelay(path);
    await expect(client.ask('echo')).rejects.toThrow('[RELAY_UNREACHABLE]');
  });
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'hopline-status-'));
  ends.push(() => rmSync(path, { recursive: true }));
  return path;
}

function testService() {
  const pushes = new Set<(event: unknown) => void>();
  const waiting = { count: 0 };
  const service: StatusService = {
    ask(question, values) {
      if (question === 'echo') return Promise.resolve(values);
      if (question === 'slow') return wait(20);
      if (question === 'never') return new Promise(() => {});
      if (question === 'fail') return Promise.reject(new HoplineError('PORT_GONE', 'p'));
      return null;
    },
    follow(what, _, event) {
      if (what !== 'packets') return null;
      pushes.add(event);
      waiting.count++;
      return () => pushes.delete(event);
    },
  };
  return {
    service,
    waiting,
    push: (event: unknown) => pushes.forEach((each) => each(event)),
    followers: () => pushes.size,
  };
}

async function asked() {
  const path = join(folder(), 'run', 'relay.sock');
  const made = testService();
  const socket = await openStatusSocket(path, made.service);
  ends.push(() => socket.close());
  const client = await connectToRelay(path);
  ends.push(() => client.close());
  return { path, client, socket, ...made };
}

function quiet(): FollowEvents {
  return { event() {}, missed() {}, ended() {} };
}

/** What a connection says before it ends. */
function lastWords(path: string, line: string): Promise<string> {
  const reader = connect(path);
  ends.push(() => reader.destroy());
  let text = '';
  reader.setEncoding('utf8').on('data', (more) => (text += String(more)));
  reader.on('error', () => {});
  reader.write(line);
  return new Promise((resolve) => reader.on('close', () => resolve(text)));
}
