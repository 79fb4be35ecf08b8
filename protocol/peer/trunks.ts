/**
 * Trunks: the lines to peers over the internet, those that we dial and those that others open
 * (WIRE §24). A dialled peer is dialled again for ever, ever more rarely; who opens a line must show
 * in time who he is, and be one of those that are let in.
 *
 *   dialled   waiting -> dialling -> shaking -> open -> waiting ...
 *   opened                           shaking -> open -> gone
 *
 * Two peers that dial each other keep one line: that which the smaller id dialled. Lines that we dial
 * have odd numbers, those that others open even ones, and no number is used twice.
 */
import { sameBytes } from '../core/bytes.ts';
import type { Hello } from '../core/hello.ts';
import type { Machine, Millis, Random, Tick } from '../core/machine.ts';
import { TICK } from '../core/machine.ts';
import type { Pace } from '../core/paced-heartbeat.ts';
import type { Mode } from '../core/version.ts';
import type { LinkPorts, Neighbour } from '../trust/binding.ts';
import { toHex } from '../wire/hex.ts';
import type { BudgetLimits } from './budget.ts';
import { Budget } from './budget.ts';
import { Inflow } from './inflow.ts';
import { Outflow } from './outflow.ts';
import { DatagramLink } from './datagram-link.ts';
import { isOverDatagrams } from './line-address.ts';
import { NO_TOKEN } from './peer-line.ts';
import type {
  Admit,
  PeerLine,
  PeerLineDrop,
  PeerLineEnd,
  PeerLineInput,
  PeerLineOutput,
} from './peer-line.ts';
import { RecordLink } from './record-link.ts';

/** A peer to dial. */
export type Route = {
  /** `host:port`, for the adapter. */
  address: string;
  /** Whom to find there, or null for whoever it is. */
  id: Uint8Array | null;
  /** What lets us in there the first time (WIRE §20, client token). */
  token?: Uint8Array;
};

export type TrunksInput =
  /** The adapter has a line: the one it was asked to dial, or one that `address` opened. */
  | { kind: 'opened'; line: number; address: string }
  /** Also the answer to every `hangUp`, and to a `dial` that failed. */
  | { kind: 'closed'; line: number; why: string }
  /** `from`: where a datagram came from. */
  | { kind: 'received'; line: number; bytes: Uint8Array; from?: string }
  /** A write has left. */
  | { kind: 'sent'; line: number }
  /** A packet to hand over. */
  | { kind: 'send'; line: number; bytes: Uint8Array; priority: number }
  /** Who is to be dialled from now on, in place of all before; and who may not stay is let go. */
  | { kind: 'routes'; routes: Route[] }
  | { kind: 'hello'; hello: Hello }
  /** A peer is wanted back: his wait for the next dial is over. */
  | { kind: 'redial'; id: Uint8Array }
  /** All lines beat so from now on. */
  | { kind: 'pace'; pace: Pace }
  /** The owner's word, for lines that have limits. */
  | { kind: 'limits'; limits: TrunkLimits }
  /** The end is near: whoever would not notice it is told. */
  | { kind: 'leave' };

export type TrunksOutput =
  | { kind: 'dial'; line: number; address: string }
  | { kind: 'hangUp'; line: number }
  | { kind: 'write'; line: number; bytes: Uint8Array }
  | { kind: 'up'; line: number; mode: Mode; neighbour: Neighbour; hello: Hello }
  | { kind: 'heard'; line: number; bytes: Uint8Array }
  /** A heartbeat came over a line that is up; `missed` before it did not (see PacedHeartbeat). */
  | { kind: 'beat'; line: number; roundTripMs: Millis; missed: number }
  /** A line that was up is not any more. `why` is for people. */
  | { kind: 'down'; line: number; why: string }
  | { kind: 'drop'; line: number; reason: TrunkDrop }
  /** It brought more than its share: it is not to be read until `go`. */
  | { kind: 'hold'; line: number }
  | { kind: 'go'; line: number }
  /** Its way is too narrow: it is offered so many bytes a second; null once that is over. */
  | { kind: 'slowed'; line: number; bytesPerSecond: number | null }
  /** What is written goes there from now on. */
  | { kind: 'move'; line: number; address: string };

export type TrunkDrop =
  PeerLineDrop | PeerLineEnd | 'too-many-lines' | 'too-many-shaking' | 'over-share';

export type TrunksConfig = {
  /** Lines in all; those that others open may have half of them (DEFAULTS §5). */
  linesMax: number;
  /** Lines that others opened and nobody has proven anything on; in all, and of one host. */
  shakingMax: number;
  shakingPerHostMax: number;
  /** Asked before we name ourselves to somebody, and before a line is up. */
  admit: Admit;
  link: { frameMax: number; window: number; packetsMax: number; bytesMax: number; pace: Pace };
  /** Whatever comes and goes where they are absent. */
  limits?: TrunkLimits;
};

export type TrunksPorts = LinkPorts & {
  random: Random;
  /** 32 secret bytes, other ones each time. */
  draw: () => Uint8Array;
};

/** What each line may carry, and all of them together. */
export type TrunkLimits = { inbound: LineLimits; outbound: LineLimits };
export type LineLimits = { line: BudgetLimits; all: BudgetLimits };

export const TRUNKS_DEFAULTS = {
  linesMax: 1000,
  shakingMax: 64,
  shakingPerHostMax: 8,
};

/** The wait before a peer is dialled again, doubled at each failure, and as much again by chance. */
const REDIAL_MS = 500;
export const REDIAL_MAX_MS = 60_000;
/** An adapter that has not answered a dial by then is told to give it up. */
export const DIAL_MAX_MS = 15_000;
/** A line that was open for so long was no failure. */
const STEADY_MS = 30_000;
/** Within it whoever does not want us hangs up. */
const UNWANTED_MS = 2000;
const NOT_LET_IN =
  'it hung up as soon as it knew us: we are not on its list, or our invite is used or has expired';
const NO_ANSWER = 'nobody answers there';

type Call = {
  address: string;
  id: Uint8Array | null;
  token: Uint8Array | null;
  /** Infinity while its line is there. */
  dialAt: Millis;
  failures: number;
  /** Who was there last. */
  found: Uint8Array | null;
  /** Why it is not there. */
  why: string | null;
};

/** A line that is up or wanted, for people. */
export type TrunkView = {
  /** Null for whoever it is, until somebody was there. */
  id: Uint8Array | null;
  address: string;
  isDialled: boolean;
  state: 'up' | 'dialling' | 'down';
  /** Since when it is up; null while it is not. */
  upAt: Millis | null;
  /** The last round trip; null for unknown. */
  roundTripMs: Millis | null;
  /** Why it is down, in words; null while it is up, and until it was tried. */
  why: string | null;
  /** Bytes so far, and packets that wait to leave; of a line that is up. */
  received: number;
  sent: number;
  waiting: number;
  /** Packets that were dropped, as nothing more could wait. */
  overflowed: number;
  /** Bytes a second that it is offered, as its way takes no more; null where it takes all. */
  slowedTo: number | null;
};

type Line = {
  address: string;
  /** Null where others opened it, or where it is not wanted any more. */
  call: Call | null;
  /** Null until the adapter has it. */
  link: PeerLine | null;
  /** Who has proven to be there. */
  neighbour: Neighbour | null;
  /** What he said to be let in by. */
  token: Uint8Array;
  /** When it was dialled. */
  dialledAt: Millis;
  /** When it came up; Infinity until then. */
  upAt: Millis;
  /** A packet came. */
  hasHeard: boolean;
  /** Null where it may bring and take whatever it is. */
  inflow: Inflow | null;
  outflow: Outflow | null;
  /** What people were told last. */
  isSlowed: boolean;
  received: number;
  sent: number;
  overflowed: number;
  /** Which turn it had last. */
  turn: number;
  /** We have let go, and wait for `closed`. */
  isLeaving: boolean;
  /** Why we let go. */
  why: string | null;
};

export class Trunks implements Machine<TrunksInput, TrunksOutput> {
  private readonly ports: TrunksPorts;
  private readonly config: TrunksConfig;
  private readonly lines = new Map<number, Line>();
  /** Lines that others opened: all, and those on which nothing is proven, the oldest first. */
  private opened = 0;
  private readonly shaking = new Set<number>();
  /** Bytes so far, of all lines; how often one was not read on, and how often one had to wait. */
  readonly traffic = { received: 0, sent: 0, holds: 0, waits: 0 };
  private calls: Call[] = [];
  private limits: TrunkLimits | null;
  /** What all lines share, each way; and how many turns they had of it. */
  private readonly inbound: Budget;
  private readonly outbound: Budget;
  private turns = 0;
  private hello: Hello;
  private pace: Pace;
  private nextDialled = 1;
  /** The earliest deadline of any line or call, or earlier. */
  private wakeAt: Millis = Infinity;

  constructor(ports: TrunksPorts, config: TrunksConfig, hello: Hello) {
    this.ports = ports;
    this.config = config;
    this.hello = hello;
    this.pace = config.link.pace;
    this.limits = config.limits ?? null;
    this.inbound = new Budget(this.limits?.inbound.all ?? NO_LIMIT, Infinity, 0);
    this.outbound = new Budget(this.limits?.outbound.all ?? NO_LIMIT, Infinity, 0);
  }

  /** Whether a line to that peer is up. */
  isUp(id: Uint8Array): boolean {
    for (const { neighbour } of this.lines.values()) {
      if (neighbour !== null && sameBytes(id, 0, neighbour.id)) return true;
    }
    return false;
  }

  /** The routes in their order, then the lines that others opened. */
  snapshot(): TrunkView[] {
    const lines = [...this.lines.values()];
    const routes = this.calls.map((call) => {
      const line = lines.find((other) => other.call === call) ?? null;
      return viewOf(line, call, line === null ? 'down' : 'dialling');
    });
    const others = lines.filter(({ call, neighbour }) => call === null && neighbour !== null);
    return [...routes, ...others.map((line) => viewOf(line, null, 'down'))];
  }

  step(input: TrunksInput | Tick, now: Millis): TrunksOutput[] {
    const out: TrunksOutput[] = [];
    switch (input.kind) {
      case 'opened':
        this.open(input.line, input.address, now, out);
        break;
      case 'closed':
        this.closed(input.line, input.why, now, out);
        break;
      case 'received':
        this.receive(input, now, out);
        break;
      case 'sent':
      case 'send':
        this.toLine(input.line, input, now, out);
        break;
      case 'routes':
        this.reroute(input.routes, now, out);
        break;
      case 'hello':
        this.hello = input.hello;
        for (const line of this.lines.keys()) this.toLine(line, input, now, out);
        break;
      case 'redial':
        this.redial(input.id, now);
        break;
      case 'pace':
        this.pace = input.pace;
        for (const line of this.lines.keys()) this.toLine(line, input, now, out);
        break;
      case 'limits':
        this.limit(input.limits, now);
        break;
      case 'leave':
        for (const [number, { link }] of this.lines) this.sayFarewell(number, link, out);
        break;
      case 'tick':
        break;
    }
    if (now >= this.wakeAt) this.wake(now, out);
    return out;
  }

  deadline(): Millis {
    return this.wakeAt;
  }

  private open(number: number, address: string, now: Millis, out: TrunksOutput[]): void {
    const line = this.lines.get(number) ?? this.welcome(number, address, out);
    if (line === null || line.isLeaving) return;
    const { limits } = this;
    if (limits !== null) {
      line.inflow = new Inflow(new Budget(limits.inbound.line, Infinity, now), this.inbound);
      line.outflow = new Outflow(limits.outbound.line, this.outbound, now);
    }
    line.link = this.linkOf(number, line, now);
    this.toLine(number, TICK, now, out);
  }

  /** Lines without limits stay so. */
  private limit(limits: TrunkLimits, now: Millis): void {
    if (this.limits === null) return;
    this.limits = limits;
    this.inbound.change(limits.inbound.all, now);
    this.outbound.change(limits.outbound.all, now);
    for (const { inflow, outflow } of this.lines.values()) {
      inflow?.limit(limits.inbound.line, now);
      outflow?.limit(limits.outbound.line, now);
    }
    // What waits may wait for less, or for longer.
    this.wakeAt = now;
  }

  private receive(
    input: Extract<TrunksInput, { kind: 'received' }>,
    now: Millis,
    out: TrunksOutput[],
  ): void {
    const line = this.lines.get(input.line);
    this.traffic.received += input.bytes.length;
    if (line === undefined) return;
    line.received += input.bytes.length;
    const { inflow } = line;
    if (inflow === null) return this.toLine(input.line, input, now, out);
    // What is held back of a datagram is lost, and its sender slows down for that.
    if (input.from !== undefined) {
      if (inflow.lets(input.bytes.length, now)) return this.toLine(input.line, input, now, out);
      return void out.push({ kind: 'drop', line: input.line, reason: 'over-share' });
    }
    inflow.bring(input.bytes);
    this.flow(input.line, line, inflow, now, out);
  }

  /** Who brings more than he may is not read for a while: what he sends waits on his side. */
  private flow(number: number, line: Line, inflow: Inflow, now: Millis, out: TrunksOutput[]): void {
    for (let bytes = inflow.take(now); bytes !== null; bytes = inflow.take(now)) {
      line.turn = ++this.turns;
      this.toLine(number, { kind: 'received', bytes }, now, out);
    }
    const isHeld = inflow.heldUntil < Infinity;
    const until = inflow.readyAt(now);
    if (until > now && !isHeld) {
      this.traffic.holds++;
      out.push({ kind: 'hold', line: number });
    }
    if (until <= now && isHeld) out.push({ kind: 'go', line: number });
    inflow.heldUntil = until > now ? until : Infinity;
    this.wakeAt = Math.min(this.wakeAt, inflow.heldUntil);
  }

  private linkOf(number: number, { address, call, outflow }: Line, now: Millis): PeerLine {
    const { ports, config } = this;
    const { admit } = config;
    const token = call?.token ?? null;
    const hello = token === null ? this.hello : { ...this.hello, token };
    const role = isDialled(number) ? 'initiator' : 'responder';
    const wanted = call?.id ?? null;
    const { pace } = this;
    const flow = outflow === null ? {} : { outflow };
    const linkConfig = { ...config.link, role, wanted, admit, pace, ...flow } as const;
    if (!isOverDatagrams(address)) {
      return new RecordLink(ports, linkConfig, hello, ports.draw(), now);
    }
    const numbered = { ...linkConfig, index: number };
    return new DatagramLink(ports, numbered, hello, ports.draw(), now);
  }

  /** A line that others opened. The oldest of those that have proven nothing makes room. */
  private welcome(number: number, address: string, out: TrunksOutput[]): Line | null {
    if (isDialled(number)) return null;
    const line: Line = { ...NEW_LINE, address };
    this.lines.set(number, line);
    this.opened++;
    const host = hostOf(address);
    let ofHost = 0;
    for (const other of this.shaking) if (hostOf(this.lines.get(other)!.address) === host) ofHost++;
    if (this.opened > this.config.linesMax / 2) this.refuse(number, line, 'too-many-lines', out);
    else if (ofHost >= this.config.shakingPerHostMax) {
      this.refuse(number, line, 'too-many-shaking', out);
    } else {
      const [oldest] = this.shaking;
      if (this.shaking.size >= this.config.shakingMax) {
        this.refuse(oldest, this.lines.get(oldest)!, 'too-many-shaking', out);
      }
      this.shaking.add(number);
    }
    return line;
  }

  private refuse(number: number, line: Line, reason: TrunkDrop, out: TrunksOutput[]): void {
    out.push({ kind: 'drop', line: number, reason });
    this.hangUp(number, line, out);
  }

  private hangUp(number: number, line: Line, out: TrunksOutput[]): void {
    if (line.isLeaving) return;
    line.isLeaving = true;
    this.sayFarewell(number, line.link, out);
    line.link = null;
    this.shaking.delete(number);
    out.push({ kind: 'hangUp', line: number });
  }

  private sayFarewell(number: number, link: PeerLine | null, out: TrunksOutput[]): void {
    const bytes = link?.isOver === false ? link.farewell() : null;
    if (bytes !== null) out.push({ kind: 'write', line: number, bytes });
  }

  private closed(number: number, why: string, now: Millis, out: TrunksOutput[]): void {
    const line = this.lines.get(number);
    if (line === undefined) return;
    for (const bytes of line.inflow?.rest() ?? []) {
      this.toLine(number, { kind: 'received', bytes }, now, out);
    }
    this.lines.delete(number);
    this.shaking.delete(number);
    if (!isDialled(number)) this.opened--;
    const { call } = line;
    // Whoever lets go so soon after he learned who we are, without a word, does not want us.
    const isSoon = line.upAt < Infinity && now - line.upAt < UNWANTED_MS;
    const isUnwanted = call !== null && isSoon && !line.hasHeard;
    const words = line.why ?? (isUnwanted ? NOT_LET_IN : why);
    this.down(number, line, words, out);
    if (call === null) return;
    call.why = words;
    const isSteady = now - line.upAt >= STEADY_MS;
    call.failures = isSteady ? 0 : call.failures + 1;
    this.callAt(call, now + this.pause(call.failures));
  }

  private down(number: number, line: Line, why: string, out: TrunksOutput[]): void {
    if (line.neighbour === null) return;
    line.neighbour = null;
    out.push({ kind: 'down', line: number, why });
  }

  private pause(failures: number): Millis {
    const ms = Math.min(REDIAL_MS * 2 ** Math.max(0, failures - 1), REDIAL_MAX_MS);
    return ms + this.ports.random(ms);
  }

  private callAt(call: Call, at: Millis): void {
    call.dialAt = at;
    this.wakeAt = Math.min(this.wakeAt, at);
  }

  private redial(id: Uint8Array, now: Millis): void {
    for (const call of this.calls) {
      const peer = call.id ?? call.found;
      const isWaiting = now < call.dialAt && call.dialAt < Infinity;
      if (isWaiting && peer !== null && sameBytes(peer, 0, id)) this.callAt(call, now);
    }
  }

  private toLine(
    number: number,
    input: PeerLineInput | Tick,
    now: Millis,
    out: TrunksOutput[],
  ): void {
    const line = this.lines.get(number);
    if (line === undefined || line.link === null) return;
    const { outflow } = line;
    const before = outflow?.holds ?? 0;
    this.onLink(number, line, line.link.step(input, now), now, out);
    if (outflow !== null) {
      this.traffic.waits += outflow.holds - before;
      this.judge(number, line, outflow, out);
    }
    if (line.link !== null) this.wakeAt = Math.min(this.wakeAt, line.link.deadline());
  }

  private judge(number: number, line: Line, outflow: Outflow, out: TrunksOutput[]): void {
    const { isCongested } = outflow;
    if (line.isSlowed === isCongested || line.neighbour === null) return;
    line.isSlowed = isCongested;
    const bytesPerSecond = isCongested ? outflow.congestion.pace : null;
    out.push({ kind: 'slowed', line: number, bytesPerSecond });
  }

  private onLink(
    number: number,
    line: Line,
    outputs: PeerLineOutput[],
    now: Millis,
    out: TrunksOutput[],
  ): void {
    for (const output of outputs) {
      switch (output.kind) {
        // Written out, as there are many of them.
        case 'write':
          this.traffic.sent += output.bytes.length;
          line.sent += output.bytes.length;
          line.turn = ++this.turns;
          out.push({ kind: 'write', line: number, bytes: output.bytes });
          break;
        case 'heard':
          line.hasHeard = true;
          out.push({ kind: 'heard', line: number, bytes: output.bytes });
          break;
        case 'drop':
          if (output.reason === 'queue-full') line.overflowed++;
          out.push({ kind: 'drop', line: number, reason: output.reason });
          break;
        case 'beat':
          out.push({ ...output, line: number });
          break;
        case 'settled':
          this.settled(number, line, output, now, out);
          // It may be the one too many.
          if (line.isLeaving) return;
          break;
        case 'moved':
          line.address = output.address;
          out.push({ kind: 'move', line: number, address: output.address });
          break;
        case 'over':
          // The adapter has words for the end that the other one made.
          if (output.reason !== 'hung-up') {
            line.why = WORDS[output.reason] ?? `the line failed (${output.reason})`;
          }
          out.push({ kind: 'drop', line: number, reason: output.reason });
          this.down(number, line, line.why ?? output.reason, out);
          this.hangUp(number, line, out);
          break;
      }
    }
  }

  private settled(
    number: number,
    line: Line,
    { mode, neighbour, hello, isFirst }: PeerLineOutput & { kind: 'settled' },
    now: Millis,
    out: TrunksOutput[],
  ): void {
    if (isFirst) {
      if (line.call !== null) line.call.found = neighbour.id;
      const twin = [...this.lines].find(
        ([, { neighbour: other }]) => other !== null && sameBytes(other.id, 0, neighbour.id),
      );
      if (twin !== undefined) {
        const [twinNumber, twinLine] = twin;
        if (!this.isBetter(number, twinNumber, neighbour.id)) {
          return this.hangUp(number, line, out);
        }
        this.down(twinNumber, twinLine, 'another line', out);
        this.hangUp(twinNumber, twinLine, out);
      }
      this.shaking.delete(number);
      line.neighbour = neighbour;
      line.token = hello.token;
      line.upAt = now;
    }
    out.push({ kind: 'up', line: number, mode, neighbour, hello });
  }

  /** Of two lines to one peer. One that the same end dialled again is there because the first died. */
  private isBetter(number: number, twin: number, peer: Uint8Array): boolean {
    if (isDialled(number) === isDialled(twin)) return true;
    return isDialled(number) === toHex(this.ports.identity.id) < toHex(peer);
  }

  private reroute(routes: Route[], now: Millis, out: TrunksOutput[]): void {
    const before = this.calls;
    this.calls = routes.map((route) => {
      const known = before.find((call) => isSameRoute(call, route));
      const { address, id, token = null } = route;
      if (known !== undefined) {
        known.token = token;
        return known;
      }
      const call = { address, id, token, dialAt: Infinity, failures: 0, found: null, why: null };
      this.callAt(call, now);
      return call;
    });
    for (const [number, line] of this.lines) {
      const isWanted = line.call === null || this.calls.includes(line.call);
      if (isWanted && this.mayStay(line)) continue;
      if (!isWanted) line.call = null;
      this.down(number, line, 'not wanted any more', out);
      this.hangUp(number, line, out);
    }
  }

  /** What was decided about peers may have changed with the routes. */
  private mayStay({ neighbour, token }: Line): boolean {
    if (neighbour === null) return true;
    return !this.ports.pins.isDenied(neighbour.id) && this.config.admit(neighbour.id, token);
  }

  private wake(now: Millis, out: TrunksOutput[]): void {
    this.wakeAt = Infinity;
    for (const call of this.calls) if (now >= call.dialAt) this.dial(call, now, out);
    const due = [...this.lines].filter(([number, line]) => now >= dueAt(number, line));
    // Whoever had the last turn has the next one last, since all of them share what may come and go.
    due.sort(([, one], [, other]) => one.turn - other.turn);
    for (const [number, line] of due) this.attend(number, line, now, out);
    for (const [number, line] of this.lines) {
      this.wakeAt = Math.min(this.wakeAt, dueAt(number, line));
    }
    for (const call of this.calls) this.wakeAt = Math.min(this.wakeAt, call.dialAt);
  }

  private attend(number: number, line: Line, now: Millis, out: TrunksOutput[]): void {
    const { inflow } = line;
    if (inflow !== null && now >= inflow.heldUntil) this.flow(number, line, inflow, now, out);
    if (line.link !== null) return this.toLine(number, TICK, now, out);
    if (!isDialled(number)) return;
    line.why ??= NO_ANSWER;
    this.hangUp(number, line, out);
  }

  private dial(call: Call, now: Millis, out: TrunksOutput[]): void {
    const peer = call.id ?? call.found;
    // Who is here already, by a line of its own, is asked after again later.
    const isHere = peer !== null && this.isUp(peer);
    if (isHere || this.lines.size >= this.config.linesMax) {
      call.dialAt = now + REDIAL_MAX_MS;
      return;
    }
    const number = this.nextDialled;
    this.nextDialled += 2;
    call.dialAt = Infinity;
    const { address } = call;
    this.lines.set(number, { ...NEW_LINE, address, call, dialledAt: now });
    out.push({ kind: 'dial', line: number, address });
  }
}

const NEW_LINE: Line = {
  address: '',
  call: null,
  link: null,
  neighbour: null,
  token: NO_TOKEN,
  dialledAt: 0,
  upAt: Infinity,
  hasHeard: false,
  inflow: null,
  outflow: null,
  isSlowed: false,
  received: 0,
  sent: 0,
  overflowed: 0,
  turn: 0,
  isLeaving: false,
  why: null,
};

const NO_LIMIT: BudgetLimits = { bytesPerSecond: 1e12, burstBytes: 1e12 };

/** Why a line that we let go is down, where the reason alone would leave people guessing. */
const WORDS: Partial<Record<PeerLineEnd, string>> = {
  'too-slow': 'something is there, but does not answer as Hopline does',
  'too-long': 'what is there is not Hopline',
  'wrong-node': 'another node is there than the one we look for',
  'not-allowed': 'the node there is not on our list',
  denied: 'the node there is blocked here',
  'identity-clash': 'the node there shows other keys than before',
  silent: 'it stopped answering',
  unanswered: 'nobody answers there: no bridge listens, or UDP does not get through',
  'not-let-in': NOT_LET_IN,
};

function viewOf(line: Line | null, call: Call | null, state: 'dialling' | 'down'): TrunkView {
  const id = line?.neighbour?.id ?? call?.id ?? call?.found ?? null;
  const address = call?.address ?? line!.address;
  const isDialled = call !== null;
  if (line === null || line.neighbour === null) {
    const why = call?.why ?? null;
    return { id, address, isDialled, state, upAt: null, roundTripMs: null, why, ...NO_TRAFFIC };
  }
  const { link, outflow, upAt, received, sent, overflowed } = line;
  const ms = link?.roundTripMs ?? -1;
  const isSlowed = outflow !== null && outflow.congestion.isSlowed;
  return {
    ...{ id, address, isDialled, state: 'up', upAt, why: null },
    ...{ received, sent, overflowed },
    roundTripMs: ms < 0 ? null : ms,
    waiting: link?.waiting ?? 0,
    slowedTo: isSlowed ? outflow.congestion.pace : null,
  };
}

const NO_TRAFFIC = { received: 0, sent: 0, waiting: 0, overflowed: 0, slowedTo: null };

/** When there is something to do for a line, be it that nobody answered. */
function dueAt(number: number, { inflow, link, isLeaving, dialledAt }: Line): Millis {
  const heldUntil = inflow?.heldUntil ?? Infinity;
  if (link !== null) return Math.min(heldUntil, link.deadline());
  return isDialled(number) && !isLeaving ? dialledAt + DIAL_MAX_MS : heldUntil;
}

function isDialled(line: number): boolean {
  return line % 2 === 1;
}

/** Of `host:port`. */
function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}

function isSameRoute(a: Pick<Route, 'address' | 'id'>, b: Route): boolean {
  if (a.address !== b.address) return false;
  if (a.id === null || b.id === null) return a.id === b.id;
  return sameBytes(a.id, 0, b.id);
}
