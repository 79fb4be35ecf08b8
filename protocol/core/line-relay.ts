/**
 * LineRelay: a relay some of whose links are lines of the internet (WIRE §24, §28). What is heard here
 * goes over lines at once, as over wires. What a line brings is delivered, and passed on over other
 * lines alone: whether the island shall hear it is for its gateways to agree.
 *
 *   heard here  -> links here and lines                 -> `passed`
 *   from a line -> other lines                          -> `passed` -> ... -> `inject` -> links here
 *                  heard here meanwhile: passed on as if no line had brought it
 *
 * And where neighbours hear each other, a broadcast goes over those links alone that nobody else sees
 * to (WIRE §29): whose they are, a Cover knows.
 *
 * A leaf, which is a client of ours on no air, is heard here, and has what lines bring at once.
 *
 * No board has lines or a Cover, so none of this is in a board's bundle.
 */
import { assert } from './assert.ts';
import type { Millis, Random, Tick } from './machine.ts';
import { IS_ANSWER, TTL_AT } from './packet.ts';
import { CRITICAL, priorityOf } from './queue.ts';
import type { Admission, RelayConfig, RelayInput, RelayOutput } from './relay.ts';
import { carriedType, drop, hasLoop, isLinkScoped, HASH, Relay } from './relay.ts';
import type { PacketHash } from './seen.ts';
import { wordOf } from './seen.ts';

/** Knows which neighbours hear each other, and remembers what they may still lack. */
export interface Cover {
  /**
   * Of the links `open`, 32 to a word, those over which a broadcast need not go. `heard` are the sets
   * of links that brought it, `first` the one before all others.
   */
  covered(open: number, word: number, bytes: Uint8Array, first: number, heard: Uint32Array): number;
  /**
   * A broadcast goes further for the first time, with the TTL in `bytes`; link -1 for our own. Not by
   * its first copy where that had no further to go.
   */
  kept(
    low: number,
    high: number,
    bytes: Uint8Array,
    link: number,
    isFirst: boolean,
    now: Millis,
  ): void;
  /** A copy came over a link. */
  met(low: number, high: number, bytes: Uint8Array, link: number): void;
  /** It was new, and has no further to go. */
  spent(low: number, high: number, bytes: Uint8Array, now: Millis): void;
}

/** In the state of a packet: lines have it by now, because one of them brought it. */
const SPREAD = 1 << 1;
/** And that it waits for its moment on the air, or did a moment ago. */
const WAITS = 1 << 4;
/** And from this bit on, one more than the link that brought it; 0 for what goes over every link. */
const FIRST_AT = 16;
const FIRST = 0xffff << FIRST_AT;

export class LineRelay extends Relay {
  cover: Cover | null = null;
  /** Links that are lines, 32 to a word. */
  private readonly lines: Uint32Array;
  /** Links that are leaves, likewise. */
  private readonly leaves: Uint32Array;
  /** Links that brought the packet which is about to leave. */
  private readonly heard: Uint32Array;

  constructor(config: RelayConfig, random: Random, hash: PacketHash, admission: Admission) {
    super(config, random, hash, admission);
    this.lines = new Uint32Array(this.seen.words);
    this.leaves = new Uint32Array(this.seen.words);
    this.heard = new Uint32Array(this.seen.words);
  }

  override step(input: RelayInput | Tick, now: Millis): RelayOutput[] {
    const out = super.step(input, now);
    if (input.kind === 'linkUp' && input.line === true) this.mark(this.lines, input.link);
    if (input.kind === 'linkUp' && input.leaf === true) this.mark(this.leaves, input.link);
    if (input.kind === 'inject') this.inject(input.bytes, out);
    return out;
  }

  /** To how many links, lines aside, `inject` would bring the packet now. */
  lacking(bytes: Uint8Array): number {
    const slot = this.waitingSlot(bytes);
    let count = 0;
    for (let word = 0; slot >= 0 && word < this.seen.words; word++) {
      for (let left = this.lackingHere(slot, word); left !== 0; left = left >>> 1) {
        count += left & 1;
      }
    }
    return count;
  }

  /** Judged, delivered and passed on are the same bytes, without ballast. */
  protected override hear(link: number, bytes: Uint8Array, out: RelayOutput[]): void {
    const packet = this.packet;
    const isWhole = packet.read(bytes, this.config.frameMax) === null;
    const frame = isWhole && packet.length < bytes.length ? packet.frame() : bytes;
    const before = out.length;
    // Only what gets as far as being looked up has a hash.
    HASH[0] = 0;
    HASH[1] = 0;
    this.met = -1;
    super.hear(link, frame, out);
    if (this.cover !== null && (HASH[0] | HASH[1]) !== 0) {
      this.cover.met(HASH[0], HASH[1], frame, link);
    }
    if (this.met >= 0 && (this.seen.state(this.met) & WAITS) !== 0) this.forgo(this.met, out);
    this.tellSpent(frame, before, out);
  }

  protected override passOn(
    link: number,
    slot: number,
    priority: number,
    out: RelayOutput[],
  ): void {
    const isSpread = (this.seen.state(slot) & SPREAD) !== 0;
    const isShared = priority !== CRITICAL && this.packet.isBroadcast() && !this.isLine(link);
    this.setFirst(slot, isShared ? link + 1 : 0);
    if (!this.isLine(link)) {
      const before = this.waiting.length;
      super.passOn(link, slot, priority, out);
      if (this.waiting.length > before) this.forgo(slot, out);
      if (isShared && this.seen.isPassed(slot)) this.keep(this.packet.frame(), link);
      const isFlooded = this.packet.routeCount === 0 && this.seen.isPassed(slot);
      if (isFlooded && !isSpread) this.tellPassed(link, priority, out);
      return;
    }
    if (isSpread) return drop(out, link, 'duplicate');
    const packet = this.packet;
    if (hasLoop(packet)) return drop(out, link, 'loop');
    const next = this.nextOnRoute(slot);
    if (next >= 0 && this.isOffAir(next)) return super.passOn(link, slot, priority, out);
    const bytes = packet.frame();
    bytes[TTL_AT] = this.remainingTtl(priority);
    this.seen.setState(slot, this.seen.state(slot) | SPREAD);
    // Where a route goes on from here, it goes on over no line.
    if (next < 0) this.passOver(slot, bytes, priority, out);
    out.push({ kind: 'passed', link: link, bytes: bytes, priority: priority });
  }

  protected override send(link: number, bytes: Uint8Array, out: RelayOutput[]): void {
    super.send(link, bytes, out);
    if (link >= 0) return;
    if (this.packet.isBroadcast()) this.keep(bytes, -1);
    const priority = priorityOf(carriedType(this.packet));
    out.push({ kind: 'passed', link: -1, bytes: bytes, priority: priority });
  }

  protected override transmitAll(
    links: number,
    word: number,
    slot: number,
    bytes: Uint8Array,
    priority: number,
    out: RelayOutput[],
  ): void {
    const uncovered = this.uncovered(links, word, slot, bytes);
    super.transmitAll(uncovered, word, slot, bytes, priority, out);
  }

  /** Of those links, the ones that nobody else sees to. */
  private uncovered(links: number, word: number, slot: number, bytes: Uint8Array): number {
    const cover = this.cover;
    const heard = this.heard;
    const first = (this.seen.state(slot) >>> FIRST_AT) - 1;
    // What is ours goes over every link: nobody else has it yet.
    if (cover === null || first < 0) return links;
    // Words come one after the other, and each marks what it sends to.
    for (let i = 0; word === 0 && i < heard.length; i++) heard[i] = this.seen.marks(slot, i);
    return links & ~cover.covered(links, word, bytes, first, heard);
  }

  /**
   * The packet just heard waits no longer where nobody would be sent it: that changes only by a link
   * that comes up, and whoever is there is told of what is fresh anyway.
   */
  private forgo(slot: number, out: RelayOutput[]): void {
    const at = this.waitsAt(slot);
    const waits = at >= 0 && this.isLacked(slot, this.waiting[at].bytes);
    this.seen.setState(slot, (this.seen.state(slot) & ~WAITS) | (waits ? WAITS : 0));
    if (at < 0 || waits) return;
    this.waiting.splice(at, 1);
    drop(out, -1, 'suppressed');
  }

  /** Where it waits, or -1. A slot may have been another's, which waits still. */
  private waitsAt(slot: number): number {
    for (let at = this.waiting.length - 1; at >= 0; at--) {
      const one = this.waiting[at];
      if (one.slot === slot && this.seen.holds(slot, one.low, one.high)) return at;
    }
    return -1;
  }

  /** Whether some link on the air would be sent the packet now. */
  private isLacked(slot: number, bytes: Uint8Array): boolean {
    for (let word = 0; word < this.seen.words; word++) {
      const open = this.up[word] & this.onAir[word] & ~this.seen.marks(slot, word);
      if (this.uncovered(open, word, slot, bytes) !== 0) return true;
    }
    return false;
  }

  /** A link number is of a line only until another link comes up under it. */
  protected override raise(link: number, air: boolean): void {
    super.raise(link, air);
    this.lines[wordOf(link)] &= ~(1 << (link & 31));
    this.leaves[wordOf(link)] &= ~(1 << (link & 31));
  }

  protected override lower(link: number): void {
    const before = this.degree;
    super.lower(link);
    if (this.isOffAir(link)) this.degree = before;
  }

  /** Neither lines nor leaves make an island denser. */
  private mark(links: Uint32Array, link: number): void {
    links[wordOf(link)] |= 1 << (link & 31);
    this.degree--;
  }

  private passOver(slot: number, bytes: Uint8Array, priority: number, out: RelayOutput[]): void {
    for (let word = 0; word < this.seen.words; word++) {
      const offAir = this.lines[word] | this.leaves[word];
      const open = this.up[word] & offAir & ~this.seen.marks(slot, word);
      this.transmitAll(open, word, slot, bytes, priority, out);
    }
  }

  private keep(bytes: Uint8Array, link: number): void {
    const isFirst = link < 0 || this.met < 0;
    if (this.cover !== null) this.cover.kept(HASH[0], HASH[1], bytes, link, isFirst, this.now);
  }

  private tellSpent(bytes: Uint8Array, before: number, out: RelayOutput[]): void {
    const cover = this.cover;
    const packet = this.packet;
    const isNew = out.length > before && out[before].kind === 'deliver';
    if (cover === null || !isNew || packet.ttl > 1 || isLinkScoped(packet.type)) return;
    // An answer out of a history goes no further, and a copy that does may yet be offered.
    if ((packet.flags & IS_ANSWER) !== 0) return;
    if (packet.isBroadcast()) cover.spent(HASH[0], HASH[1], bytes, this.now);
  }

  protected tellPassed(link: number, priority: number, out: RelayOutput[]): void {
    const bytes = this.packet.frame();
    out.push({ kind: 'passed', link: link, bytes: bytes, priority: priority });
  }

  private inject(bytes: Uint8Array, out: RelayOutput[]): void {
    const slot = this.waitingSlot(bytes);
    if (slot < 0) return drop(out, -1, 'suppressed');
    this.seen.pass(slot);
    const priority = priorityOf(carriedType(this.packet));
    const next = this.nextOnRoute(slot);
    if (next >= 0) return this.transmit(next, slot, bytes, priority, out);
    this.setFirst(slot, 0);
    for (let word = 0; word < this.seen.words; word++) {
      this.transmitAll(this.lackingHere(slot, word), word, slot, bytes, priority, out);
    }
  }

  /** Of a packet that waits to be injected; -1 when it does no longer. */
  private waitingSlot(bytes: Uint8Array): number {
    const malformed = this.packet.read(bytes, this.config.frameMax);
    assert(malformed === null, 'what was passed on is well formed');
    this.hashPacket();
    const slot = this.seen.find(HASH[0], HASH[1], this.now, this.config.seenAgeMs);
    return slot >= 0 && this.seen.isPassed(slot) ? -1 : slot;
  }

  /** Links here that lack the packet, of one word: what is off the air has it, or was not there yet. */
  private lackingHere(slot: number, word: number): number {
    const onAir = ~(this.lines[word] | this.leaves[word]);
    return (this.up[word] & onAir & ~this.seen.marks(slot, word)) >>> 0;
  }

  private setFirst(slot: number, first: number): void {
    this.seen.setState(slot, (this.seen.state(slot) & ~FIRST) | (first << FIRST_AT));
  }

  private isOffAir(link: number): boolean {
    const word = wordOf(link);
    return ((this.lines[word] | this.leaves[word]) & (1 << (link & 31))) !== 0;
  }

  protected isLine(link: number): boolean {
    return (this.lines[wordOf(link)] & (1 << (link & 31))) !== 0;
  }
}
