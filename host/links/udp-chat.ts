/**
 * UDP chat: the socket of a node of the plain UDP chat (WIRE §25), and the multicast group in which
 * nodes find each other. It carries datagrams; what they mean and to whom they go is not decided here.
 */
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { promises as dns } from 'node:dns';
import { isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { HoplineError } from '../../protocol/errors.ts';
import type { Address } from '../../protocol/udp-chat/address.ts';
import { printAddress } from '../../protocol/udp-chat/address.ts';

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
export const GROUP: Address = { host: '239.255.25.25', port: 8325 };
/** Routers would count it down; it is meant for this network alone. */
const GROUP_TTL = 1;
/** What the system may hold for us, as far as it lets us: a burst from many neighbours at once. */
const HELD_BYTES = 4 * 1024 * 1024;

const ANY = ['0.0.0.0', '::'];
const LOOPBACK = '127.0.0.1';

export class UdpChatSocket {
  /** What this node calls itself, and what else it may be called. */
  readonly address: string;
  readonly aliases: string[];
  /** The addresses of it, the most useful first. */
  private readonly hosts: string[];
  private readonly socket: Socket;
  private readonly events: UdpChatEvents;
  private readonly failed = (failure: Error | null): void => this.fail(failure);
  private group: { socket: Socket; where: Address; over: string[] } | null = null;
  private isClosed = false;

  /** Of `name`, an address of this machine or what it is called; any free port where 0 is asked for. */
  static async open(name: string, port: number, events: UdpChatEvents): Promise<UdpChatSocket> {
    const host = isIP(name) === 0 ? await hostOf(name) : name;
    const socket = createSocket({
      type: isIPv6(host) ? 'udp6' : 'udp4',
      // It is only asked for what is an IP address already, and without it every datagram would wait
      // for its turn to be told so.
      lookup: (address, _options, tell) => tell(null, address, isIP(address)),
      recvBufferSize: HELD_BYTES,
      sendBufferSize: HELD_BYTES,
    });
    await bind(socket, { host, port });
    return new UdpChatSocket(socket, host, name, events);
  }

  private constructor(socket: Socket, host: string, name: string, events: UdpChatEvents) {
    const { port } = socket.address();
    const hosts = ANY.includes(host) ? ownHosts(host) : [host];
    this.socket = socket;
    this.events = events;
    this.address = printAddress({ host: hosts[0], port });
    this.hosts = hosts;
    const others = [...hosts.slice(1), name].filter((other) => other !== hosts[0]);
    this.aliases = others.map((other) => printAddress({ host: other, port }));
    this.hear(socket, 'received');
  }

  /** Hears and says in the group from now on. */
  async join(where = GROUP): Promise<void> {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    // Bound to the group itself, nothing but what was said in the group comes in; Windows cannot.
    const host = process.platform === 'win32' ? ANY[0] : where.host;
    await bind(socket, { host, port: where.port });
    const own = this.hosts.filter((host) => host !== LOOPBACK);
    const over = own.length > 0 ? own : [LOOPBACK];
    try {
      for (const address of over) socket.addMembership(where.host, address);
      this.socket.setMulticastTTL(GROUP_TTL);
    } catch (cause) {
      socket.close();
      const detail = `${printAddress(where)} over ${over.join(', ')}: ${String(cause)}; leave out --discover`;
      throw new HoplineError('LISTEN_FAILED', detail, { cause });
    }
    this.group = { socket, where, over };
    this.hear(socket, 'announced');
  }

  /**
   * `to` is an IP address and a port. Whether it left is asked only where that is told: it costs a
   * seventh of all that it takes to pass a datagram on.
   */
  send(to: string, bytes: Uint8Array, isTold: boolean): void {
    if (this.isClosed) return;
    const colon = to.lastIndexOf(':');
    const host = to.startsWith('[') ? to.slice(1, colon - 1) : to.slice(0, colon);
    const port = Number(to.slice(colon + 1));
    if (isTold) this.socket.send(bytes, port, host, this.failed);
    else this.socket.send(bytes, port, host);
  }

  /** In the group, over every network that we are in. */
  announce(bytes: Uint8Array): void {
    if (this.isClosed || this.group === null) return;
    const { where, over } = this.group;
    for (const address of over) {
      try {
        this.socket.setMulticastInterface(address);
      } catch (failure) {
        // The network may be gone for now.
        this.events.failed(printAddress(where), wordsOf(failure as NodeJS.ErrnoException));
        continue;
      }
      this.socket.send(bytes, where.port, where.host, this.failed);
    }
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    const all = this.group === null ? [this.socket] : [this.socket, this.group.socket];
    await Promise.all(all.map((socket) => new Promise<void>((done) => socket.close(done))));
  }

  private hear(socket: Socket, kind: DatagramEvent['kind']): void {
    socket.on('message', (bytes: Buffer, { address, port }: RemoteInfo) => {
      const from = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
      this.events.datagram({ kind, from, bytes });
    });
    // Some systems tell a socket that a datagram of before found nobody.
    socket.on('error', this.failed);
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

function bind(socket: Socket, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      socket.close();
      const where = printAddress({ host, port });
      const why = UNBOUND[cause.code ?? ''] ?? cause.message;
      reject(new HoplineError('LISTEN_FAILED', `${where}: ${why}`, { cause }));
    });
    socket.bind({ address: host, port }, () => {
      socket.removeAllListeners('error');
      resolve();
    });
  });
}

const UNBOUND: Record<string, string> = {
  EADDRINUSE: 'another program has that UDP port; end it, or choose another with --port',
  EACCES: 'ports below 1024 are the system’s; choose a higher one with --port',
  EADDRNOTAVAIL: 'this machine has no such address; choose one of its own with --host',
};

function wordsOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === undefined) return message;
  return Object.hasOwn(WORDS, code) ? `${WORDS[code]} (${code})` : `the system says ${code}`;
}

const WORDS: Record<string, string> = {
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'its name cannot be looked up now',
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'nobody listens there',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
  EADDRNOTAVAIL: 'no way leads there',
  EINVAL: 'no way leads there',
  EMSGSIZE: 'that is too long for one datagram',
  EPERM: 'this machine does not let it out',
};

/** What others may call this machine, the most useful first; never none. */
function ownHosts(any: string): string[] {
  const family = isIPv6(any) ? 'IPv6' : 'IPv4';
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const own = all.filter(
    (address) => address.family === family && !address.address.startsWith('fe80'),
  );
  const outward = own.filter(({ internal }) => !internal).map(({ address }) => address);
  return [...outward, family === 'IPv6' ? '::1' : LOOPBACK];
}
