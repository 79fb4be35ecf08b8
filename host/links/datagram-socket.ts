/**
 * Datagram socket: what all that speaks UDP here has in common: how a socket is opened, how addresses
 * are written, and the multicast groups in which machines of one network find each other.
 */
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Address } from '../../protocol/udp-chat/address.ts';

/** Routers would count it down; what is said to a group is meant for this network alone. */
const GROUP_TTL = 1;
/** What the system may hold for us, as far as it lets us: a burst from many neighbours at once. */
const HELD_BYTES = 4 * 1024 * 1024;
const ANY = ['0.0.0.0', '::'];
const LOOPBACK = '127.0.0.1';

/** At an IP address of this machine; any free port where 0 is asked for. Rejects as the system says. */
export async function openDatagramSocket({ host, port }: Address): Promise<Socket> {
  const socket = createSocket({
    type: isIPv6(host) ? 'udp6' : 'udp4',
    // It is only asked for what is an IP address already, and without it every datagram would wait
    // for its turn to be told so.
    lookup: (address, _options, tell) => tell(null, address, isIP(address)),
    recvBufferSize: HELD_BYTES,
    sendBufferSize: HELD_BYTES,
  });
  await bind(socket, { host, port });
  return socket;
}

/** Where a datagram came from. */
export function senderOf({ address, port }: RemoteInfo): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Whether it can be answered: anybody may write a port of 0, where nobody is and nothing is sent. */
export function isSomewhere({ port }: RemoteInfo): boolean {
  return port > 0;
}

/** An IP address and a port, apart. */
export function endpointOf(text: string): Address {
  const colon = text.lastIndexOf(':');
  const host = text.startsWith('[') ? text.slice(1, colon - 1) : text.slice(0, colon);
  return { host, port: Number(text.slice(colon + 1)) };
}

/** What others may call this machine, the most useful first; never none. */
export function ownHosts(host: string): string[] {
  if (!ANY.includes(host)) return [host];
  const family = isIPv6(host) ? 'IPv6' : 'IPv4';
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const own = all.filter(
    (address) => address.family === family && !address.address.startsWith('fe80'),
  );
  const outward = own.filter(({ internal }) => !internal).map(({ address }) => address);
  return [...outward, family === 'IPv6' ? '::1' : LOOPBACK];
}

/** A group that no router passes on: heard on a socket of its own, and spoken to from another's. */
export class MulticastGroup {
  readonly where: Address;
  private readonly ear: Socket;
  private readonly mouth: Socket;
  private readonly over: string[];

  /** `mouth` is the socket of `hosts`, from which it is spoken to. Rejects as the system says. */
  static async join(
    where: Address,
    mouth: Socket,
    hosts: string[],
    heard: (bytes: Buffer, from: RemoteInfo) => void,
  ): Promise<MulticastGroup> {
    const ear = createSocket({ type: 'udp4', reuseAddr: true });
    // Bound to the group itself, nothing but what was said in the group comes in; Windows cannot.
    const host = process.platform === 'win32' ? ANY[0] : where.host;
    await bind(ear, { host, port: where.port });
    const own = hosts.filter((host) => host !== LOOPBACK);
    const over = own.length > 0 ? own : [LOOPBACK];
    try {
      for (const address of over) ear.addMembership(where.host, address);
      mouth.setMulticastTTL(GROUP_TTL);
    } catch (cause) {
      ear.close();
      throw Object.assign(cause as Error, { over });
    }
    ear.on('message', heard);
    return new MulticastGroup(where, ear, mouth, over);
  }

  private constructor(where: Address, ear: Socket, mouth: Socket, over: string[]) {
    this.where = where;
    this.ear = ear;
    this.mouth = mouth;
    this.over = over;
  }

  /** Over every network that we are in. `failed` is told of each over which it did not leave. */
  say(bytes: Uint8Array, failed: (failure: NodeJS.ErrnoException | null) => void): void {
    const { host, port } = this.where;
    for (const address of this.over) {
      try {
        this.mouth.setMulticastInterface(address);
      } catch (failure) {
        // The network may be gone for now.
        failed(Object.assign(failure as Error, { address: host, port }));
        continue;
      }
      this.mouth.send(bytes, port, host, failed);
    }
  }

  /** Some systems tell a socket that a datagram of before found nobody. */
  onError(failed: (failure: Error) => void): void {
    this.ear.on('error', failed);
  }

  close(): Promise<void> {
    return closed(this.ear);
  }
}

export function closed(socket: Socket): Promise<void> {
  return new Promise((done) => socket.close(done));
}

/** Why a datagram did not leave. */
export function wordsOf({ code, message }: NodeJS.ErrnoException): string {
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

function bind(socket: Socket, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', (cause) => {
      socket.close();
      reject(cause);
    });
    socket.bind({ address: host, port }, () => {
      socket.removeAllListeners('error');
      resolve();
    });
  });
}
