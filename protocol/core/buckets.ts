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

export type Rate = { perSecond: number; burst: number };

export class Buckets {
  private readonly sets: number;
  private readonly keys: Uint32Array;
  /** Thousandths of a token. */
  private readonly tokens: Uint32Array;
  private readonly usedAt: Uint32Array;
  private readonly rate: Rate;
  private readonly seed: number;

  /** `sets` is a power of two; the table remembers up to four times as many keys. */
  constructor(sets: number, rate: Rate, seed: number) {
    assert((sets & (sets - 1)) === 0, 'a power of two sets');
    assert(rate.burst < 4000000, 'thousandths of a burst fit 32 bits');
    this.sets = sets;
    this.rate = rate;
    this.seed = seed;
    this.keys = new Uint32Array(sets * SET * 2);
    this.tokens = new Uint32Array(sets * SET);
    this.tokens.fill(rate.burst * 1000);
    this.usedAt = new Uint32Array(sets * SET);
  }

  /** Whether the key (two 32-bit words) may spend a token now; if so, it is spent. */
  take(a: number, b: number, now: Millis): boolean {
    const nowMs = now >>> 0;
    const slot = this.slotOf(a, b, nowMs);
    const full = this.rate.burst * 1000;
    const refill = ((nowMs - this.usedAt[slot]) >>> 0) * this.rate.perSecond;
    const held = Math.min(full, this.tokens[slot] + refill);
    this.usedAt[slot] = nowMs;
    if (held < 1000) {
      this.tokens[slot] = held;
      return false;
    }
    this.tokens[slot] = held - 1000;
    return true;
  }

  private slotOf(a: number, b: number, nowMs: number): number {
    const first = (mix(a, b, this.seed) & (this.sets - 1)) * SET;
    let idlest = first;
    let idle = -1;
    for (let slot = first; slot < first + SET; slot++) {
      if (this.keys[slot * 2] === a && this.keys[slot * 2 + 1] === b) return slot;
      const since = (nowMs - this.usedAt[slot]) >>> 0;
      if (since > idle) {
        idle = since;
        idlest = slot;
      }
    }
    this.keys[idlest * 2] = a;
    this.keys[idlest * 2 + 1] = b;
    this.tokens[idlest] = this.rate.burst * 1000;
    this.usedAt[idlest] = nowMs;
    return idlest;
  }
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

  /** Remembers up to 4 x `sets` pairs of link and sender. */
  constructor(sets: number, perLink: Rate, perSender: Rate, seed: number) {
    this.links = new Buckets(8, perLink, seed);
    this.senders = new Buckets(sets, perSender, seed);
  }

  admit(packet: PacketView, link: number, now: Millis): DropReason | null {
    const at = packet.senderAt;
    const sender = readU32(packet.bytes, at + 4) ^ (link << 24);
    if (!this.senders.take(readU32(packet.bytes, at), sender >>> 0, now)) return 'flooding';
    return this.links.take(link, 0, now) ? null : 'flooding';
  }
}
