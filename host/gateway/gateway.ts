/**
 * Gateway: one of those peers that join islands over the internet (WIRE §28). It brings in what lines
 * carry, taking turns with other gateways of its island and within a budget of the air; hands to a line
 * that comes up what was said lately; tells others of its lines; and counts what it carries for whom.
 *
 *   passed, from a line -> turn -> budget -> inject
 *   passed, from anywhere -> recent -> hand, when a line comes up
 */
import { readU64 } from '../../protocol/core/bytes.ts';
import type { Machine, Millis, Tick } from '../../protocol/core/machine.ts';
import {
  ANNOUNCE,
  FRAME_MAX,
  GATEWAY,
  ID_SIZE,
  PacketView,
  TIMESTAMP_AT,
} from '../../protocol/core/packet.ts';
import { BACKGROUND } from '../../protocol/core/queue.ts';
import { prefixed } from '../../protocol/peer/counts.ts';
import { OWN_TTL } from '../../protocol/peer/reception.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { Packet } from '../../protocol/wire/packet.ts';
import type { Archive, StoreWrite } from '../types.ts';
import { BUSY_MAX, decodeAdvert, encodeAdvert } from './advert.ts';
import type { BudgetLimits } from '../../protocol/peer/budget.ts';
import { Budget, BUDGET_DEFAULTS } from '../../protocol/peer/budget.ts';
import { Carriage } from './carriage.ts';
import { Clients } from './clients.ts';
import type {
  Air,
  GatewayEvent,
  GatewayInput,
  GatewayOutput,
  GatewaySnapshot,
  LineWish,
} from './contract.ts';
import { ADVERT_EVERY_MS, Gateways } from './gateways.ts';
import { Injection } from './injection.ts';
import { Lan } from './lan.ts';
import type { LinesConfig } from './lines.ts';
import { Lines } from './lines.ts';
import { FLOOD_AGE_MS, RecentPackets } from './recent.ts';
import { Turns } from './turns.ts';

export type GatewayConfig = LinesConfig & {
  budget: BudgetLimits;
  /** What this network is told, where it is: a hello (WIRE §24). */
  announcement?: Uint8Array;
};

export const GATEWAY_DEFAULTS: GatewayConfig = {
  budget: BUDGET_DEFAULTS,
  lines: [],
  address: null,
};

export type GatewayPorts = {
  id: Uint8Array;
  crypto: Pick<Crypto, 'sha256'>;
  air: Air;
  archive: Pick<Archive, 'ledger' | 'lines' | 'settings'>;
  /** Bytes that nobody can foresee. */
  draw: (size: number) => Uint8Array;
};

/** WIRE §12 (o): an older announce makes an iPhone forget what its sender said. */
const ANNOUNCE_AGE_MS = 60_000;
/** What changed is told together. */
const ADVERT_SOON_MS = 200;
/** Between two adverts, whatever changes. */
const ADVERT_GAP_MS = 2000;
/** Within it what a gateway of our island said over lines is on the air as well. */
export const OVERHEAR_MS = 3000;
/** What is only counted is stored so often, and at the end. */
const STORE_EVERY_MS = 60_000;
/** Seconds in which others are told for how long our budget is spent. */
const BUSY_STEP = 5;
/** The budget's name in the ledger. */
const RADIO = 'radio';
/** Adverts over lines that are listened for on the air; further ones are heard again in half a minute. */
export const LISTENED_MAX = 64;

type Listened = { id: Uint8Array; bytes: Uint8Array; until: Millis };

export class Gateway implements Machine<GatewayInput, GatewayOutput> {
  private readonly air: Air;
  private readonly gateways: Gateways;
  private readonly budget: Budget;
  private readonly injection: Injection;
  private readonly recent = new RecentPackets();
  private readonly carriage: Carriage;
  private readonly lines: Lines;
  private readonly clients: Clients;
  private readonly lan: Lan | null;
  private readonly announcement: Uint8Array | null;
  /** Lines that are up, by link. */
  private readonly up = new Map<number, { id: Uint8Array; name: string }>();
  private listened: Listened[] = [];
  /** The budget as it was left at the last end. */
  private readonly stored: { level: number; at: number } | null;
  private epochMs: number | null = null;
  private advertAt: Millis = Infinity;
  private advertisedAt: Millis = -Infinity;
  private storeAt: Millis = Infinity;
  /** For how long our budget is spent, as we tell others. */
  private busySeconds = 0;
  private handed = 0;
  private now: Millis;

  constructor(config: GatewayConfig, ports: GatewayPorts, now: Millis) {
    const { id, crypto, air, archive } = ports;
    this.now = now;
    this.air = air;
    this.gateways = new Gateways(id);
    this.stored = archive.ledger.budget(RADIO);
    const level = this.stored?.level ?? config.budget.burstBytes;
    this.budget = new Budget(config.budget, level, now);
    this.injection = new Injection(new Turns(crypto, id, this.gateways), this.budget, air);
    this.carriage = new Carriage(archive.ledger);
    this.lines = new Lines(config, ports);
    this.clients = new Clients(ports);
    this.announcement = config.announcement ?? null;
    this.lan = this.announcement === null ? null : new Lan(id, now);
  }

  /** Whether somebody may have a line with us, for Trunks. */
  admits(id: Uint8Array, token: Uint8Array): boolean {
    return this.lines.admits(id, token, this.wall());
  }

  /** Whether somebody may be a client of ours. */
  admitsClient(id: Uint8Array, token: Uint8Array): boolean {
    return this.clients.admits(id, token);
  }

  /** Whom to dial. */
  routes(): ReturnType<Lines['routes']> {
    const found = this.lan?.routes((node) => this.lines.isKnown(node)) ?? [];
    return [...this.lines.routes(), ...found];
  }

  /** Whether there is a line, or one is meant to be: others reach through us what is not on our island. */
  get hasLines(): boolean {
    return this.up.size > 0 || this.lines.all().length > 0;
  }

  /** How often what lines brought had to wait for the budget of the air. */
  get waits(): number {
    return this.injection.waits;
  }

  step(input: GatewayInput | Tick, now: Millis): GatewayOutput[] {
    const out: GatewayOutput[] = [];
    this.now = now;
    switch (input.kind) {
      case 'passed':
        this.pass(input, out);
        break;
      case 'advert':
        this.hearAdvert(input.packet, input.isFromLine, out);
        break;
      case 'lineUp':
        this.lineUp(input, out);
        break;
      case 'lineDown':
        this.lineDown(input.link);
        break;
      case 'met':
        this.gateways.unsettle(now);
        this.advertiseSoon();
        break;
      case 'spent':
        this.budget.spend(input.bytes, now);
        break;
      case 'announced':
        this.hearAnnounced(input.from, input.bytes, out);
        break;
      case 'budget':
        this.budget.change(input.limits, now);
        this.injection.reckonAgain();
        break;
      case 'clock':
        this.setClock(input.offsetMs);
        break;
      case 'clientUp':
        this.clients.lineUp(input.id, input.token);
        break;
      case 'clientDown':
        this.clients.lineDown(input.id);
        break;
      case 'ask':
        this.ask(input.ticket, input.wish, out);
        break;
      case 'leave':
        this.store(out);
        break;
      case 'tick':
        break;
    }
    this.wake(out);
    return out;
  }

  deadline(): Millis {
    return Math.min(
      this.injection.deadline(),
      this.gateways.deadline(),
      this.advertAt,
      this.storeAt,
      this.lan?.deadline() ?? Infinity,
      this.listened[0]?.until ?? Infinity,
    );
  }

  snapshot(now: Millis): GatewaySnapshot {
    const { injected, injectedBytes, overheard, drops, size } = this.injection;
    return {
      ...this.budget.limits,
      levelBytes: Math.floor(this.budget.levelAt(now)),
      waiting: size,
      injected,
      injectedBytes,
      overheard,
      handed: this.handed,
      drops: { ...drops, ...prefixed('lan-', this.lan?.drops ?? {}) },
      gateways: this.gateways.all(now),
      lines: this.lines.all(),
      clients: this.clients.all(),
      found: (this.lan?.all() ?? []).filter(({ node }) => !this.lines.isKnown(node)),
    };
  }

  private pass(input: Extract<GatewayInput, { kind: 'passed' }>, out: GatewayOutput[]): void {
    const { link, bytes, priority, isFromLine } = input;
    if (bytes[1] === GATEWAY) {
      if (isFromLine) this.listenFor(bytes);
      return;
    }
    const isAnnounce = bytes[1] === ANNOUNCE;
    const staleAt = this.staleAt(bytes, isAnnounce ? ANNOUNCE_AGE_MS : FLOOD_AGE_MS);
    const from = isFromLine ? (this.up.get(link)?.name ?? null) : null;
    // A line that comes up is introduced to everybody by the station itself.
    if (!isAnnounce) this.recent.add({ bytes, priority, from, staleAt }, this.now);
    const isForwarded = this.up.size > (isFromLine ? 1 : 0);
    if (isForwarded && link >= 0) this.carry(bytes, out);
    if (!isFromLine) return;
    // Words go ahead of who is there, which is said again and again.
    const rank = isAnnounce ? BACKGROUND : priority;
    const candidate = { bytes, priority: rank, cameAt: this.now, staleAt, isCarried: isForwarded };
    this.injection.add(candidate);
  }

  /** When it is too old to be flooded, as its sender's clock has it. */
  private staleAt(bytes: Uint8Array, ageMs: Millis): Millis {
    if (this.epochMs === null) return this.now + ageMs;
    return Math.min(this.now, readU64(bytes, TIMESTAMP_AT) - this.epochMs) + ageMs;
  }

  private carry(bytes: Uint8Array, out: GatewayOutput[]): void {
    const wallMs = this.wall();
    if (wallMs === null) return;
    const packet = new PacketView();
    packet.read(bytes, FRAME_MAX);
    const sender = bytes.subarray(packet.senderAt, packet.senderAt + ID_SIZE);
    save(this.carriage.count(new Uint8Array(sender), bytes.length, wallMs), out);
    this.storeAt = Math.min(this.storeAt, this.now + STORE_EVERY_MS);
  }

  private lineUp(input: Extract<GatewayInput, { kind: 'lineUp' }>, out: GatewayOutput[]): void {
    const { link, id, name, token } = input;
    const met = this.lines.met(id, name, token, this.wall());
    // Trunks ask again who may stay.
    if (met === null) return this.reroute(out);
    save(met.writes, out);
    if (met.isNew) tell({ kind: 'line-joined', node: id, name }, out);
    const known = toHex(id);
    this.up.set(link, { id, name: known });
    this.gateways.lineUp(id, this.now);
    this.injection.reconsider();
    this.advertiseSoon();
    for (const { bytes, priority } of this.recent.for(known, this.now)) {
      this.handed++;
      out.push({ kind: 'hand', link, bytes, priority });
    }
  }

  private lineDown(link: number): void {
    const line = this.up.get(link);
    if (line === undefined) return;
    this.up.delete(link);
    this.gateways.lineDown(line.id, this.now);
    this.injection.reconsider();
    this.advertiseSoon();
  }

  private reroute(out: GatewayOutput[]): void {
    out.push({ kind: 'routes', routes: this.routes() });
  }

  private hearAnnounced(from: string, bytes: Uint8Array, out: GatewayOutput[]): void {
    const isUp = (node: Uint8Array): boolean => this.gateways.hasLineTo(node);
    const isKnown = (node: Uint8Array): boolean => this.lines.isKnown(node);
    if (this.lan?.hear(from, bytes, isUp, isKnown, this.now) === true) this.reroute(out);
  }

  /** Whoever is gone meanwhile is not dialled any more. */
  private announce(lan: Lan, out: GatewayOutput[]): void {
    out.push({ kind: 'announce', bytes: this.announcement! });
    if (lan.expire((node) => this.gateways.hasLineTo(node), this.now)) this.reroute(out);
  }

  private hearAdvert(packet: Packet, isFromLine: boolean, out: GatewayOutput[]): void {
    const { sender, payload, ttl } = packet;
    const advert = decodeAdvert(payload);
    if (!advert.ok) return;
    // It carries what it is passed on with.
    const hops = isFromLine ? null : Math.max(1, OWN_TTL - ttl);
    const isNew = this.gateways.hear(sender, advert.value, hops, this.now);
    if (isNew) this.changed(sender, !isFromLine, out);
  }

  /** Over lines adverts come faster than by radio: what is on the air as well comes from our island. */
  private listenFor(bytes: Uint8Array): void {
    if (this.air.lacking(bytes) === 0 || this.listened.length >= LISTENED_MAX) return;
    const packet = new PacketView();
    packet.read(bytes, FRAME_MAX);
    const id = new Uint8Array(bytes.subarray(packet.senderAt, packet.senderAt + ID_SIZE));
    this.listened.push({ id, bytes, until: this.now + OVERHEAR_MS });
  }

  private judgeListened(out: GatewayOutput[]): void {
    while (this.listened.length > 0 && this.listened[0].until <= this.now) {
      const { id, bytes } = this.listened.shift()!;
      if (this.air.lacking(bytes) > 0) continue;
      if (this.gateways.proveHere(id, this.now)) this.changed(id, true, out);
    }
  }

  private changed(id: Uint8Array, isHere: boolean, out: GatewayOutput[]): void {
    this.injection.reconsider();
    tell({ kind: 'gateway-changed', id }, out);
    // Whoever is new here does not know us yet.
    if (isHere) this.advertiseSoon();
  }

  private advertiseSoon(): void {
    const at = Math.max(this.now + ADVERT_SOON_MS, this.advertisedAt + ADVERT_GAP_MS);
    this.advertAt = Math.min(this.advertAt, at);
  }

  /** In steps, and less only when it is much less, since every change is told. */
  private judgeBusy(): void {
    if (this.gateways.rivals.length === 0) return;
    const seconds = this.injection.backlogMs(this.now) / 1000;
    const steps = seconds < 1 ? 0 : Math.ceil((seconds + 1) / BUSY_STEP);
    const busy = Math.min(steps * BUSY_STEP, BUSY_MAX);
    const isMuchLess = busy === 0 || busy <= this.busySeconds - 2 * BUSY_STEP;
    if (busy === this.busySeconds || (busy < this.busySeconds && !isMuchLess)) return;
    this.busySeconds = busy;
    this.advertiseSoon();
  }

  /** A gateway without lines is none, once it has said so. */
  private advertise(out: GatewayOutput[]): void {
    this.advertAt = this.gateways.hasLines ? this.now + ADVERT_EVERY_MS : Infinity;
    const hasBeenOne = this.advertisedAt > -Infinity;
    if (this.epochMs === null || (!this.gateways.hasLines && !hasBeenOne)) return;
    this.advertisedAt = this.gateways.hasLines ? this.now : -Infinity;
    const payload = encodeAdvert(this.gateways.advert(this.busySeconds));
    const draft = { type: GATEWAY, payload, recipient: null, isSigned: true };
    out.push({ kind: 'send', draft });
  }

  private setClock(offsetMs: number | null): void {
    const isFirst = this.epochMs === null && offsetMs !== null;
    this.epochMs = offsetMs;
    if (!isFirst) return;
    if (this.stored !== null) this.budget.earn(this.wall()! - this.stored.at, this.now);
    this.advertiseSoon();
  }

  private ask(ticket: number, wish: LineWish, out: GatewayOutput[]): void {
    if (wish.kind === 'add-client' || wish.kind === 'remove-client') {
      const { writes, isChanged, answer } = this.clients.ask(wish, this.wall());
      save(writes, out);
      if (isChanged) out.push({ kind: 'rejudge' });
      return void out.push({ kind: 'answer', ticket, answer });
    }
    const { writes, isRerouted, answer } = this.lines.ask(wish, this.wall());
    save(writes, out);
    if (isRerouted) this.reroute(out);
    out.push({ kind: 'answer', ticket, answer });
  }

  private wake(out: GatewayOutput[]): void {
    const { now } = this;
    if (now >= this.gateways.deadline()) {
      for (const id of this.gateways.expire(now)) tell({ kind: 'gateway-gone', id }, out);
      this.injection.reconsider();
    }
    this.judgeListened(out);
    for (const { bytes, isCarried } of this.injection.take(now)) {
      out.push({ kind: 'inject', bytes });
      if (!isCarried) this.carry(bytes, out);
    }
    this.judgeBusy();
    if (now >= this.advertAt) this.advertise(out);
    if (this.lan?.isToSay(now) === true) this.announce(this.lan, out);
    if (now >= this.storeAt) this.store(out);
  }

  private store(out: GatewayOutput[]): void {
    this.storeAt = Infinity;
    const wallMs = this.wall();
    save(this.carriage.write(), out);
    if (wallMs === null) return;
    const level = Math.floor(this.budget.levelAt(this.now));
    save([{ kind: 'budget', budget: { link: RADIO, level, at: wallMs } }], out);
  }

  private wall(): number | null {
    return this.epochMs === null ? null : Math.floor(this.epochMs + this.now);
  }
}

function save(writes: StoreWrite[], out: GatewayOutput[]): void {
  for (const write of writes) out.push({ kind: 'store', write });
}

function tell(event: GatewayEvent, out: GatewayOutput[]): void {
  out.push({ kind: 'told', event });
}
