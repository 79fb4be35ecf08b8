/**
 * Admission: what a node with keys asks of a packet it has not met, cheapest question first and the
 * signature late (RELIABILITY §1). The relay has judged length, TTL and duplicates by then, and
 * remembers the packet only afterwards: a forged first copy does not silence the real one (S20).
 *
 *   bucket of (link, claimed sender) -> denied? -> may it go unsigned? -> bucket of the link
 *   -> the link's failures -> signature -> the sender's own bucket
 *
 * Only what verified is charged to its sender, or forging Alice would starve Alice.
 */
import { Buckets } from '../core/buckets.ts';
import type { Rate } from '../core/buckets.ts';
import { readU32 } from '../core/bytes.ts';
import type { Millis } from '../core/machine.ts';
import type { PacketView } from '../core/packet.ts';
import {
  ANNOUNCE,
  CHANNEL,
  COURIER,
  FILE,
  GATEWAY,
  GOSSIP,
  ID_SIZE,
  LEAVE,
  LINK_STATE,
  MESSAGE,
  RECEIPT,
  REQUEST_SYNC,
  ROOM,
  VOICE,
} from '../core/packet.ts';
import type { Admission, DropReason } from '../core/relay.ts';
import { decodeAnnounce } from '../wire/announce.ts';
import type { Announce } from '../wire/announce.ts';
import { openView } from '../wire/packet.ts';
import type { Crypto } from './crypto.ts';
import { FailureBudget } from './failure-budget.ts';
import { checkFrame } from './identity.ts';
import type { Pins } from './pins.ts';

/** How much a node demands (DEFAULTS §2). */
export type SecurityLevel =
  /** Whatever is well formed comes in; what did not verify is marked so. */
  | 'permissive'
  /** What ought to be signed must be, and verify where the sender is known. */
  | 'moderate'
  /** As moderate, and strangers share a small budget. */
  | 'strict';

export type AdmissionConfig = {
  level: SecurityLevel;
  /** Links are numbered below it. */
  linksMax: number;
  /**
   * The senders whose rates are remembered at once, a power of two in sets of four; pairs of a link and
   * a sender twice as many. Beyond it whoever was silent longest begins anew.
   */
  senderSets: number;
  /** Everything that one link brings in one sender's name. */
  perLinkAndSender: Rate;
  /** What one link brings that is not verified: unsigned by design, or of strangers. */
  unverified: Rate;
  /** Under `strict`, signed packets of strangers that one link brings. */
  strangers: Rate;
  /** Failed signatures of one link. A failure costs a hundred times what honest traffic does. */
  failures: Rate;
  /** Messages, channel acts and files of one verified sender. */
  messages: Rate;
  /** What of them comes as an answer to our request for history, said over hours. */
  answers: Rate;
  /** Everything else that a verified sender signs. */
  others: Rate;
};

export const ADMISSION_DEFAULTS: AdmissionConfig = {
  level: 'moderate',
  linksMax: 32,
  senderSets: 2048,
  perLinkAndSender: { perSecond: 100, burst: 400 },
  unverified: { perSecond: 400, burst: 2000 },
  strangers: { perSecond: 1, burst: 10 },
  failures: { perSecond: 10, burst: 20 },
  messages: { perSecond: 1, burst: 60 },
  answers: { perSecond: 5, burst: 300 },
  others: { perSecond: 20, burst: 100 },
};

/** What an announce may inflate to: every field at its longest, and room for unknown ones. */
const ANNOUNCE_MAX = 4096;

/** Sets of four. */
const LINK_SETS = 64;

export class TrustAdmission implements Admission {
  private readonly crypto: Crypto;
  private readonly pins: Pins;
  private readonly config: AdmissionConfig;
  private readonly claims: Buckets;
  private readonly unverified: Buckets;
  private readonly strangers: Buckets;
  private readonly messages: Buckets;
  private readonly answers: Buckets;
  private readonly others: Buckets;
  private readonly failures: FailureBudget;
  private readonly verified = new WeakSet<Uint8Array>();

  /** `seed` is secret: it keeps others from aiming at a sender's place in the tables. */
  constructor(crypto: Crypto, pins: Pins, config: AdmissionConfig, seed: number) {
    this.crypto = crypto;
    this.pins = pins;
    this.config = config;
    const { senderSets } = config;
    this.claims = new Buckets(senderSets * 2, config.perLinkAndSender, seed);
    this.unverified = new Buckets(LINK_SETS, config.unverified, seed);
    this.strangers = new Buckets(LINK_SETS, config.strangers, seed);
    this.messages = new Buckets(senderSets, config.messages, seed);
    this.answers = new Buckets(senderSets, config.answers, seed);
    this.others = new Buckets(senderSets, config.others, seed);
    this.failures = new FailureBudget(config.linksMax, config.failures);
  }

  /** `isAnswer`: it may be an answer to a request of ours, and goes no further. */
  admit(packet: PacketView, link: number, now: Millis, isAnswer = false): DropReason | null {
    const high = readU32(packet.bytes, packet.senderAt);
    const low = readU32(packet.bytes, packet.senderAt + 4);
    if (!this.claims.take(high, (low ^ (link << 24)) >>> 0, now)) return 'flooding';
    if (this.pins.isDenied(packet.bytes, packet.senderAt)) return 'denied';
    if (packet.type === COURIER) return this.admitMail(packet, link, now);
    if (MUST_BE_SIGNED[packet.type] === 0) return this.passUnverified(link, now);
    if (packet.signatureAt < 0) return this.refuse('unsigned', link, now);
    if (packet.type === ANNOUNCE) return this.admitAnnounce(packet, link, now);
    const pin = this.pins.find(packet.bytes, packet.senderAt);
    // Relaying never waits for a key: others further on may know it.
    if (pin === null) return this.passStranger(link, now);
    const flaw = this.check(packet, pin.signingKey, link, now);
    return flaw === null ? this.charge(packet, now, isAnswer) : this.refuse(flaw, link, now);
  }

  /** Whether these very bytes came in with a signature that holds, by the key pinned for them. */
  isVerified(bytes: Uint8Array): boolean {
    return this.verified.has(bytes);
  }

  /** An announce brings the keys it is judged by (WIRE §5). */
  private admitAnnounce(packet: PacketView, link: number, now: Millis): DropReason | null {
    const announce = announceOf(packet);
    if (announce === null) return this.refuse('bad-payload', link, now);
    const { noiseKey, signingKey } = announce;
    const id = packet.bytes.subarray(packet.senderAt, packet.senderAt + ID_SIZE);
    const meeting = this.pins.judge(id, noiseKey, signingKey);
    if (meeting === 'weak-key') return this.refuse('bad-payload', link, now);
    if (meeting === 'not-its-id') return this.refuse('identity-clash', link, now);
    if (meeting === 'new') {
      // Anybody can be new again and again, and each time costs a verification: the link pays.
      const refusal = this.passStranger(link, now);
      if (refusal !== null) return refusal;
    }
    // An alarm is raised only by what somebody did sign, not by a bit that fell over.
    const flaw = this.check(packet, signingKey, link, now);
    if (flaw !== null) return this.refuse(flaw, link, now);
    if (this.pins.meet(id, noiseKey, signingKey) === 'second-key') {
      return this.refuse('identity-clash', link, now);
    }
    return this.charge(packet, now);
  }

  /** Anybody passes it on; whoever is to carry it wants to know who gave it (WIRE §3). */
  private admitMail(packet: PacketView, link: number, now: Millis): DropReason | null {
    const isSigned = packet.signatureAt >= 0;
    const pin = isSigned ? this.pins.find(packet.bytes, packet.senderAt) : null;
    const holds = pin !== null && this.check(packet, pin.signingKey, link, now) === null;
    return holds ? this.charge(packet, now) : this.passUnverified(link, now);
  }

  private check(
    packet: PacketView,
    signingKey: Uint8Array,
    link: number,
    now: Millis,
  ): DropReason | null {
    if (!this.failures.hasRoom(link, now)) return 'flooding';
    if (checkFrame(this.crypto, packet, signingKey)) return null;
    this.failures.spend(link);
    return 'bad-signature';
  }

  /** What verified is marked so, and paid for by its sender. */
  private charge(packet: PacketView, now: Millis, isAnswer = false): DropReason | null {
    this.verified.add(packet.bytes);
    // A voice is a stream of packets, and bounded by its link and sender alone.
    if (packet.type === VOICE) return null;
    const said = isAnswer ? this.answers : this.messages;
    const purse = IS_MESSAGE[packet.type] === 1 ? said : this.others;
    const high = readU32(packet.bytes, packet.senderAt);
    const low = readU32(packet.bytes, packet.senderAt + 4);
    return purse.take(high, low, now) ? null : 'flooding';
  }

  private refuse(reason: DropReason, link: number, now: Millis): DropReason | null {
    return this.config.level === 'permissive' ? this.passUnverified(link, now) : reason;
  }

  private passStranger(link: number, now: Millis): DropReason | null {
    if (this.config.level !== 'strict') return this.passUnverified(link, now);
    return this.strangers.take(link, 0, now) ? null : 'unknown-sender';
  }

  private passUnverified(link: number, now: Millis): DropReason | null {
    return this.unverified.take(link, 0, now) ? null : 'flooding';
  }
}

/**
 * Whom the phones reject unsigned (WIRE §3), and what WIRE §20 has authenticated by signature. The
 * rest is unsigned by design, judged by its session or its content (DEFAULTS §2).
 */
const MUST_BE_SIGNED = typeSet([
  ANNOUNCE,
  MESSAGE,
  LEAVE,
  REQUEST_SYNC,
  FILE,
  VOICE,
  LINK_STATE,
  GOSSIP,
  CHANNEL,
  ROOM,
  RECEIPT,
  GATEWAY,
]);

/** What a person sends (DEFAULTS §2, messages a minute). */
const IS_MESSAGE = typeSet([MESSAGE, FILE, CHANNEL]);

function typeSet(types: number[]): Uint8Array {
  const set = new Uint8Array(256);
  for (const type of types) set[type] = 1;
  return set;
}

function announceOf(packet: PacketView): Announce | null {
  const opened = openView(packet, ANNOUNCE_MAX);
  if (!opened.ok) return null;
  const decoded = decodeAnnounce(opened.packet.payload);
  return decoded.ok ? decoded.value : null;
}
