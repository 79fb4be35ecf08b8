/**
 * Controller: one LE adapter. It speaks HCI over a unix socket to any number of hosts, and shows all
 * of them every event and each what the others send, as the raw channel of Linux does; so noble and
 * bleno can share it. It may be switched off, or vanish and return, at any time.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Air } from './air.ts';
import { obey } from './commands.ts';
import { ACL, COMMAND, event, EVENT_CODE, H4Reader, octets } from './hci.ts';
import { LinkLayer } from './link-layer.ts';

export class Controller extends LinkLayer {
  readonly path: string;
  /** Commands nobody here knows, by number: what the host would have needed. */
  readonly unknown = new Map<number, number>();
  private isOn = true;
  private readonly hosts = new Set<Socket>();
  private server: Server | null = null;

  /** Its hosts find it at `path`. */
  constructor(air: Air, path: string, address: string) {
    super(air, address);
    this.path = path;
  }

  listen(): Promise<void> {
    const server = createServer((socket) => this.attach(socket));
    this.server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.path, resolve);
    });
  }

  /** As if it were pulled out: its hosts are left with a socket that is dead for good. */
  async vanish(): Promise<void> {
    const { server } = this;
    this.server = null;
    for (const host of this.hosts) host.destroy();
    this.hosts.clear();
    this.reset();
    if (server !== null) await new Promise((resolve) => server.close(resolve));
    rmSync(this.path, { force: true });
  }

  /** As `hciconfig down` and `up`: the sockets of its hosts live on. */
  setPower(isOn: boolean): void {
    if (!isOn) this.reset();
    this.isOn = isOn;
    this.toHosts(event(EVENT_CODE.POWER, octets(isOn ? 1 : 0)));
  }

  async close(): Promise<void> {
    await this.vanish();
  }

  override toHosts(packet: Buffer, done?: () => void): void {
    let left = this.hosts.size;
    if (left === 0) return done?.();
    for (const host of this.hosts) {
      host.write(packet, () => {
        left--;
        if (left === 0) done?.();
      });
    }
  }

  private attach(host: Socket): void {
    const reader = new H4Reader();
    this.hosts.add(host);
    host.write(event(EVENT_CODE.POWER, octets(this.isOn ? 1 : 0)));
    host.on('data', (bytes) => {
      const packets = reader.feed(bytes);
      if (packets === null) host.destroy();
      else for (const packet of packets) this.fromHost(host, packet);
    });
    host.on('error', () => {});
    host.on('close', () => {
      // Nobody is left to answer, as when a machine is switched off.
      if (this.hosts.delete(host) && this.hosts.size === 0) this.reset();
    });
  }

  private fromHost(host: Socket, packet: Buffer): void {
    for (const other of this.hosts) if (other !== host) other.write(packet);
    if (!this.isOn) return;
    if (packet[0] === COMMAND) this.obey(packet.readUInt16LE(1), packet.subarray(4));
    if (packet[0] === ACL) this.send(packet.readUInt16LE(1), packet.subarray(5));
  }

  private obey(opcode: number, parameters: Buffer): void {
    if (obey(this, opcode, parameters)) return;
    this.unknown.set(opcode, (this.unknown.get(opcode) ?? 0) + 1);
  }
}
