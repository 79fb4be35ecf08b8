/**
 * Relay: hears packets on links, hands up what concerns this node, and passes on what others may
 * need, each packet at most once per link and always with a smaller TTL (WIRE §12, §13).
 *
 *   heard -> read -> own echo? -> link-scoped? -> seen? -> admitted? -> remembered
 *         -> delivered, if for us or for all -> passed on: wires at once, air after a drawn wait
 *
 * A copy heard while a packet waits takes that copy's link off its way; if every link has it, the
 * packet stays here. A packet whose TTL was spent when first heard may still be passed on from a
 * later copy that has some left: otherwise a forged TTL would silence it.
 */
import { assert } from './assert.ts';
import { readU32, sameBytes } from './bytes.ts';
import { MANY_LINKS, ORDERLY, ROUTES } from './features.ts';
import type { Machine, Millis, Random, Tick } from './machine.ts';
import type { Malformed, PacketView } from './packet.ts';
import {
  ANNOUNCE,
  CONTROL,
  FLAGS_AT,
  FRAGMENT,
  FRAME_MAX,
  HANDSHAKE,
  HEARTBEAT,
  HELLO,
  ID_SIZE,
  isFilledWith,
  RECONCILE,
  REQUEST_SYNC,
  SPREAD,
  TRACE,
  TTL_AT,
  VIEW,
  VOICE,
} from './packet.ts';
import { CRITICAL, priorityOf } from './queue.ts';
import type { PacketHash } from './seen.ts';
import { Seen, wordOf } from './seen.ts';

export type RelayInput =
  /** `air` shares a medium, so packets wait a drawn time on it; neither wire nor `line` does. */
  | { kind: 'linkUp'; link: number; air: boolean; line?: boolean; leaf?: boolean }
  | { kind: 'linkDown'; link: number }
  /** Who is at the far end, as far as anybody has shown it; routes are followed by this. */
  | { kind: 'neighbour'; link: number; id: Uint8Array }
  /**
   * A frame arrived. The relay owns the bytes from here, and may change their TTL. To a relay with
   * routes: what a routed packet visited (WIRE §27), or whether a node with routes flooded it.
   */
  | { kind: 'heard'; link: number; bytes: Uint8Array; visited?: Uint8Array; isFlooded?: boolean }
  /** This node's own packet: to everyone it reaches, or over one link (-1: all). */
  | { kind: 'send'; link: number; bytes: Uint8Array }
  /** To a relay with lines: what one of them brought shall be heard here, as `passed` had it. */
  | { kind: 'inject'; bytes: Uint8Array };

export type RelayOutput =
  /** Of a relay with routes: `visited` is what a routed packet visited, ourselves included. */
  | { kind: 'transmit'; link: number; bytes: Uint8Array; priority: number; visited?: Uint8Array }
  /** The bytes carry the TTL they are passed on with; `ttl` is what was heard. */
  | { kind: 'deliver'; link: number; bytes: Uint8Array; ttl: number }
  /** Of a relay with lines: a packet goes further for the first time. Link -1 for our own. */
  | { kind: 'passed'; link: number; bytes: Uint8Array; priority: number }
  | RelayDrop;
export type RelayDrop = { kind: 'drop'; link: number; reason: DropReason };

/** Why a packet, or one copy of it, went no further. Closed: counters and pages are keyed by it. */
export type DropReason =
  | Malformed
  | 'bad-sender'
  | 'own-echo'
  | 'duplicate'
  | 'link-scope'
  | 'out-of-hops'
  | 'loop'
  | 'suppressed'
  | 'forgotten'
  | 'busy'
  | 'flooding'
  | AdmissionReason;

/** What only a node with keys can find wrong. */
export type AdmissionReason =
  | 'bad-signature'
  /** The same, of what others may have passed on in good faith: they do not know its sender. */
  | 'forged'
  /** And more than may come of it. */
  | 'flooded'
  | 'unsigned'
  | 'unknown-sender'
  | 'denied'
  | 'identity-clash'
  | 'bad-payload'
  /** Its sender shows no work, where that is asked for (DEFAULTS §2). */
  | 'stamp-missing'
  /** A person, or what was observed of its sender, keeps it apart. */
  | 'quarantined'
  /** Its time is not now, and nobody asked for it. */
  | 'stale';

/** Judges packets not met before, before they are remembered (RELIABILITY §1). */
export interface Admission {
  /** Null lets it in. The view is only good during the call. */
  admit(packet: PacketView, link: number, now: Millis): DropReason | null;
}

export type RelayConfig = {
  /** This node's id, 8 bytes. */
  id: Uint8Array;
  /** TTLs above it are cut down to it: 7 among phones, up to 64 by setting (WIRE §12). */
  ttlMax: number;
  /** Longer frames are dropped as too-long. */
  frameMax: number;
  /** Links are numbered 0 to `linksMax` - 1. */
  linksMax: number;
  /** Packets remembered; then the one met longest ago is forgotten. */
  seenMax: number;
  seenAgeMs: Millis;
  seenCriticalAgeMs: Millis;
  /** Packets waiting for their moment on the air. When full, new ones are delivered only. */
  waitingMax: number;
  /**
   * Whether broadcasts leave over some of the links on the air only, as the phones do (WIRE §12).
   * Without a repair for what this misses it costs delivery badly, so it is off by default.
   */
  thinned: boolean;
};

/** DEFAULTS §2, for a node with memory to spare. Small boards set less. */
export const RELAY_DEFAULTS = {
  ttlMax: 7,
  frameMax: FRAME_MAX,
  linksMax: 32,
  seenMax: 10000,
  seenAgeMs: 600000,
  seenCriticalAgeMs: 300000,
  waitingMax: 1024,
  thinned: false,
};

type Waiting = {
  dueAt: Millis;
  bytes: Uint8Array;
  priority: number;
  thinned: boolean;
  slot: number;
  low: number;
  high: number;
};

/** The two words of the packet that was hashed last: one for all relays, like VIEW. */
export const HASH = new Uint32Array(2);

export class Relay implements Machine<RelayInput, RelayOutput> {
  protected readonly config: RelayConfig;
  private readonly random: Random;
  private readonly hash: PacketHash;
  private readonly admission: Admission;
  protected readonly seen: Seen;
  protected readonly packet = VIEW;
  /** The slot of the packet just heard; -1 where it was not met before. */
  protected met = -1;
  /** Sets of links, 32 to a word. */
  protected readonly up: Uint32Array;
  protected readonly onAir: Uint32Array;
  protected degree = 0;
  private readonly neighbours: (Uint8Array | null)[] = [];
  /** In the order in which they leave. */
  protected readonly waiting: Waiting[] = [];
  protected now: Millis = 0;

  constructor(config: RelayConfig, random: Random, hash: PacketHash, admission: Admission) {
    assert(config.id.length === ID_SIZE, 'a node id has 8 bytes');
    this.config = config;
    this.random = random;
    this.hash = hash;
    this.admission = admission;
    this.seen = new Seen(config.seenMax, config.linksMax);
    this.up = new Uint32Array(this.seen.words);
    this.onAir = new Uint32Array(this.seen.words);
    if (ROUTES) {
      for (let link = 0; link < config.linksMax; link++) this.neighbours.push(null);
    }
  }

  step(input: RelayInput | Tick, now: Millis): RelayOutput[] {
    assert(now >= this.now, 'time does not run backwards');
    this.now = now;
    const out: RelayOutput[] = [];
    // Due packets leave on every step, whatever woke us, so a late tick loses nothing.
    this.release(out);
    switch (input.kind) {
      case 'heard':
        this.hear(input.link, input.bytes, out);
        break;
      case 'send':
        this.send(input.link, input.bytes, out);
        break;
      case 'linkUp':
        this.raise(input.link, input.air);
        break;
      case 'linkDown':
        this.lower(input.link);
        break;
      case 'neighbour':
        if (ROUTES) this.neighbours[input.link] = new Uint8Array(input.id);
        break;
      case 'tick':
        break;
    }
    return out;
  }

  deadline(): Millis {
    return this.waiting.length > 0 ? this.waiting[0].dueAt : Infinity;
  }

  protected hear(link: number, bytes: Uint8Array, out: RelayOutput[]): void {
    const packet = this.packet;
    const malformed = packet.read(bytes, this.config.frameMax);
    if (malformed !== null) return drop(out, link, malformed);
    const at = packet.senderAt;
    if (sameBytes(bytes, at, this.config.id)) return drop(out, link, 'own-echo');
    if (isFilledWith(bytes, at, 0) || isFilledWith(bytes, at, 0xff)) {
      return drop(out, link, 'bad-sender');
    }
    if (isLinkScoped(packet.type)) {
      // Not remembered: these repeat themselves, and what they say is the link's own affair.
      if (packet.ttl > 0) return drop(out, link, 'link-scope');
      const refusal = this.admission.admit(packet, link, this.now);
      if (refusal !== null) return drop(out, link, refusal);
      out.push({ kind: 'deliver', link: link, bytes: bytes, ttl: 0 });
      return;
    }
    const priority = priorityOf(carriedType(packet));
    const ageMs = priority === CRITICAL ? this.config.seenCriticalAgeMs : this.config.seenAgeMs;
    this.hashPacket();
    const low = HASH[0];
    const high = HASH[1];
    let slot = this.seen.find(low, high, this.now, ageMs);
    this.met = slot;
    if (slot >= 0) {
      this.seen.mark(slot, link);
      if (this.seen.isPassed(slot) || packet.ttl <= 1) return drop(out, link, 'duplicate');
    } else {
      const refusal = this.admission.admit(packet, link, this.now);
      if (refusal !== null) return drop(out, link, refusal);
      slot = this.seen.add(low, high, this.now, ageMs);
      this.seen.mark(slot, link);
      const forUs = this.isForUs();
      if (forUs || packet.isBroadcast()) {
        out.push({ kind: 'deliver', link: link, bytes: bytes, ttl: packet.ttl });
      }
      // It has arrived: no copy of it goes anywhere else.
      if (forUs) return this.seen.pass(slot);
    }
    if (packet.ttl <= 1) return drop(out, link, 'out-of-hops');
    this.passOn(link, slot, priority, out);
  }

  protected passOn(link: number, slot: number, priority: number, out: RelayOutput[]): void {
    const packet = this.packet;
    if (ROUTES && hasLoop(packet)) return drop(out, link, 'loop');
    const bytes = packet.frame();
    bytes[TTL_AT] = this.remainingTtl(priority);
    const next = ROUTES ? this.nextOnRoute(slot) : -1;
    if (next >= 0) {
      this.seen.pass(slot);
      return this.transmit(next, slot, bytes, priority, out);
    }
    let waits = false;
    for (let word = 0; word < this.seen.words; word++) {
      const open = this.up[word] & ~this.seen.marks(slot, word);
      if ((open & this.onAir[word]) !== 0) waits = true;
      this.transmitAll(open & ~this.onAir[word], word, slot, bytes, priority, out);
    }
    // A packet that found no place to wait is not passed on, and a later copy may try again.
    if (waits && this.waiting.length >= this.config.waitingMax) return drop(out, link, 'busy');
    this.seen.pass(slot);
    if (!waits) return;
    let dueAt = this.now + this.drawWait();
    let at = this.waiting.length;
    while (at > 0 && this.waiting[at - 1].dueAt > dueAt) {
      // What one peer says to another keeps its order: phones lose what comes late (WIRE §8).
      if (ORDERLY && isOfFlow(this.waiting[at - 1].bytes, packet)) break;
      at--;
    }
    if (ORDERLY && at > 0) dueAt = Math.max(dueAt, this.waiting[at - 1].dueAt);
    this.waiting.splice(at, 0, {
      dueAt: dueAt,
      bytes: bytes,
      priority: priority,
      thinned: this.config.thinned && packet.isBroadcast() && !this.wantsEveryLink(),
      slot: slot,
      low: HASH[0],
      high: HASH[1],
    });
  }

  /** WIRE §12: how far the packet may still go from here. */
  protected remainingTtl(priority: number): number {
    const packet = this.packet;
    const most = this.config.ttlMax;
    let limit = most;
    if (this.isFloodedMedia()) {
      if (MANY_LINKS && this.degree >= 6) limit = most - 2;
    } else if (packet.isBroadcast()) {
      if (MANY_LINKS && this.degree >= 6) limit = most - 2;
      else if (this.degree >= 3 && packet.type !== ANNOUNCE && priority !== CRITICAL) {
        limit = most - 1;
      }
    }
    return Math.min(packet.ttl, Math.max(2, limit)) - 1;
  }

  /** WIRE §12: a moment for copies from others to be heard, longer where more may answer. */
  private drawWait(): Millis {
    const packet = this.packet;
    if (packet.type === HANDSHAKE) return this.between(10, 35);
    if (!packet.isBroadcast()) return this.between(20, 60);
    if (this.isFloodedMedia()) return this.between(8, 25);
    if (this.degree <= 2) return this.between(10, 40);
    if (!MANY_LINKS || this.degree <= 5) return this.between(60, 150);
    if (this.degree <= 9) return this.between(80, 180);
    return this.between(100, 220);
  }

  /** Announces bind links to peers, and one lost fragment loses the whole. */
  private wantsEveryLink(): boolean {
    return this.packet.type === ANNOUNCE || this.packet.type === FRAGMENT;
  }

  private isFloodedMedia(): boolean {
    const packet = this.packet;
    return packet.isBroadcast() && (packet.type === FRAGMENT || packet.type === VOICE);
  }

  private between(low: number, high: number): number {
    return low + this.random(high - low + 1);
  }

  /** The link to the next hop, or -1: no such neighbour, or it has the packet already. */
  protected nextOnRoute(slot: number): number {
    const packet = this.packet;
    if (packet.routeCount === 0) return -1;
    const bytes = packet.bytes;
    // A node that is not on the route knows no better than its first hop.
    let at = packet.routeAt;
    for (let hop = 0; hop < packet.routeCount; hop++) {
      if (!sameBytes(bytes, packet.routeAt + hop * ID_SIZE, this.config.id)) continue;
      const last = hop === packet.routeCount - 1;
      if (last && packet.recipientAt < 0) return -1;
      at = last ? packet.recipientAt : packet.routeAt + (hop + 1) * ID_SIZE;
    }
    for (let link = 0; link < this.config.linksMax; link++) {
      const neighbour = this.neighbours[link];
      if (neighbour === null || !sameBytes(bytes, at, neighbour)) continue;
      const bit = 1 << (link & 31);
      const open = this.up[wordOf(link)] & ~this.seen.marks(slot, wordOf(link)) & bit;
      if (open !== 0) return link;
    }
    return -1;
  }

  protected send(link: number, bytes: Uint8Array, out: RelayOutput[]): void {
    const packet = this.packet;
    assert(packet.read(bytes, this.config.frameMax) === null, 'our own packets are well formed');
    const priority = priorityOf(carriedType(packet));
    if (link >= 0) {
      if (this.isUp(link)) {
        out.push({ kind: 'transmit', link: link, bytes: bytes, priority: priority });
      }
      return;
    }
    assert(!isLinkScoped(packet.type), 'a link-scoped packet names its link');
    this.hashPacket();
    const slot = this.seen.add(HASH[0], HASH[1], this.now, this.config.seenAgeMs);
    this.seen.pass(slot);
    const next = ROUTES ? this.nextOnRoute(slot) : -1;
    if (next >= 0) return this.transmit(next, slot, bytes, priority, out);
    for (let word = 0; word < this.seen.words; word++) {
      this.transmitAll(this.up[word], word, slot, bytes, priority, out);
    }
  }

  private release(out: RelayOutput[]): void {
    while (this.deadline() <= this.now) {
      const due = this.waiting.shift()!;
      if (!this.seen.holds(due.slot, due.low, due.high)) {
        drop(out, -1, 'forgotten');
        continue;
      }
      const before = out.length;
      for (let word = 0; word < this.seen.words; word++) {
        let open = this.up[word] & this.onAir[word] & ~this.seen.marks(due.slot, word);
        if (this.config.thinned && due.thinned) open = thin(open, due.low);
        this.transmitAll(open, word, due.slot, due.bytes, due.priority, out);
      }
      if (out.length === before) drop(out, -1, 'suppressed');
    }
  }

  protected transmitAll(
    links: number,
    word: number,
    slot: number,
    bytes: Uint8Array,
    priority: number,
    out: RelayOutput[],
  ): void {
    let left = links >>> 0;
    for (let link = word * 32; left !== 0; link++) {
      if (left & 1) this.transmit(link, slot, bytes, priority, out);
      left = left >>> 1;
    }
  }

  protected transmit(
    link: number,
    slot: number,
    bytes: Uint8Array,
    priority: number,
    out: RelayOutput[],
  ): void {
    this.seen.mark(slot, link);
    out.push({ kind: 'transmit', link: link, bytes: bytes, priority: priority });
  }

  /** Hashes the packet as it was signed: without TTL, answer flag, unknown flags and padding. */
  protected hashPacket(): void {
    const bytes = this.packet.bytes;
    const ttl = bytes[TTL_AT];
    const flags = bytes[FLAGS_AT];
    bytes[TTL_AT] = 0;
    bytes[FLAGS_AT] = this.packet.flags & 0x0f;
    this.hash(bytes, this.packet.length, HASH);
    bytes[TTL_AT] = ttl;
    bytes[FLAGS_AT] = flags;
  }

  protected isForUs(): boolean {
    const packet = this.packet;
    return packet.recipientAt >= 0 && sameBytes(packet.bytes, packet.recipientAt, this.config.id);
  }

  private isUp(link: number): boolean {
    return (this.up[wordOf(link)] & (1 << (link & 31))) !== 0;
  }

  protected raise(link: number, air: boolean): void {
    assert(link >= 0 && link < this.config.linksMax, 'links are numbered below linksMax');
    assert(!this.isUp(link), 'a link comes up once');
    const bit = 1 << (link & 31);
    this.seen.forgetLink(link);
    this.up[wordOf(link)] |= bit;
    if (air) this.onAir[wordOf(link)] |= bit;
    else this.onAir[wordOf(link)] &= ~bit;
    this.degree++;
  }

  protected lower(link: number): void {
    if (!this.isUp(link)) return;
    this.up[wordOf(link)] &= ~(1 << (link & 31));
    if (ROUTES) this.neighbours[link] = null;
    this.degree--;
  }
}

/** Says nothing beyond its link: TTL 0, never passed on (WIRE §3, §20). */
export function isLinkScoped(type: number): boolean {
  return (
    type === HELLO ||
    type === CONTROL ||
    type === HEARTBEAT ||
    type === TRACE ||
    type === REQUEST_SYNC ||
    type === RECONCILE ||
    type === SPREAD
  );
}

/** A fragment has the class of what it carries (WIRE §7: byte 12 of its header). */
export function carriedType(packet: PacketView): number {
  if (packet.type !== FRAGMENT) return packet.type;
  return packet.payloadLength > 12 ? packet.bytes[packet.payloadAt + 12] : FRAGMENT;
}

/**
 * About log2 of the links, chosen by the packet (WIRE §12), so that neighbours choose differently.
 * Each packet starts at another link and leaves out what it meets first.
 */
function thin(links: number, packet: number): number {
  let count = 0;
  for (let left = links >>> 0; left !== 0; left = left >>> 1) count += left & 1;
  let surplus = count - 1;
  for (let rest = count - 1; rest > 0; rest = rest >> 1) surplus--;
  let kept = links;
  for (let i = 0; surplus > 0; i++) {
    const bit = 1 << ((packet + i) & 31);
    if ((kept & bit) === 0) continue;
    kept &= ~bit;
    surplus--;
  }
  return kept;
}

export function hasLoop(packet: PacketView): boolean {
  for (let a = 0; a < packet.routeCount; a++) {
    for (let b = a + 1; b < packet.routeCount; b++) {
      const first = packet.routeAt + a * ID_SIZE;
      const second = packet.routeAt + b * ID_SIZE;
      if (sameId(packet.bytes, first, second)) return true;
    }
  }
  return false;
}

/** Whether it goes from the same peer to the same; both ids lie side by side, in either version. */
function isOfFlow(bytes: Uint8Array, packet: PacketView): boolean {
  if (packet.isBroadcast() || bytes[0] !== packet.version) return false;
  const at = packet.senderAt;
  return sameBytes(bytes, at, packet.bytes.subarray(at, at + 2 * ID_SIZE));
}

function sameId(bytes: Uint8Array, a: number, b: number): boolean {
  return readU32(bytes, a) === readU32(bytes, b) && readU32(bytes, a + 4) === readU32(bytes, b + 4);
}

export function drop(out: RelayOutput[], link: number, reason: DropReason): void {
  out.push({ kind: 'drop', link: link, reason: reason });
}
