/**
 * Buckets: a rate for each of many keys, in memory that never grows. A key owns a token bucket that
 * refills over time; the table is made of small sets, and a key that finds its set full takes the
 * place of the one unused for longest. A forgotten key starts full again, so whoever can invent
 * keys must also pay from a bucket that he cannot choose: his link's.
 */
import { assert } from './assert.ts';
import { readU32 } from './bytes.ts';
import type { Millis } from './machine.ts';
import type { PacketView } from './packet.ts';
import type { Admission, DropReason } from './relay.ts';

const SET = 4;
// A bucket, and four of them side by side: | key 8 | thousandths of a token that it lacks | used at |
const WORDS = 4;
const LACKED = 2;
const USED_AT = 3;

export type Rate = { perSecond: number; burst: number };

export class Buckets {
  private readonly sets: number;
  /** Those never used lack nothing, so none has to be filled. */
  private readonly buckets: Uint32Array;
  private readonly rate: Rate;
  private readonly seed: number;

  /** `sets` is a power of two; the table remembers up to four times as many keys. */
  constructor(sets: number, rate: Rate, seed: number) {
    assert((sets & (sets - 1)) === 0, 'a power of two sets');
    assert(rate.burst < 4000000, 'thousandths of a burst fit 32 bits');
    this.sets = sets;
    this.rate = rate;
    this.seed = seed;
    this.buckets = new Uint32Array(sets * SET * WORDS);
  }

  /** Whether the key (two 32-bit words) may spend a token now; if so, it is spent. */
  take(a: number, b: number, now: Millis): boolean {
    const nowMs = now >>> 0;
    return spend(this.buckets, this.bucketOf(a, b, nowMs) + LACKED, this.rate, nowMs);
  }

  /** Where the bucket of a key lies. */
  private bucketOf(a: number, b: number, nowMs: number): number {
    const buckets = this.buckets;
    const first = (mix(a, b, this.seed) & (this.sets - 1)) * SET * WORDS;
    let idlest = first;
    let idle = -1;
    for (let at = first; at < first + SET * WORDS; at += WORDS) {
      if (buckets[at] === a && buckets[at + 1] === b) return at;
      const since = (nowMs - buckets[at + USED_AT]) >>> 0;
      if (since > idle) {
        idle = since;
        idlest = at;
      }
    }
    buckets[idlest] = a;
    buckets[idlest + 1] = b;
    buckets[idlest + LACKED] = 0;
    buckets[idlest + USED_AT] = nowMs;
    return idlest;
  }
}

/** Whether a token is left in the bucket whose two last words lie at `at`; if so, it is spent. */
export function spend(words: Uint32Array, at: number, rate: Rate, nowMs: number): boolean {
  const refill = ((nowMs - words[at + 1]) >>> 0) * rate.perSecond;
  // Rounded up, or whoever asks often would be given more.
  const lacked = Math.ceil(Math.max(0, words[at] - refill));
  const isHeld = lacked <= (rate.burst - 1) * 1000;
  words[at] = isHeld ? lacked + 1000 : lacked;
  words[at + 1] = nowMs;
  return isHeld;
}

/** Spreads a key over 32 bits; the seed is secret, so that nobody can aim at another's set. */
function mix(a: number, b: number, seed: number): number {
  let h = (seed ^ a) >>> 0;
  h = (h + (h << 10)) >>> 0;
  h = (h ^ (h >>> 6) ^ b) >>> 0;
  h = (h + (h << 10)) >>> 0;
  h = (h ^ (h >>> 6)) >>> 0;
  h = (h + (h << 3)) >>> 0;
  h = (h ^ (h >>> 11)) >>> 0;
  return (h + (h << 15)) >>> 0;
}

/**
 * Guard: admission for a node without keys. Every packet pays from the bucket of its link and its
 * claimed sender there, so that whoever forges a sender on one link does not silence it on another;
 * and from the bucket of the link, so that inventing senders buys nothing (RELIABILITY §1).
 */
export class Guard implements Admission {
  private readonly links: Buckets;
  private readonly senders: Buckets;
  private readonly seed: number;

  /** Remembers up to 4 x `sets` pairs of link and sender; `seed` is secret. */
  constructor(sets: number, perLink: Rate, perSender: Rate, seed: number) {
    this.links = new Buckets(8, perLink, seed);
    this.senders = new Buckets(sets, perSender, seed);
    this.seed = seed;
  }

  admit(packet: PacketView, link: number, now: Millis): DropReason | null {
    const at = packet.senderAt;
    // How far a link moves an id only we know: else one could be made up here for a bucket elsewhere.
    const sender = readU32(packet.bytes, at + 4) ^ (this.seed * link);
    if (!this.senders.take(readU32(packet.bytes, at), sender >>> 0, now)) return 'flooding';
    return this.links.take(link, 0, now) ? null : 'flooding';
  }
}
