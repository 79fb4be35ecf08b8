/**
 * TCP: a pipe over a socket, dialled or taken.
 */
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import type { Pipe, PipeEvents } from './pipe.ts';
import { HUNG_UP, LINGER_MS, wordsOf } from './pipe.ts';

/** A far end that is gone without a word is noticed by the heartbeat above; this is for routers. */
const KEEP_ALIVE_MS = 60_000;

export function dialTcp(host: string, port: number, events: PipeEvents): Pipe {
  const socket = createConnection({ host, port, noDelay: true });
  socket.once('connect', () => events.opened());
  return tcpPipe(socket, events);
}

export function tcpPipe(socket: Socket, events: PipeEvents): Pipe {
  let why = HUNG_UP;
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  socket.on('data', (bytes: Buffer) => events.received(bytes));
  socket.on('error', (cause: NodeJS.ErrnoException) => {
    why = wordsOf(cause);
  });
  socket.on('close', () => events.closed(why));
  return {
    write(bytes, left) {
      if (socket.destroyed) return;
      socket.write(bytes, (failure) => {
        if (!failure) left();
      });
    },
    end() {
      if (socket.connecting) socket.destroy();
      // What still comes is of no interest, and not read it would keep the socket.
      socket.removeAllListeners('data').resume();
      socket.end();
      setTimeout(() => socket.destroy(), LINGER_MS).unref();
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  };
}
