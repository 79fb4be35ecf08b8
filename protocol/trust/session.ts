/**
 * Sessions: this node's private conversations, one per peer, with phones and nodes alike (WIRE §8).
 * A session is replaced only by one whose other end has proven the same Noise key: handshakes that
 * are forged, replayed or never finished leave it as it was (RELIABILITY S18, S19).
 *
 *   nothing --open----------> 1 sent --2 heard, 3 sent--> live      (initiator)
 *   nothing --1 heard, 2 sent--> waiting --3 heard------> live      (responder)
 *   live    --23 h, or many messages--> the same again, beside it
 *
 * Where both open at once, the lower id goes on as initiator and ignores the other's first message;
 * the higher answers. Its own stays open until then: should the other have been forged, it counts.
 */
import { assert } from '../core/assert.ts';
import { Buckets } from '../core/buckets.ts';
import { readU32, sameBytes } from '../core/bytes.ts';
import type { Machine, Millis, Tick } from '../core/machine.ts';
import { ENCRYPTED, HANDSHAKE, ID_SIZE } from '../core/packet.ts';
import type { ChannelFlaw } from './channel.ts';
import { Channel, PLAINTEXT_MAX } from './channel.ts';
import { Claims } from './claims.ts';
import type { Crypto } from './crypto.ts';
import { equalSecret } from './crypto.ts';
import type { Identity } from './identity.ts';
import { idOf } from './identity.ts';
import { HalfOpen } from './half-open.ts';
import type { Handshake, HandshakeFlaw, Role } from './noise.ts';
import type { Pins } from './pins.ts';
import { nameOf } from './pins.ts';

export type SessionInput =
  /** Wants a session. While there is one, or one on its way, nothing happens. */
  | { kind: 'open'; peer: Uint8Array }
  /** Wants a new one beside the one there is, which goes on until then: the peer seems to lack it. */
  | { kind: 'renew'; peer: Uint8Array }
  /** The payload of a handshake packet (0x10) for this node. */
  | { kind: 'handshake'; peer: Uint8Array; link: number; payload: Uint8Array }
  /** The payload of an encrypted packet (0x11) for this node. */
  | { kind: 'encrypted'; peer: Uint8Array; payload: Uint8Array }
  | { kind: 'seal'; peer: Uint8Array; plaintext: Uint8Array }
  | { kind: 'close'; peer: Uint8Array };

export type SessionOutput =
  /** A payload for the peer, under packet type 0x10 or 0x11. Their order per peer must be kept. */
  | { kind: 'transmit'; peer: Uint8Array; type: number; payload: Uint8Array }
  | { kind: 'established'; peer: Uint8Array; noiseKey: Uint8Array; hash: Uint8Array }
  | { kind: 'received'; peer: Uint8Array; plaintext: Uint8Array }
  /** What was asked or heard came to nothing, and changed nothing. */
  | { kind: 'refused'; peer: Uint8Array; reason: SessionFlaw }
  | { kind: 'closed'; peer: Uint8Array; reason: SessionEnd };

export type SessionFlaw =
  | HandshakeFlaw
  | ChannelFlaw
  | 'own-id'
  | 'denied'
  | 'flooding'
  | 'busy'
  | 'no-session'
  /** Neither 32 nor 96 nor 64 bytes. */
  | 'bad-size'
  /** Both opened; ours goes on. */
  | 'crossed'
  /** The same first message again. */
  | 'repeated'
  /** An answer to nothing we asked. */
  | 'unexpected';

/** `timeout`: nobody answered; `expired`: too old, or out of counters; `evicted`: for lack of room. */
export type SessionEnd = 'timeout' | 'expired' | 'evicted' | 'asked';

const FIRST_SIZE = 32;
const SECOND_SIZE = 96;
const THIRD_SIZE = 64;
const NOTHING = new Uint8Array(0);

export type SessionLimits = {
  /** Sessions at once. Then the one that heard nothing for longest is closed. */
  live: number;
  /** Handshakes of our own under way. Then opening another is refused. */
  outgoing: number;
  /** Handshakes of others under way. Then the oldest is dropped. */
  incoming: number;
};

export const SESSION_LIMITS: SessionLimits = { live: 1024, outgoing: 256, incoming: 512 };

/** As the phones have it (WIRE §8). */
export const ANSWER_TIMEOUT_MS = 10_000;
/** A handshake nobody answers is begun once more. */
const ATTEMPTS = 2;
/** The replaced session still opens what was on its way. */
export const GRACE_MS = 20_000;
/** iPhones end a session after 24 hours, so a new one is sought in time; one end begins. */
export const LIFETIME_MS = 86_400_000;
export const REKEY_AFTER_MS = 82_800_000;
const REKEY_RESPONDER_MS = 600_000;
const REKEY_RETRY_MS = 600_000;
/** Far below the 2^32 counters, and as often as links do it (WIRE §24). */
const REKEY_AFTER_MESSAGES = 1048576;

/** First messages of one claimed peer on one link, and our own to one peer (WIRE §8). */
export const HANDSHAKES_PER_MINUTE = 10;
/** What all handshake messages of one link may cost: a message is up to four multiplications. */
const LINK_RATE = { perSecond: 50, burst: 100 };

type Outgoing = { peer: Uint8Array; handshake: Handshake; attempt: number; endsAt: Millis };

export class Sessions implements Machine<SessionInput, SessionOutput> {
  private readonly crypto: Crypto;
  private readonly identity: Identity;
  private readonly pins: Pins;
  private readonly drawSecret: () => Uint8Array;
  private readonly limits: SessionLimits;
  /** The one that heard nothing for longest first. */
  private readonly live = new Map<string, Channel>();
  private readonly replaced = new Map<string, { channel: Channel; endsAt: Millis }>();
  private readonly outgoing = new Map<string, Outgoing>();
  private readonly halfOpen: HalfOpen;
  private readonly begun: Buckets;
  private readonly heard: Claims;
  private readonly linkRate: Buckets;
  /** No later than the next thing to do; a sweep finds out exactly. */
  private wakeAt: Millis = Infinity;

  /** `drawSecret` gives 32 fresh secret bytes; `seed` keeps others from aiming at our tables. */
  constructor(
    crypto: Crypto,
    identity: Identity,
    pins: Pins,
    drawSecret: () => Uint8Array,
    seed: number,
    limits: SessionLimits = SESSION_LIMITS,
  ) {
    this.limits = limits;
    this.halfOpen = new HalfOpen(limits.incoming);
    this.crypto = crypto;
    this.identity = identity;
    this.pins = pins;
    this.drawSecret = drawSecret;
    const rate = { perSecond: 1, burst: HANDSHAKES_PER_MINUTE };
    this.begun = new Buckets(256, rate, seed);
    this.heard = new Claims(1024, rate, seed);
    this.linkRate = new Buckets(16, LINK_RATE, seed);
  }

  step(input: SessionInput | Tick, now: Millis): SessionOutput[] {
    const out: SessionOutput[] = [];
    if (now >= this.wakeAt) this.sweep(now, out);
    if (input.kind === 'tick') return out;
    assert(input.peer.length === ID_SIZE, 'a peer has an id of 8 bytes');
    // Views into a frame do not outlive it; ids do.
    const peer = new Uint8Array(input.peer);
    const name = nameOf(peer);
    if (sameBytes(peer, 0, this.identity.id)) {
      refuse(out, peer, 'own-id');
      return out;
    }
    switch (input.kind) {
      case 'open':
        if (!this.live.has(name) && !this.outgoing.has(name)) this.begin(name, peer, now, out);
        break;
      case 'renew':
        if (!this.outgoing.has(name)) this.begin(name, peer, now, out);
        break;
      case 'handshake':
        this.hearHandshake(name, peer, input.link, input.payload, now, out);
        break;
      case 'encrypted':
        this.hearEncrypted(name, peer, input.payload, out);
        break;
      case 'seal':
        this.seal(name, peer, input.plaintext, now, out);
        break;
      case 'close':
        this.forget(name);
        if (this.live.delete(name)) out.push({ kind: 'closed', peer, reason: 'asked' });
        break;
    }
    return out;
  }

  deadline(): Millis {
    return this.wakeAt;
  }

  /** Whether a message to the peer can be sealed now. */
  isLive(peer: Uint8Array): boolean {
    return this.live.has(nameOf(peer));
  }

  /** Whether a handshake of ours is under way. */
  isOpening(peer: Uint8Array): boolean {
    return this.outgoing.has(nameOf(peer));
  }

  /** What this machine holds, for those who watch its bounds. */
  counts(): { live: number; replaced: number; outgoing: number; incoming: number; early: number } {
    return {
      live: this.live.size,
      replaced: this.replaced.size,
      outgoing: this.outgoing.size,
      incoming: this.halfOpen.size,
      early: this.halfOpen.earlySize,
    };
  }

  private begin(name: string, peer: Uint8Array, now: Millis, out: SessionOutput[]): void {
    if (this.pins.isDenied(peer)) return refuse(out, peer, 'denied');
    if (this.outgoing.size >= this.limits.outgoing) return refuse(out, peer, 'busy');
    if (!this.begun.take(...wordsOf(peer), minuteful(now))) return refuse(out, peer, 'flooding');
    this.call(name, peer, 1, now, out);
  }

  private call(
    name: string,
    peer: Uint8Array,
    attempt: number,
    now: Millis,
    out: SessionOutput[],
  ): void {
    const handshake = this.identity.handshake('initiator', NOTHING, this.drawSecret());
    const first = handshake.write(NOTHING);
    assert(first !== null, 'a first message mixes no keys');
    const endsAt = now + ANSWER_TIMEOUT_MS;
    this.outgoing.set(name, { peer, handshake, attempt, endsAt });
    this.wakeAt = Math.min(this.wakeAt, endsAt);
    out.push({ kind: 'transmit', peer, type: HANDSHAKE, payload: first });
  }

  private hearHandshake(
    name: string,
    peer: Uint8Array,
    link: number,
    payload: Uint8Array,
    now: Millis,
    out: SessionOutput[],
  ): void {
    if (this.pins.isDenied(peer)) return refuse(out, peer, 'denied');
    if (!this.linkRate.take(link, 0, now)) return refuse(out, peer, 'flooding');
    // Payloads are empty, so the size alone tells the three apart, and a peer may be in two of them.
    switch (payload.length) {
      case FIRST_SIZE:
        return this.hearFirst(name, peer, link, payload, now, out);
      case SECOND_SIZE:
        return this.hearSecond(name, peer, payload, now, out);
      case THIRD_SIZE:
        return this.hearThird(name, peer, payload, now, out);
      default:
        return refuse(out, peer, 'bad-size');
    }
  }

  private hearFirst(
    name: string,
    peer: Uint8Array,
    link: number,
    first: Uint8Array,
    now: Millis,
    out: SessionOutput[],
  ): void {
    if (this.outgoing.has(name) && isLower(this.identity.id, peer)) {
      return refuse(out, peer, 'crossed');
    }
    if (this.halfOpen.isRepeated(name, first)) return refuse(out, peer, 'repeated');
    // Per link, so that whoever forges a peer's id elsewhere does not use up what is the peer's.
    const [high, low] = wordsOf(peer);
    if (!this.heard.take(high, low, link, minuteful(now))) {
      return refuse(out, peer, 'flooding');
    }
    const handshake = this.identity.handshake('responder', NOTHING, this.drawSecret());
    const read = handshake.read(first);
    if (!read.ok) return refuse(out, peer, read.reason);
    const second = handshake.write(NOTHING);
    if (second === null) return refuse(out, peer, 'low-order');
    this.wakeAt = Math.min(this.wakeAt, this.halfOpen.add(name, handshake, first, now));
    out.push({ kind: 'transmit', peer, type: HANDSHAKE, payload: second });
  }

  private hearSecond(
    name: string,
    peer: Uint8Array,
    second: Uint8Array,
    now: Millis,
    out: SessionOutput[],
  ): void {
    const call = this.outgoing.get(name);
    if (call === undefined) return refuse(out, peer, 'unexpected');
    const read = call.handshake.read(second, (key) => this.isKeyOf(peer, key));
    if (!read.ok) return refuse(out, peer, read.reason);
    const third = call.handshake.write(NOTHING);
    assert(third !== null, 'the key was mixed before, and was good');
    out.push({ kind: 'transmit', peer, type: HANDSHAKE, payload: third });
    this.establish(name, peer, call.handshake, now, out);
  }

  private hearThird(
    name: string,
    peer: Uint8Array,
    third: Uint8Array,
    now: Millis,
    out: SessionOutput[],
  ): void {
    let reason: SessionFlaw = 'unexpected';
    for (const handshake of this.halfOpen.of(name)) {
      const read = handshake.read(third, (key) => this.isKeyOf(peer, key));
      if (read.ok) return this.establish(name, peer, handshake, now, out);
      reason = read.reason;
    }
    refuse(out, peer, reason);
  }

  /** The id is that key's, and nothing pinned says otherwise: 8 bytes of a hash are not many. */
  private isKeyOf(peer: Uint8Array, noiseKey: Uint8Array): boolean {
    const pin = this.pins.find(peer);
    if (pin !== null && !equalSecret(pin.noiseKey, noiseKey)) return false;
    return sameBytes(idOf(this.crypto, noiseKey), 0, peer);
  }

  private establish(
    name: string,
    peer: Uint8Array,
    handshake: Handshake,
    now: Millis,
    out: SessionOutput[],
  ): void {
    const noiseKey = handshake.remoteStatic;
    assert(noiseKey !== null, 'a finished handshake knows both keys');
    const before = this.live.get(name);
    const early = this.forget(name);
    if (before !== undefined) {
      this.replaced.set(name, { channel: before, endsAt: now + GRACE_MS });
      this.wakeAt = Math.min(this.wakeAt, now + GRACE_MS);
    }
    const channel = new Channel(
      peer,
      handshake.role,
      handshake.split(),
      now,
      rekeyTime(handshake.role, now),
    );
    this.live.delete(name);
    this.live.set(name, channel);
    this.wakeAt = Math.min(this.wakeAt, channel.rekeyAt);
    out.push({ kind: 'established', peer, noiseKey, hash: handshake.hash });
    for (const payload of early) this.hearEncrypted(name, peer, payload, out);
    if (this.live.size > this.limits.live) this.evict(out);
  }

  private evict(out: SessionOutput[]): void {
    for (const [name, channel] of this.live) {
      this.live.delete(name);
      this.replaced.delete(name);
      out.push({ kind: 'closed', peer: channel.peer, reason: 'evicted' });
      return;
    }
  }

  private hearEncrypted(
    name: string,
    peer: Uint8Array,
    payload: Uint8Array,
    out: SessionOutput[],
  ): void {
    let reason: SessionFlaw = 'no-session';
    const channel = this.live.get(name);
    for (const candidate of [channel, this.replaced.get(name)?.channel]) {
      if (candidate === undefined) continue;
      const opened = candidate.open(payload);
      if (opened.ok) {
        if (channel !== undefined) this.live.delete(name);
        if (channel !== undefined) this.live.set(name, channel);
        out.push({ kind: 'received', peer, plaintext: opened.plaintext });
        return;
      }
      if (reason === 'no-session') reason = opened.reason;
    }
    // The other end may have finished, and said more, before we heard its last handshake message.
    if (!this.halfOpen.hold(name, payload)) refuse(out, peer, reason);
  }

  private seal(
    name: string,
    peer: Uint8Array,
    plaintext: Uint8Array,
    now: Millis,
    out: SessionOutput[],
  ): void {
    assert(plaintext.length <= PLAINTEXT_MAX, 'a message is at most what a phone takes');
    const channel = this.live.get(name);
    if (channel === undefined) return refuse(out, peer, 'no-session');
    const payload = channel.seal(plaintext);
    if (payload === null) return this.expire(name, channel, out);
    out.push({ kind: 'transmit', peer, type: ENCRYPTED, payload });
    if (channel.sealed === REKEY_AFTER_MESSAGES) {
      channel.rekeyAt = now;
      this.wakeAt = now;
    }
  }

  private expire(name: string, channel: Channel, out: SessionOutput[]): void {
    this.live.delete(name);
    this.replaced.delete(name);
    out.push({ kind: 'closed', peer: channel.peer, reason: 'expired' });
  }

  private sweep(now: Millis, out: SessionOutput[]): void {
    this.halfOpen.sweep(now);
    for (const [name, old] of this.replaced) if (old.endsAt <= now) this.replaced.delete(name);
    for (const [name, call] of this.outgoing) {
      if (call.endsAt > now) continue;
      this.outgoing.delete(name);
      if (call.attempt < ATTEMPTS) this.call(name, call.peer, call.attempt + 1, now, out);
      // A session that could not be replaced yet goes on.
      else if (!this.live.has(name)) {
        out.push({ kind: 'closed', peer: call.peer, reason: 'timeout' });
      }
    }
    for (const [name, channel] of this.live) {
      if (now >= channel.bornAt + LIFETIME_MS) this.expire(name, channel, out);
      else if (now >= channel.rekeyAt) {
        channel.rekeyAt = now + REKEY_RETRY_MS;
        if (!this.outgoing.has(name)) this.begin(name, channel.peer, now, out);
      }
    }
    this.wakeAt = this.nextWake();
  }

  private nextWake(): Millis {
    let at = this.halfOpen.deadline();
    for (const old of this.replaced.values()) at = Math.min(at, old.endsAt);
    for (const call of this.outgoing.values()) at = Math.min(at, call.endsAt);
    for (const channel of this.live.values()) {
      at = Math.min(at, channel.rekeyAt, channel.bornAt + LIFETIME_MS);
    }
    return at;
  }

  /** Ends every handshake with the peer, and returns what waited for one. */
  private forget(name: string): Uint8Array[] {
    this.outgoing.delete(name);
    this.replaced.delete(name);
    return this.halfOpen.close(name);
  }
}

/** One end comes first, so that both do not begin at once. */
function rekeyTime(role: Role, now: Millis): Millis {
  return now + REKEY_AFTER_MS + (role === 'initiator' ? 0 : REKEY_RESPONDER_MS);
}

/** Ids compared as the apps compare their hex: byte by byte, from the left. */
function isLower(a: Uint8Array, b: Uint8Array): boolean {
  const [aHigh, aLow] = wordsOf(a);
  const [bHigh, bLow] = wordsOf(b);
  return aHigh === bHigh ? aLow < bLow : aHigh < bHigh;
}

function wordsOf(id: Uint8Array): [number, number] {
  return [readU32(id, 0), readU32(id, 4)];
}

/** A clock of sixths: on it a bucket of one a second gives ten a minute. */
function minuteful(now: Millis): Millis {
  return Math.floor(now / 6);
}

function refuse(out: SessionOutput[], peer: Uint8Array, reason: SessionFlaw): void {
  out.push({ kind: 'refused', peer, reason });
}
