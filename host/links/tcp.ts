/**
 * TCP: lines over the internet, as the Trunks see them. It dials, listens, and carries bytes; who may
 * come, who is asked again and what the bytes mean is not decided here.
 */
import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { HoplineError } from '../../protocol/errors.ts';

/** As Trunks take them. */
export type LineEvent =
  | { kind: 'opened'; line: number; address: string }
  | { kind: 'closed'; line: number; why: string }
  | { kind: 'received'; line: number; bytes: Uint8Array }
  | { kind: 'sent'; line: number };

/** As Trunks give them. */
export type LineOrder =
  | { kind: 'dial'; line: number; address: string }
  | { kind: 'hangUp'; line: number }
  | { kind: 'write'; line: number; bytes: Uint8Array };

/** A far end that is gone without a word is noticed by the heartbeat above; this is for routers. */
const KEEP_ALIVE_MS = 60_000;
/** Connections that the system may hold ready before they are accepted. */
const BACKLOG = 64;
/** What a line that was hung up may still take to let go. */
const LINGER_MS = 1000;

export class TcpLines {
  /** False when the event was not taken; it is offered again. */
  private readonly feed: (event: LineEvent) => boolean;
  private readonly sockets = new Map<number, Socket>();
  private readonly servers: Server[] = [];
  /** What the machine had no room for, in order; while there is any, no socket is read. */
  private refused: LineEvent[] = [];
  private isClosed = false;
  private nextOpened = 2;

  constructor(feed: (event: LineEvent) => boolean) {
    this.feed = feed;
  }

  /** Where it listens: the port is another one when 0 was asked for. */
  async listen(host: string, port: number): Promise<{ host: string; port: number }> {
    const server = createServer({ noDelay: true }, (socket) => {
      const line = this.nextOpened;
      this.nextOpened += 2;
      this.tie(line, socket);
      this.offer({ kind: 'opened', line, address: addressOf(socket) });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => {
        reject(unheard(`${host}:${port}`, cause));
      });
      server.listen({ host, port, backlog: BACKLOG }, resolve);
    });
    this.servers.push(server);
    const bound = server.address() as AddressInfo;
    return { host: bound.address, port: bound.port };
  }

  /** What is wanted of a line. */
  perform(order: LineOrder): void {
    switch (order.kind) {
      case 'dial':
        return this.dial(order.line, order.address);
      case 'hangUp':
        return this.hangUp(order.line);
      case 'write':
        return this.write(order.line, order.bytes);
    }
  }

  /** `address` is `host:port`; an IPv6 host stands in brackets. */
  dial(line: number, address: string): void {
    const at = address.lastIndexOf(':');
    const host = address.slice(0, at).replace(/^\[(.*)\]$/, '$1');
    const port = Number(address.slice(at + 1));
    if (!(port > 0 && port < 65_536)) {
      return this.offer({ kind: 'closed', line, why: 'its address has no port' });
    }
    const socket = createConnection({ host, port, noDelay: true, keepAlive: true });
    this.tie(line, socket);
    socket.once('connect', () => this.offer({ kind: 'opened', line, address }));
  }

  write(line: number, bytes: Uint8Array): void {
    const socket = this.sockets.get(line);
    if (socket === undefined || socket.destroyed) return;
    socket.write(bytes, (failure) => {
      if (!failure) this.offer({ kind: 'sent', line });
    });
  }

  /** Lets go once what was written has left. `closed` follows. */
  hangUp(line: number): void {
    const socket = this.sockets.get(line);
    if (socket === undefined) return;
    if (socket.connecting) socket.destroy();
    // What still comes is of no interest, and not read it would keep the socket.
    socket.removeAllListeners('data').resume();
    socket.end();
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  }

  /** Lets go of everything, once what was written has left or had its time. */
  async close(): Promise<void> {
    this.isClosed = true;
    const closing = this.servers.map((server) => new Promise((done) => server.close(done)));
    for (const [line, socket] of this.sockets) {
      closing.push(new Promise((done) => socket.once('close', done)));
      this.hangUp(line);
    }
    await Promise.all(closing);
  }

  private tie(line: number, socket: Socket): void {
    this.sockets.set(line, socket);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    let why = 'the other end hung up';
    socket.on('data', (bytes: Buffer) => {
      this.offer({ kind: 'received', line, bytes });
    });
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      why = wordsOf(cause);
    });
    socket.on('close', () => {
      this.sockets.delete(line);
      this.offer({ kind: 'closed', line, why });
    });
  }

  private offer(event: LineEvent): void {
    if (this.isClosed || (this.refused.length === 0 && this.feed(event))) return;
    this.refused.push(event);
    if (this.refused.length > 1) return;
    for (const socket of this.sockets.values()) socket.pause();
    setImmediate(() => this.offerAgain());
  }

  private offerAgain(): void {
    const events = this.refused;
    let taken = 0;
    while (!this.isClosed && taken < events.length && this.feed(events[taken])) taken++;
    this.refused = events.slice(taken);
    if (this.isClosed) return;
    if (this.refused.length > 0) setImmediate(() => this.offerAgain());
    else for (const socket of this.sockets.values()) socket.resume();
  }
}

function addressOf(socket: Socket): string {
  const host = socket.remoteAddress ?? 'gone';
  return `${host.includes(':') ? `[${host}]` : host}:${socket.remotePort ?? 0}`;
}

/** Beside the code of the system, for whoever has to look further. */
function wordsOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === undefined) return message;
  return Object.hasOwn(WORDS, code) ? `${WORDS[code]} (${code})` : `the system says ${code}`;
}

const WORDS: Record<string, string> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the line broke',
  EPIPE: 'the line broke',
  ETIMEDOUT: 'nobody answers there',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
  EADDRNOTAVAIL: 'no way leads there',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'its name cannot be looked up now',
};

function unheard(where: string, cause: NodeJS.ErrnoException): HoplineError {
  if (cause.code === 'EADDRINUSE') {
    const detail = `${where}: another program listens there; end it, or choose another port`;
    return new HoplineError('LISTEN_FAILED', detail, { cause });
  }
  if (cause.code === 'EACCES') {
    const detail = `${where}: ports below 1024 are the system's; choose a higher one`;
    return new HoplineError('LISTEN_FAILED', detail, { cause });
  }
  const detail = `${where}: ${cause.message}`;
  return new HoplineError('LISTEN_FAILED', detail, { cause });
}
