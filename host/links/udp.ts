/**
 * UDP: lines as datagrams (WIRE §24), those we dial and those that others open, over one socket where we
 * listen and one more for each other family of addresses. For whom a datagram is, its door decides.
 */
import type { RemoteInfo, Socket } from 'node:dgram';
import { promises as dns } from 'node:dns';
import { isIP } from 'node:net';
import type { DatagramDoor, DoorDrop } from '../../protocol/peer/datagram-door.ts';
import type { LineAddress } from '../../protocol/peer/line-address.ts';
import type { Address } from '../../protocol/udp-chat/address.ts';
import { printAddress } from '../../protocol/udp-chat/address.ts';
import {
  closed,
  endpointOf,
  isSomewhere,
  MulticastGroup,
  openDatagramSocket,
  ownHosts,
  senderOf,
  wordsOf,
} from './datagram-socket.ts';
import type { Pipe, PipeEvents } from './pipe.ts';
import { HUNG_UP } from './pipe.ts';

/** Where bridges tell others of their network that they are there (WIRE §24). */
const LAN_GROUP: Address = { host: '239.255.25.26', port: 8335 };

/** `held`: for a line that is not read now; `nowhere`: from nobody who could be answered. */
export type UdpDrop = DoorDrop | 'held' | 'nowhere';

export type UdpEvents = {
  /** Somebody opens a line: its number, and who is told of it. */
  welcome(address: string, pipe: (line: number, events: PipeEvents) => Pipe): void;
};

type UdpPipe = Pipe & { take(bytes: Uint8Array, from: string): void };

/** An address, and what it is written to from. */
type End = { socket: Socket; to: Address };

/** Of a name, those that the system gives first. */
const ADDRESSES_MAX = 8;

export class UdpLines {
  readonly drops: Partial<Record<UdpDrop, number>> = {};
  private readonly door: DatagramDoor;
  private readonly events: UdpEvents;
  private readonly pipes = new Map<number, UdpPipe>();
  /** By family of addresses, 4 or 6; beside the one that listens. */
  private readonly sockets = new Map<number, Promise<Socket>>();
  private listening: Socket | null = null;
  private lan: MulticastGroup | null = null;
  private isClosed = false;

  constructor(door: DatagramDoor, events: UdpEvents) {
    this.door = door;
    this.events = events;
  }

  /** Rejects as the system says. */
  async listen(host: string, port: number): Promise<Socket> {
    this.listening = await this.opened({ host, port });
    return this.listening;
  }

  dial(line: number, { host, port }: LineAddress, events: PipeEvents): Pipe {
    this.door.dialled(line);
    const pipe = this.pipe(line, events);
    void this.reach(host.replace(/^\[(.*)\]$/, '$1'), port).then(
      (ends) => {
        if (this.pipes.get(line) !== pipe) return;
        pipe.aim(ends);
        events.opened();
      },
      (cause: NodeJS.ErrnoException) => pipe.close(wordsOf(cause)),
    );
    return pipe;
  }

  /** Null once it hears, or why it does not, and what to do. */
  async joinLan(heard: (from: string, bytes: Uint8Array) => void): Promise<string | null> {
    const { listening } = this;
    if (listening === null) return 'listen.port is off; say a port, or leave out lan';
    const { address, family } = listening.address();
    if (family !== 'IPv4') return 'they are found over IPv4; say listen.host: 0.0.0.0';
    try {
      const take = (bytes: Uint8Array, from: RemoteInfo): void => {
        if (isSomewhere(from)) heard(senderOf(from), bytes);
        else this.drop('nowhere');
      };
      this.lan = await MulticastGroup.join(LAN_GROUP, listening, ownHosts(address), take);
      this.lan.onError(() => {});
      return null;
    } catch (failure) {
      const { host, port } = LAN_GROUP;
      return `nothing is heard in ${host}:${port}: ${wordsOf(failure as NodeJS.ErrnoException)}`;
    }
  }

  /** What does not leave is said again. */
  announce(bytes: Uint8Array): void {
    if (!this.isClosed) this.lan?.say(bytes, () => {});
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.lan?.close();
    const sockets = await Promise.allSettled([...this.sockets.values(), this.listening]);
    this.sockets.clear();
    for (const it of sockets) if (it.status === 'fulfilled' && it.value) await closed(it.value);
  }

  /** A name may have addresses of either family, and nobody knows which of them is listened at. */
  private async reach(host: string, port: number): Promise<End[]> {
    const found = (await dns.lookup(host, { all: true })).slice(0, ADDRESSES_MAX);
    const opening = found.map(async ({ address, family }): Promise<End> => {
      return { socket: await this.socketFor(address, family), to: { host: address, port } };
    });
    const ends = await Promise.allSettled(opening);
    const opened = ends.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []));
    // There is one at least, and it says why.
    return opened.length > 0 ? opened : [await opening[0]];
  }

  /** From where we listen, if that is of this family; but from loopback nothing leaves this machine. */
  private socketFor(address: string, family: number): Promise<Socket> {
    const { listening } = this;
    const own = listening?.address().address ?? '';
    if (listening !== null && isIP(own) === family && (isLoopback(address) || !isLoopback(own))) {
      return Promise.resolve(listening);
    }
    const known = this.sockets.get(family);
    if (known !== undefined) return known;
    const opening = this.opened({ host: family === 6 ? '::' : '0.0.0.0', port: 0 });
    this.sockets.set(family, opening);
    opening.catch(() => this.sockets.delete(family));
    return opening;
  }

  private async opened(where: Address): Promise<Socket> {
    const socket = await openDatagramSocket(where);
    socket.on('message', (bytes, from) => {
      if (isSomewhere(from)) this.take(socket, bytes, senderOf(from));
      else this.drop('nowhere');
    });
    // Some systems tell a socket that a datagram of before found nobody: lines find out by themselves.
    socket.on('error', () => {});
    return socket;
  }

  private take(socket: Socket, bytes: Uint8Array, from: string): void {
    if (this.isClosed) return;
    const judged = this.door.judge(from, bytes, performance.now());
    switch (judged.kind) {
      case 'line':
        return this.pipes.get(judged.line)?.take(bytes, from);
      case 'new':
        return this.welcome(socket, bytes, from);
      case 'reply': {
        const { host, port } = endpointOf(from);
        return socket.send(judged.bytes, port, host);
      }
      case 'drop':
        this.drop(judged.reason);
    }
  }

  private welcome(socket: Socket, bytes: Uint8Array, from: string): void {
    let opened = -1;
    this.events.welcome(`udp://${from}`, (line, events) => {
      opened = line;
      this.door.opened(line, from, bytes);
      const pipe = this.pipe(line, events);
      pipe.aim([{ socket, to: endpointOf(from) }]);
      return pipe;
    });
    this.pipes.get(opened)?.take(bytes, from);
  }

  private pipe(
    line: number,
    events: PipeEvents,
  ): UdpPipe & { aim(at: End[]): void; close(why: string): void } {
    /** More than one until somebody answers. */
    let ends: End[] = [];
    let isPaused = false;
    const pipe = {
      aim: (at: End[]) => {
        ends = at;
      },
      /** How many may be on their way the line itself decides; nobody waits for one to leave. */
      write: (bytes: Uint8Array) => {
        if (this.isClosed) return;
        for (const { socket, to } of ends) socket.send(bytes, to.port, to.host);
      },
      take: (bytes: Uint8Array, from: string) => {
        const answering = ends.length > 1 ? ends.find(({ to }) => printAddress(to) === from) : null;
        if (answering) ends = [answering];
        if (isPaused) this.drop('held');
        else if (this.pipes.get(line) === pipe) events.received(bytes, `udp://${from}`);
      },
      move: (address: string) => {
        const [{ socket }] = ends;
        ends = [{ socket, to: endpointOf(address.replace(/^udp:\/\//, '')) }];
      },
      pause: () => {
        isPaused = true;
      },
      resume: () => {
        isPaused = false;
      },
      end: () => pipe.close(HUNG_UP),
      close: (why: string) => {
        if (this.pipes.get(line) !== pipe) return;
        this.pipes.delete(line);
        this.door.closed(line);
        events.closed(why);
      },
    };
    this.pipes.set(line, pipe);
    return pipe;
  }

  private drop(reason: UdpDrop): void {
    this.drops[reason] = (this.drops[reason] ?? 0) + 1;
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
