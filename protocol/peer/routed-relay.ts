/**
 * Routed relay: a relay that sends a packet for one node the way it knows, over one link, and floods
 * only what it knows no way for (WIRE §27).
 *
 *   own, or of a link without routes ---> route known? -> that link, with what it visited
 *   routed, new -------------------------'      '-> flood
 *   routed, and it was here: `loop` ---> another route, or flood
 *   flooded by a node with routes -----> flood, also where it had been routed before
 *
 * A flood that begins on the way goes to every link, where the packet came from as well: that a node
 * has routed a packet does not mean that all beyond it have it. What left over a link that closes then
 * is sent another way at once.
 */
import type { Millis, Random, Tick } from '../core/machine.ts';
import { NOTE, NOTED, TTL_AT } from '../core/packet.ts';
import { CRITICAL, priorityOf } from '../core/queue.ts';
import { LineRelay } from '../core/line-relay.ts';
import type { Admission, RelayConfig, RelayInput, RelayOutput } from '../core/relay.ts';
import { carriedType, drop, isLinkScoped, HASH } from '../core/relay.ts';
import type { PacketHash } from '../core/seen.ts';
import { wordOf } from '../core/seen.ts';
import type { RoutePort } from './route-port.ts';
import { andVisited, hasVisited, NOWHERE, targetOf } from './route-port.ts';

/** Another way is tried so often for a packet that comes back; then it is flooded. */
export const TRIES_MAX = 3;
/** Routed packets that are sent another way when their link closes within `SAVED_MS`; the oldest goes. */
export const SAVED_MAX = 64;
export const SAVED_MS = 10_000;

/** In the state of a packet: how often it was routed here; 0 once it is flooded. */
const TRIES_AT = 2;
const TRIES = 3 << TRIES_AT;

type Saved = { link: number; from: number; bytes: Uint8Array; visited: Uint8Array; at: Millis };

export class RoutedRelay extends LineRelay {
  private readonly routes: RoutePort | null;
  private readonly saved: Saved[] = [];
  /** What the packet at hand has visited. */
  private visited: Uint8Array = NOWHERE;
  private isRouted = false;
  private isFlooded = false;

  constructor(
    config: RelayConfig,
    random: Random,
    hash: PacketHash,
    admission: Admission,
    routes: RoutePort | null,
  ) {
    super(config, random, hash, admission);
    this.routes = routes;
  }

  override step(input: RelayInput | Tick, now: Millis): RelayOutput[] {
    const heard = input.kind === 'heard' ? input : null;
    this.visited = heard?.visited ?? NOWHERE;
    this.isRouted = heard?.visited !== undefined;
    this.isFlooded = heard?.isFlooded === true;
    const out = super.step(input, now);
    if (input.kind === 'linkDown') this.salvage(input.link, out);
    return out;
  }

  protected override hear(link: number, bytes: Uint8Array, out: RelayOutput[]): void {
    if (!this.isRouted && !this.isFlooded) return super.hear(link, bytes, out);
    const { packet } = this;
    const isOne = packet.read(bytes, this.config.frameMax) === null && !packet.isBroadcast();
    if (this.isRouted && (!isOne || isLinkScoped(packet.type))) {
      return drop(out, link, 'bad-route');
    }
    if (isOne && this.meetAgain(link, out)) return;
    super.hear(link, bytes, out);
  }

  protected override passOn(
    link: number,
    slot: number,
    priority: number,
    out: RelayOutput[],
  ): void {
    const next = this.isFlooded || this.isLine(link) ? -1 : this.choose(link, slot);
    if (next >= 0) this.route(next, link, slot, this.onward(priority), priority, out);
    else if (this.isRouted) this.spill(link, slot, this.onward(priority), priority, out);
    else super.passOn(link, slot, priority, out);
  }

  protected override send(link: number, bytes: Uint8Array, out: RelayOutput[]): void {
    const { packet } = this;
    packet.read(bytes, this.config.frameMax);
    if (link >= 0 || packet.isBroadcast()) return super.send(link, bytes, out);
    const next = this.choose(-1, -1);
    if (next < 0) return super.send(link, bytes, out);
    this.hashPacket();
    const slot = this.seen.add(HASH[0], HASH[1], this.now, this.config.seenAgeMs);
    this.route(next, -1, slot, bytes, priorityOf(carriedType(packet)), out);
  }

  /** A packet that was routed here is back, or is flooded now: true when that is all about it. */
  private meetAgain(link: number, out: RelayOutput[]): boolean {
    const { packet } = this;
    const priority = priorityOf(carriedType(packet));
    const { seenAgeMs, seenCriticalAgeMs, id } = this.config;
    const ageMs = priority === CRITICAL ? seenCriticalAgeMs : seenAgeMs;
    this.hashPacket();
    const slot = this.seen.find(HASH[0], HASH[1], this.now, ageMs);
    if (slot < 0 || this.tries(slot) === 0 || packet.ttl <= 1 || this.isForUs()) return false;
    if (this.isRouted && !hasVisited(this.visited, id)) return false;
    this.seen.mark(slot, link);
    if (this.isFlooded) this.spill(link, slot, this.onward(priority), priority, out);
    else {
      drop(out, link, 'loop');
      this.passOn(link, slot, priority, out);
    }
    return true;
  }

  private onward(priority: number): Uint8Array {
    const bytes = this.packet.frame();
    bytes[TTL_AT] = this.remainingTtl(priority);
    return bytes;
  }

  private tries(slot: number): number {
    return (this.seen.state(slot) & TRIES) >> TRIES_AT;
  }

  private setTries(slot: number, tries: number): void {
    this.seen.setState(slot, (this.seen.state(slot) & ~TRIES) | (tries << TRIES_AT));
  }

  /** The link of a known way that lacks the packet, or -1. Slot -1: no link has it yet. */
  private choose(from: number, slot: number): number {
    const { packet } = this;
    // A route of its sender's goes before ours; and who answers a device is to be overheard.
    if (this.routes === null || packet.routeCount > 0) return -1;
    if (packet.type === NOTE || packet.type === NOTED) return -1;
    const target = targetOf(packet);
    if (target === null) return -1;
    if (slot >= 0 && this.tries(slot) >= TRIES_MAX) return -1;
    return this.routes.next(target, this.visited, (link) => this.lacks(link, from, slot));
  }

  private lacks(link: number, from: number, slot: number): boolean {
    if (link === from || this.isLine(link)) return false;
    const word = wordOf(link);
    const had = slot < 0 ? 0 : this.seen.marks(slot, word);
    return (this.up[word] & ~had & (1 << (link & 31))) !== 0;
  }

  private route(
    next: number,
    from: number,
    slot: number,
    bytes: Uint8Array,
    priority: number,
    out: RelayOutput[],
  ): void {
    this.setTries(slot, this.tries(slot) + 1);
    this.seen.pass(slot);
    this.seen.mark(slot, next);
    const visited = andVisited(this.visited, this.config.id);
    out.push({ kind: 'transmit', link: next, bytes, priority, visited });
    if (this.saved.length === SAVED_MAX) this.saved.shift();
    this.saved.push({ link: next, from, bytes, visited: this.visited, at: this.now });
  }

  /** Floods a packet that was routed until now, over all links but where it is flooded from. */
  private spill(
    link: number,
    slot: number,
    bytes: Uint8Array,
    priority: number,
    out: RelayOutput[],
  ): void {
    const except = this.isFlooded ? link : -1;
    this.setTries(slot, 0);
    this.seen.pass(slot);
    for (let word = 0; word < this.seen.words; word++) {
      const left = except >= 0 && wordOf(except) === word ? 1 << (except & 31) : 0;
      this.transmitAll(this.up[word] & ~left, word, slot, bytes, priority, out);
    }
    this.tellPassed(link, priority, out);
  }

  /** What left over a link shortly before it closed may not have arrived. */
  private salvage(link: number, out: RelayOutput[]): void {
    const lost = this.saved.filter((one) => one.link === link);
    if (lost.length === 0) return;
    const kept = this.saved.filter((one) => one.link !== link);
    this.saved.splice(0, this.saved.length, ...kept);
    for (const one of lost) if (this.now - one.at < SAVED_MS) this.sendAgain(one, out);
  }

  private sendAgain({ from, bytes, visited }: Saved, out: RelayOutput[]): void {
    const { packet } = this;
    packet.read(bytes, this.config.frameMax);
    this.hashPacket();
    const slot = this.seen.find(HASH[0], HASH[1], this.now, this.config.seenAgeMs);
    if (slot < 0 || this.tries(slot) === 0) return;
    this.visited = visited;
    const priority = priorityOf(carriedType(packet));
    const next = this.choose(from, slot);
    // It has the TTL that it leaves with already.
    if (next >= 0) this.route(next, from, slot, bytes, priority, out);
    else this.spill(from, slot, bytes, priority, out);
  }
}
