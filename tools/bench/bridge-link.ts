/**
 * Bridge, its lines: packets over a line between two peers (WIRE §24) and its adapters, on this
 * machine's loopback, beside a bare socket, TLS 1.3 and WebSocket with the same packets. Both ends of
 * each run in this one thread, so every figure holds the work of sender and receiver.
 */
import { once } from 'node:events';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { WebSocket, WebSocketServer } from 'ws';
import { nativeCrypto } from '../../device/pi/crypto.ts';
import { IpLines } from '../../host/links/ip-lines.ts';
import type { LineEvent } from '../../host/links/pipe.ts';
import { assert } from '../../protocol/core/assert.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import { ENCRYPTED, encodePacket, plainPacket } from '../../protocol/core/packet.ts';
import { HIGH } from '../../protocol/core/queue.ts';
import { DatagramDoor } from '../../protocol/peer/datagram-door.ts';
import type { PeerLine } from '../../protocol/peer/peer-line.ts';
import { drawFrom, identityOf } from '../simulate/people.ts';
import { seededRandom } from '../simulate/random.ts';
import type { Part } from './bridge-part.ts';
import { datagramEnds, lineEnds } from './line-pair.ts';
import type { Result } from './report.ts';

const SMALL = 200;
const LARGE = 16 * 1024;
const HEADER_SIZE = 22;
const TICK_MS = 5;
const WARM_UP_MS = 1000;
const MEASURED_MS = 1500;
/** Bytes that wait for a socket at most, whoever writes to it. */
const AHEAD = 1024 * 1024;
/** What a program that gathers what it has writes at once. */
const GATHERED = 64 * 1024;

export const linkFigures: Part = async (progress, _isFull, seed) => {
  const small = await figures(SMALL, seed, progress);
  progress('records over WebSocket');
  const webSocket = await overLine(packetOf(SMALL, seed), seed, 'ws://');
  progress('datagrams over UDP');
  const datagrams = await overLine(packetOf(SMALL, seed), seed, 'udp://');
  const large = await figures(LARGE, seed, progress);
  progress('datagrams over UDP');
  const largeDatagrams = await overLine(packetOf(LARGE, seed), seed, 'udp://');
  const megabytes = (packets: number): number => (packets * LARGE) / 1e6;
  return [
    { name: 'link.small_packets_per_s', value: small.line, unit: 'packets/s', baseline: small.tls },
    ...beside('link.small_packets_per_s', 'packets/s', small, (packets) => packets),
    {
      name: 'ws.small_packets_per_s',
      value: webSocket,
      unit: 'packets/s',
      baseline: small.ws,
    },
    {
      name: 'udp.small_packets_per_s',
      value: datagrams,
      unit: 'packets/s',
      baseline: small.line,
    },
    { ...megabytesOf('udp.mb_per_s', largeDatagrams), baseline: megabytes(large.line) },
    { ...megabytesOf('link.mb_per_s', large.line), baseline: megabytes(large.tls) },
    ...beside('link.mb_per_s', 'MB/s', large, megabytes),
  ];

  function megabytesOf(name: string, packets: number): Result {
    return { name, value: megabytes(packets), unit: 'MB/s' };
  }
};

type Figures = Record<'line' | 'tcp' | 'tls' | 'ws', number>;

/** What the others reach with the same packets. */
function beside(
  name: string,
  unit: string,
  { tcp, tls, ws }: Figures,
  scale: (packets: number) => number,
): Result[] {
  return Object.entries({ tcp, tls, ws }).map(([way, packets]) => {
    return { name: `${name}_over_${way}`, value: scale(packets), unit };
  });
}

async function figures(
  size: number,
  seed: number,
  progress: (line: string) => void,
): Promise<Figures> {
  const packet = packetOf(size, seed);
  progress(`packets of ${size} bytes over a line`);
  const line = await overLine(packet, seed);
  progress('over TCP');
  const tcp = await overTcp(packet);
  progress('over TLS 1.3');
  const secure = await overTls(packet);
  progress('over WebSocket');
  return { line, tcp, tls: secure, ws: await overWebSocket(packet) };
}

/** Packets a second, counted where they arrive. `count` says how many have arrived so far. */
async function measured(count: () => number): Promise<number> {
  await passed(WARM_UP_MS);
  const [before, began] = [count(), performance.now()];
  await passed(MEASURED_MS);
  return ((count() - before) * 1000) / (performance.now() - began);
}

function passed(ms: Millis): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function overLine(packet: Uint8Array, seed: number, scheme = ''): Promise<number> {
  const random = seededRandom(seed);
  const crypto = nativeCrypto();
  const people = [identityOf(crypto, random), identityOf(crypto, random)] as const;
  const endsOf = scheme === 'udp://' ? datagramEnds : lineEnds;
  const ends = endsOf(crypto, people[0], people[1], random, performance.now());
  let arrived = 0;
  const door = (): DatagramDoor =>
    new DatagramDoor({ crypto, draw: (size) => drawFrom(random, size) });
  const side = (link: PeerLine, talks: boolean): { lines: IpLines; tick(): void } => {
    const feed = (event: LineEvent): boolean => {
      const { line } = event;
      if (event.kind === 'closed') return true;
      at = performance.now();
      opened = line;
      step(event.kind === 'opened' ? TICK : event, line);
      if (talks) fill(line);
      return true;
    };
    const lines = new IpLines(feed, { door: door() });
    let at = 0;
    let opened: number | null = null;
    const step = (input: Parameters<PeerLine['step']>[0], line: number): void => {
      for (const output of link.step(input, at)) {
        if (output.kind === 'write') lines.write(line, output.bytes);
        if (output.kind === 'heard') arrived++;
      }
    };
    const fill = (line: number): void => {
      while (!link.isOver && link.waiting * packet.length < AHEAD) {
        step({ kind: 'send', bytes: packet, priority: HIGH }, line);
      }
    };
    const tick = (): void => {
      at = performance.now();
      if (opened !== null && at >= link.deadline()) step(TICK, opened);
    };
    return { lines, tick };
  };
  const listening = side(ends.opened, false);
  const dialling = side(ends.dialled, true);
  const { port } = await listening.lines.listen('127.0.0.1', 0);
  dialling.lines.dial(1, `${scheme}127.0.0.1:${port}`);
  // What is lost on the way, and what is told of what arrived, has its time.
  const timer = setInterval(() => [listening, dialling].forEach(({ tick }) => tick()), TICK_MS);
  const perSecond = await measured(() => arrived);
  clearInterval(timer);
  await Promise.all([listening.lines.close(), dialling.lines.close()]);
  assert(perSecond > 0, 'packets arrive');
  return perSecond;
}

async function overTcp(packet: Uint8Array): Promise<number> {
  return overStream(
    packet,
    (serve) => net.createServer(serve),
    (port) => net.connect({ host: '127.0.0.1', port, noDelay: true }),
  );
}

/** By a key both have, as no certificate is at hand: what is measured comes after the handshake. */
async function overTls(packet: Uint8Array): Promise<number> {
  const psk = Buffer.alloc(32, 7);
  const options = { minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' } as const;
  return overStream(
    packet,
    (serve) => tls.createServer({ ...options, pskCallback: () => psk }, serve),
    (port) =>
      tls.connect({
        ...options,
        ...{ host: '127.0.0.1', port },
        pskCallback: () => ({ psk, identity: 'bench' }),
        checkServerIdentity: () => undefined,
      }),
  );
}

/** Packets gathered into writes, one behind the other; whoever reads only counts. */
async function overStream(
  packet: Uint8Array,
  serverOf: (serve: (socket: net.Socket) => void) => net.Server,
  connect: (port: number) => net.Socket,
): Promise<number> {
  let bytes = 0;
  const server = serverOf((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => (bytes += chunk.length));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as net.AddressInfo).port);
  client.on('error', () => {});
  const many = Math.max(1, Math.floor(GATHERED / packet.length));
  const gathered = Buffer.concat(new Array<Uint8Array>(many).fill(packet));
  const fill = (): void => {
    while (client.writableLength < AHEAD && !client.destroyed) client.write(gathered, written);
  };
  const written = (): void => fill();
  fill();
  const perSecond = await measured(() => bytes / packet.length);
  client.destroy();
  server.close();
  return perSecond;
}

async function overWebSocket(packet: Uint8Array): Promise<number> {
  let arrived = 0;
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  server.on('connection', (socket) => socket.on('message', () => arrived++));
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const client = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  await once(client, 'open');
  let isOver = false;
  const fill = (): void => {
    for (let sent = 0; sent < GATHERED && client.bufferedAmount < AHEAD; sent += packet.length) {
      client.send(packet);
    }
    if (!isOver) setImmediate(fill);
  };
  fill();
  const perSecond = await measured(() => arrived);
  isOver = true;
  client.terminate();
  for (const socket of server.clients) socket.terminate();
  server.close();
  return perSecond;
}

function packetOf(size: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  const payload = drawFrom(random, size - HEADER_SIZE);
  return encodePacket(plainPacket(ENCRYPTED, 7, 1_700_000_000_000, drawFrom(random, 8), payload));
}
