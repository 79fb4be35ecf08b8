/**
 * Status socket: how other programs of the same user ask a running relay. A line each way is one JSON
 * value; questions have one answer, and what is followed brings events until it is stopped. A reader
 * that is too slow misses events and is told how many; it costs the relay no more memory than that.
 *
 *   {"id":1,"ask":"status","with":{}}      ->  {"id":1,"value":...} or {"id":1,"error":{code,message}}
 *   {"id":2,"follow":"packets","with":{}}  ->  {"id":2,"event":...} {"id":2,"missed":3} ... {"id":2,"end":true}
 *   {"id":2,"stop":true}
 */
import { chmodSync, rmSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { dirname } from 'node:path';
import { HoplineError } from '../../protocol/errors.ts';
import { makeFolder, unwritable } from './private-file.ts';

export type Values = Record<string, unknown>;

export type StatusService = {
  /** The answer, or a HoplineError; null when nobody knows the question. */
  ask(question: string, values: Values): Promise<unknown> | null;
  /** Calls `event` until the returned function is called; null when there is no such thing. */
  follow(what: string, values: Values, event: (event: unknown) => void): (() => void) | null;
};

export type StatusSocket = { close(): Promise<void> };

/** Readers at once; one more is told so and let go. */
export const READERS_MAX = 16;
/** Bytes of a question; a longer one ends the connection. */
export const QUESTION_MAX = 4096;
/** Things one reader follows, and questions of his without an answer yet; more are refused. */
export const FOLLOWED_MAX = 4;
const ASKED_MAX = 16;
/** Bytes that wait for a slow reader; then events are left out and counted. */
export const WAITING_MAX = 256 * 1024;

/** For what still waits when a connection ends. */
const LAST_WORDS_MS = 250;

/** Listens at `path`, which only this user can open. Refuses where another relay does. */
export async function openStatusSocket(
  path: string,
  service: StatusService,
): Promise<StatusSocket> {
  makeFolder(dirname(path));
  await makeWay(path);
  const readers = new Set<Reader>();
  const server = createServer((socket) => {
    const reader = new Reader(socket, service, () => readers.delete(reader));
    if (readers.size >= READERS_MAX) return reader.refuse(`${READERS_MAX} others ask already`);
    readers.add(reader);
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'EADDRINUSE' ? running(path) : unwritable(path, cause));
    });
    server.listen(path, resolve);
    // Bound already, and nobody has been let in yet.
    if (server.listening) chmodSync(path, 0o600);
  });
  return {
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const reader of readers) reader.end();
      await closed;
    },
  };
}

/** Removes a socket that a relay left behind when it ended badly. */
async function makeWay(path: string): Promise<void> {
  const kind = statSync(path, { throwIfNoEntry: false });
  if (kind === undefined) return;
  if (!kind.isSocket()) {
    const detail = `${path}: it is there and is no socket; remove it, or name another`;
    throw new HoplineError('FILE_UNWRITABLE', detail);
  }
  if (await answers(path)) throw running(path);
  rmSync(path, { force: true });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.on('connect', () => end(true));
    socket.on('error', (cause: NodeJS.ErrnoException) => end(cause.code !== 'ECONNREFUSED'));
  });
}

function running(path: string): HoplineError {
  const advice = 'stop that one, or give this one a data folder and socket of its own';
  return new HoplineError('RELAY_RUNNING', `${path}: ${advice}`);
}

/** One program that asks. */
class Reader {
  private readonly socket: Socket;
  private readonly service: StatusService;
  /** What it follows, by the id it gave: how to stop, and how much it missed. */
  private readonly followed = new Map<number, { stop: () => void; missed: number }>();
  private asked = 0;
  private text = '';

  constructor(socket: Socket, service: StatusService, gone: () => void) {
    this.socket = socket;
    this.service = service;
    socket.setEncoding('utf8');
    socket.on('data', (text) => this.hear(String(text)));
    socket.on('drain', () => this.tellMissed());
    socket.on('error', () => {});
    socket.on('close', () => {
      for (const { stop } of this.followed.values()) stop();
      this.followed.clear();
      gone();
    });
  }

  refuse(why: string): void {
    this.say({ error: { code: 'REQUEST_INVALID', message: why } });
    this.letGo();
  }

  end(): void {
    for (const id of this.followed.keys()) this.say({ id, end: true });
    this.letGo();
  }

  private hear(text: string): void {
    this.text += text;
    for (let end = this.text.indexOf('\n'); end >= 0; end = this.text.indexOf('\n')) {
      if (end > QUESTION_MAX) break;
      const line = this.text.slice(0, end);
      this.text = this.text.slice(end + 1);
      this.obey(line);
    }
    if (this.text.length <= QUESTION_MAX) return;
    this.text = '';
    this.refuse(`a question has at most ${QUESTION_MAX} bytes`);
  }

  /** Who does not read what is left shall not keep the relay from ending. */
  private letGo(): void {
    this.socket.removeAllListeners('data');
    this.socket.end();
    setTimeout(() => this.socket.destroy(), LAST_WORDS_MS).unref();
  }

  private obey(line: string): void {
    const words = parse(line);
    if (words === null) return this.refuse('a question is a JSON object in a line, with an id');
    const { id, ask, follow, stop } = words;
    if (typeof ask === 'string') return this.answer(id, ask, words.with);
    if (typeof follow === 'string') return this.follow(id, follow, words.with);
    if (stop === true) return this.stop(id);
    this.fail(id, 'it has neither ask, follow nor stop');
  }

  private answer(id: number, question: string, values: Values): void {
    if (this.asked >= ASKED_MAX) return this.fail(id, 'too many questions at once');
    let answer: Promise<unknown> | null;
    try {
      answer = this.service.ask(question, values);
    } catch (cause) {
      return this.failed(id, cause);
    }
    if (answer === null) return this.fail(id, `nobody knows "${question}"`);
    this.asked++;
    answer
      .then(
        (value) => this.say({ id, value }),
        (cause) => this.failed(id, cause),
      )
      .finally(() => this.asked--);
  }

  private follow(id: number, what: string, values: Values): void {
    if (this.followed.has(id)) return this.fail(id, 'this id follows something already');
    if (this.followed.size >= FOLLOWED_MAX) return this.fail(id, 'it follows too much already');
    let stop: (() => void) | null;
    try {
      stop = this.service.follow(what, values, (event) => this.tell(id, event));
    } catch (cause) {
      return this.failed(id, cause);
    }
    if (stop === null) return this.fail(id, `there is no "${what}" to follow`);
    this.followed.set(id, { stop, missed: 0 });
    this.say({ id, following: what });
  }

  private stop(id: number): void {
    this.followed.get(id)?.stop();
    this.followed.delete(id);
    this.say({ id, end: true });
  }

  private tell(id: number, event: unknown): void {
    const followed = this.followed.get(id);
    if (followed === undefined) return;
    if (this.socket.writableLength > WAITING_MAX) {
      followed.missed++;
      return;
    }
    this.tellMissed();
    this.say({ id, event });
  }

  private tellMissed(): void {
    for (const [id, followed] of this.followed) {
      if (followed.missed > 0) this.say({ id, missed: followed.missed });
      followed.missed = 0;
    }
  }

  private fail(id: number, message: string): void {
    this.say({ id, error: { code: 'REQUEST_INVALID', message } });
  }

  private failed(id: number, cause: unknown): void {
    if (!(cause instanceof HoplineError)) throw cause;
    this.say({ id, error: { code: cause.code, message: cause.message } });
  }

  private say(value: object): void {
    if (this.socket.writable) this.socket.write(`${JSON.stringify(value)}\n`);
  }
}

type Words = { id: number; ask?: unknown; follow?: unknown; stop?: unknown; with: Values };

function parse(line: string): Words | null {
  try {
    const words = JSON.parse(line);
    if (typeof words !== 'object' || words === null || !Number.isInteger(words.id)) return null;
    const values = words.with ?? {};
    return typeof values === 'object' ? { ...words, with: values } : null;
  } catch {
    return null;
  }
}
