/**
 * Terminal: the process that runs us, as the `io` of commands. It translates and never decides.
 */
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { HoplineError } from '../protocol/errors.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { broken } from './breaking.ts';
import type { Io } from './command.ts';
import { linesOf, liveDialogue, pipedDialogue } from './dialogue.ts';

/** Of a terminal that does not know how wide it is, and says 0. */
const COLUMNS = 80;

export function terminal(): Io {
  const asker = askerOn(process.stdin, process.stderr);
  let progressShown = false;
  const clearProgress = (): void => {
    if (progressShown) process.stderr.write('\r\x1b[K');
    progressShown = false;
  };
  const columns = process.stdout.columns || COLUMNS;
  const colour = wantsColour(process.env, process.stdout.isTTY === true);
  const tell = (to: NodeJS.WriteStream, line: string): void => {
    clearProgress();
    const width = to.isTTY === true ? to.columns || COLUMNS : Infinity;
    for (const part of broken(line, width)) to.write(`${part}\n`);
  };
  return {
    out(line) {
      clearProgress();
      process.stdout.write(`${line}\n`);
    },
    say: (line) => tell(process.stdout, line),
    err: (line) => tell(process.stderr, line),
    progress(line) {
      if (process.stderr.isTTY !== true) return;
      process.stderr.write(`\r\x1b[K${line.slice(0, columns - 1)}`);
      progressShown = true;
    },
    isProgressShown: process.stderr.isTTY === true,
    async readText(path) {
      return (await readWhole(path)).toString('utf8');
    },
    async readBytes(path) {
      return readWhole(path);
    },
    async mayWrite(path) {
      await tryToWrite(path).catch((cause) => fail('FILE_UNWRITABLE', path, cause));
    },
    async writeText(path, text) {
      await writeWhole(path, text).catch((cause) => fail('FILE_UNWRITABLE', path, cause));
    },
    ask: (question) => asker(question),
    askSecret: (question) => askSecret(process.stdin, process.stderr, question),
    dialogue(options) {
      const { stdin, stdout } = process;
      if (stdin.isTTY && stdout.isTTY) return liveDialogue(stdin, stdout, options, colour);
      return pipedDialogue(stdin, stdout);
    },
    readInput: (most) => readInput(process.stdin, most),
    wait: (ms) => wait(ms),
    stopping,
    isTTY: process.stdout.isTTY === true,
    columns,
    colour,
    env: process.env,
  };
}

/** Asks for lines, one after another; null once the input has ended. Nothing is read before it asks. */
export function askerOn(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): (question: string) => Promise<string | null> {
  let next: (() => Promise<string | null>) | null = null;
  return async (question) => {
    output.write(question);
    next ??= linesOf(createInterface({ input }));
    return next();
  };
}

/** Longer answers are cut: no password we know of is half as long. */
const SECRET_MAX = 256;

/** Reads a line from a terminal without showing it. Ctrl-C and Ctrl-D give up. */
export async function askSecret(
  input: NodeJS.ReadStream,
  output: NodeJS.WritableStream,
  question: string,
): Promise<string | null> {
  if (input.isTTY !== true) return null;
  output.write(question);
  input.setRawMode(true);
  let answer = '';
  const typed = await new Promise<string | null>((resolve) => {
    const hear = (bytes: Buffer): void => {
      for (const letter of bytes.toString('utf8')) {
        if (letter === '\r' || letter === '\n') return end(answer);
        if (letter === '\x03' || letter === '\x04') return end(null);
        if (letter === '\x7f' || letter === '\b') answer = answer.slice(0, -1);
        else if (answer.length < SECRET_MAX) answer += letter;
      }
    };
    const end = (result: string | null): void => {
      input.off('data', hear);
      resolve(result);
    };
    input.on('data', hear).resume();
  });
  input.setRawMode(false);
  input.pause();
  output.write('\n');
  return typed;
}

/** The customs of no-color.org and of Node itself: NO_COLOR wins, then FORCE_COLOR. */
export function wantsColour(env: Record<string, string | undefined>, isTTY: boolean): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] !== undefined) return env['FORCE_COLOR'] !== '0';
  return isTTY && env['TERM'] !== 'dumb';
}

/** All of it or nothing: what was there before stays until the new one is whole. */
async function writeWhole(path: string, text: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  // What is no plain file, a pipe say, can only be written to.
  if (found !== null && !found.isFile()) return writeFile(path, text);
  const draft = draftOf(path);
  try {
    await writeFile(draft, text);
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true });
    throw cause;
  }
}

/** A draft comes and goes. What is no plain file is not touched: whoever reads a pipe would notice. */
async function tryToWrite(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  // A folder refuses that, as it should.
  if (found?.isDirectory()) return writeFile(path, '');
  if (found !== null && !found.isFile()) return;
  const draft = draftOf(path);
  await writeFile(draft, '');
  await rm(draft);
}

function draftOf(path: string): string {
  return `${path}.${process.pid}.draft`;
}

const WHY: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'part of the path is not a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
};

/** A port where a file was meant brings nothing, and other devices bring more than there is room for. */
async function readWhole(path: string): Promise<Buffer> {
  try {
    const isDevice = path !== devNull && (await stat(path)).isCharacterDevice();
    if (isDevice) throw new HoplineError('FILE_UNREADABLE', `${path}: it is a device, and no file`);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof HoplineError) throw cause;
    return fail('FILE_UNREADABLE', path, cause as NodeJS.ErrnoException);
  }
}

function fail(code: ErrorCode, path: string, cause: NodeJS.ErrnoException): never {
  throw new HoplineError(code, `${path}: ${whyOf(cause)}`, { cause });
}

/** Why the system does not let us have a file, in words. */
export function whyOf({ code, message }: NodeJS.ErrnoException): string {
  return WHY[code ?? ''] ?? message;
}

/** All that comes before the input ends, or null where a person would have to type it. */
async function readInput(
  input: NodeJS.ReadableStream & { isTTY?: boolean },
  most: number,
): Promise<string | null> {
  if (input.isTTY === true) return null;
  let text = '';
  for await (const part of input.setEncoding('utf8')) {
    text += String(part);
    if (text.length > most) throw new HoplineError('USAGE', `more than ${most} characters came in`);
  }
  return text;
}

/** The first signal asks politely; the second finds the default in place and ends us. */
function stopping(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    controller.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return controller.signal;
}
