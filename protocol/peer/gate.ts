/**
 * Gate: what a station asks of a packet it has not met: first whether it can be of now, then what
 * Admission asks. And how it is to be treated on its way: whatever nobody vouched for keeps its
 * priority only within a budget of its link, and beyond that waits behind all that is verified, or a
 * flood on one link would crowd out the others on the next. What lines bring has rates of its own. Who
 * is kept apart is passed on like anybody, and not shown.
 */
import type { Millis } from '../core/machine.ts';
import type { PacketView } from '../core/packet.ts';
import {
  CONTROL,
  HEARTBEAT,
  HELLO,
  MESSAGE,
  NOTE,
  NOTED,
  RECONCILE,
  REQUEST_SYNC,
  SPREAD,
  TRACE,
} from '../core/packet.ts';
import { BACKGROUND } from '../core/queue.ts';
import type { Admission, DropReason } from '../core/relay.ts';
import type { AdmissionConfig, AdmissionLimits } from '../trust/admission.ts';
import { TrustAdmission } from '../trust/admission.ts';
import type { Crypto } from '../trust/crypto.ts';
import type { SecurityLevel } from '../trust/levels.ts';
import type { Pins } from '../trust/pins.ts';
import { Courtesy } from './courtesy.ts';
import { isFresh } from './history.ts';
import type { Judge } from './judge.ts';
import { isWithheld } from './quarantine.ts';

/** Rates of what no line brings, and of what lines bring. */
export type GateConfig = AdmissionLimits & {
  admission: AdmissionConfig;
  lineAdmission: AdmissionConfig;
  /** Lines are numbered from `firstLine` up to `firstClient`. */
  firstLine: number;
  firstClient: number;
  /** How old a message may be that history takes. */
  historyMs: Millis;
};

export class Gate implements Admission {
  /** Unix time at 0 of our clock, or null. */
  epochMs: number | null = null;
  private readonly trust: TrustAdmission;
  private readonly lineTrust: TrustAdmission;
  private readonly firstLine: number;
  private readonly firstClient: number;
  private readonly historyMs: Millis;
  private readonly isAsked: (link: number, now: Millis) => boolean;
  private readonly courtesy: Courtesy;
  /** What is to wait behind all that is verified; made when there is any. */
  private demoted: WeakSet<Uint8Array> | null = null;
  /** Whoever judged the last packet; null once nobody asks of it any more. */
  private asked: TrustAdmission | null = null;
  /** The last packet, where its sender is kept apart: whoever asks does so before the next is judged. */
  private withheld: Uint8Array | null = null;
  private readonly pins: Pins;
  private readonly judge: Judge | null;

  /**
   * `isAsked`: whether what comes over a link may be an answer to us. `seed` is secret, as of
   * TrustAdmission.
   */
  constructor(
    crypto: Crypto,
    pins: Pins,
    config: GateConfig,
    isAsked: (link: number, now: Millis) => boolean,
    seed: number,
    judge: Judge | null,
  ) {
    this.pins = pins;
    this.judge = judge;
    const { admission, lineAdmission, firstLine, firstClient, historyMs } = config;
    this.trust = new TrustAdmission(crypto, pins, config, admission, seed);
    const hasLines = firstLine < firstClient;
    this.lineTrust = hasLines
      ? new TrustAdmission(crypto, pins, config, lineAdmission, seed)
      : this.trust;
    this.firstLine = firstLine;
    this.firstClient = firstClient;
    this.historyMs = historyMs;
    this.isAsked = isAsked;
    this.courtesy = new Courtesy(config.linksMax);
  }

  admit(packet: PacketView, link: number, now: Millis): DropReason | null {
    const isAnswer = packet.ttl === 0 && this.isAsked(link, now);
    if (!this.isOfNow(packet, isAnswer, now)) return 'stale';
    const isByLine = link >= this.firstLine && link < this.firstClient;
    const trust = isByLine ? this.lineTrust : this.trust;
    this.asked = trust;
    const refusal = trust.admit(packet, link, now, isAnswer);
    this.withheld = refusal === null && this.isQuarantined(packet) ? packet.bytes : null;
    if (refusal !== null || trust.isVerified(packet.bytes)) return refusal;
    // Old words of a stranger are shown to nobody. What is refused is not remembered, and so may be
    // given again once its sender is known.
    if (packet.type === MESSAGE && this.isOld(packet, now)) return 'unknown-sender';
    if (!this.courtesy.take(link, now)) this.demote(packet.bytes);
    return null;
  }

  /** Nobody asks of the last packet any more: its bytes are not to be kept for the sake of a question. */
  forget(): void {
    if (this.asked === null) return;
    this.asked.forget();
    this.asked = null;
    this.withheld = null;
  }

  enforce(level: SecurityLevel): void {
    this.trust.enforce(level);
    this.lineTrust.enforce(level);
  }

  /** Why what was let in last is for others only; null where it is to be shown. */
  whyHidden(bytes: Uint8Array): DropReason | null {
    const why = this.asked === null ? null : this.asked.whyHidden(bytes);
    return why === null && this.withheld === bytes ? 'quarantined' : why;
  }

  isVerified(bytes: Uint8Array): boolean {
    return this.asked !== null && this.asked.isVerified(bytes);
  }

  /** A copy is nobody's better word than what it was made from. */
  treatAlike(copy: Uint8Array, original: Uint8Array): void {
    if (this.isDemoted(original)) this.demote(copy);
  }

  /** The class a packet leaves in; `priority` is that of its type. */
  priorityOf(bytes: Uint8Array, priority: number): number {
    return this.isDemoted(bytes) ? BACKGROUND : priority;
  }

  private demote(bytes: Uint8Array): void {
    this.demoted ??= new WeakSet();
    this.demoted.add(bytes);
  }

  private isDemoted(bytes: Uint8Array): boolean {
    return this.demoted !== null && this.demoted.has(bytes);
  }

  private isQuarantined({ type, bytes, senderAt }: PacketView): boolean {
    if (!isWithheld(type)) return false;
    if (this.pins.isQuarantined(bytes, senderAt)) return true;
    if (this.judge === null || !this.judge.isQuarantined(bytes, senderAt)) return false;
    // Whom a person vouches for is not kept apart for what his phone passed on.
    const standing = this.pins.standingOf(bytes, senderAt);
    return standing !== 'verified' && standing !== 'trusted';
  }

  /**
   * No phone takes what is two minutes off, unless it is an answer (WIRE §12 o). Neither flag nor TTL of
   * an answer is signed, so all that counts is whether we asked. What is too old for history even so, or
   * of a time to come, is refused here, before it is remembered: our clock may be the one that is wrong,
   * and once it is right the same packet has to be as new as ever (RELIABILITY R16).
   */
  private isOfNow(packet: PacketView, isAnswer: boolean, now: Millis): boolean {
    if (!this.isOld(packet, now) || TIMELESS.includes(packet.type)) return true;
    if (!isAnswer || ASKING.includes(packet.type)) return false;
    const ageMs = this.epochMs! + now - packet.timestamp();
    return packet.type !== MESSAGE || (ageMs > 0 && ageMs < this.historyMs);
  }

  private isOld(packet: PacketView, now: Millis): boolean {
    return this.epochMs !== null && !isFresh(packet.timestamp(), this.epochMs + now);
  }
}

/** They ask, and what they ask for is of now: no answer is one of them. */
const ASKING = [REQUEST_SYNC, RECONCILE];
/** Said by nodes without a clock; what may not come twice in them carries its own counter. */
const TIMELESS = [HELLO, CONTROL, HEARTBEAT, TRACE, NOTE, NOTED, SPREAD];
