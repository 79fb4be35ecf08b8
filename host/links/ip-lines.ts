/**
 * IP lines: lines over the internet, as the Trunks see them, over TCP and WebSocket alike. It dials,
 * listens, and carries bytes; who may come, who is asked again and what the bytes mean is not decided
 * here. One port takes both kinds: records begin with a length below 0x4700, and HTTP with a letter.
 */
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { HoplineError } from '../../protocol/errors.ts';
import type { LineAddress } from '../../protocol/peer/line-address.ts';
import { readLineAddress } from '../../protocol/peer/line-address.ts';
import type { LineEvent, LineOrder, Pipe, PipeEvents } from './pipe.ts';
import { dialTcp, tcpPipe } from './tcp.ts';
import { dialWebSocket, WebSocketDoor } from './websocket.ts';

/** Connections that the system may hold ready before they are accepted. */
const BACKLOG = 64;
/** What requests begin with. */
const LETTER_G = 0x47;

export class IpLines {
  /** False when the event was not taken; it is offered again. */
  private readonly feed: (event: LineEvent) => boolean;
  private readonly pipes = new Map<number, Pipe>();
  /** Lines that are not read, whatever happens to others. */
  private readonly held = new Set<number>();
  private readonly servers: Server[] = [];
  private readonly door: WebSocketDoor;
  /** What the machine had no room for, in order; while there is any, nothing is read. */
  private refused: LineEvent[] = [];
  private isClosed = false;
  private whenEmpty = (): void => {};
  private nextOpened = 2;

  /** `origins`: pages from which lines may be opened, beside those of this machine. */
  constructor(feed: (event: LineEvent) => boolean, origins: readonly string[] = []) {
    this.feed = feed;
    this.door = new WebSocketDoor(origins);
  }

  /** Where it listens: the port is another one when 0 was asked for. */
  async listen(host: string, port: number): Promise<{ host: string; port: number }> {
    const server = createServer({ noDelay: true }, (socket) => this.welcome(socket));
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

  /** A request for a WebSocket that came to another port, and was judged there. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const address = addressOf(request.socket);
    this.door.take(request, socket, head, (pipeFor) => {
      const line = this.nextLine();
      this.pipes.set(line, pipeFor(this.eventsOf(line, address)));
      this.offer({ kind: 'opened', line, address });
    });
  }

  /** What is wanted of a line. */
  perform(order: LineOrder): void {
    switch (order.kind) {
      case 'dial':
        return this.dial(order.line, order.address);
      case 'hangUp':
        return this.pipes.get(order.line)?.end();
      case 'write':
        return this.write(order.line, order.bytes);
      case 'hold':
        this.held.add(order.line);
        return this.pipes.get(order.line)?.pause();
      case 'go':
        this.held.delete(order.line);
        if (this.refused.length === 0) this.pipes.get(order.line)?.resume();
    }
  }

  /** `address` is as readLineAddress has it. */
  dial(line: number, address: string): void {
    const read = readLineAddress(address);
    if (!read.ok) return this.offer({ kind: 'closed', line, why: read.why });
    this.pipes.set(line, dialled(read.value, this.eventsOf(line, address)));
  }

  write(line: number, bytes: Uint8Array): void {
    this.pipes.get(line)?.write(bytes, () => this.offer({ kind: 'sent', line }));
  }

  /** Lets go of everything, once what was written has left or had its time. */
  async close(): Promise<void> {
    this.isClosed = true;
    const closing = this.servers.map((server) => new Promise((done) => server.close(done)));
    const isEmpty = new Promise<void>((done) => (this.whenEmpty = done));
    for (const pipe of this.pipes.values()) pipe.end();
    if (this.pipes.size > 0) await isEmpty;
    await Promise.all(closing);
  }

  /** It is a line from the first moment, so that whoever says nothing is counted as one. */
  private welcome(socket: Socket): void {
    const line = this.nextLine();
    const address = addressOf(socket);
    const events = this.eventsOf(line, address);
    const { received } = events;
    // Only what comes first can be a request.
    events.received = (bytes) => {
      events.received = received;
      if (bytes[0] === LETTER_G) this.serve(line, socket, bytes, events);
      else received(bytes);
    };
    this.pipes.set(
      line,
      tcpPipe(socket, { ...events, received: (bytes) => events.received(bytes) }),
    );
    this.offer({ kind: 'opened', line, address });
  }

  private serve(line: number, socket: Socket, bytes: Uint8Array, events: PipeEvents): void {
    socket.removeAllListeners('data').pause();
    socket.unshift(bytes);
    // It closes once, as what it is then.
    const before = this.pipes.get(line)!;
    this.door.serve(socket, (pipeFor) => {
      if (this.pipes.get(line) !== before) return void socket.destroy();
      this.pipes.set(line, pipeFor({ ...events, closed: () => {} }));
    });
    socket.resume();
  }

  private nextLine(): number {
    const line = this.nextOpened;
    this.nextOpened += 2;
    return line;
  }

  private eventsOf(line: number, address: string): PipeEvents {
    return {
      opened: () => this.offer({ kind: 'opened', line, address }),
      received: (bytes) => this.offer({ kind: 'received', line, bytes }),
      closed: (why) => {
        this.pipes.delete(line);
        this.held.delete(line);
        this.offer({ kind: 'closed', line, why });
        if (this.pipes.size === 0) this.whenEmpty();
      },
    };
  }

  private offer(event: LineEvent): void {
    if (this.isClosed || (this.refused.length === 0 && this.feed(event))) return;
    this.refused.push(event);
    if (this.refused.length > 1) return;
    for (const pipe of this.pipes.values()) pipe.pause();
    setImmediate(() => this.offerAgain());
  }

  private readOn(): void {
    for (const [line, pipe] of this.pipes) if (!this.held.has(line)) pipe.resume();
  }

  private offerAgain(): void {
    const events = this.refused;
    let taken = 0;
    while (!this.isClosed && taken < events.length && this.feed(events[taken])) taken++;
    this.refused = events.slice(taken);
    if (this.isClosed) return;
    if (this.refused.length > 0) setImmediate(() => this.offerAgain());
    else this.readOn();
  }
}

function dialled(address: LineAddress, events: PipeEvents): Pipe {
  const { scheme, host, port, path } = address;
  if (scheme === 'tcp') return dialTcp(host.replace(/^\[(.*)\]$/, '$1'), port, events);
  return dialWebSocket(`${scheme}://${host}:${port}${path}`, events);
}

function addressOf(socket: Socket): string {
  const host = socket.remoteAddress ?? 'gone';
  return `${host.includes(':') ? `[${host}]` : host}:${socket.remotePort ?? 0}`;
}

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
