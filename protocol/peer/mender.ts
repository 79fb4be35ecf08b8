/**
 * Mender: remembers the broadcasts of the last moments, tells the neighbours it watches which there
 * are, and gives what they ask for (WIRE §29). What comes of it is relayed on like any other packet:
 * it is young, and has the TTL that it would have had.
 *
 *   kept -> after `FIRST_MS` or `OTHER_MS`, unless the neighbour had it from elsewhere -> offer
 *   offer of what we lack -> want, up to three times of each who offers it -> given -> kept
 */
import { sameBytes } from '../core/bytes.ts';
import type { Machine, Millis, Random, Tick } from '../core/machine.ts';
import { ANNOUNCE, FLAGS_AT, GATEWAY, LINK_STATE, TTL_AT, VOICE } from '../core/packet.ts';
import type { Crypto } from '../trust/crypto.ts';
import { NAMED_MAX, PACKET_NAME_SIZE } from '../wire/spread.ts';
import { inParts } from './names.ts';
import type { Watched } from './vicinity.ts';
import { Wants } from './wants.ts';

/** From a packet to its offer, of the first who watches and of the others; a fifth is left to chance. */
export const FIRST_MS = 5000;
export const OTHER_MS = 15_000;
/** What is younger may still be on its way, and rides along with no offer. */
export const YOUNG_MS = 1500;
/** Packets are given for so long, */
export const KEEP_MS = 45_000;
/** so many of them, and bytes; then the oldest is given no more. */
export const KEPT_MAX = 256;
export const KEPT_BYTES_MAX = 128 * 1024;
/** Longer packets are not kept: their sender cuts them (WIRE §7). */
export const LONGEST = 8192;
/** Offers due to one neighbour; then the oldest is not made. */
export const PROMISES_MAX = 512;
/** Packets asked for at once, in all and of one neighbour; others are not, until offered again. */
export const WANTS_MAX = 256;
export const WANTS_OF_ONE_MAX = 96;
export const RETRY_MS = 2000;
/** How often one neighbour is given the same packet. */
export const GIVES_MAX = 3;

/** What is said again anyway, or is of no use later. */
const IS_FLEETING = new Uint8Array(256);
for (const type of [ANNOUNCE, LINK_STATE, GATEWAY, VOICE]) IS_FLEETING[type] = 1;

export type MenderInput =
  | { kind: 'offered'; link: number; names: Uint8Array }
  | { kind: 'wanted'; link: number; names: Uint8Array }
  | { kind: 'gone'; link: number };

export type MenderOutput =
  /** Names of packets, one behind the other. */
  | { kind: 'offer'; link: number; names: Uint8Array }
  | { kind: 'want'; link: number; names: Uint8Array }
  | { kind: 'give'; link: number; bytes: Uint8Array };

type Kept = {
  /** As the relay hashes it. */
  readonly low: number;
  readonly high: number;
  readonly name: Uint8Array;
  readonly keptAt: Millis;
  /** Null once it is given no more, or where it has no further to go. */
  bytes: Uint8Array | null;
  /** Links whose far ends are known to have it. */
  known: number[];
  /** Links that it was given over, each as often as it was. */
  given: number[];
};
type Promised = { kept: Kept; dueAt: Millis; mayGoEarly: boolean };

export class Mender implements Machine<MenderInput, MenderOutput> {
  private readonly hash: Pick<Crypto, 'sha256'>;
  private readonly random: Random;
  /** The oldest in front. */
  private readonly kept: Kept[] = [];
  private bytes = 0;
  /** By link, what is to be offered; and when the first of it is due. */
  private readonly promises = new Map<number, Promised[]>();
  private offerAt: Millis = Infinity;
  private readonly wants = new Wants({
    most: WANTS_MAX,
    mostOfOne: WANTS_OF_ONE_MAX,
    retryMs: RETRY_MS,
  });

  constructor(hash: Pick<Crypto, 'sha256'>, random: Random) {
    this.hash = hash;
    this.random = random;
  }

  step(input: MenderInput | Tick, now: Millis): MenderOutput[] {
    const out: MenderOutput[] = [];
    this.expire(now);
    if (input.kind === 'offered') this.hearOffer(input.link, input.names, now, out);
    if (input.kind === 'wanted') this.give(input.link, input.names, out);
    if (input.kind === 'gone') this.forget(input.link);
    if (now >= this.offerAt) this.offerDue(now, out);
    for (const { link, names } of this.wants.due(now)) this.want(link, names, out);
    return out;
  }

  deadline(): Millis {
    return Math.min(this.offerAt, this.wants.deadline());
  }

  /** A broadcast is passed on, with this TTL; `watches` says whom we watch, by link. */
  keep(
    low: number,
    high: number,
    bytes: Uint8Array,
    from: number,
    watches: readonly Watched[],
    now: Millis,
  ): void {
    if (IS_FLEETING[bytes[1]] === 1 || bytes.length > LONGEST) return;
    const kept = this.remember(low, high, bytes, now);
    know(kept, from);
    if (kept.bytes !== null) return;
    // Of its own: as heard they lie among much else, which would be kept as long.
    kept.bytes = new Uint8Array(bytes);
    this.bytes += bytes.length;
    this.expire(now);
    for (const { link, watch } of watches) {
      if (link === from) continue;
      if (watch !== 'other') this.promise(link, kept, FIRST_MS, true, now);
      if (watch !== 'first') this.promise(link, kept, OTHER_MS, watch === 'other', now);
    }
  }

  /** It came, and goes no further: nobody has to offer it, and we offer it to nobody. */
  spent(low: number, high: number, bytes: Uint8Array, now: Millis): void {
    if (IS_FLEETING[bytes[1]] === 1) return;
    this.remember(low, high, bytes, now);
    this.expire(now);
  }

  met(low: number, high: number, bytes: Uint8Array, link: number): void {
    if (IS_FLEETING[bytes[1]] === 1) return;
    const kept = this.find(low, high);
    if (kept !== undefined) know(kept, link);
  }

  private remember(low: number, high: number, bytes: Uint8Array, now: Millis): Kept {
    const known = this.find(low, high);
    if (known !== undefined) return known;
    const name = this.hash.sha256(asSigned(bytes)).slice(0, PACKET_NAME_SIZE);
    const kept = { low, high, name, keptAt: now, bytes: null, known: [], given: [] };
    this.kept.push(kept);
    this.wants.came(name);
    return kept;
  }

  /** The newest first: most copies come soon. It is asked for with every packet, so in a plain loop. */
  private find(low: number, high: number): Kept | undefined {
    const { kept } = this;
    for (let at = kept.length - 1; at >= 0; at--) {
      if (kept[at].low === low && kept[at].high === high) return kept[at];
    }
    return undefined;
  }

  /** The one whose name is at `at`. */
  private named(names: Uint8Array, at: number): Kept | undefined {
    return this.kept.findLast(({ name }) => sameBytes(names, at, name));
  }

  private promise(link: number, kept: Kept, ms: Millis, mayGoEarly: boolean, now: Millis): void {
    const dueAt = now + ms + this.random(ms / 5);
    const promises = this.promises.get(link) ?? [];
    promises.push({ kept, dueAt, mayGoEarly });
    if (promises.length > PROMISES_MAX) promises.shift();
    this.promises.set(link, promises);
    this.offerAt = Math.min(this.offerAt, dueAt);
  }

  private offerDue(now: Millis, out: MenderOutput[]): void {
    for (const [link, promises] of this.promises) this.offer(link, promises, now, out);
    this.rearm();
  }

  /** What is due, and with it what is old enough. */
  private offer(link: number, promises: Promised[], now: Millis, out: MenderOutput[]): void {
    if (!promises.some(({ dueAt }) => dueAt <= now)) return;
    const open = promises.filter(({ kept }) => kept.bytes !== null && !kept.known.includes(link));
    const isRipe = ({ kept, dueAt, mayGoEarly }: Promised): boolean =>
      dueAt <= now || (mayGoEarly && now - kept.keptAt >= YOUNG_MS);
    const isDue = open.some(({ dueAt }) => dueAt <= now);
    const ripe = isDue ? open.filter(isRipe) : [];
    const later = open.filter((promise) => !ripe.includes(promise));
    if (later.length > 0) this.promises.set(link, later);
    else this.promises.delete(link);
    const names = [...new Set(ripe.map(({ kept }) => kept.name))];
    for (const some of inParts(names, NAMED_MAX)) out.push({ kind: 'offer', link, names: some });
  }

  private hearOffer(link: number, names: Uint8Array, now: Millis, out: MenderOutput[]): void {
    const lacking: Uint8Array[] = [];
    for (let at = 0; at < names.length; at += PACKET_NAME_SIZE) {
      const kept = this.named(names, at);
      if (kept === undefined)
        lacking.push(new Uint8Array(names.subarray(at, at + PACKET_NAME_SIZE)));
      else know(kept, link);
    }
    this.want(link, this.wants.offered(link, lacking, now), out);
  }

  private want(link: number, names: Uint8Array[], out: MenderOutput[]): void {
    for (const some of inParts(names, NAMED_MAX)) out.push({ kind: 'want', link, names: some });
  }

  private give(link: number, names: Uint8Array, out: MenderOutput[]): void {
    for (let at = 0; at < names.length; at += PACKET_NAME_SIZE) {
      const kept = this.named(names, at);
      if (kept === undefined || kept.bytes === null) continue;
      if (kept.given.filter((other) => other === link).length === GIVES_MAX) continue;
      kept.given.push(link);
      out.push({ kind: 'give', link, bytes: kept.bytes });
    }
  }

  /** Its number is given to somebody else, who has met none of this. */
  private forget(link: number): void {
    this.promises.delete(link);
    for (const kept of this.kept) {
      kept.known = kept.known.filter((other) => other !== link);
      kept.given = kept.given.filter((other) => other !== link);
    }
    this.wants.forget(link);
    this.rearm();
  }

  private expire(now: Millis): void {
    const { kept } = this;
    while (kept.length > 0) {
      const isOld = now - kept[0].keptAt >= KEEP_MS;
      if (!isOld && kept.length <= KEPT_MAX && this.bytes <= KEPT_BYTES_MAX) return;
      const oldest = kept.shift()!;
      this.bytes -= oldest.bytes?.length ?? 0;
      oldest.bytes = null;
    }
  }

  private rearm(): void {
    this.offerAt = Infinity;
    for (const promises of this.promises.values()) {
      for (const { dueAt } of promises) this.offerAt = Math.min(this.offerAt, dueAt);
    }
  }
}

function know({ known }: Kept, link: number): void {
  if (!known.includes(link)) known.push(link);
}

/** Nobody else's turn comes before one is done with it. */
const SIGNED = new Uint8Array(LONGEST);

/** The packet as it was signed, and the signature. What answers and unknown flags change is not in it. */
function asSigned(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  const whole = length > LONGEST ? new Uint8Array(length) : SIGNED.subarray(0, length);
  whole.set(bytes);
  whole[TTL_AT] = 0;
  whole[FLAGS_AT] &= 0x0f;
  return whole;
}
