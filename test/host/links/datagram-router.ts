/**
 * Datagram router: what lies between the two ends of a line over UDP, with a hand on it. It loses a
 * share of what it carries, can go dark, and can give whoever is behind it another address, as home
 * routers do.
 */
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { xorshift } from '../../seed.ts';

const LOOPBACK = '127.0.0.1';

export class DatagramRouter {
  readonly port: number;
  /** Of a hundred datagrams. */
  lostPercent = 0;
  isDark = false;
  carried = 0;
  private readonly to: number;
  private readonly inside: Socket;
  private outside: Socket;
  private guest = 0;
  private readonly random: (below: number) => number;

  private constructor(inside: Socket, outside: Socket, to: number, seed: number) {
    this.port = inside.address().port;
    this.to = to;
    this.inside = inside;
    this.outside = outside;
    this.random = xorshift(seed);
    inside.on('message', (bytes, { port }) => {
      this.guest = port;
      this.carry(this.outside, bytes, this.to);
    });
    this.listen(outside);
  }

  /** Whoever sends to its port is heard at port `to` of this machine. */
  static async start(to: number, seed: number): Promise<DatagramRouter> {
    return new DatagramRouter(await bound(), await bound(), to, seed);
  }

  /** Whoever is behind it comes from another address from now on. */
  async rebind(): Promise<void> {
    const before = this.outside;
    this.outside = await bound();
    this.listen(this.outside);
    before.close();
  }

  async close(): Promise<void> {
    const all = [this.inside, this.outside];
    await Promise.all(all.map((socket) => new Promise<void>((done) => socket.close(done))));
  }

  private listen(outside: Socket): void {
    outside.on('message', (bytes) => this.carry(this.inside, bytes, this.guest));
  }

  private carry(over: Socket, bytes: Uint8Array, port: number): void {
    if (this.isDark || this.random(100) < this.lostPercent) return;
    this.carried++;
    over.send(bytes, port, LOOPBACK);
  }
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, LOOPBACK, resolve));
  return socket;
}
