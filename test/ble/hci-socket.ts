/**
 * HciSocket: stands in for the class of the package bluetooth-hci-socket, and speaks to a
 * virtual controller instead of the kernel. Which one is said by VIRTUAL_HCI in the environment:
 * `0=path,1=path`, socket paths by number of the adapter. VIRTUAL_HCI_DENIED takes away the right to
 * write, as for a process without CAP_NET_RAW.
 *
 * It is as strict as the kernel where our code must be right: a socket that is bound is not bound
 * twice (EALREADY), and after its adapter has vanished it hears nothing until it is bound again.
 */
import { EventEmitter } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { existsSync } from 'node:fs';
import { ACL, EVENT, EVENT_CODE, H4Reader } from './hci.ts';

export class HciSocket extends EventEmitter {
  private adapter: Adapter | null = null;
  private isStarted = false;
  private filter: Buffer | null = null;
  private device = 0;

  bindRaw(device?: number): number {
    if (this.adapter !== null) throw systemError('EALREADY', 'bind');
    this.device = device ?? 0;
    this.adapter = adapterOf(this.device);
    this.adapter.users.add(this);
    return this.device;
  }

  /** The exclusive channel is not for two libraries on one adapter. */
  bindUser(): number {
    throw systemError('EOPNOTSUPP', 'bind');
  }

  /** For long-term keys, of which there are none. */
  bindControl(): void {}

  isDevUp(): boolean {
    // Asked of the system by number: a socket that is dead sees the adapter return all the same.
    return this.adapter?.isOn ?? existsSync(pathOf(this.device) ?? '');
  }

  setFilter(filter: Buffer): void {
    this.filter = Buffer.from(filter);
  }

  start(): void {
    this.isStarted = true;
  }

  stop(): void {
    this.isStarted = false;
    this.adapter?.leave(this);
    this.adapter = null;
  }

  write(packet: Buffer): void {
    if (process.env['VIRTUAL_HCI_DENIED'] !== undefined) {
      setImmediate(() => this.emit('error', systemError('EPERM', 'write')));
    } else if (this.adapter !== null) this.adapter.write(this, packet);
    else if (this.isStarted) this.emit('error', systemError('EBADFD', 'write'));
  }

  cleanup(): void {}

  /** A packet for whoever has asked for its kind. */
  hear(packet: Buffer): void {
    if (this.isStarted && this.wants(packet)) this.emit('data', packet);
  }

  /** The adapter vanished. */
  lose(): void {
    this.adapter = null;
    if (this.isStarted) this.emit('error', systemError('EPIPE', 'read'));
  }

  /** By `struct hci_filter`: kinds u32, events 2 x u32, opcode u16. */
  private wants(packet: Buffer): boolean {
    const { filter } = this;
    if (filter === null) return packet[0] === EVENT || packet[0] === ACL;
    if (!((filter.readUInt32LE(0) >>> packet[0]) & 1)) return false;
    if (packet[0] !== EVENT) return true;
    const code = packet[1] & 63;
    return ((filter.readUInt32LE(code < 32 ? 4 : 8) >>> (code & 31)) & 1) === 1;
  }
}

/** The connection of this process to one controller, shared by all sockets bound to it. */
class Adapter {
  isOn = true;
  readonly users = new Set<HciSocket>();
  private readonly socket: Socket;
  private readonly device: number;

  constructor(device: number, path: string) {
    this.device = device;
    this.socket = connect(path);
    const reader = new H4Reader();
    this.socket.on('data', (bytes) => {
      for (const packet of reader.feed(bytes) ?? []) this.hear(packet);
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => this.vanish());
  }

  write(from: HciSocket, packet: Buffer): void {
    // A library may change its buffer, and the others hear it later.
    const bytes = Buffer.from(packet);
    this.socket.write(bytes);
    // The kernel shows what goes out to everybody else.
    this.tell(bytes, from);
  }

  leave(user: HciSocket): void {
    this.users.delete(user);
    if (this.users.size === 0) this.socket.destroy();
  }

  private hear(packet: Buffer): void {
    if (packet[0] === EVENT && packet[1] === EVENT_CODE.POWER) this.isOn = packet[3] === 1;
    else this.tell(packet, null);
  }

  /** Each packet has a turn of its own, as the kernel's have. */
  private tell(packet: Buffer, except: HciSocket | null): void {
    setImmediate(() => {
      for (const user of this.users) if (user !== except) user.hear(packet);
    });
  }

  private vanish(): void {
    this.isOn = false;
    if (adapters.get(this.device) === this) adapters.delete(this.device);
    for (const user of this.users) user.lose();
    this.users.clear();
  }
}

const adapters = new Map<number, Adapter>();

function adapterOf(device: number): Adapter {
  const known = adapters.get(device);
  if (known !== undefined) return known;
  const path = pathOf(device);
  if (path === null || !existsSync(path)) throw systemError('ENODEV', 'bind');
  const adapter = new Adapter(device, path);
  adapters.set(device, adapter);
  return adapter;
}

function pathOf(device: number): string | null {
  const rows = (process.env['VIRTUAL_HCI'] ?? '').split(',');
  const row = rows.find((text) => text.startsWith(`${device}=`));
  return row === undefined ? null : row.slice(row.indexOf('=') + 1);
}

function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}, ${syscall}`), { code, syscall });
}
