/**
 * IP lines: lines over the internet, as the Trunks see them, over TCP, WebSocket and UDP alike. It dials,
 * listens, and carries bytes; who may come, who is asked again and what the bytes mean is not decided
 * here. A port of TCP takes WebSockets too: records begin with a length below 0x4700, and HTTP with a
 * letter. UDP has the port of the same number.
 */
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { HoplineError } from '../../protocol/errors.ts';
import type { DatagramDoor } from '../../protocol/peer/datagram-door.ts';
import type { LineAddress } from '../../protocol/peer/line-address.ts';
import { readLineAddress } from '../../protocol/peer/line-address.ts';
import type { LineEvent, LineOrder, Pipe, PipeEvents } from './pipe.ts';
import { dialTcp, tcpPipe } from './tcp.ts';
import type { UdpDrop } from './udp.ts';
import { UdpLines } from './udp.ts';
import { dialWebSocket, WebSocketDoor } from './websocket.ts';

/** Connections that the system may hold ready before they are accepted. */
const BACKLOG = 64;
/** What requests begin with. */
const LETTER_G = 0x47;
/** Ports that are tried where any will do, until one is free for TCP and UDP alike. */
const PORTS_TRIED = 16;

/**
 * Whom a page may come from, beside this machine; what lets datagrams in, where there are any; and the
 * setting that says where it listens, for complaints.
 */
export type IpLinesConfig = {
  origins?: readonly string[];
  door?: DatagramDoor;
  setting?: 'listen' | 'clients';
};

/** Lines of others that the machine has not heard of yet; one more is let go, and he comes again. */
export const WAITING_MAX = 256;
/** Between two offers to a machine that takes nothing, at most: its disk may fail for days. */
const AGAIN_MAX_MS = 50;

export class IpLines {
  /** False when the event was not taken; it is offered again. */
  private readonly feed: (event: LineEvent) => boolean;
  private readonly pipes = new Map<number, Pipe>();
  /** Lines that are not read, whatever happens to others. */
  private readonly held = new Set<number>();
  private readonly servers: Server[] = [];
  private readonly door: WebSocketDoor;
  private readonly udp: UdpLines | null;
  private readonly setting: string;
  /** What the machine had no room for, in order; while there is any, nothing is read. */
  private refused: LineEvent[] = [];
  private againMs = 0;
  private isClosed = false;
  private whenEmpty = (): void => {};
  private nextOpened = 2;

  constructor(feed: (event: LineEvent) => boolean, config: IpLinesConfig = {}) {
    const { origins = [], door, setting = 'listen' } = config;
    this.feed = feed;
    this.setting = setting;
    this.door = new WebSocketDoor(origins);
    const welcome = this.welcomeDatagrams.bind(this);
    this.udp = door === undefined ? null : new UdpLines(door, { welcome });
  }

  /** Where it listens: the port is another one when 0 was asked for. */
  async listen(host: string, port: number): Promise<{ host: string; port: number }> {
    for (let tried = 1; ; tried++) {
      const server = await this.listenTcp(host, port);
      const bound = server.address() as AddressInfo;
      try {
        await this.udp?.listen(bound.address, bound.port);
      } catch (failure) {
        await new Promise((done) => server.close(done));
        const cause = failure as NodeJS.ErrnoException;
        const isTaken = port === 0 && cause.code === 'EADDRINUSE';
        if (isTaken && tried < PORTS_TRIED) continue;
        throw unheard(`UDP ${host}:${bound.port}`, this.setting, cause);
      }
      this.servers.push(server);
      return { host: bound.address, port: bound.port };
    }
  }

  /** Datagrams that came to nothing, by the reason. */
  get drops(): Partial<Record<UdpDrop, number>> {
    return this.udp?.drops ?? {};
  }

  /** A request for a WebSocket that came to another port, and was judged there. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const address = addressOf(request.socket);
    if (this.isCrowded) return void socket.destroy();
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
        return this.hold(order.line);
      case 'go':
        this.held.delete(order.line);
        if (this.refused.length === 0) this.pipes.get(order.line)?.resume();
        return;
      case 'move':
        this.pipes.get(order.line)?.move?.(order.address);
    }
  }

  /** Of a line that is gone nothing is remembered, though whoever holds it may not know yet. */
  private hold(line: number): void {
    const pipe = this.pipes.get(line);
    if (pipe === undefined) return;
    this.held.add(line);
    pipe.pause();
  }

  /** `address` is as readLineAddress has it. */
  dial(line: number, address: string): void {
    const read = readLineAddress(address);
    if (!read.ok) return this.offer({ kind: 'closed', line, why: read.why });
    const events = this.eventsOf(line, address);
    if (read.value.scheme !== 'udp') this.pipes.set(line, dialled(read.value, events));
    else if (this.udp !== null) this.pipes.set(line, this.udp.dial(line, read.value, events));
    else this.offer({ kind: 'closed', line, why: 'no lines over UDP are dialled from here' });
  }

  write(line: number, bytes: Uint8Array): void {
    this.pipes.get(line)?.write(bytes, () => this.offer({ kind: 'sent', line }));
  }

  /** Hears, and is heard, in the multicast group of this network; otherwise why not, and what to do. */
  async joinLan(heard: (from: string, bytes: Uint8Array) => void): Promise<string | null> {
    return this.udp === null ? 'there are no lines over UDP here' : this.udp.joinLan(heard);
  }

  /** To all of this network. */
  announce(bytes: Uint8Array): void {
    this.udp?.announce(bytes);
  }

  /** Lets go of everything, once what was written has left or had its time. */
  async close(): Promise<void> {
    this.isClosed = true;
    const closing = this.servers.map((server) => new Promise((done) => server.close(done)));
    const isEmpty = new Promise<void>((done) => (this.whenEmpty = done));
    for (const pipe of this.pipes.values()) pipe.end();
    if (this.pipes.size > 0) await isEmpty;
    await Promise.all([...closing, this.udp?.close()]);
  }

  private async listenTcp(host: string, port: number): Promise<Server> {
    const server = createServer({ noDelay: true }, (socket) => this.welcome(socket));
    await new Promise<void>((resolve, reject) => {
      // Later, when there is no room for one more: he comes again, and the others stay.
      server.on('error', (cause: NodeJS.ErrnoException) => {
        reject(unheard(`${host}:${port}`, this.setting, cause));
      });
      server.listen({ host, port, backlog: BACKLOG }, resolve);
    });
    return server;
  }

  private welcomeDatagrams(
    address: string,
    pipeFor: (line: number, events: PipeEvents) => Pipe,
  ): void {
    if (this.isCrowded) return;
    const line = this.nextLine();
    this.pipes.set(line, pipeFor(line, this.eventsOf(line, address)));
    this.offer({ kind: 'opened', line, address });
  }

  /** It is a line from the first moment, so that whoever says nothing is counted as one. */
  private welcome(socket: Socket): void {
    if (this.isCrowded) return void socket.destroy();
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

  private get isCrowded(): boolean {
    return this.refused.filter(({ kind }) => kind === 'opened').length >= WAITING_MAX;
  }

  private nextLine(): number {
    const line = this.nextOpened;
    this.nextOpened += 2;
    return line;
  }

  private eventsOf(line: number, address: string): PipeEvents {
    return {
      opened: () => this.offer({ kind: 'opened', line, address }),
      received: (bytes, from) => {
        if (from === undefined) this.offer({ kind: 'received', line, bytes });
        else this.offer({ kind: 'received', line, bytes, from });
      },
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
    // It may be new.
    this.pipes.get(event.line)?.pause();
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
    if (this.refused.length === 0) {
      this.againMs = 0;
      return this.readOn();
    }
    this.againMs = taken > 0 ? 0 : Math.min(AGAIN_MAX_MS, 2 * this.againMs || 1);
    if (this.againMs === 0) setImmediate(() => this.offerAgain());
    else setTimeout(() => this.offerAgain(), this.againMs);
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

function unheard(where: string, setting: string, cause: NodeJS.ErrnoException): HoplineError {
  const why = Object.hasOwn(UNHEARD, cause.code ?? '')
    ? UNHEARD[cause.code!].replaceAll('SETTING', setting)
    : `the system says ${cause.code ?? cause.message}; set ${setting}.host`;
  return new HoplineError('LISTEN_FAILED', `${where}: ${why}`, { cause });
}

const UNHEARD: Record<string, string> = {
  EADDRINUSE: 'another program listens there; end it, or set SETTING.port',
  EADDRNOTAVAIL: 'this machine has no such address; set SETTING.host',
  EACCES: "ports below 1024 are the system's; set SETTING.port to 1024 or more",
};
