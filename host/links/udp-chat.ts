/**
 * UDP chat: the socket of a node of the plain UDP chat (WIRE §25), and the multicast group in which
 * nodes find each other. It carries datagrams; what they mean and to whom they go is not decided here.
 */
import type { RemoteInfo, Socket } from 'node:dgram';
import { promises as dns } from 'node:dns';
import { isIP } from 'node:net';
import { HoplineError } from '../../protocol/errors.ts';
import type { Address } from '../../protocol/udp-chat/address.ts';
import { printAddress } from '../../protocol/udp-chat/address.ts';
import {
  closed,
  endpointOf,
  MulticastGroup,
  openDatagramSocket,
  ownHosts,
  senderOf,
  wordsOf,
} from './datagram-socket.ts';

/** As the chat node takes them. */
export type DatagramEvent = {
  kind: 'received' | 'announced';
  from: string;
  bytes: Uint8Array;
};

export type UdpChatEvents = {
  /** False when it was not taken: it is lost then, as it may be anywhere on its way. */
  datagram(event: DatagramEvent): boolean;
  /** What did not leave, or may not have; the socket goes on. */
  failed(to: string, why: string): void;
};

/** Where nodes say that they are there: a group that no router passes on. */
const GROUP: Address = { host: '239.255.25.25', port: 8325 };

export class UdpChatSocket {
  /** What this node calls itself, and what else it may be called. */
  readonly address: string;
  readonly aliases: string[];
  /** The addresses of it, the most useful first. */
  private readonly hosts: string[];
  private readonly socket: Socket;
  private readonly events: UdpChatEvents;
  private readonly failed = (failure: Error | null): void => this.fail(failure);
  private group: MulticastGroup | null = null;
  private isClosed = false;

  /** Of `name`, an address of this machine or what it is called; any free port where 0 is asked for. */
  static async open(name: string, port: number, events: UdpChatEvents): Promise<UdpChatSocket> {
    const host = isIP(name) === 0 ? await hostOf(name) : name;
    const socket = await opened(host, port, () => openDatagramSocket({ host, port }));
    return new UdpChatSocket(socket, host, name, events);
  }

  private constructor(socket: Socket, host: string, name: string, events: UdpChatEvents) {
    const { port } = socket.address();
    const hosts = ownHosts(host);
    this.socket = socket;
    this.events = events;
    this.address = printAddress({ host: hosts[0], port });
    this.hosts = hosts;
    const others = [...hosts.slice(1), name].filter((other) => other !== hosts[0]);
    this.aliases = others.map((other) => printAddress({ host: other, port }));
    socket.on('message', (bytes, from) => this.hear('received', bytes, from));
    // Some systems tell a socket that a datagram of before found nobody.
    socket.on('error', this.failed);
  }

  /** Hears and says in the group from now on. */
  async join(where = GROUP): Promise<void> {
    const heard = (bytes: Buffer, from: RemoteInfo): void => this.hear('announced', bytes, from);
    const join = (): Promise<MulticastGroup> =>
      MulticastGroup.join(where, this.socket, this.hosts, heard);
    this.group = await opened(where.host, where.port, join);
    this.group.onError(this.failed);
  }

  /**
   * `to` is an IP address and a port. Whether it left is asked only where that is told: it costs a
   * seventh of all that it takes to pass a datagram on.
   */
  send(to: string, bytes: Uint8Array, isTold: boolean): void {
    if (this.isClosed) return;
    const { host, port } = endpointOf(to);
    if (isTold) this.socket.send(bytes, port, host, this.failed);
    else this.socket.send(bytes, port, host);
  }

  /** In the group, over every network that we are in. */
  announce(bytes: Uint8Array): void {
    if (!this.isClosed) this.group?.say(bytes, this.failed);
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await Promise.all([closed(this.socket), this.group?.close()]);
  }

  private hear(kind: DatagramEvent['kind'], bytes: Buffer, from: RemoteInfo): void {
    this.events.datagram({ kind, from: senderOf(from), bytes });
  }

  private fail(failure: NodeJS.ErrnoException | null): void {
    if (failure === null || this.isClosed) return;
    const { address, port } = failure as { address?: string; port?: number };
    const to =
      address === undefined ? 'somebody' : printAddress({ host: address, port: port ?? 0 });
    this.events.failed(to, wordsOf(failure));
  }
}

/** Where a peer's datagrams come from: its name looked up, for a socket at `own`. */
export async function lookUp(peer: Address, own: string): Promise<string> {
  const family = own.startsWith('[') ? 6 : 4;
  const shown = printAddress(peer);
  if (isIP(peer.host) !== 0 && isIP(peer.host) !== family) {
    const detail = `${shown}: it is no IPv${family} address, and this node is at ${own}`;
    throw new HoplineError('PEER_UNKNOWN', detail);
  }
  try {
    const { address } = await dns.lookup(peer.host, { family });
    return printAddress({ host: address, port: peer.port });
  } catch (cause) {
    const why = wordsOf(cause as NodeJS.ErrnoException);
    throw new HoplineError('PEER_UNKNOWN', `${shown}: ${why}`, { cause });
  }
}

async function hostOf(name: string): Promise<string> {
  try {
    return (await dns.lookup(name)).address;
  } catch (cause) {
    const why = wordsOf(cause as NodeJS.ErrnoException);
    throw new HoplineError('LISTEN_FAILED', `${name}: ${why}`, { cause });
  }
}

/** What `open` opens, or why it cannot be had. */
async function opened<It>(host: string, port: number, open: () => Promise<It>): Promise<It> {
  try {
    return await open();
  } catch (failure) {
    const cause = failure as NodeJS.ErrnoException & { over?: string[] };
    const where = printAddress({ host, port });
    if (cause.over !== undefined) {
      const detail = `${where} over ${cause.over.join(', ')}: ${String(cause)}; leave out --discover`;
      throw new HoplineError('LISTEN_FAILED', detail, { cause });
    }
    const why = UNBOUND[cause.code ?? ''] ?? cause.message;
    throw new HoplineError('LISTEN_FAILED', `${where}: ${why}`, { cause });
  }
}

const UNBOUND: Record<string, string> = {
  EADDRINUSE: 'another program has that UDP port; end it, or choose another with --port',
  EACCES: 'ports below 1024 are the system’s; choose a higher one with --port',
  EADDRNOTAVAIL: 'this machine has no such address; choose one of its own with --host',
};
