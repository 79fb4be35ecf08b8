/** Lines over real sockets: two peers on this machine, whose line breaks, stalls and comes back. */
import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { TcpLines } from '../../../host/links/tcp.ts';
import { Driver } from '../../../protocol/core/driver.ts';
import type { Clock } from '../../../protocol/core/driver.ts';
import { PEER } from '../../../protocol/core/hello.ts';
import { encodePacket, MESSAGE, plainPacket } from '../../../protocol/core/packet.ts';
import { NORMAL } from '../../../protocol/core/queue.ts';
import { OUR_VERSION } from '../../../protocol/core/version.ts';
import { RECORD_LINK_DEFAULTS } from '../../../protocol/peer/record-link.ts';
import { Trunks, TRUNKS_DEFAULTS } from '../../../protocol/peer/trunks.ts';
import type { TrunksInput, TrunksOutput } from '../../../protocol/peer/trunks.ts';
import type { Identity } from '../../../protocol/trust/identity.ts';
import { Pins } from '../../../protocol/trust/pins.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { SEED, xorshift } from '../../seed.ts';
import { person, secretsFrom } from '../../protocol/trust/people.ts';
import { crypto } from '../../protocol/trust/ports.ts';

const [alice, bob] = [person(1), person(2)];
const LOOPBACK = '127.0.0.1';
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const it of open.splice(0)) await it.close();
});

describe('two peers over TCP', () => {
  it('pass packets both ways, in order and whole', async () => {
    const [a, b] = [new End(alice), new End(bob)];
    const { port } = await b.tcp.listen(LOOPBACK, 0);
    a.call(`${LOOPBACK}:${port}`, bob);
    await until(() => a.line !== null && b.line !== null);
    const packets = Array.from({ length: 2000 }, (_, at) => message(at));
    for (const packet of packets) {
      a.say(packet);
      b.say(packet);
      if (a.backlog > 500) await turn();
    }
    await until(() => a.heard.length >= packets.length && b.heard.length >= packets.length);
    expect(b.heard.map(toHex)).toEqual(packets.map(toHex));
    expect(a.heard.map(toHex)).toEqual(packets.map(toHex));
  });

  it('find each other again when whatever is between them comes back', async () => {
    const [a, b] = [new End(alice), new End(bob)];
    const { port } = await b.tcp.listen(LOOPBACK, 0);
    const between = await Between.start(port);
    a.call(`${LOOPBACK}:${between.port}`, bob);
    for (let count = 0; count < 2; count++) {
      await until(() => a.line !== null && b.line !== null);
      between.cut();
      await until(() => a.line === null && b.line === null);
    }
    await until(() => a.line !== null);
    a.say(message(7));
    await until(() => b.heard.length === 1);
  });

  it('go on with others while one does not read', async () => {
    const [a, b, c] = [new End(alice), new End(bob), new End(person(3))];
    const { port } = await a.tcp.listen(LOOPBACK, 0);
    const between = await Between.start(port);
    b.call(`${LOOPBACK}:${between.port}`, alice);
    await until(() => a.line !== null);
    const stalled = a.line!;
    between.stall();
    c.call(`${LOOPBACK}:${port}`, alice);
    await until(() => a.line !== stalled);
    const before = process.memoryUsage().rss;
    for (let count = 0; count < 20_000; count++) {
      a.feed({ kind: 'send', line: stalled, bytes: message(count, 2000), priority: NORMAL });
      if (count % 500 === 0) await turn();
    }
    a.say(message(1));
    await until(() => c.heard.length === 1);
    // 40 MB were asked for; the queue holds 4 of them and drops the rest, counted.
    expect(a.drops['queue-full']).toBeGreaterThan(10_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('let go of a stranger who talks something else', async () => {
    const a = new End(alice);
    const { port } = await a.tcp.listen(LOOPBACK, 0);
    const stranger = createConnection(port, LOOPBACK);
    const isClosed = new Promise<void>((done) => stranger.once('close', () => done()));
    stranger.on('error', () => {});
    stranger.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
    await isClosed;
    expect(a.drops).toEqual({ 'too-long': 1 });
  });
});

describe('a door that cannot be opened', () => {
  it('says who has the port', async () => {
    const [a, b] = [new End(alice), new End(bob)];
    const { port } = await a.tcp.listen(LOOPBACK, 0);
    await expect(b.tcp.listen(LOOPBACK, port)).rejects.toThrow(
      new RegExp(`127\\.0\\.0\\.1:${port}: another program listens there.*LISTEN_FAILED`),
    );
  });

  it('says what the system said of an address that is not its own', async () => {
    await expect(new End(alice).tcp.listen('192.0.2.1', 0)).rejects.toThrow(/LISTEN_FAILED/);
  });
});

it.each([
  { address: `${LOOPBACK}:1`, why: /ECONNREFUSED/ },
  { address: '[::1]:1', why: /ECONNREFUSED|EADDRNOTAVAIL|ENETUNREACH/ },
  { address: `${LOOPBACK}:70000`, why: /no port/ },
  { address: LOOPBACK, why: /no port/ },
])('$address, where nobody listens, is a line that closes', async ({ address, why }) => {
  const a = new End(alice);
  a.call(address, bob);
  await until(() => a.closed !== '');
  expect(a.closed).toMatch(why);
});

function message(number: number, size = 20): Uint8Array {
  const payload = new Uint8Array(size).fill(number & 255);
  return encodePacket(plainPacket(MESSAGE, 7, number, alice.id, payload));
}

/** One peer: machine, driver and sockets. */
class End {
  readonly heard: Uint8Array[] = [];
  readonly drops: Record<string, number> = {};
  /** The last line that came up and is up still. */
  line: number | null = null;
  closed = '';
  readonly tcp: TcpLines;
  private readonly trunks: Trunks;
  private readonly driver: Driver<TrunksInput, TrunksOutput>;
  backlog = 0;

  constructor(who: Identity) {
    const hello = {
      version: OUR_VERSION,
      role: PEER,
      features: 0,
      frameMax: RECORD_LINK_DEFAULTS.frameMax,
      name: new Uint8Array(0),
      unixMs: null,
      board: new Uint8Array(0),
      token: new Uint8Array(0),
    };
    const config = { ...TRUNKS_DEFAULTS, admit: () => true, link: RECORD_LINK_DEFAULTS };
    const [random, draw] = [xorshift(SEED), secretsFrom(++ends)];
    this.trunks = new Trunks(crypto, who, new Pins(crypto), config, hello, random, draw);
    this.tcp = new TcpLines((event) => {
      if (event.kind === 'closed') this.closed = event.why;
      return this.driver.feed(event);
    });
    this.driver = new Driver(this.trunks, clock(), {
      commit: () => {},
      perform: (output) => this.perform(output),
      halted: (cause) => {
        throw cause;
      },
    });
    open.push(this.tcp);
  }

  call(address: string, who: Identity): void {
    this.feed({ kind: 'routes', routes: [{ address, id: who.id }] });
  }

  say(bytes: Uint8Array): void {
    this.backlog++;
    this.feed({ kind: 'send', line: this.line!, bytes, priority: NORMAL });
  }

  feed(input: TrunksInput): void {
    expect(this.driver.feed(input)).toBe(true);
  }

  private perform(output: TrunksOutput): void {
    this.backlog = 0;
    switch (output.kind) {
      case 'dial':
        this.tcp.dial(output.line, output.address);
        break;
      case 'hangUp':
        this.tcp.hangUp(output.line);
        break;
      case 'write':
        this.tcp.write(output.line, output.bytes);
        break;
      case 'up':
        this.line = output.line;
        break;
      case 'down':
        this.line = null;
        break;
      case 'heard':
        this.heard.push(output.bytes);
        break;
      case 'drop':
        this.drops[output.reason] = (this.drops[output.reason] ?? 0) + 1;
    }
  }
}

let ends = 0;

function clock(): Clock {
  let timer: NodeJS.Timeout | undefined;
  return {
    now: () => performance.now(),
    wakeAt(at, wake) {
      clearTimeout(timer);
      if (at !== Infinity) timer = setTimeout(wake, Math.max(0, at - performance.now()));
    },
    soon: (run) => queueMicrotask(run),
  };
}

/** A router between two ends, that can drop what it carries or stop carrying. */
class Between {
  readonly port: number;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
    open.push(this);
  }

  static async start(to: number): Promise<Between> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
    const between = new Between(server);
    server.on('connection', (near) => {
      const far = createConnection(to, LOOPBACK);
      for (const socket of [near, far]) {
        between.sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => between.sockets.delete(socket));
      }
      near.pipe(far).pipe(near);
    });
    return between;
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  stall(): void {
    for (const socket of this.sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((done) => this.server.close(done));
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > end) expect.fail('it never came about');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
