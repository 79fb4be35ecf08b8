/**
 * Status client: the other end of a status socket, for whoever asks a running relay.
 */
import { connect } from 'node:net';
import { HoplineError, saidElsewhere } from '../../protocol/errors.ts';
import type { Values } from './status-socket.ts';

export type StatusClient = {
  ask(question: string, values?: Values): Promise<unknown>;
  /**
   * Calls `event` for each event, and `missed` with how many were left out. Resolves once it is
   * followed, to a function that stops it; `ended` is called if the relay ends first.
   */
  follow(what: string, values: Values, events: FollowEvents): Promise<() => void>;
  close(): void;
};

export type FollowEvents = {
  event(event: unknown): void;
  missed(count: number): void;
  ended(): void;
};

/** A relay that does not answer for so long is stuck. */
const ANSWER_MS = 30_000;

export async function connectToRelay(path: string): Promise<StatusClient> {
  const socket = connect(path);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', (cause: NodeJS.ErrnoException) => reject(unreachable(path, cause)));
  });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(cause: Error): void }>();
  const followed = new Map<number, FollowEvents>();
  let lastId = 0;

  const hear = (line: string): void => {
    const said = JSON.parse(line) as Said;
    const asked = said.id === undefined ? undefined : waiting.get(said.id);
    const events = said.id === undefined ? undefined : followed.get(said.id);
    if (said.error !== undefined) {
      const failure = saidElsewhere(said.error.code, said.error.message);
      if (asked !== undefined) asked.reject(failure);
      // What concerns no question ends them all.
      else if (said.id === undefined) for (const each of waiting.values()) each.reject(failure);
    } else if ('event' in said) events?.event(said.event);
    else if (said.missed !== undefined) events?.missed(said.missed);
    else if (said.end === true) {
      if (said.id !== undefined) followed.delete(said.id);
      events?.ended();
    } else asked?.resolve(said.value);
  };
  let text = '';
  socket.setEncoding('utf8').on('data', (more) => {
    const lines = (text + String(more)).split('\n');
    text = lines.pop()!;
    lines.forEach(hear);
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(ended(path));
    for (const { ended } of followed.values()) ended();
    followed.clear();
  });

  const send = (id: number, words: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (!socket.writable) return reject(ended(path));
      const late = new HoplineError('RELAY_UNREACHABLE', `${path}: it does not answer; restart it`);
      const alarm = setTimeout(() => reject(late), ANSWER_MS);
      const done = (): void => {
        clearTimeout(alarm);
        waiting.delete(id);
      };
      waiting.set(id, {
        resolve: (value) => (done(), resolve(value)),
        reject: (cause) => (done(), reject(cause)),
      });
      socket.write(`${JSON.stringify({ id, ...words })}\n`);
    });

  return {
    ask: (question, values = {}) => send(++lastId, { ask: question, with: values }),
    async follow(what, values, events) {
      const id = ++lastId;
      followed.set(id, events);
      try {
        await send(id, { follow: what, with: values });
      } catch (cause) {
        followed.delete(id);
        throw cause;
      }
      return () => {
        followed.delete(id);
        if (socket.writable) socket.write(`${JSON.stringify({ id, stop: true })}\n`);
      };
    },
    close: () => void socket.destroy(),
  };
}

type Said = {
  id?: number;
  value?: unknown;
  error?: { code: string; message: string };
  event?: unknown;
  missed?: number;
  end?: boolean;
};

function unreachable(path: string, cause: NodeJS.ErrnoException): HoplineError {
  const detail =
    cause.code === 'EACCES' || cause.code === 'EPERM'
      ? `${path}: it belongs to another user; try with sudo, or as that user`
      : `${path}: no relay runs there; start it with hopline relay, a bridge with hopline up, or name its --data or --socket`;
  return new HoplineError('RELAY_UNREACHABLE', detail, { cause });
}

function ended(path: string): HoplineError {
  return new HoplineError('RELAY_UNREACHABLE', `${path}: the relay has ended`);
}
