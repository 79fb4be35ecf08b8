/**
 * Switchboard: joins all links of a station by one relay, so that each packet goes once over each of
 * them, whatever its medium; and lets the slots decide which links on the air there are. What packets
 * say is not its affair: those for us go up.
 *
 *   received -> links -> gate and relay -> links -> write
 *                              |-> deliver
 */
import { REPLAY_AGE_MS } from '../core/announces.ts';
import { readU32, sameBytes } from '../core/bytes.ts';
import type { Hello } from '../core/hello.ts';
import type { Machine, Millis, Tick } from '../core/machine.ts';
import { TICK } from '../core/machine.ts';
import {
  ANNOUNCE,
  encodePlain,
  ENCRYPTED,
  FILE,
  FRAGMENT,
  FRAME_MAX,
  HANDSHAKE,
  ID_SIZE,
  MESSAGE,
  NOTE,
  NOTED,
  PING,
  PONG,
  REQUEST_SYNC,
  SPREAD,
  TTL_AT,
  VIEW,
  VOICE,
} from '../core/packet.ts';
import { NORMAL, priorityOf } from '../core/queue.ts';
import type { RelayInput, RelayOutput } from '../core/relay.ts';
import { isLinkScoped, RELAY_DEFAULTS } from '../core/relay.ts';
import { INTRODUCES, MESH, RECONCILES, ROUTING, SPREADS, versionWith } from '../core/version.ts';
import type { SecurityLevel } from '../trust/levels.ts';
import type { Pins } from '../trust/pins.ts';
import { nameOf } from '../trust/pins.ts';
import { makeSeenHash } from '../trust/seen-hash.ts';
import { encodeText } from '../wire/text.ts';
import { AnnounceShelf } from './announce-shelf.ts';
import type { StationInput, StationOutput } from './contract.ts';
import { Gate } from './gate.ts';
import type { LinksInput, LinksOutput } from './links.ts';
import { Links } from './links.ts';
import { Quarantine } from './quarantine.ts';
import type { StationConfig, StationPorts } from './settings.ts';
import type { SlotsInput, SlotsOutput } from './slots.ts';
import type { RoutePort } from './route-port.ts';
import { readRouted, ROUTED, withVisited } from './route-port.ts';
import { RoutedRelay } from './routed-relay.ts';
import { Slots } from './slots.ts';
import type { SpreadInput } from './spread.ts';
import { Spread } from './spread.ts';
import { Tap } from './tap.ts';

/** Announces of others kept for links to come; then the one heard first is forgotten. */
const ANNOUNCES_MAX = 128;
/** What phones cut every TTL down to. */
const PHONE_TTL = 7;
/** Traffic of value on a link is told to the slots once in this time. */
const USED_EVERY_MS = 1000;

type FromBelow =
  | 'opened'
  | 'lined'
  | 'inject'
  | 'resized'
  | 'closed'
  | 'received'
  | 'sent'
  | 'sighted'
  | 'power'
  | 'tap'
  | 'pace'
  | 'redial'
  | 'release';
export type SwitchboardInput =
  | Extract<StationInput, { kind: FromBelow }>
  /** A frame of our own: to everyone it reaches, or over one link (-1: all). */
  | { kind: 'say'; link: number; bytes: Uint8Array }
  /** A frame for one link that the relay has no part in. */
  | { kind: 'hand'; link: number; bytes: Uint8Array; priority: number }
  /** A frame out of fragments: judged and met like any, but it has no further to go. */
  | { kind: 'whole'; link: number; bytes: Uint8Array }
  /** A peer has shown itself at the far end of a link. */
  | { kind: 'bound'; link: number; id: Uint8Array };

type ToBelow =
  | 'write'
  | 'forward'
  | 'passed'
  | 'connect'
  | 'disconnect'
  | 'advertise'
  | 'scan'
  | 'tapped'
  | 'beat';
export type SwitchboardOutput =
  | Extract<StationOutput, { kind: ToBelow }>
  | Extract<LinksOutput, { kind: 'settled' }>
  | { kind: 'opened'; link: number }
  | { kind: 'closed'; link: number }
  /** A packet for us, met for the first time. The bytes carry the TTL they are passed on with. */
  | ({ kind: 'deliver'; isReleased: boolean } & ForUs)
  /** The same, of somebody who is kept apart: where it is news, it is to be set aside. */
  | ({ kind: 'withheld' } & ForUs)
  /** A message of somebody who is not to be shown while he is a stranger. */
  | { kind: 'strange'; link: number; bytes: Uint8Array; ttl: number }
  /** A message that answers a request came over a link, and what became of it was said before. */
  | { kind: 'came'; link: number; bytes: Uint8Array }
  /** Somebody's answer to a device, on its way past us. */
  | { kind: 'noted'; device: Uint8Array; payload: Uint8Array };

type ForUs = { link: number; bytes: Uint8Array; ttl: number; isVerified: boolean };

export class Switchboard implements Machine<SwitchboardInput, SwitchboardOutput> {
  readonly links: Links;
  private readonly config: StationConfig;
  /** Links are numbered from the air over wires and lines to clients. */
  private readonly firstLine: number;
  private readonly firstClient: number;
  private readonly pins: Pins;
  private readonly id: Uint8Array;
  private readonly gate: Gate;
  private readonly relay: RoutedRelay;
  private readonly routes: RoutePort | null;
  /** Null where its owner ties the links, or there is no radio. */
  private readonly slots: Slots | null;
  /** Null where everything goes over every link. */
  private readonly spread: Spread | null;
  private readonly announces: AnnounceShelf;
  /** Null while nobody watches. */
  private tap: Tap | null = null;
  private readonly quarantine = new Quarantine();
  private readonly usedAt: Millis[] = [];
  /** Links to nodes that know of nobody but us: how they are introduced to others, their hello says. */
  private readonly strangers = new Set<number>();
  /** Our last announce, for links to come. */
  private own: { bytes: Uint8Array; saidAt: Millis } | null = null;
  private mesh = new Uint8Array(0);
  private epochMs: number | null = null;
  private now: Millis;
  /** When relay, slots or spread want a tick: they lie far apart in memory, and few steps reach them. */
  private innerAt: Millis;

  /**
   * `isAsked`: whether what comes over a link may be an answer to us. `secret`: whose 16 bytes keep
   * others from aiming at places in our tables.
   */
  constructor(
    config: StationConfig,
    ports: StationPorts,
    pins: Pins,
    isAsked: (link: number, now: Millis) => boolean,
    secret: Uint8Array,
    now: Millis,
  ) {
    const { id } = ports.identity;
    const { role, scanDuty, outMax, nodesMax, ttlMax, seenMax, seenAgeMs, waitingMax } = config;
    const { frameMax, window, packetsMax, bytesMax, pace } = config;
    const firstLine = 1 + outMax + config.wires;
    const firstClient = firstLine + config.lines;
    const linksMax = firstClient + (config.clients ?? 0);
    this.config = config;
    this.firstLine = firstLine;
    this.firstClient = firstClient;
    this.pins = pins;
    this.id = id;
    this.now = now;
    const { crc } = ports;
    this.links = new Links({ id, linksMax, frameMax, window, packetsMax, bytesMax, crc, pace });
    const { admission, lineAdmission } = config;
    const historyMs = config.history.ageMs;
    const rates = { admission, lineAdmission, historyMs };
    const limits = { ...rates, linksMax, ttlMax, firstLine, firstClient };
    const { crypto, judge = null } = ports;
    this.gate = new Gate(crypto, pins, limits, isAsked, readU32(secret, 0), judge);
    this.routes = ports.routes ?? null;
    this.relay = new RoutedRelay(
      // What a spread does not bring goes ahead of it: behind, each object would get a shape of its own.
      { id, ...RELAY_DEFAULTS, ttlMax, linksMax, seenMax, seenAgeMs, waitingMax },
      ports.random,
      makeSeenHash(readU32(secret, 4), readU32(secret, 8)),
      this.gate,
      this.routes,
    );
    const seed = readU32(secret, 12);
    this.announces = new AnnounceShelf(ANNOUNCES_MAX, seed);
    const fresh = (at: Millis): readonly Uint8Array[] => this.announces.fresh(at);
    this.spread = config.spreads ? new Spread(id, outMax + 1, ports, fresh, seed) : null;
    this.relay.cover = this.spread;
    const hasSlots = outMax > 0 && config.choosesLinks;
    const slots = { id, role, scanDuty, outMax, nodesMax };
    this.slots = hasSlots ? new Slots(slots, ports.random, now) : null;
    this.innerAt = this.nextAt();
  }

  /** Nodes of our island, as far as we know. */
  get islandSize(): number {
    return this.slots?.islandSize ?? 1;
  }

  /** What was withheld waits until its sender is let in again. */
  setAside({ link, bytes, ttl, isVerified }: ForUs): void {
    VIEW.read(bytes, FRAME_MAX);
    const kept = { link, bytes, ttl, isVerified, keptAt: this.now };
    this.quarantine.keep(nameOf(bytes, VIEW.senderAt), kept);
  }

  /** Unix time at 0 of our clock, or null. */
  setClock(epochMs: number | null): void {
    this.epochMs = epochMs;
    this.gate.epochMs = epochMs;
  }

  enforce(level: SecurityLevel): void {
    this.gate.enforce(level);
  }

  step(input: SwitchboardInput | Tick, now: Millis): SwitchboardOutput[] {
    const out: SwitchboardOutput[] = [];
    this.now = now;
    switch (input.kind) {
      case 'opened':
        this.open(input, out);
        break;
      case 'lined':
        this.openLine(input, out);
        break;
      case 'inject':
        this.inject(input.bytes, out);
        break;
      case 'closed':
        this.close(input.link, out);
        break;
      case 'received':
        if (this.isLine(input.link)) this.hearLine(input.link, input.bytes, out);
        else this.toLinks(input, out);
        break;
      case 'sent':
      case 'pace':
        this.toLinks(input, out);
        break;
      case 'resized':
        this.toLinks(input, out);
        // What was too long for it until now; of nodes, segments take everything.
        if (this.links.at(input.link)?.medium === 'phone') this.introduce(input.link, out);
        break;
      case 'sighted':
        this.toSlots(input, out);
        break;
      case 'power':
        if (!input.isOn) this.loseAir(out);
        this.toSlots(input, out);
        break;
      case 'redial':
        this.toSlots(input, out);
        break;
      case 'tap':
        this.tap = input.isOn ? (this.tap ?? new Tap()) : null;
        break;
      case 'release':
        this.release(input.id, out);
        break;
      case 'say':
        this.say(input.link, input.bytes, out);
        break;
      case 'hand':
        this.send(input.link, input.bytes, input.priority, out);
        break;
      case 'whole':
        this.hearWhole(input.link, input.bytes, out);
        break;
      case 'bound':
        this.toRelay({ kind: 'neighbour', link: input.link, id: input.id }, out);
        if (this.isAir(input.link)) this.toSlots({ ...input, kind: 'announced' }, out);
        break;
      case 'tick':
        break;
    }
    if (now >= this.innerAt && now >= this.relay.deadline()) this.toRelay(TICK, out);
    if (now >= this.links.deadline()) this.onLinks(this.links.step(TICK, now), out);
    if (now >= this.innerAt && now >= this.slotsAt()) this.toSlots(TICK, out);
    if (now >= this.innerAt && now >= this.spreadAt()) this.toSpread(TICK, out);
    return out;
  }

  deadline(): Millis {
    return Math.min(this.links.deadline(), this.innerAt);
  }

  /** Links on the air and wires that `inject` would bring a packet to now. */
  lacking(bytes: Uint8Array): number {
    return this.relay.lacking(bytes);
  }

  drop(link: number, reason: string): void {
    this.tap?.drop(link, reason);
    this.links.counts.drop(link, reason);
  }

  private nextAt(): Millis {
    return Math.min(this.relay.deadline(), this.slotsAt(), this.spreadAt());
  }

  private slotsAt(): Millis {
    return this.slots === null ? Infinity : this.slots.deadline();
  }

  private spreadAt(): Millis {
    return this.spread === null ? Infinity : this.spread.deadline();
  }

  private open(input: Extract<StationInput, { kind: 'opened' }>, out: SwitchboardOutput[]): void {
    const { link, medium, payloadMax, rssi } = input;
    // A radio that lost an end without saying so uses the link again.
    if (this.links.at(link) !== null) this.close(link, out);
    const air = this.isAir(link);
    this.usedAt[link] = -Infinity;
    this.toRelay({ kind: 'linkUp', link, air }, out);
    const hello = this.hello();
    this.toLinks({ kind: 'opened', link, medium, payloadMax, rssi, hello }, out);
    if (air) this.toSlots(input, out);
    if (air && medium === 'node' && this.spread !== null) {
      this.strangers.add(link);
      this.introduceUs(link, out);
    } else this.introduce(link, out);
    out.push({ kind: 'opened', link });
  }

  private openLine(
    input: Extract<StationInput, { kind: 'lined' }>,
    out: SwitchboardOutput[],
  ): void {
    const { link, id } = input;
    const before = this.links.at(link);
    const isSame = before !== null && sameBytes(before.peer!, 0, id);
    if (before !== null && !isSame) this.close(link, out);
    const kind = this.isClient(link) ? { leaf: true } : { line: true };
    if (!isSame) this.toRelay({ kind: 'linkUp', link, air: false, ...kind }, out);
    this.toLinks({ ...input, medium: this.isClient(link) ? 'client' : 'line' }, out);
    if (isSame) return;
    this.introduce(link, out);
    out.push({ kind: 'opened', link });
  }

  /** Announces go ahead of all else: a phone takes messages only of those it knows (WIRE §12 i). */
  private introduce(link: number, out: SwitchboardOutput[]): void {
    // Ours first, since an iPhone takes history only of whom it knows.
    this.introduceUs(link, out);
    this.introduceOthers(link, out);
  }

  private introduceUs(link: number, out: SwitchboardOutput[]): void {
    const { own } = this;
    if (own !== null && this.now - own.saidAt < REPLAY_AGE_MS) {
      this.send(link, own.bytes, NORMAL, out);
    }
  }

  private introduceOthers(link: number, out: SwitchboardOutput[]): void {
    for (const bytes of this.announces.fresh(this.now)) {
      this.send(link, new Uint8Array(bytes), NORMAL, out);
    }
  }

  private close(link: number, out: SwitchboardOutput[]): void {
    if (this.links.at(link) !== null) {
      this.toRelay({ kind: 'linkDown', link }, out);
      this.toLinks({ kind: 'closed', link }, out);
      this.toSpread({ kind: 'down', link }, out);
      this.strangers.delete(link);
      out.push({ kind: 'closed', link });
    }
    if (this.isAir(link)) this.toSlots({ kind: 'closed', link }, out);
  }

  /** With the radio go all links on the air, whether it says so of each or not. */
  private loseAir(out: SwitchboardOutput[]): void {
    for (const link of this.links.open()) if (this.isAir(link)) this.close(link, out);
  }

  /**
   * A line and the air at its end count as one hop: else two islands on the way would use up the seven
   * that phones give. But nobody's announce shall look like that of a neighbour (WIRE §5).
   */
  private inject(bytes: Uint8Array, out: SwitchboardOutput[]): void {
    const copy = new Uint8Array(bytes);
    copy[TTL_AT] = Math.max(bytes[TTL_AT], Math.min(bytes[TTL_AT] + 1, this.config.ttlMax - 1));
    this.gate.treatAlike(copy, bytes);
    this.toRelay({ kind: 'inject', bytes: copy }, out);
  }

  private say(link: number, bytes: Uint8Array, out: SwitchboardOutput[]): void {
    if (bytes[1] === ANNOUNCE) this.own = { bytes, saidAt: this.now };
    if (!isLinkScoped(bytes[1])) return this.toRelay({ kind: 'send', link, bytes }, out);
    const mode = this.links.at(link)?.machine.mode ?? null;
    // Part I only, to whom did not say hello; relayed packets only, to another major (WIRE §26).
    const isOfPartOne = bytes[1] === REQUEST_SYNC;
    if (mode === 'incompatible' || (mode === 'legacy' && !isOfPartOne)) return;
    this.send(link, bytes, priorityOf(bytes[1]), out);
  }

  private send(
    link: number,
    packet: Uint8Array,
    priority: number,
    out: SwitchboardOutput[],
    visited: Uint8Array | null = null,
  ): void {
    const hop = this.links.at(link);
    if (hop === null) return;
    let bytes = hop.medium === 'phone' ? this.forPhone(packet) : packet;
    if (this.tap !== null) this.watch(this.tap, link, 'sent', bytes, out);
    this.use(link, bytes[1], out);
    if (visited !== null && this.hasRoutes(link)) bytes = withVisited(bytes, visited);
    if (!this.isLine(link)) return this.toLinks({ kind: 'send', link, bytes, priority }, out);
    this.links.counts.send(link);
    out.push({ kind: 'forward', link, bytes, priority });
  }

  /**
   * Phones know seven hops, take an announce with all of them for a neighbour's (WIRE §5), and a packet
   * with more for a new one (§12).
   */
  private forPhone(bytes: Uint8Array): Uint8Array {
    const isOwn = sameBytes(bytes, bytes[0] === 1 ? 14 : 16, this.id);
    const most = isOwn ? PHONE_TTL : PHONE_TTL - 1;
    if (bytes[TTL_AT] <= most) return bytes;
    const copy = new Uint8Array(bytes);
    copy[TTL_AT] = most;
    return copy;
  }

  /** Whether the far end takes packets with what they visited. */
  private hasRoutes(link: number): boolean {
    if (this.routes === null || this.isLine(link)) return false;
    const features = this.links.at(link)?.hello?.features ?? 0;
    return (features & ROUTING) !== 0;
  }

  /** Whole already, and many. */
  private hearLine(link: number, bytes: Uint8Array, out: SwitchboardOutput[]): void {
    const hop = this.links.at(link);
    // What a line that is gone still had to say.
    if (hop === null) return;
    hop.heardAt = this.now;
    this.links.counts.hear(link);
    this.hear(link, bytes, out);
  }

  /** What people write or ask for keeps a link; announces and upkeep do not. */
  private use(link: number, type: number, out: SwitchboardOutput[]): void {
    if (OF_VALUE[type] === 0 || !this.isAir(link)) return;
    if (this.now - this.usedAt[link] < USED_EVERY_MS) return;
    this.usedAt[link] = this.now;
    this.toSlots({ kind: 'used', link }, out);
  }

  private toLinks(input: LinksInput, out: SwitchboardOutput[]): void {
    this.onLinks(this.links.step(input, this.now), out);
  }

  private onLinks(outputs: LinksOutput[], out: SwitchboardOutput[]): void {
    for (const output of outputs) {
      switch (output.kind) {
        case 'write':
          out.push(output);
          break;
        case 'heard':
          this.hear(output.link, output.bytes, out);
          break;
        case 'settled':
          this.meet(output, out);
          break;
        case 'silent':
          if (this.isAir(output.link)) out.push({ kind: 'disconnect', link: output.link });
          break;
        case 'beat':
          this.beat(output, out);
          break;
        case 'drop':
          this.drop(output.link, output.reason);
          break;
      }
    }
  }

  private beat(
    { link, roundTripMs, missed }: Extract<LinksOutput, { kind: 'beat' }>,
    out: SwitchboardOutput[],
  ): void {
    const id = this.links.at(link)?.peer ?? null;
    if (id === null) return;
    out.push({
      kind: 'beat',
      link,
      id,
      roundTripMs: roundTripMs < 0 ? null : roundTripMs,
      missed,
    });
  }

  private hear(link: number, heard: Uint8Array, out: SwitchboardOutput[]): void {
    const hasRoutes = this.hasRoutes(link);
    const routed = hasRoutes && heard[0] === ROUTED ? readRouted(heard) : null;
    const bytes = routed?.packet ?? heard;
    if (this.tap !== null) this.watch(this.tap, link, 'heard', bytes, out);
    this.use(link, bytes[1], out);
    if (bytes[1] === NOTED) this.overhear(bytes, out);
    if (routed === null) this.toRelay({ kind: 'heard', link, bytes, isFlooded: hasRoutes }, out);
    else this.toRelay({ kind: 'heard', link, bytes, visited: routed.visited }, out);
    if (bytes[1] === MESSAGE && bytes[TTL_AT] === 0) out.push({ kind: 'came', link, bytes });
    this.gate.forget();
  }

  private watch(
    tap: Tap,
    link: number,
    way: 'heard' | 'sent',
    bytes: Uint8Array,
    out: SwitchboardOutput[],
  ): void {
    const frame = tap.take(link, way, bytes, this.now);
    if (frame !== null) out.push({ kind: 'tapped', frame });
  }

  private overhear(bytes: Uint8Array, out: SwitchboardOutput[]): void {
    if (VIEW.read(bytes, FRAME_MAX) !== null || VIEW.isBroadcast()) return;
    const { recipientAt, payloadAt, payloadLength } = VIEW;
    const device = new Uint8Array(bytes.subarray(recipientAt, recipientAt + ID_SIZE));
    const payload = new Uint8Array(bytes.subarray(payloadAt, payloadAt + payloadLength));
    out.push({ kind: 'noted', device, payload });
  }

  private meet(settled: Extract<LinksOutput, { kind: 'settled' }>, out: SwitchboardOutput[]): void {
    const { link, id, hello, mode } = settled;
    const features = hello === null || mode === 'incompatible' ? 0 : hello.features;
    if (hello !== null) {
      this.toRelay({ kind: 'neighbour', link, id }, out);
      const mesh = hello.mesh ?? null;
      if (this.isAir(link)) this.toSlots({ kind: 'told', link, id, mesh }, out);
    }
    const isStranger = this.strangers.delete(link);
    const isNamed = (features & SPREADS) !== 0 && (features & INTRODUCES) !== 0;
    if (isStranger && !isNamed) this.introduceOthers(link, out);
    if (this.isAir(link) && (features & SPREADS) !== 0) {
      const openedAt = isStranger ? this.links.at(link)!.openedAt : -Infinity;
      this.toSpread({ kind: 'up', link, id, since: isNamed ? openedAt : null }, out);
    }
    out.push(settled);
  }

  private toRelay(input: RelayInput | Tick, out: SwitchboardOutput[]): void {
    for (const output of this.relay.step(input, this.now)) this.onRelay(output, out);
    this.innerAt = this.nextAt();
  }

  private onRelay(output: RelayOutput, out: SwitchboardOutput[]): void {
    const { link } = output;
    if (output.kind === 'drop') return this.drop(link, output.reason);
    const { bytes } = output;
    if (output.kind === 'transmit') {
      const priority = this.gate.priorityOf(bytes, output.priority);
      return this.send(link, bytes, priority, out, output.visited);
    }
    if (output.kind === 'deliver' && bytes[1] === SPREAD) return this.hearSpread(link, bytes, out);
    const isVerified = this.gate.isVerified(bytes);
    if (output.kind === 'passed') {
      if (this.config.lines === 0) return;
      const priority = this.gate.priorityOf(bytes, output.priority);
      return void out.push({ kind: 'passed', link, bytes, priority, isVerified });
    }
    if (bytes[1] === ANNOUNCE && isVerified) this.remember(bytes, output.ttl);
    this.show(link, bytes, output.ttl, isVerified, out);
  }

  /** Who is about here, for whom we meet. */
  private remember(announce: Uint8Array, ttl: number): void {
    if (this.spread !== null) this.spread.announced(announce, ttl, this.now);
    if (ttl <= 1) return;
    VIEW.read(announce, FRAME_MAX);
    this.announces.keep(VIEW, announce, this.now);
  }

  /** What is for us goes up, unless its sender is not to be shown: then it only went on. */
  private show(
    link: number,
    bytes: Uint8Array,
    ttl: number,
    isVerified: boolean,
    out: SwitchboardOutput[],
  ): void {
    const why = this.gate.whyHidden(bytes);
    if (why === null) {
      out.push({ kind: 'deliver', isReleased: false, link, bytes, ttl, isVerified });
      return;
    }
    this.drop(link, why);
    if (why === 'quarantined') out.push({ kind: 'withheld', link, bytes, ttl, isVerified });
    else if (why === 'unknown-sender' && bytes[1] === MESSAGE) {
      out.push({ kind: 'strange', link, bytes, ttl });
    }
  }

  private release(id: Uint8Array, out: SwitchboardOutput[]): void {
    const packets = this.quarantine.release(nameOf(id), this.now);
    if (this.pins.isDenied(id)) return;
    for (const { link, bytes, ttl, isVerified } of packets) {
      out.push({ kind: 'deliver', isReleased: true, link, bytes, ttl, isVerified });
    }
  }

  private hearSpread(link: number, bytes: Uint8Array, out: SwitchboardOutput[]): void {
    VIEW.read(bytes, FRAME_MAX);
    const { payloadAt, payloadLength } = VIEW;
    const payload = bytes.subarray(payloadAt, payloadAt + payloadLength);
    this.toSpread({ kind: 'heard', link, payload }, out);
  }

  private toSpread(input: SpreadInput | Tick, out: SwitchboardOutput[]): void {
    if (this.spread === null) return;
    for (const output of this.spread.step(input, this.now)) {
      const { link } = output;
      if (output.kind === 'drop') this.drop(link, output.reason);
      else if (output.kind === 'give') this.give(link, output.bytes, out);
      else {
        const bytes = encodePlain(SPREAD, 0, 0, this.id, null, output.payload);
        this.send(link, bytes, priorityOf(SPREAD), out);
      }
    }
    this.innerAt = this.nextAt();
  }

  private give(link: number, bytes: Uint8Array, out: SwitchboardOutput[]): void {
    this.send(link, bytes, this.gate.priorityOf(bytes, NORMAL), out);
  }

  private hearWhole(link: number, bytes: Uint8Array, out: SwitchboardOutput[]): void {
    for (const output of this.relay.step({ kind: 'heard', link, bytes }, this.now)) {
      // Its TTL is spent by what it is, and there is nothing to blame anybody for.
      if (output.kind !== 'drop' || output.reason !== 'out-of-hops') this.onRelay(output, out);
    }
    this.innerAt = this.nextAt();
    this.gate.forget();
  }

  private toSlots(input: SlotsInput | Tick, out: SwitchboardOutput[]): void {
    if (this.slots === null) return;
    this.onSlots(this.slots.step(input, this.now), out);
    this.innerAt = this.nextAt();
  }

  private onSlots(outputs: SlotsOutput[], out: SwitchboardOutput[]): void {
    for (const output of outputs) {
      if (output.kind !== 'tell') {
        out.push(output);
        continue;
      }
      this.mesh = new Uint8Array(output.mesh);
      const hello = this.hello();
      for (const link of this.links.open()) {
        if (this.isAir(link)) this.toLinks({ kind: 'hello', link, hello }, out);
      }
    }
  }

  private isAir(link: number): boolean {
    return link <= this.config.outMax;
  }

  /** Whose frames are whole and whose link machine is elsewhere: lines, and those of clients. */
  private isLine(link: number): boolean {
    return link >= this.firstLine;
  }

  private isClient(link: number): boolean {
    return link >= this.firstClient;
  }

  private hello(): Hello {
    const none = new Uint8Array(0);
    const { role, frameMax, name } = this.config;
    const reconciles = this.config.reconcile === null ? 0 : RECONCILES;
    const spreads = this.spread === null ? 0 : SPREADS | INTRODUCES;
    const features = MESH | reconciles | spreads | (this.routes === null ? 0 : ROUTING);
    return {
      version: versionWith(features),
      role,
      features,
      frameMax,
      name: encodeText(name),
      unixMs: this.epochMs === null ? null : Math.floor(this.epochMs + this.now),
      board: none,
      token: none,
      mesh: this.mesh,
    };
  }
}

/** What people write and ask for, private or not. */
const OF_VALUE = new Uint8Array(256);
for (const type of [
  MESSAGE,
  HANDSHAKE,
  ENCRYPTED,
  FRAGMENT,
  FILE,
  VOICE,
  NOTE,
  NOTED,
  PING,
  PONG,
]) {
  OF_VALUE[type] = 1;
}
