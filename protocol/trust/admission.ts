/**
 * Admission: what a node with keys asks of a packet it has not met, cheapest question first and the
 * signature late (RELIABILITY §1). The relay has judged length, TTL and duplicates by then, and
 * remembers the packet only afterwards: a forged first copy does not silence the real one (S20).
 *
 *   bucket of (link, claimed sender) -> denied? -> may it go unsigned? -> stamp -> bucket of the link
 *   -> the link's failures -> signature -> the sender's own bucket
 *
 * What follows from what is found is said in the table of levels. Only what verified is charged to its
 * sender, or forging Alice would starve Alice.
 */
import { Buckets } from '../core/buckets.ts';
import type { Rate } from '../core/buckets.ts';
import { readU32 } from '../core/bytes.ts';
import type { Millis } from '../core/machine.ts';
import type { PacketView } from '../core/packet.ts';
import { CHANNEL, FILE, ID_SIZE, MESSAGE, VOICE } from '../core/packet.ts';
import type { Admission, DropReason } from '../core/relay.ts';
import { RELAY_DEFAULTS } from '../core/relay.ts';
import { AnnounceView, KEY_SIZE } from '../wire/announce-view.ts';
import { Claims } from './claims.ts';
import type { Crypto } from './crypto.ts';
import { checkFrame } from './identity.ts';
import type { Proof, SecurityLevel, Sort } from './levels.ts';
import { LEVELS, sortOf, STAMP_BITS } from './levels.ts';
import { LinkBudget } from './link-budget.ts';
import { OwnRates } from './own-rates.ts';
import type { Pins } from './pins.ts';
import { isStamped } from './stamp.ts';

export type AdmissionConfig = {
  level: SecurityLevel;
  /**
   * The senders whose messages are counted at once, a power of two in sets of four; pairs of a link and
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
  /** Everything else that a verified sender signs. It is counted with his keys, for air and lines alike. */
  others: Rate;
};

/** Links are numbered below `linksMax`; a packet of a node begins with at most `ttlMax` hops. */
export type AdmissionLimits = { linksMax: number; ttlMax: number };

export const ADMISSION_DEFAULTS: AdmissionConfig = {
  level: 'moderate',
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

/** Nobody else's turn comes before one is done with them. */
const ANNOUNCED = new AnnounceView();
const KEY = new Uint8Array(KEY_SIZE);

export class TrustAdmission implements Admission {
  private readonly crypto: Crypto;
  private readonly pins: Pins;
  private readonly linksMax: number;
  private readonly ttlMax: number;
  private readonly config: AdmissionConfig;
  private level: SecurityLevel;
  private readonly seed: number;
  private readonly claims: Claims;
  private readonly unverified: LinkBudget;
  /** Made when first needed: near many a node nobody fails, says anything, or is a stranger. */
  private failures: LinkBudget | null = null;
  private strangers: LinkBudget | null = null;
  private messages: Buckets | null = null;
  private answers: Buckets | null = null;
  /** Of senders who have a rate of their own. */
  private ownRates: OwnRates | null = null;
  /** The last packet that verified: whoever asks does so before the next is judged. */
  private verified: Uint8Array | null = null;
  /** The last packet, where it came in for others only, and why. */
  private hidden: Uint8Array | null = null;
  private why: DropReason = 'unsigned';

  /** `seed` is secret: it keeps others from aiming at a sender's place in the tables. */
  constructor(
    crypto: Crypto,
    pins: Pins,
    { linksMax, ttlMax }: AdmissionLimits,
    config: AdmissionConfig,
    seed: number,
  ) {
    this.crypto = crypto;
    this.pins = pins;
    this.linksMax = linksMax;
    // Nodes begin with no fewer hops than phones do, however few they pass on.
    this.ttlMax = Math.max(RELAY_DEFAULTS.ttlMax, ttlMax);
    this.config = config;
    this.level = config.level;
    // As a signed word: any other would lie in memory of its own.
    this.seed = seed | 0;
    this.claims = new Claims(config.senderSets * 2, config.perLinkAndSender, this.seed);
    this.unverified = new LinkBudget(linksMax, config.unverified);
  }

  /** From now on; what was let in before stays. */
  enforce(level: SecurityLevel): void {
    this.level = level;
  }

  /** `isAnswer`: it may be an answer to a request of ours, and goes no further. */
  admit(packet: PacketView, link: number, now: Millis, isAnswer = false): DropReason | null {
    const high = readU32(packet.bytes, packet.senderAt);
    const low = readU32(packet.bytes, packet.senderAt + 4);
    if (!this.claims.take(high, low, link, now)) return 'flooding';
    if (this.pins.isDenied(packet.bytes, packet.senderAt)) return 'denied';
    const sort = sortOf(packet.type);
    if (sort === 'open') return this.treat(packet, sort, 'unsigned', link, now);
    if (sort === 'mail') return this.admitMail(packet, link, now);
    if (packet.signatureAt < 0) return this.treat(packet, sort, 'unsigned', link, now);
    if (sort === 'announce') return this.admitAnnounce(packet, link, now);
    // Relaying never waits for a key: others further on may know it.
    const isKnown = this.pins.signingKeyOf(packet.bytes, packet.senderAt, KEY);
    if (!isKnown) return this.treat(packet, sort, 'stranger', link, now);
    const flaw = this.checkPinned(packet, link, now);
    if (flaw !== null) return this.treat(packet, sort, 'flawed', link, now, flaw);
    return this.treat(packet, sort, isAnswer ? 'answer' : 'verified', link, now);
  }

  /**
   * Whether these very bytes were the last to come in with a signature that holds, by the key pinned
   * for them.
   */
  isVerified(bytes: Uint8Array): boolean {
    return this.verified === bytes;
  }

  /** Why these very bytes, the last to come in, are for others only; null where they are to be shown. */
  whyHidden(bytes: Uint8Array): DropReason | null {
    return this.hidden === bytes ? this.why : null;
  }

  /** The last packet is asked of no more. */
  forget(): void {
    this.verified = null;
    this.hidden = null;
  }

  /** An announce brings the keys it is judged by (WIRE §5). */
  private admitAnnounce(packet: PacketView, link: number, now: Millis): DropReason | null {
    const { bytes, senderAt } = packet;
    const isAnnounce = ANNOUNCED.readPacket(packet, ANNOUNCE_MAX) === null;
    if (!isAnnounce) return this.treatFlawed(packet, 'bad-payload', link, now);
    const meeting = this.pins.judgeAnnounce(bytes, senderAt, ANNOUNCED);
    if (meeting === 'weak-key') return this.treatFlawed(packet, 'bad-payload', link, now);
    if (meeting === 'not-its-id') return this.treatFlawed(packet, 'identity-clash', link, now);
    if (!this.showsWork(packet)) return this.treat(packet, 'announce', 'unstamped', link, now);
    if (meeting === 'new') {
      // Anybody can be new again and again, and each time costs a verification: the link pays.
      const refusal = this.treat(packet, 'announce', 'stranger', link, now);
      if (refusal !== null) return refusal;
    }
    // An alarm is raised only by what somebody did sign, not by a bit that fell over.
    const flaw = this.check(packet, keyIn(ANNOUNCED), link, now);
    if (flaw !== null) return this.treatFlawed(packet, flaw, link, now);
    this.pins.meetAnnounce(bytes, senderAt, ANNOUNCED, meeting);
    if (meeting === 'second-key') return this.treatFlawed(packet, 'identity-clash', link, now);
    return this.treat(packet, 'announce', 'verified', link, now);
  }

  /** Whom a person keeps is let in without, or no phone could be trusted: they make no stamps. */
  private showsWork(packet: PacketView): boolean {
    const { bytes, senderAt } = packet;
    const bits = STAMP_BITS[this.level];
    if (bits === 0 || (this.pins.standingOf(bytes, senderAt) ?? 'seen') !== 'seen') return true;
    const id = bytes.subarray(senderAt, senderAt + ID_SIZE);
    return isStamped(this.crypto, ANNOUNCED, id, packet.timestamp(), bits);
  }

  private admitMail(packet: PacketView, link: number, now: Millis): DropReason | null {
    const isSigned = packet.signatureAt >= 0;
    if (!isSigned) return this.treat(packet, 'mail', 'unsigned', link, now);
    const isKnown = this.pins.signingKeyOf(packet.bytes, packet.senderAt, KEY);
    if (!isKnown) return this.treat(packet, 'mail', 'stranger', link, now);
    const flaw = this.checkPinned(packet, link, now);
    if (flaw !== null) return this.treat(packet, 'mail', 'flawed', link, now, flaw);
    return this.treat(packet, 'mail', 'verified', link, now);
  }

  /** By the key in KEY. Unlike an announce it brings none of its own: not all who pass it on have it. */
  private checkPinned(packet: PacketView, link: number, now: Millis): DropReason | null {
    const flaw = this.check(packet, KEY, link, now);
    return flaw === 'bad-signature' && this.isPassedOn(packet) ? 'forged' : flaw;
  }

  private check(
    packet: PacketView,
    signingKey: Uint8Array,
    link: number,
    now: Millis,
  ): DropReason | null {
    if (this.failures !== null && !this.failures.hasRoom(link, now)) return this.tooMuch(packet);
    if (checkFrame(this.crypto, packet, signingKey)) return null;
    this.failures ??= new LinkBudget(this.linksMax, this.config.failures);
    this.failures.take(link, now);
    return 'bad-signature';
  }

  /** What verified is marked so, and paid for by its sender. */
  private charge(packet: PacketView, now: Millis, isAnswer: boolean): DropReason | null {
    this.verified = packet.bytes;
    // A voice is a stream of packets, and bounded by its link and sender alone.
    if (packet.type === VOICE) return null;
    const { bytes, senderAt } = packet;
    const [high, low] = [readU32(bytes, senderAt), readU32(bytes, senderAt + 4)];
    const mayPass =
      IS_MESSAGE[packet.type] === 1
        ? this.purseOf(packet, isAnswer).take(high, low, now)
        : this.pins.take(bytes, senderAt, this.config.others, now);
    return mayPass ? null : this.tooMuch(packet);
  }

  /**
   * Of messages: his own, where a person gave him one. It counts answers, too: what is over of a flood
   * is soon in everybody's history.
   */
  private purseOf({ bytes, senderAt }: PacketView, isAnswer: boolean): Buckets {
    const perMinute = this.pins.limitOf(bytes, senderAt);
    if (perMinute !== null) {
      return (this.ownRates ??= new OwnRates()).purseOf(bytes, senderAt, perMinute);
    }
    if (isAnswer) return (this.answers ??= this.bucketsOf(this.config.answers));
    return (this.messages ??= this.bucketsOf(this.config.messages));
  }

  /** Whoever does not know the sender, or what others forged, cannot know that it is. */
  private tooMuch(packet: PacketView): DropReason {
    return this.isPassedOn(packet) ? 'flooded' : 'flooding';
  }

  /** By whoever brought it. With all its hops or none, nobody else had it before. */
  private isPassedOn({ ttl }: PacketView): boolean {
    return ttl > 0 && ttl !== this.ttlMax;
  }

  /** For as many senders as are remembered at once. */
  private bucketsOf(rate: Rate): Buckets {
    return new Buckets(this.config.senderSets, rate, this.seed);
  }

  private treatFlawed(
    packet: PacketView,
    why: DropReason,
    link: number,
    now: Millis,
  ): DropReason | null {
    return this.treat(packet, 'announce', 'flawed', link, now, why);
  }

  /** What the table says of it; `why` it is as it is, where that is not plain from the proof. */
  private treat(
    packet: PacketView,
    sort: Sort,
    found: Proof | 'answer',
    link: number,
    now: Millis,
    why: DropReason = WHY[found],
  ): DropReason | null {
    const isAnswer = found === 'answer';
    const { relayed, shown } = LEVELS[this.level][sort][isAnswer ? 'verified' : found];
    if (relayed === 'no') return why;
    this.hidden = shown === 'no' ? packet.bytes : null;
    this.why = why;
    switch (relayed) {
      case 'sender':
        return this.charge(packet, now, isAnswer);
      case 'link':
        return this.unverified.take(link, now) ? null : 'flooding';
      case 'strangers':
        this.strangers ??= new LinkBudget(this.linksMax, this.config.strangers);
        return this.strangers.take(link, now) ? null : why;
    }
  }
}

/** What a packet is dropped for, or not shown for, if so. */
const WHY: Record<Proof | 'answer', DropReason> = {
  verified: 'flooding',
  answer: 'flooding',
  stranger: 'unknown-sender',
  unstamped: 'stamp-missing',
  unsigned: 'unsigned',
  flawed: 'bad-signature',
};

/** What a person sends (DEFAULTS §2, messages a minute). */
const IS_MESSAGE = typeSet([MESSAGE, FILE, CHANNEL]);

function typeSet(types: number[]): Uint8Array {
  const set = new Uint8Array(256);
  for (const type of types) set[type] = 1;
  return set;
}

function keyIn({ bytes, signingKeyAt }: AnnounceView): Uint8Array {
  for (let i = 0; i < KEY_SIZE; i++) KEY[i] = bytes[signingKeyAt + i];
  return KEY;
}
