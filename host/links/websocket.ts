/**
 * WebSocket: the same records as over TCP, in binary messages whose bounds mean nothing (WIRE §24). A
 * page in a browser has no other way to a line, and through a proxy it is often the only one.
 */
import { createServer, STATUS_CODES } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { LINE_PATH } from '../../protocol/peer/line-address.ts';
import type { Pipe, PipeEvents } from './pipe.ts';
import { HUNG_UP, LINGER_MS, wordsOf } from './pipe.ts';

/** Of a message: a record and its length. One that is longer ends the line. */
const MESSAGE_MAX = 2 + 65_535;
/** Of the head of a request. */
const HEAD_MAX = 8 * 1024;
/** Texts are no records (RFC 6455 §7.4.1). */
const UNSUPPORTED = 1003;
const OPTIONS = { perMessageDeflate: false, maxPayload: MESSAGE_MAX };

export function dialWebSocket(url: string, events: PipeEvents): Pipe {
  const socket = new WebSocket(url, OPTIONS);
  socket.once('open', () => events.opened());
  return webSocketPipe(socket, events);
}

/** What makes lines of requests for one. */
export class WebSocketDoor {
  /** Pages beside those of this machine from which a line may be opened; programs name none. */
  private readonly origins: ReadonlySet<string>;
  private readonly server = new WebSocketServer({ noServer: true, ...OPTIONS });
  private readonly http: Server;
  private readonly waiting = new WeakMap<Duplex, (pipe: (events: PipeEvents) => Pipe) => void>();

  constructor(origins: readonly string[]) {
    this.origins = new Set(origins.map((origin) => origin.toLowerCase()));
    this.http = createServer({ maxHeaderSize: HEAD_MAX }, ({ socket }) => {
      refuse(socket, 426, 'lines are taken here, over WebSocket');
    });
    this.http.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
    this.http.on('clientError', (_, socket) => socket.destroy());
  }

  /** A connection that speaks HTTP; `taken` is called if it comes to a line. */
  serve(socket: Socket, taken: (pipe: (events: PipeEvents) => Pipe) => void): void {
    this.waiting.set(socket, taken);
    this.http.emit('connection', socket);
  }

  /** A request that was judged already. */
  take(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    taken: (pipe: (events: PipeEvents) => Pipe) => void,
  ): void {
    this.server.handleUpgrade(request, socket, head, (line) => {
      taken((events) => webSocketPipe(line, events));
    });
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const taken = this.waiting.get(socket);
    const path = (request.url ?? '').split('?', 1)[0];
    if (taken === undefined) return void socket.destroy();
    if (path !== LINE_PATH && path !== '/') return refuse(socket, 404, `lines are at ${LINE_PATH}`);
    if (!this.isLetIn(request.headers.origin)) {
      return refuse(socket, 403, 'name the page in clients.origins of the settings');
    }
    this.take(request, socket, head, taken);
  }

  /** A page of a stranger would learn who is here, by asking for a line that it cannot have. */
  private isLetIn(origin: string | undefined): boolean {
    if (origin === undefined || this.origins.has(origin.toLowerCase())) return true;
    return /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(origin);
  }
}

function webSocketPipe(socket: WebSocket, events: PipeEvents): Pipe {
  let why = HUNG_UP;
  let isEnding = false;
  socket.on('message', (bytes: Buffer, isBinary) => {
    if (isEnding) return;
    if (isBinary) return events.received(bytes);
    why = 'it sent text, and lines carry bytes';
    socket.close(UNSUPPORTED);
  });
  socket.on('unexpected-response', (request, { statusCode = 0 }) => {
    why = `it takes no lines there (${statusCode} ${STATUS_CODES[statusCode] ?? ''})`;
    request.destroy();
    socket.terminate();
  });
  socket.on('error', (cause: NodeJS.ErrnoException) => {
    if (why === HUNG_UP) why = isOfWebSockets(cause) ? unlike(cause) : wordsOf(cause);
  });
  socket.on('close', () => events.closed(why));
  return {
    write(bytes, left) {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(bytes, (failure) => {
        if (!failure) left();
      });
    },
    end() {
      isEnding = true;
      if (socket.readyState === WebSocket.CONNECTING) return socket.terminate();
      // What still comes is of no interest, and not read it would keep the socket.
      socket.resume();
      socket.close();
      setTimeout(() => socket.terminate(), LINGER_MS).unref();
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
}

function refuse(socket: Duplex, status: number, words: string): void {
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n`;
  socket.end(`${head}content-length: ${words.length}\r\n\r\n${words}`);
}

/** Of the library and of its reader of HTTP; all others have the codes of the system, or of TLS. */
function isOfWebSockets({ code }: NodeJS.ErrnoException): boolean {
  return code === undefined || /^(HPE|WS_ERR)_/.test(code);
}

function unlike({ code, message }: NodeJS.ErrnoException): string {
  return `what is there does not speak as WebSockets do (${code ?? message})`;
}
