/**
 * Datagram net: peers with lines over UDP, and between them a network that loses, doubles and reorders
 * what it carries, as a seed has it. Whoever holds a test may look at datagrams, keep them, and send
 * others from any address.
 */
import { PEER } from '../../../protocol/core/hello.ts';
import type { Millis } from '../../../protocol/core/machine.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import { encodePacket, MESSAGE, plainPacket } from '../../../protocol/core/packet.ts';
import { NORMAL } from '../../../protocol/core/queue.ts';
import { OUR_VERSION } from '../../../protocol/core/version.ts';
import { DatagramDoor } from '../../../protocol/peer/datagram-door.ts';
import { lineHello } from '../../../protocol/peer/line-hello.ts';
import { RECORD_LINK_DEFAULTS } from '../../../protocol/peer/record-link.ts';
import type { TrunksInput, TrunksOutput } from '../../../protocol/peer/trunks.ts';
import { Trunks, TRUNKS_DEFAULTS } from '../../../protocol/peer/trunks.ts';
import type { TrunksConfig } from '../../../protocol/peer/trunks.ts';
import type { Identity } from '../../../protocol/trust/identity.ts';
import { Pins } from '../../../protocol/trust/pins.ts';
import { xorshift } from '../../seed.ts';
import { secretsFrom } from '../trust/people.ts';
import { crypto } from '../trust/ports.ts';

export type Air = {
  lostPercent: number;
  doubledPercent: number;
  fastestMs: Millis;
  slowestMs: Millis;
};
export const GOOD_AIR: Air = { lostPercent: 0, doubledPercent: 0, fastestMs: 10, slowestMs: 10 };
export const BAD_AIR: Air = { lostPercent: 20, doubledPercent: 10, fastestMs: 5, slowestMs: 60 };

export type Datagram = { from: string; to: string; bytes: Uint8Array };
type Flying = Datagram & { at: Millis; turn: number };

export class DatagramNet {
  now: Millis = 0;
  air: Air;
  /** Everything that was sent. */
  readonly seen: Datagram[] = [];
  /** What passes; all of it, unless a test has other plans. */
  lets: (datagram: Datagram) => boolean = () => true;
  private readonly random: (below: number) => number;
  private readonly ends = new Map<string, DatagramEnd>();
  private flying: Flying[] = [];
  private turns = 0;

  constructor(seed: number, air = GOOD_AIR) {
    this.random = xorshift(seed);
    this.air = air;
  }

  add(address: string, who: Identity, extra: Partial<TrunksConfig> = {}): DatagramEnd {
    const end = new DatagramEnd(this, address, who, extra, this.ends.size + 1);
    this.ends.set(address, end);
    return end;
  }

  /** What it sends comes from there from now on, and reaches it there alone. */
  move(end: DatagramEnd, address: string): void {
    this.ends.delete(end.address);
    end.address = address;
    this.ends.set(address, end);
  }

  send(datagram: Datagram): void {
    this.seen.push(datagram);
    if (!this.lets(datagram)) return;
    const { lostPercent, doubledPercent } = this.air;
    if (this.random(100) >= lostPercent) this.fly(datagram);
    if (this.random(100) < doubledPercent) this.fly(datagram);
  }

  run(ms: Millis, isDone: () => boolean = () => false): void {
    const until = this.now + ms;
    for (;;) {
      if (isDone()) return;
      const ends = [...this.ends.values()];
      const next = Math.min(
        this.flying[0]?.at ?? Infinity,
        ...ends.map((end) => end.trunks.deadline()),
      );
      if (next >= until) break;
      this.now = Math.max(this.now, next);
      while (this.flying.length > 0 && this.flying[0].at <= this.now) {
        const { from, to, bytes } = this.flying.shift()!;
        this.ends.get(to)?.take(from, bytes);
      }
      for (const end of ends) if (this.now >= end.trunks.deadline()) end.feed(TICK);
    }
    this.now = until;
  }

  private fly(datagram: Datagram): void {
    const { fastestMs, slowestMs } = this.air;
    const at = this.now + fastestMs + this.random(slowestMs - fastestMs + 1);
    const flying = { ...datagram, at, turn: ++this.turns };
    let place = this.flying.length;
    while (place > 0 && this.flying[place - 1].at > at) place--;
    this.flying.splice(place, 0, flying);
  }
}

/** A peer: its door, its trunks, and what they say to the people above. */
export class DatagramEnd {
  address: string;
  readonly heard: Uint8Array[] = [];
  readonly drops: Record<string, number> = {};
  readonly downs: string[] = [];
  readonly trunks: Trunks;
  /** Lines that are up. */
  readonly up = new Set<number>();
  private readonly door: DatagramDoor;
  private readonly net: DatagramNet;
  private readonly lines = new Map<number, string>();
  private nextOpened = 2;

  constructor(
    net: DatagramNet,
    address: string,
    who: Identity,
    extra: Partial<TrunksConfig>,
    seed: number,
  ) {
    this.net = net;
    this.address = address;
    const config = {
      ...TRUNKS_DEFAULTS,
      admit: () => true,
      link: RECORD_LINK_DEFAULTS,
      ...extra,
    };
    const draw = secretsFrom(seed);
    this.door = new DatagramDoor({ crypto, draw });
    const ports = { crypto, identity: who, pins: new Pins(crypto), random: xorshift(seed), draw };
    this.trunks = new Trunks(ports, config, HELLO);
  }

  /** How many lines there are, up or not. */
  get lineCount(): number {
    return this.lines.size;
  }

  calls(address: string, who: Identity | null): void {
    this.feed({ kind: 'routes', routes: [{ address: `udp://${address}`, id: who?.id ?? null }] });
  }

  /** Over every line that is up. */
  say(...packets: Uint8Array[]): void {
    for (const line of this.up) {
      for (const bytes of packets) this.feed({ kind: 'send', line, bytes, priority: NORMAL });
    }
  }

  take(from: string, bytes: Uint8Array): void {
    const judged = this.door.judge(from, bytes, this.net.now);
    if (judged.kind === 'drop') this.count(judged.reason);
    if (judged.kind === 'reply') this.send(from, judged.bytes);
    if (judged.kind === 'line') this.receive(judged.line, bytes, from);
    if (judged.kind !== 'new') return;
    const line = (this.nextOpened += 2);
    this.door.opened(line, from, bytes);
    this.lines.set(line, from);
    this.feed({ kind: 'opened', line, address: `udp://${from}` });
    this.receive(line, bytes, from);
  }

  feed(input: TrunksInput | typeof TICK): void {
    for (const output of this.trunks.step(input, this.net.now)) this.perform(output);
  }

  private receive(line: number, bytes: Uint8Array, from: string): void {
    if (this.lines.has(line)) this.feed({ kind: 'received', line, bytes, from: `udp://${from}` });
  }

  private send(to: string, bytes: Uint8Array): void {
    this.net.send({ from: this.address, to, bytes });
  }

  private count(reason: string): void {
    this.drops[reason] = (this.drops[reason] ?? 0) + 1;
  }

  private perform(output: TrunksOutput): void {
    switch (output.kind) {
      case 'dial':
        this.door.dialled(output.line);
        this.lines.set(output.line, output.address.slice('udp://'.length));
        return this.feed({ kind: 'opened', line: output.line, address: output.address });
      case 'write':
        return this.send(this.lines.get(output.line)!, output.bytes);
      case 'move':
        return void this.lines.set(output.line, output.address.slice('udp://'.length));
      case 'hangUp':
        this.door.closed(output.line);
        this.lines.delete(output.line);
        return this.feed({ kind: 'closed', line: output.line, why: 'it hung up' });
      case 'up':
        return void this.up.add(output.line);
      case 'down':
        this.up.delete(output.line);
        return void this.downs.push(output.why);
      case 'heard':
        return void this.heard.push(output.bytes);
      case 'slowed':
        return this.count('slowed');
      case 'drop':
        return this.count(output.reason);
    }
  }
}

/** A packet of that number. */
export function packetOf(number: number, size = 40): Uint8Array {
  const payload = new Uint8Array(size).fill(number & 255);
  return encodePacket(plainPacket(MESSAGE, 7, number, new Uint8Array(8), payload));
}

const { frameMax } = RECORD_LINK_DEFAULTS;
const HELLO = lineHello({ version: OUR_VERSION, role: PEER, features: 0, frameMax }, 'somebody');
