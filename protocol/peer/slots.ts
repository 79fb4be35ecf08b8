/**
 * Slots: which links a node with one link in and several out has, to other nodes and to phones
 * (RADIO points 3 and 12). Nodes form one tree by the Connector's rules; phones are no part of it,
 * and get what the tree leaves.
 *
 *   link 0                    whoever dials us: a phone, or the parent in the tree
 *   1 to `nodesMax`           the tree's; phones borrow them while it does not want them
 *   up to `outMax`            phones
 *
 *   phone: sighted -> dialled -> served -> idle for 60 s and others wait, or its turn is over -> waits
 *
 * One dial at a time: the radio blocks behind one that is not answered. The tree's goes first.
 */
import type { ConnectorOutput } from '../core/connector.ts';
import { Connector, SIGHT_SIZE } from '../core/connector.ts';
import type { Machine, Millis, Random, Tick } from '../core/machine.ts';
import { TICK } from '../core/machine.ts';
import type { Service } from './contract.ts';
import type { Sighting } from './sightings.ts';
import { Sightings } from './sightings.ts';

export type SlotsInput =
  /**
   * An advertisement: of a node, what its manufacturer's field holds; of a phone, the peer id if it
   * shows one, as Android does. Who shows both services is a node.
   */
  | { kind: 'sighted'; address: string; rssi: number; service: Service; bytes: Uint8Array }
  /** `address` of the one in, where the radio knows it. */
  | { kind: 'opened'; link: number; address?: string }
  /** The answer to every `disconnect`, and the end of a link or dial that failed. */
  | { kind: 'closed'; link: number }
  /** A hello: only nodes say it. */
  | { kind: 'told'; link: number; id: Uint8Array; mesh: Uint8Array | null }
  /** Which peer the phone at the other end is. */
  | { kind: 'announced'; link: number; id: Uint8Array }
  /** Traffic of value: what somebody wrote or asked for, not announces and other upkeep. */
  | { kind: 'used'; link: number }
  /** A node is wanted back, however often it failed. */
  | { kind: 'redial'; id: Uint8Array }
  /** The adapter went, and all links with it, or it is there (again). At first it is there. */
  | { kind: 'power'; isOn: boolean };

export type SlotsOutput =
  | { kind: 'connect'; link: number; address: string; service: Service }
  | { kind: 'disconnect'; link: number }
  /** With `phones` false the phones' service is not shown, so that a node gets the link in. */
  | { kind: 'advertise'; bytes: Uint8Array; connectable: boolean; phones: boolean }
  | { kind: 'scan'; on: boolean }
  /** Our mesh field has changed: all links to nodes should hear of it. */
  | { kind: 'tell'; mesh: Uint8Array };

export type SlotsConfig = {
  /** As of a Connector. */
  id: Uint8Array;
  role: number;
  scanDuty: number;
  /** Links out, numbered from 1. */
  outMax: number;
  /** How many of them the tree may have. */
  nodesMax: number;
};

/** A phone that brings and takes nothing for so long makes room. */
export const IDLE_MS = 60_000;
/** The link in is given up for an idle phone ever later, while no other is in sight. */
const IDLE_MAX_MS = 8 * IDLE_MS;
/** And one that is busy makes room after this, if another waits. */
export const TURN_MS = 600_000;
/** A link that broke before was a failure. */
const STEADY_MS = 60_000;
/** A dial that is not answered is given up. */
const DIAL_MAX_MS = 10_000;
/** How often phones are looked at, and as much again by chance. */
const REVIEW_MS = 500;
/** A phone on the link in leaves for a node of an island met for so long, doubled each time. */
const YIELD_MS = 8000;
const YIELD_DOUBLINGS_MAX = 6;
/** For so long then only nodes are invited. */
const NODES_ONLY_MS = 30_000;

type Slot = {
  /** Null for the link in until a hello comes; a phone says none. */
  service: Service | null;
  address: string;
  /** Who it is, as characters; empty until it says. */
  id: string;
  isOpen: boolean;
  /** We have asked for its end. */
  isLeaving: boolean;
  /** It is not to blame for its end. */
  isSpared: boolean;
  /** Of the dial, then of the link. */
  sinceAt: Millis;
  usedAt: Millis;
  isUsed: boolean;
};

export class Slots implements Machine<SlotsInput, SlotsOutput> {
  private readonly config: SlotsConfig;
  private readonly random: Random;
  private readonly sightings: Sightings;
  private readonly id: string;
  private readonly slots: (Slot | null)[] = [];
  private connector: Connector;
  private isOn = true;
  /** What the tree wants dialled, until its link is free and no dial is out. */
  private held: { link: number; address: string } | null = null;
  private reviewAt: Millis;
  private idleMs = IDLE_MS;
  /** When the phone on the link in has to leave, or 0; and the last sign of the other island. */
  private yieldAt: Millis = 0;
  private foreignAt: Millis = -Infinity;
  private yields = 0;
  private nodesOnlyUntil: Millis = 0;
  /** What the tree wants advertised, and what is. */
  private sight: { bytes: Uint8Array; connectable: boolean } | null = null;
  private shown = '';

  constructor(config: SlotsConfig, random: Random, now: Millis) {
    this.config = config;
    this.random = random;
    this.sightings = new Sightings(random);
    this.id = characters(config.id);
    this.connector = this.freshConnector(now);
    this.reviewAt = now;
    for (let link = 0; link <= config.outMax; link++) this.slots.push(null);
  }

  /** Nodes of our island, as far as we know. */
  get islandSize(): number {
    return this.connector.size;
  }

  step(input: SlotsInput | Tick, now: Millis): SlotsOutput[] {
    const out: SlotsOutput[] = [];
    if (input.kind === 'power') this.power(input.isOn, now);
    // What an adapter that is off still had to say.
    if (!this.isOn) return out;
    switch (input.kind) {
      case 'sighted':
        this.sighted(input, now, out);
        break;
      case 'opened':
        this.opened(input.link, input.address ?? '', now, out);
        break;
      case 'closed':
        this.closed(input.link, now, out);
        break;
      case 'told':
        this.told(input.link, input.id, input.mesh, now, out);
        break;
      case 'announced':
        this.announced(input.link, characters(input.id), out);
        break;
      case 'used':
        this.used(input.link, now);
        break;
      case 'redial':
        this.sightings.forgive(characters(input.id));
        break;
      case 'power':
      case 'tick':
        break;
    }
    if (now >= this.connector.deadline())
      this.onConnector(this.connector.step(TICK, now), now, out);
    if (now >= this.reviewAt) this.review(now, out);
    this.dialHeld(now, out);
    this.advertise(now, out);
    return out;
  }

  deadline(): Millis {
    return this.isOn ? Math.min(this.connector.deadline(), this.reviewAt) : Infinity;
  }

  private power(isOn: boolean, now: Millis): void {
    this.isOn = isOn;
    this.slots.fill(null);
    this.connector = this.freshConnector(now);
    this.held = null;
    this.sight = null;
    this.shown = '';
    this.reviewAt = now;
    this.settleIsland();
  }

  private freshConnector(now: Millis): Connector {
    const { id, role, scanDuty, nodesMax } = this.config;
    const config = { id, role, scanDuty, outMax: nodesMax, onBattery: false };
    return new Connector(config, this.random, now);
  }

  private sighted(
    { address, rssi, service, bytes }: SlotsInput & { kind: 'sighted' },
    now: Millis,
    out: SlotsOutput[],
  ): void {
    const id = service === 'node' ? bytes.subarray(3, 11) : bytes;
    const sighting = this.sightings.see(address, service, characters(id), rssi, now);
    if (service === 'phone' || bytes.length < SIGHT_SIZE) return;
    this.watchForeign(bytes, now, out);
    let shown = bytes;
    if (now < sighting.restsUntil) {
      // To the tree, one that we let be may not be dialled.
      shown = new Uint8Array(bytes);
      shown[2] &= ~MAY_BE_DIALLED;
    }
    this.onConnector(
      this.connector.step({ kind: 'sighted', address, rssi, bytes: shown }, now),
      now,
      out,
    );
  }

  /** A phone on the link in must not keep two islands apart: one joins another by that link only. */
  private watchForeign(bytes: Uint8Array, now: Millis, out: SlotsOutput[]): void {
    const island = characters(bytes.subarray(11, 19));
    const isOurs =
      island === this.connector.island || characters(bytes.subarray(3, 11)) === this.id;
    if (isOurs || this.slots[0]?.service !== null) return;
    const patienceMs = YIELD_MS << this.yields;
    if (this.yieldAt === 0 || now - this.foreignAt > YIELD_MS) {
      this.yieldAt = now + patienceMs + this.random(patienceMs);
    }
    this.foreignAt = now;
    if (now < this.yieldAt) return;
    this.yieldAt = 0;
    this.yields = Math.min(this.yields + 1, YIELD_DOUBLINGS_MAX);
    this.nodesOnlyUntil = now + NODES_ONLY_MS;
    this.release(0, out);
  }

  private settleIsland(): void {
    this.yieldAt = 0;
    this.yields = 0;
    this.nodesOnlyUntil = 0;
  }

  private opened(link: number, address: string, now: Millis, out: SlotsOutput[]): void {
    // A radio that lost an end without saying so uses the link in again.
    if (link === 0 && this.slots[0] !== null) this.closed(0, now, out);
    if (link === 0) this.slots[0] = slotOf(null, address, now);
    const slot = this.slots[link];
    // It was given up while it was dialled.
    if (slot === null || slot.isLeaving) return void out.push({ kind: 'disconnect', link });
    slot.isOpen = true;
    slot.sinceAt = now;
    slot.usedAt = now;
    if (slot.service === 'node') this.tree({ kind: 'opened', link }, now, out);
  }

  private closed(link: number, now: Millis, out: SlotsOutput[]): void {
    const slot = this.slots[link];
    if (slot === null) return;
    this.slots[link] = null;
    const isSteady = slot.isOpen && now - slot.sinceAt >= STEADY_MS;
    if (isSteady) this.sightings.held(slot.address);
    else if (link > 0 && !slot.isSpared) this.sightings.failed(slot.address, now);
    if (slot.service === 'node') this.tree({ kind: 'closed', link }, now, out);
    else if (slot.isOpen) this.sightings.served(slot.address, slot.isUsed, now);
  }

  private told(
    link: number,
    id: Uint8Array,
    mesh: Uint8Array | null,
    now: Millis,
    out: SlotsOutput[],
  ): void {
    const slot = this.slots[link];
    if (slot === null || slot.service === 'phone') return;
    // Only now is the one in known to be a node.
    if (slot.service === null) this.tree({ kind: 'opened', link }, now, out);
    slot.service = 'node';
    slot.id = characters(id);
    this.tree({ kind: 'told', link, id, mesh }, now, out);
  }

  /** The same phone twice: the link in is the scarcer one. */
  private announced(link: number, id: string, out: SlotsOutput[]): void {
    const slot = this.slots[link];
    if (slot === null || slot.service === 'node') return;
    slot.id = id;
    const isTwice = this.slots.some((other, at) => at > 0 && other?.isOpen && other.id === id);
    if (isTwice && this.slots[0]?.id === id) this.release(0, out);
  }

  private used(link: number, now: Millis): void {
    const slot = this.slots[link];
    if (slot === null) return;
    slot.usedAt = now;
    slot.isUsed = true;
    if (link === 0) this.idleMs = IDLE_MS;
  }

  private tree(input: Parameters<Connector['step']>[0], now: Millis, out: SlotsOutput[]): void {
    this.onConnector(this.connector.step(input, now), now, out);
  }

  private onConnector(outputs: ConnectorOutput[], now: Millis, out: SlotsOutput[]): void {
    for (const output of outputs) {
      switch (output.kind) {
        case 'connect':
          this.held = output;
          break;
        case 'disconnect':
          if (this.held?.link === output.link) {
            this.held = null;
            this.tree({ kind: 'closed', link: output.link }, now, out);
          } else this.release(output.link, out);
          break;
        case 'advertise':
          this.sight = output;
          break;
        case 'scan':
          out.push(output);
          break;
        case 'tell':
          this.settleIsland();
          out.push(output);
          break;
      }
    }
  }

  /** The tree's dial, once the phone in its way has left. */
  private dialHeld(now: Millis, out: SlotsOutput[]): void {
    if (this.held === null) return;
    const { link, address } = this.held;
    const inItsWay = this.slots[link] === null ? this.dialled() : link;
    const slot = this.slots[inItsWay] ?? null;
    if (slot !== null) {
      this.release(inItsWay, out);
      slot.isSpared = true;
      return;
    }
    this.held = null;
    this.dial(link, address, 'node', now, out);
  }

  private dial(
    link: number,
    address: string,
    service: Service,
    now: Millis,
    out: SlotsOutput[],
  ): void {
    this.slots[link] = slotOf(service, address, now);
    out.push({ kind: 'connect', link, address, service });
  }

  /** The link that is being dialled, or -1. */
  private dialled(): number {
    return this.slots.findIndex((slot) => slot !== null && !slot.isOpen);
  }

  private release(link: number, out: SlotsOutput[]): void {
    const slot = this.slots[link];
    if (slot === null || slot.isLeaving) return;
    slot.isLeaving = true;
    slot.isSpared = slot.isOpen;
    out.push({ kind: 'disconnect', link });
  }

  private review(now: Millis, out: SlotsOutput[]): void {
    this.reviewAt = now + REVIEW_MS + this.random(REVIEW_MS);
    const dialled = this.dialled();
    if (dialled >= 0) return this.giveUpLate(dialled, now, out);
    const link = this.freeLink();
    const next = this.sightings.best(
      now,
      (phone) => !this.isLinked(phone) && (link > 0 || hasRested(phone, now)),
    );
    this.releaseIn(next !== null && link < 0, now, out);
    if (next === null || this.held !== null) return;
    if (link > 0) this.dial(link, next.address, 'phone', now, out);
    else this.makeRoom(now, out);
  }

  private giveUpLate(link: number, now: Millis, out: SlotsOutput[]): void {
    const slot = this.slots[link];
    // The tree has its own patience with its dials.
    if (slot === null || slot.service === 'node' || now - slot.sinceAt < DIAL_MAX_MS) return;
    slot.isLeaving = false;
    slot.sinceAt = now;
    this.release(link, out);
  }

  private isLinked(sighting: Sighting): boolean {
    return this.slots.some(
      (slot) =>
        slot !== null &&
        (slot.address === sighting.address || (slot.id !== '' && slot.id === sighting.id)),
    );
  }

  /** For a phone: the last free link out, as far from the tree's first as can be. */
  private freeLink(): number {
    const link = this.slots.lastIndexOf(null);
    return link > 0 ? link : -1;
  }

  private releaseIn(isWaited: boolean, now: Millis, out: SlotsOutput[]): void {
    const slot = this.slots[0];
    if (slot === null || slot.service !== null || slot.isLeaving) return;
    const idleMs = isWaited ? IDLE_MS : this.idleMs;
    if (now - slot.usedAt < idleMs) return;
    if (!slot.isUsed) this.idleMs = Math.min(this.idleMs * 2, IDLE_MAX_MS);
    this.release(0, out);
  }

  /** The phone that has been idle longest leaves, or else the one whose turn is over. */
  private makeRoom(now: Millis, out: SlotsOutput[]): void {
    let leaving = -1;
    let leastUsedAt = Infinity;
    for (let link = 1; link <= this.config.outMax; link++) {
      const slot = this.slots[link];
      if (slot === null || slot.service !== 'phone') continue;
      const isIdle = now - slot.usedAt >= IDLE_MS;
      if (!isIdle && now - slot.sinceAt < TURN_MS) continue;
      if (slot.usedAt >= leastUsedAt) continue;
      leaving = link;
      leastUsedAt = slot.usedAt;
    }
    if (leaving > 0) this.release(leaving, out);
  }

  private advertise(now: Millis, out: SlotsOutput[]): void {
    if (this.sight === null) return;
    const connectable = this.sight.connectable && this.slots[0] === null;
    const bytes = new Uint8Array(this.sight.bytes);
    if (!connectable) bytes[2] &= ~MAY_BE_DIALLED;
    const phones = now >= this.nodesOnlyUntil;
    const shown = `${characters(bytes)}${connectable}${phones}`;
    if (shown === this.shown) return;
    this.shown = shown;
    out.push({ kind: 'advertise', bytes, connectable, phones });
  }
}

/** The flag of an advertisement (see Connector). */
const MAY_BE_DIALLED = 16;

/** Who had nothing to say in its last turns lets the others have theirs. */
function hasRested(phone: Sighting, now: Millis): boolean {
  return now - phone.servedAt >= IDLE_MS * (2 ** phone.idleTurns - 1);
}

function slotOf(service: Service | null, address: string, now: Millis): Slot {
  return {
    service,
    address,
    id: '',
    isOpen: false,
    isLeaving: false,
    isSpared: false,
    sinceAt: now,
    usedAt: now,
    isUsed: false,
  };
}

/** Bytes as characters, which compare as arrays cannot. */
function characters(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
