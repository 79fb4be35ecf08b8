/**
 * Pipe: a program on the other end of stdin and stdout, as a subject. A line of JSON goes out for
 * each question and one comes back for each answer, in any order; the id says which belongs to which.
 * Whatever else the program does is one error that names the case before it.
 */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { HoplineError } from '../../protocol/errors.ts';
import { jsonLine, Lines } from './lines.ts';
import type { Subject } from './runner.ts';
import type { Fields } from './suite.ts';

/** A command line for the shell, or a file with its arguments and what to call it. */
export type Program = string | { name: string; file: string; args: string[] };

export type PipeLimits = {
  /** No answer at all for so long, with questions open, and the subject counts as hung. */
  answerMs: number;
  /** Characters in a line. A longer one is an error. */
  lineMax: number;
  /** How long a subject may take to end once there is nothing more to ask. Then it is killed. */
  endMs: number;
};

export const PIPE_LIMITS: PipeLimits = { answerMs: 10_000, lineMax: 1_048_576, endMs: 2_000 };

type Question = {
  title: string;
  resolve: (answer: Fields) => void;
  reject: (failure: HoplineError) => void;
};

/** `remark` takes what the program writes to standard error, a line at a time. */
export function openPipe(
  program: Program,
  limits: PipeLimits,
  remark: (line: string) => void,
  stop: AbortSignal,
): Subject {
  const name = typeof program === 'string' ? program : program.name;
  const child = start(program);
  /** In the order they were asked. */
  const open = new Map<number, Question>();
  let asked = 0;
  let failure: HoplineError | null = null;
  let lastWords = '';
  let alarm: NodeJS.Timeout | undefined;

  const fail = (what: string): void => {
    if (failure !== null) return;
    failure = new HoplineError('SUBJECT_FAILED', `"${shorten(name)}" ${what}`);
    clearTimeout(alarm);
    kill(child);
    for (const { reject } of open.values()) reject(failure);
    open.clear();
  };
  /** Programs answer in order, mostly, so it is about the oldest question. */
  const when = (): string => {
    const [oldest] = open.values();
    return oldest === undefined ? 'when asked nothing' : `when asked "${oldest.title}"`;
  };
  const rearm = (): void => {
    clearTimeout(alarm);
    if (open.size === 0) return;
    alarm = setTimeout(() => {
      const seconds = limits.answerMs / 1000;
      fail(`was silent for ${seconds} s ${when()}; does it flush each line it writes?`);
    }, limits.answerMs);
  };
  const hear = (line: string): void => {
    if (line.trim() === '') return;
    const answer = parse(line);
    if (answer === null) return fail(`wrote no JSON object ${when()}: ${shorten(line)}`);
    const { id, ...rest } = answer;
    const question = typeof id === 'number' ? open.get(id) : undefined;
    if (question === undefined) {
      return fail(`gave an id that was not open ${when()}: ${shorten(line)}`);
    }
    open.delete(id as number);
    rearm();
    question.resolve(rest);
  };

  const lines = new Lines(limits.lineMax);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    for (const line of lines.push(text)) hear(line);
    if (lines.isSpoilt) fail(`wrote a line above ${limits.lineMax} characters ${when()}`);
  });
  const remarks = new Lines(limits.lineMax);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    for (const line of remarks.push(text)) {
      if (line.trim() !== '') lastWords = line;
      remark(line);
    }
  });
  // Writing to a program that has ended: its end says more.
  child.stdin.on('error', () => {});
  child.on('error', (cause) => fail(`cannot be started: ${cause.message}`));
  const stopped = (): void => fail(`was stopped ${when()}`);
  stop.addEventListener('abort', stopped);
  const ended = new Promise<void>((resolve) => {
    child.on('close', (status, signal) => {
      const how = signal === null ? `with status ${status}` : `by ${signal}`;
      const words = lastWords === '' ? '' : `; its last words: ${shorten(lastWords)}`;
      fail(`ended ${how} ${when()}${words}`);
      resolve();
    });
    child.on('error', () => resolve());
  });

  return {
    ask(title, question) {
      if (failure !== null) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        const id = ++asked;
        open.set(id, { title, resolve, reject });
        if (open.size === 1) rearm();
        child.stdin.write(jsonLine({ id, ...question }));
      });
    },
    async close() {
      child.stdin.end();
      const patience = setTimeout(() => kill(child), limits.endMs);
      let surrender: NodeJS.Timeout | undefined;
      // What left the group still holds the pipe, and is not ours to end.
      const gone = new Promise<void>((resolve) => {
        surrender = setTimeout(resolve, 2 * limits.endMs);
      });
      await Promise.race([ended, gone]);
      clearTimeout(patience);
      clearTimeout(surrender);
      stop.removeEventListener('abort', stopped);
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}

function start(program: Program): ChildProcessWithoutNullStreams {
  // A group of its own, so that what a shell has started ends with it.
  const options = { stdio: 'pipe', detached: process.platform !== 'win32' } as const;
  return typeof program === 'string'
    ? spawn(program, { ...options, shell: true })
    : spawn(program.file, program.args, options);
}

function kill(child: ChildProcessWithoutNullStreams): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function parse(line: string): Fields | null {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Fields) : null;
  } catch {
    return null;
  }
}

/** On one line, whatever it was. */
function shorten(text: string): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length > 120 ? `${flat.slice(0, 117)}...` : flat;
}
