/**
 * Bridge, beside it the plain UDP chat (WIRE §25): messages that one node passes on from one neighbour to
 * another, over sockets of this machine's loopback. The node has a thread of its own; here are its two
 * neighbours, who count what has arrived, and send no faster than that. This file is the program of the
 * node's thread as well, and of one that passes on unread, which shows what the sockets alone take.
 */
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { assert } from '../../protocol/core/assert.ts';
import { encodeMessage } from '../../protocol/udp-chat/message.ts';
import { RunningNode } from '../udp-chat/running-node.ts';
import type { Part } from './bridge-part.ts';

/** What the Python node passes on in a second, measured on a machine of this kind. */
const PYTHON_PER_S = 31_000;
const WARM_UP_MS = 1500;
const MEASURED_MS = 3000;
/** The best of so many: others on this machine only ever take away. */
const ROUNDS = 3;
/** Datagrams under way: enough for the node never to wait, and few enough for its socket to hold. */
const AHEAD = 192;
/** What has not arrived by then is lost, and its place is free again. */
const LOST_MS = 100;
const TTL = 8;
const LOOPBACK = '127.0.0.1';

export const udpChatFigures: Part = async (progress) => {
  progress('plain UDP chat, passed on unread');
  const unread = await best('unread');
  progress('plain UDP chat, passed on by a node');
  const chat = await best('node');
  const [name, unit] = ['udpchat.packets_per_s', 'packets/s'];
  return [
    { name, value: chat.perSecond, unit, baseline: PYTHON_PER_S },
    { name: `${name}_unread`, value: unread.perSecond, unit },
    { name: 'udpchat.lost_percent', value: chat.lostPercent, unit: '%' },
    { name: 'udpchat.node_busy_percent', value: chat.busyPercent, unit: '%' },
  ];
};

type How = 'node' | 'unread';
type Figures = {
  perSecond: number;
  lostPercent: number;
  /** Of the time, what the thread worked: far below 100, it was the neighbours that were measured. */
  busyPercent: number;
};

async function best(how: How): Promise<Figures> {
  let found: Figures | null = null;
  for (let round = 0; round < ROUNDS; round++) {
    const figures = await measure(how);
    if (found === null || figures.perSecond > found.perSecond) found = figures;
  }
  return found!;
}

async function measure(how: How): Promise<Figures> {
  const sink = await boundSocket();
  const source = await boundSocket();
  const task = { hopline: 'udp-chat', how, to: sink.address().port };
  const worker = new Worker(new URL(import.meta.url), { workerData: task });
  try {
    const [port] = (await once(worker, 'message')) as [number];
    source.connect(port, LOOPBACK);
    await once(source, 'connect');
    const traffic = new Traffic(source, sink, how === 'node' ? TTL - 1 : TTL);
    await passed(WARM_UP_MS);
    const before = { ...traffic.counts };
    const busyBefore = worker.performance.eventLoopUtilization();
    const began = performance.now();
    await passed(MEASURED_MS);
    const arrived = traffic.counts.arrived - before.arrived;
    const seconds = (performance.now() - began) / 1000;
    const { utilization } = worker.performance.eventLoopUtilization(busyBefore);
    const lost = traffic.counts.lost - before.lost;
    traffic.stop();
    assert(arrived > 0 && traffic.wrong === 0, 'what arrives has one hop less');
    return {
      perSecond: arrived / seconds,
      lostPercent: (100 * lost) / (arrived + lost),
      busyPercent: 100 * utilization,
    };
  } finally {
    await worker.terminate();
    for (const socket of [source, sink]) socket.close();
  }
}

/** Messages from `source` through the node to `sink`, each another one, for somebody else. */
class Traffic {
  readonly counts = { arrived: 0, lost: 0 };
  /** Those that arrived as they should not; one of a hundred is looked at. */
  wrong = 0;
  private readonly source: Socket;
  private readonly form: Buffer;
  private readonly midAt: number;
  private readonly ttlAt: number;
  /** Of the hops that are left on arrival. */
  private readonly digit: number;
  private readonly watch: NodeJS.Timeout;
  private sent = 0;
  private ahead = 0;

  constructor(source: Socket, sink: Socket, ttl: number) {
    const [src, dst] = [source, sink].map((socket) => `${LOOPBACK}:${socket.address().port}`);
    const mid = '3f2b8c1e-0000-4000-8000-000000000000';
    const message = { mid, ts: 1_730_563_200.25, ttl: TTL, kind: 'CHAT', src, dst } as const;
    this.form = Buffer.from(encodeMessage({ ...message, body: 'see you at nine by the harbour' }));
    this.midAt = this.form.indexOf('-000000000000') + 1;
    this.ttlAt = this.form.indexOf('"ttl":') + 6;
    this.digit = String(ttl).charCodeAt(0);
    this.source = source;
    sink.on('message', (bytes) => this.arrive(bytes));
    let before = 0;
    this.watch = setInterval(() => {
      if (this.counts.arrived === before) this.giveUp();
      before = this.counts.arrived;
    }, LOST_MS);
    this.fill();
  }

  stop(): void {
    clearInterval(this.watch);
    this.ahead = Infinity;
  }

  private arrive(bytes: Buffer): void {
    // The node's own PINGs come by here, too.
    if (bytes.length !== this.form.length) return;
    this.ahead--;
    if (this.counts.arrived++ % 100 === 0 && bytes[this.ttlAt] !== this.digit) this.wrong++;
    if (this.ahead < AHEAD / 2) this.fill();
  }

  private giveUp(): void {
    this.counts.lost += this.ahead;
    this.ahead = 0;
    this.fill();
  }

  private fill(): void {
    for (; this.ahead < AHEAD; this.ahead++) {
      const bytes = Buffer.from(this.form);
      bytes.write(String(this.sent++).padStart(12, '0'), this.midAt, 'latin1');
      this.source.send(bytes);
    }
  }
}

async function boundSocket(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  socket.bind(0, LOOPBACK);
  await once(socket, 'listening');
  return socket;
}

function passed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

type Task = { how: How; to: number };

/** Gives the port at which it passes on. */
async function run({ how, to }: Task): Promise<number> {
  if (how === 'node') return runNode(to);
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: 4 * 1024 * 1024,
    lookup: (address, _options, tell) => tell(null, address, 4),
  });
  socket.on('message', (bytes) => socket.send(bytes, to, LOOPBACK));
  // Where names are looked up at once, it listens at once.
  await Promise.all([once(socket, 'listening'), socket.bind(0, LOOPBACK)]);
  return socket.address().port;
}

async function runNode(to: number): Promise<number> {
  const node = await RunningNode.start(
    {
      ...{ host: LOOPBACK, port: 0, peers: [{ host: LOOPBACK, port: to }] },
      ...{ ttl: TTL, seenTtlMs: 120_000, discovers: false },
    },
    {
      told() {},
      failed() {},
      halted(cause) {
        throw cause;
      },
    },
  );
  return Number(node.address.split(':')[1]);
}

if (!isMainThread && workerData?.hopline === 'udp-chat') {
  parentPort!.postMessage(await run(workerData as Task));
}
