/**
 * Federation: islands of stations that bridges join over lines, in virtual time. Hops are tied by hand,
 * lines break and come back as the test says, and a bridge may stop as if its power were cut. Who said
 * what is heard, injected and written on the air is counted here.
 */
import type {
  BridgeConfig,
  BridgeInput,
  BridgeOutput,
  BridgeWish,
  LineOutput,
} from '../../../host/bridge.ts';
import { Bridge } from '../../../host/bridge.ts';
import type { Order, Served } from '../../../host/administration/contract.ts';
import type { MeshEvent } from '../../../host/events.ts';
import type { GatewayConfig } from '../../../host/gateway/gateway.ts';
import { GATEWAY_DEFAULTS } from '../../../host/gateway/gateway.ts';
import type { ConfiguredLine } from '../../../host/gateway/lines.ts';
import { CONVERSATIONS_DEFAULTS } from '../../../host/peer/contract.ts';
import type { StoreWrite } from '../../../host/types.ts';
import { crc32 } from '../../../protocol/core/crc32.ts';
import type { Millis, Tick } from '../../../protocol/core/machine.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import type { Due } from '../../../protocol/core/schedule.ts';
import { Schedule } from '../../../protocol/core/schedule.ts';
import type { OwnMedium, StationInput } from '../../../protocol/peer/contract.ts';
import { RECORD_LINK_DEFAULTS } from '../../../protocol/peer/record-link.ts';
import type { StationConfig } from '../../../protocol/peer/settings.ts';
import { STATION_DEFAULTS } from '../../../protocol/peer/settings.ts';
import type { Station } from '../../../protocol/peer/station.ts';
import { TRUNKS_DEFAULTS } from '../../../protocol/peer/trunks.ts';
import type { Identity } from '../../../protocol/trust/identity.ts';
import type { Packet } from '../../../protocol/wire/packet.ts';
import { MemoryArchive } from '../../../tools/simulate/archive.ts';
import { seededRandom } from '../../../tools/simulate/random.ts';
import { SEED } from '../../seed.ts';
import { person } from '../../protocol/trust/people.ts';
import { crypto } from '../../protocol/trust/ports.ts';

/** Unix time when a federation begins. */
export const EPOCH = 1_800_000_000_000;
const HOP_MS = 5;
const LINE_MS = 20;
const LINES_MAX = 8;
const STEPS_MAX = 5_000_000;
const FRAMES_MAX = 1000;

type End = { member: Member; link: number };
type Line = { ends: [Member, Member]; numbers: [number, number] };
type Happening = Due & { member: Member; input: BridgeInput; isStillSo: () => boolean };

type Differs = Partial<GatewayConfig & Pick<BridgeConfig, 'limits'>> & {
  station?: Partial<StationConfig>;
};

/** A peer: its bridge, with lines or without. */
export class Member {
  readonly number: number;
  readonly identity: Identity;
  readonly archive: MemoryArchive;
  readonly bridge: Bridge;
  readonly lines: ConfiguredLine[];
  /** Texts of public messages, as often as they were told. */
  readonly heard: string[] = [];
  /** Bytes given to the air to bring in, with the time. */
  readonly injected: { at: Millis; bytes: Uint8Array }[] = [];
  /** Packets for its services, in the order in which they came. */
  readonly taken: Packet[] = [];
  /** Bytes written on hops, with the time. */
  readonly written: { at: Millis; size: number }[] = [];
  readonly answers: BridgeOutput[] = [];
  /** What it told of the mesh. */
  readonly told: MeshEvent[] = [];
  readonly ends = new Map<number, End>();
  /** What administrators elsewhere wanted of it, and what it does then; null leaves it open. */
  readonly orders: Order[] = [];
  obey: ((order: Order, by: Uint8Array) => Served | null) | null = null;
  isStopped = false;

  constructor(
    number: number,
    lines: ConfiguredLine[],
    { limits, station, ...differs }: Differs,
    now: Millis,
    archive = new MemoryArchive(),
  ) {
    const random = seededRandom(SEED + number + now * 1000);
    const draw = (size: number): Uint8Array => Uint8Array.from({ length: size }, () => random(256));
    this.number = number;
    this.lines = lines;
    this.archive = archive;
    this.identity = person(number);
    const { identity } = this;
    // What was kept, as a daemon gives it at its start.
    const pins = archive.peers.pins();
    const frames = archive.messages.history(0, FRAMES_MAX).reverse();
    this.bridge = new Bridge(
      {
        station: {
          ...STATION_DEFAULTS,
          name: `peer ${number}`,
          lines: LINES_MAX * 2,
          pins,
          frames,
          ...station,
        },
        trunks: { ...TRUNKS_DEFAULTS, linesMax: LINES_MAX, link: RECORD_LINK_DEFAULTS },
        ...(limits !== undefined && { limits }),
        talk: CONVERSATIONS_DEFAULTS,
        gateway: { ...GATEWAY_DEFAULTS, lines, ...differs },
      },
      { crypto, identity, random, draw, crc: crc32, archive },
      now,
    );
    this.watchStation();
  }

  hear(told: Extract<BridgeOutput, { kind: 'told' }>): void {
    if (told.of === 'station' && told.event.kind === 'message') this.heard.push(told.event.text);
    if (told.of === 'mesh') this.told.push(told.event);
  }

  /** What a bridge injects and takes goes from machine to machine inside it; only this shows it. */
  private watchStation(): void {
    const { station } = this.bridge as unknown as { station: Station };
    const step = station.step.bind(station);
    station.step = (input: StationInput | Tick, now: Millis) => {
      if (input.kind === 'inject') this.injected.push({ at: now, bytes: input.bytes.slice() });
      const outputs = step(input, now);
      for (const output of outputs) if (output.kind === 'deliver') this.taken.push(output.packet);
      return outputs;
    };
  }
}

export class Federation {
  now: Millis = 0;
  readonly members: Member[] = [];
  /** Whether a write on a hop gets lost. */
  loses: (from: Member, bytes: Uint8Array) => boolean = () => false;
  /** Whether what a member writes on a line stays where it is. */
  clogs: (from: Member) => boolean = () => false;
  /** Pairs of members whose line does not work, named `a-b`. */
  private readonly severed = new Set<string>();
  private lines: Line[] = [];
  private readonly clogged: (() => void)[] = [];
  private readonly happenings = new Schedule<Happening>();
  private tickets = 0;
  private nextOpened = 2;

  add(number: number, lines: ConfiguredLine[] = [], differs: Differs = {}): Member {
    const member = new Member(number, lines, differs, this.now);
    this.members.push(member);
    this.tell(member, { kind: 'clock', offsetMs: EPOCH });
    return member;
  }

  join(a: Member, linkOfA: number, b: Member, linkOfB: number, medium: OwnMedium = 'node'): void {
    a.ends.set(linkOfA, { member: b, link: linkOfB });
    b.ends.set(linkOfB, { member: a, link: linkOfA });
    const opened = { kind: 'opened', medium, payloadMax: 180, rssi: -60 } as const;
    this.tell(a, { ...opened, link: linkOfA });
    this.tell(b, { ...opened, link: linkOfB });
  }

  say(member: Member, text: string): void {
    this.ask(member, { kind: 'say', text });
  }

  ask(member: Member, wish: BridgeWish): void {
    this.tell(member, { kind: 'ask', ticket: this.tickets++, wish });
  }

  /** The line between two breaks, and does not come back until it is mended. */
  sever(a: Member, b: Member): void {
    this.severed.add(pairOf(a, b));
    for (const line of this.lines) if (isBetween(line, a, b)) this.end(line);
  }

  mend(a: Member, b: Member): void {
    this.severed.delete(pairOf(a, b));
  }

  /** What stayed where it is leaves, and so does what comes. */
  unclog(): void {
    this.clogs = () => false;
    for (const send of this.clogged.splice(0)) send();
  }

  /** Its power is cut. Its neighbours notice at once, and so do the far ends of its lines. */
  stop(member: Member): void {
    member.isStopped = true;
    for (const [link, end] of member.ends) {
      end.member.ends.delete(end.link);
      member.ends.delete(link);
      this.tell(end.member, { kind: 'closed', link: end.link });
    }
    for (const line of this.lines) if (line.ends.includes(member)) this.end(line);
  }

  /** In the place of one that was stopped, with what it had stored. Hops are to be tied anew. */
  restart({ number, lines, archive }: Member): Member {
    const member = new Member(number, lines, {}, this.now, archive);
    this.members[this.members.findIndex((other) => other.number === number)] = member;
    this.tell(member, { kind: 'clock', offsetMs: EPOCH });
    return member;
  }

  /** Lets time pass. */
  pass(ms: Millis): void {
    const until = this.now + ms;
    for (let steps = 0; ; steps++) {
      if (steps > STEPS_MAX) throw new Error('the federation never sleeps');
      let at = this.happenings.nextAt();
      let due: Member | null = null;
      for (const member of this.members) {
        if (member.isStopped) continue;
        const deadline = member.bridge.deadline();
        if (deadline >= at) continue;
        at = deadline;
        due = member;
      }
      if (at > until) break;
      this.now = Math.max(this.now, at);
      if (due !== null) this.tell(due, TICK);
      else {
        const { member, input, isStillSo } = this.happenings.take();
        if (isStillSo()) this.tell(member, input);
      }
    }
    this.now = until;
  }

  tell(member: Member, input: BridgeInput | Tick): void {
    if (member.isStopped) return;
    const outputs = member.bridge.step(input, this.now);
    const writes = outputs.flatMap((output): StoreWrite[] =>
      output.kind === 'store' ? [output.write] : [],
    );
    member.archive.commit(writes);
    for (const output of outputs) this.perform(member, output);
  }

  private perform(member: Member, output: BridgeOutput): void {
    switch (output.kind) {
      case 'write':
        return this.write(member, output.link, output.bytes);
      case 'line':
        return this.onLine(member, output.order);
      case 'told':
        return member.hear(output);
      case 'serve': {
        const { number, by, order } = output;
        member.orders.push(order);
        const served = member.obey?.(order, by) ?? null;
        if (served !== null) this.later(0, member, { kind: 'served', number, ...served });
        return;
      }
      case 'answer':
        member.answers.push(output);
        return;
      default:
    }
  }

  private write(member: Member, link: number, bytes: Uint8Array): void {
    member.written.push({ at: this.now, size: bytes.length });
    this.later(HOP_MS, member, { kind: 'sent', link });
    const end = member.ends.get(link);
    if (end === undefined || this.loses(member, bytes)) return;
    const input = { kind: 'received', link: end.link, bytes: bytes.slice() } as const;
    this.later(HOP_MS, end.member, input, () => end.member.ends.has(end.link));
  }

  private onLine(member: Member, order: LineOutput): void {
    switch (order.kind) {
      case 'dial':
        return this.dial(member, order.line, order.address);
      case 'write':
        return this.send(member, order.line, order.bytes);
      case 'hangUp': {
        const line = this.find(member, order.line);
        if (line !== undefined) return this.end(line);
        const event = { kind: 'closed', line: order.line, why: 'hung up' } as const;
        return this.later(LINE_MS, member, { kind: 'line', event });
      }
    }
  }

  private dial(from: Member, number: number, address: string): void {
    const to = this.members.find((member) => addressOf(member.number) === address);
    const isThere = to !== undefined && !to.isStopped && !this.severed.has(pairOf(from, to));
    if (!isThere) {
      const event = { kind: 'closed', line: number, why: 'nobody there' } as const;
      return this.later(LINE_MS, from, { kind: 'line', event });
    }
    const theirs = this.nextOpened;
    this.nextOpened += 2;
    this.lines.push({ ends: [from, to], numbers: [number, theirs] });
    const opened = { kind: 'opened', address } as const;
    this.later(LINE_MS, to, { kind: 'line', event: { ...opened, line: theirs } });
    this.later(LINE_MS, from, { kind: 'line', event: { ...opened, line: number } });
  }

  private send(from: Member, number: number, bytes: Uint8Array): void {
    if (this.clogs(from)) return void this.clogged.push(() => this.send(from, number, bytes));
    this.later(LINE_MS, from, { kind: 'line', event: { kind: 'sent', line: number } });
    const line = this.find(from, number);
    if (line === undefined) return;
    const side = line.ends.indexOf(from) === 0 ? 1 : 0;
    const event = { kind: 'received', line: line.numbers[side], bytes: bytes.slice() } as const;
    this.later(LINE_MS, line.ends[side], { kind: 'line', event }, () => this.lines.includes(line));
  }

  private end(line: Line): void {
    this.lines = this.lines.filter((other) => other !== line);
    line.ends.forEach((member, side) => {
      const event = { kind: 'closed', line: line.numbers[side], why: 'it broke' } as const;
      this.later(LINE_MS, member, { kind: 'line', event });
    });
  }

  private find(member: Member, number: number): Line | undefined {
    return this.lines.find(({ ends, numbers }) =>
      ends.some((end, side) => end === member && numbers[side] === number),
    );
  }

  private later(
    ms: Millis,
    member: Member,
    input: BridgeInput,
    isStillSo: () => boolean = () => true,
  ): void {
    this.happenings.add({ dueAt: this.now + ms, order: 0, member, input, isStillSo });
  }
}

/** Where the member of that number is dialled. */
export function addressOf(number: number): string {
  return `peer-${number}:8334`;
}

function pairOf(a: Member, b: Member): string {
  return [a.number, b.number].sort((one, other) => one - other).join('-');
}

function isBetween({ ends }: Line, a: Member, b: Member): boolean {
  return ends.includes(a) && ends.includes(b);
}
