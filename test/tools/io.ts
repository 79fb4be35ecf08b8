/**
 * Io for tests: a command's outside that remembers what was said and touches nothing.
 */
import { HoplineError } from '../../protocol/errors.ts';
import { broken } from '../../tools/breaking.ts';
import type { Io } from '../../tools/command.ts';

export type TestIo = Io & {
  outs: string[];
  errs: string[];
  /** What `writeText` wrote, and what `readText` finds. */
  files: Map<string, string>;
  /** What he answers when he is asked openly, in order; when there is no more, he has gone. */
  answers: string[];
  /** What the person types when asked, in order; when there is no more, nobody is there. */
  secrets: string[];
  /** What is piped in, or null for a terminal; and the lines of a dialogue. */
  input: string | null;
  typed: string[];
  /** What `mayWrite` and `writeText` refuse. */
  unwritable: Set<string>;
  /** Milliseconds that were waited for. */
  waitedMs: number;
};

export function testIo(files: Record<string, string> = {}): TestIo {
  const io: TestIo = {
    outs: [],
    errs: [],
    files: new Map(Object.entries(files)),
    answers: [],
    async ask(question) {
      io.outs.push(question);
      return io.answers.shift() ?? null;
    },
    secrets: [],
    async askSecret(question) {
      io.errs.push(question);
      return io.secrets.shift() ?? null;
    },
    input: null,
    async readInput() {
      return io.input;
    },
    typed: [],
    dialogue() {
      return {
        isLive: false,
        next: async () => io.typed.shift() ?? null,
        say: (line) => void io.outs.push(line),
        prompt() {},
        putBack() {},
        ring() {},
        isWatched: () => true,
        close() {},
      };
    },
    waitedMs: 0,
    out: (line) => void io.outs.push(line),
    say: (line) => void io.outs.push(...broken(line, io.isTTY ? io.columns : Infinity)),
    err: (line) => void io.errs.push(line),
    progress() {},
    isProgressShown: false,
    async readText(path) {
      const text = io.files.get(path);
      if (text === undefined) throw new HoplineError('FILE_UNREADABLE', `${path}: not there`);
      return text;
    },
    async readBytes(path) {
      return new TextEncoder().encode(await io.readText(path));
    },
    unwritable: new Set(),
    async mayWrite(path) {
      if (io.unwritable.has(path)) throw new HoplineError('FILE_UNWRITABLE', `${path}: not here`);
    },
    async writeText(path, text) {
      await io.mayWrite(path);
      io.files.set(path, text);
    },
    async wait(ms) {
      io.waitedMs += ms;
    },
    stopping: () => new AbortController().signal,
    isTTY: false,
    columns: 80,
    colour: false,
    env: {},
  };
  return io;
}
