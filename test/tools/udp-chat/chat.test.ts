/**
 * hopline chat --udp, as somebody has it: what he is told, what is kept, which mistakes are explained;
 * and the built program by itself, with no package installed beside it.
 */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dialogue } from '../../../tools/dialogue.ts';
import { chat } from '../../../tools/commands/chat.ts';
import { dispatch, STATUS } from '../../../tools/dispatch.ts';
import { SOCAT, WITHOUT_SOCAT } from '../../pty.ts';
import { freeUdpPorts } from '../../udp-chat/peer.ts';
import { build, hopline, ROOT } from '../built.ts';
import type { Terminal } from '../bridge/terminal.ts';
import { atTerminal } from '../bridge/terminal.ts';
import type { TestIo } from '../io.ts';
import { testIo } from '../io.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hopline-udp-chat-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('two who chat', () => {
  it('hear each other, alone or not, and are told who is about', async () => {
    const [a, b] = await addresses();
    const ada = begin(a, ['--peers', b]);
    const bob = begin(b, ['--peers', a]);
    await bob.tells(`next to ${a}`);
    ada.type('hello');
    await bob.shows(`${a}: hello`);
    bob.type(`@${a} psst`);
    await ada.shows(`${b} -> you: psst`);
    await ada.tells(`${b} is here`);
    ada.type(`/with ${b}`, 'alone', '/public', '/who', 'quit');
    await bob.shows(`${a} -> you: alone`);
    expect(await ada.ended).toBe(0);
    bob.type('/quit');
    expect(await bob.ended).toBe(0);
    expect(ada.io.outs.map(untimed)).toEqual([
      'you: hello',
      `${b} -> you: psst`,
      `you -> ${b}: alone`,
      expect.stringMatching(`^${b}  neighbour  heard \\d+ s ago$`),
    ]);
    expect(bob.io.outs.map(untimed)).toEqual([
      `${a}: hello`,
      `you -> ${a}: psst`,
      `${a} -> you: alone`,
    ]);
  });

  it('find what was said when they come back, and do not hear it again', async () => {
    const [a, b] = await addresses();
    const file = join(folder, 'said.jsonl');
    const stranger = createSocket('udp4');
    stranger.bind(Number(b.split(':')[1]), '127.0.0.1');
    await once(stranger, 'listening');
    const said = `{"mid":"m-1","ts":5.0,"ttl":3,"kind":"CHAT","src":"${b}","dst":"","body":"hi"}`;
    const say = (): void => stranger.send(said, Number(a.split(':')[1]), '127.0.0.1');
    const first = begin(a, ['--history', file]);
    await first.tells('you are');
    say();
    await first.shows(`${b}: hi`);
    first.type('/quit');
    expect(await first.ended).toBe(0);
    writeFileSync(file, `${readFileSync(file, 'utf8')}not a message\n`);
    const second = begin(a, ['--history', file, '--stats', '--peers', b]);
    await second.shows(`${b}: hi`);
    expect(second.io.errs).toContain(`a line of ${file} are no messages, and are passed over`);
    say();
    stranger.send('{}', Number(a.split(':')[1]), '127.0.0.1');
    await second.tells(': no-mid');
    second.type('/history', '/quit');
    expect(await second.ended).toBe(0);
    stranger.close();
    const outs = second.io.outs.map(untimed);
    expect(outs.slice(0, 2)).toEqual([`${b}: hi`, `${b}: hi`]);
    const stats = outs.slice(2);
    expect(stats).toContain('duplicates   1');
    expect(stats).toContain('malformed    1 (no-mid 1)');
  });

  it('speak JSON with programs, and end with a failure when a line was refused', async () => {
    const [a] = await addresses();
    const { io, ended } = begin(a, ['--json']);
    io.typed.push('hi', '/stat', '/stats', '/who', '/quit');
    expect(await ended).toBe(STATUS.MESSAGE_FAILED);
    expect(io.errs[0]).toContain('did you mean /stats?');
    const values = io.outs.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(values.map(({ kind }) => kind).sort()).toEqual(['here', 'message', 'stats', 'who']);
    const said = values.find(({ kind }) => kind === 'message');
    expect(said).toMatchObject({ message: { body: 'hi', src: a, isOwn: true } });
  });
});

describe('a chat that cannot begin', () => {
  it('says which port is taken, and what to do', async () => {
    const [a] = await addresses();
    const first = begin(a, []);
    await first.tells('you are');
    const { ended, io } = begin(a, []);
    expect(await ended).toBe(STATUS.LISTEN_FAILED);
    expect(io.errs[0]).toContain(`${a}: another program has that UDP port; end it, or choose`);
    first.type('q');
    await first.ended;
  });

  for (const [words, status, complaint] of [
    [['--peers', 'abc'], STATUS.USAGE, '--peers takes HOST:PORT with a port'],
    [['--peers', '127.0.0.1:9002,127.0.0.1:0'], STATUS.USAGE, 'not "127.0.0.1:0"'],
    [['--peers', '127.0.0.1:9002', 'nine'], STATUS.USAGE, 'not "nine"'],
    [['--port', '9999', '--peers', '127.0.0.1:9999'], STATUS.USAGE, 'is this node itself'],
    [['--host', '127.0.0.1', '--peers', '[::1]:9002'], STATUS.PEER_UNKNOWN, '[::1]:9002: '],
    [['--port', '70000'], STATUS.USAGE, '--port takes a whole number from 1 to 65535'],
    [['--ttl', '0'], STATUS.USAGE, '--ttl takes a whole number from 1'],
    [['--seen-ttl', 'x'], STATUS.USAGE, '--seen-ttl takes a whole number'],
    [['--to', 'ada'], STATUS.USAGE, '--to takes HOST:PORT'],
    [['--host', '192.0.2.1'], STATUS.LISTEN_FAILED, 'this machine has no such address'],
    [['--data', 'x'], STATUS.USAGE, '--data is the folder of a bridge'],
    [['--discovr'], STATUS.USAGE, 'did you mean --discover?'],
  ] as const) {
    it(`names the mistake in "${words.join(' ')}"`, async () => {
      const io = testIo();
      expect(await run(['--udp', ...words], io)).toBe(status);
      expect(io.errs[0]).toContain(complaint);
    });
  }

  it('is told of its options when it is no plain UDP chat', async () => {
    for (const [words, complaint] of [
      [['--port', '9001'], '--port goes with --udp only'],
      [['--stats'], '--stats goes with --udp only'],
      [['ada'], 'write --to ada'],
    ] as const) {
      const io = testIo();
      expect(await run([...words], io)).toBe(STATUS.USAGE);
      expect(io.errs[0]).toContain(complaint);
    }
  });
});

describe('the built program', () => {
  it('chats by UDP with no package installed, native or not', async () => {
    await hopline(['--version']);
    cpSync(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true });
    cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
    // What a folder above may have is hidden, too.
    const hiding = join(folder, 'hiding.mjs');
    writeFileSync(hiding, HIDING);
    const [a, b] = await addresses();
    const start = (address: string, other: string): ReturnType<typeof spawned> =>
      spawned(folder, ['chat', '--udp', '--port', address.split(':')[1], '--peers', other]);
    const [ada, bob] = [start(a, b), start(b, a)];
    await ada.says('you are');
    await bob.says('you are');
    ada.type('hello\n');
    await bob.says(`${a}: hello`);
    bob.type('q\n');
    ada.type('q\n');
    expect([await ada.ended, await bob.ended]).toEqual([0, 0]);
  });

  it('does not do anything else without them', async () => {
    build();
    cpSync(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true });
    cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'hiding.mjs'), HIDING);
    const up = spawned(folder, ['up', '--data', 'data']);
    await up.says('is hidden');
    expect(await up.ended).not.toBe(0);
  });

  it.skipIf(!SOCAT)(`looks as the chat over a bridge does${WITHOUT_SOCAT}`, async () => {
    await hopline(['--version']);
    const [a, b] = await addresses();
    const words = ['chat', '--udp', '--port', a.split(':')[1], '--peers', b];
    const terminal: Terminal = atTerminal(words, 76);
    await terminal.sees('everyone>');
    terminal.type('hello\r');
    await terminal.sees('you: hello');
    terminal.type(`/with ${b}\r`);
    await terminal.sees(`${b}>`);
    await terminal.shows([
      /^\* you are 127\.0\.0\.1:\d+, next to 127\.0\.0\.1:\d+; \/help lists comma/,
      /leaves$/,
      /^--- \d{4}-\d\d-\d\d ---$/,
      'HH:MM you: hello',
      `everyone> /with ${b}`,
      /^\* you speak to 127\.0\.0\.1:\d+ alone, and whoever passes it on can read/,
      /\/public ends that$/,
      `${b}>`,
    ]);
    terminal.type('\x04');
    expect(await terminal.ended).toBe(0);
  });
});

/** Refuses every import of a package. */
const HIDING = `import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(\`
export async function resolve(name, context, next) {
  if (!/^(node:|file:|data:|[./])/.test(name)) throw new Error(name + ' is hidden');
  return next(name, context);
}\`));
`;

async function addresses(): Promise<string[]> {
  return (await freeUdpPorts(2)).map((port) => `127.0.0.1:${port}`);
}

function run(words: string[], io: TestIo): Promise<number> {
  return dispatch(['chat', ...words], { chat: async () => chat }, '1', io);
}

type Chatting = {
  io: TestIo;
  ended: Promise<number>;
  type(...lines: string[]): void;
  shows(end: string): Promise<void>;
  tells(part: string): Promise<void>;
};

/** One who stays until he types that he leaves, or until what he has typed is at its end. */
function begin(address: string, words: string[]): Chatting {
  const io = testIo();
  const [host, port] = address.split(':');
  let wake = (): void => {};
  const piped = io.dialogue;
  io.dialogue = (options): Dialogue => ({
    ...piped(options),
    async next() {
      // What is said and heard in between gets its turn.
      await new Promise((resolve) => setTimeout(resolve, 20));
      while (io.typed.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return io.typed.shift() ?? null;
    },
    close: () => wake(),
  });
  const ended = run(['--udp', '--host', host, '--port', port, ...words], io);
  return {
    io,
    ended,
    type(...lines) {
      io.typed.push(...lines);
      wake();
    },
    shows: (end) => expect.poll(() => io.outs.some((line) => line.endsWith(end))).toBe(true),
    tells: (part) => expect.poll(() => io.errs.some((line) => line.includes(part))).toBe(true),
  };
}

/** Without the day and the time of it. */
function untimed(line: string): string {
  return line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /, '');
}

function spawned(
  cwd: string,
  words: string[],
): { type(text: string): void; says(text: string): Promise<void>; ended: Promise<number | null> } {
  const program = join(cwd, 'dist', 'hopline.js');
  const hidden = ['--import', join(cwd, 'hiding.mjs'), program];
  const child = spawn(process.execPath, [...hidden, ...words], { cwd });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  child.stdin.on('error', () => {});
  return {
    type: (text) => void child.stdin.write(text),
    says: (text) => expect.poll(() => said).toContain(text),
    ended: new Promise((resolve) => child.on('close', (status) => resolve(status))),
  };
}
