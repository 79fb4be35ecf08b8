/**
 * Seen: the packets a node remembers, each with the links it already went to, so that none is
 * handled twice and none goes twice over one link. When full, the one not met for longest is
 * forgotten; beyond its age a packet counts as new.
 *
 * Packets are known by two 32-bit words of a keyed hash over everything but TTL and answer flag:
 * a forged copy is another packet and cannot silence the real one (RELIABILITY S20).
 */
import { assert } from './assert.ts';
import { MANY_LINKS } from './features.ts';
import type { Millis } from './machine.ts';

/** Writes the two words of the hash of `bytes[0..length)` into `out`. */
export type PacketHash = (bytes: Uint8Array, length: number, out: Uint32Array) => void;

/** The word of a set of links that one of them is in. Few links have but one word. */
export function wordOf(link: number): number {
  return MANY_LINKS ? link >> 5 : 0;
}

export class Seen {
  /** Words of the link set of one packet. */
  readonly words: number;
  private readonly entries: number;
  private used = 0;
  private readonly low: Uint32Array;
  private readonly high: Uint32Array;
  private readonly expiresAt: Uint32Array;
  private readonly links: Uint32Array;
  /** 1 once the packet was passed on, or waits to be. */
  private readonly passed: Uint8Array;
  // Hash chains; `entries` ends a chain.
  private readonly heads: Uint16Array;
  private readonly next: Uint16Array;
  // A ring from newest to oldest through the sentinel `entries`.
  private readonly newer: Uint16Array;
  private readonly older: Uint16Array;

  /** Remembers up to `entries` packets (at most 65,534) over links 0 to `links` - 1. */
  constructor(entries: number, links: number) {
    assert(entries > 0 && entries < 65535, 'entries fit 16 bits');
    this.entries = entries;
    this.words = (links + 31) >> 5;
    this.low = new Uint32Array(entries);
    this.high = new Uint32Array(entries);
    this.expiresAt = new Uint32Array(entries);
    this.links = new Uint32Array(entries * this.words);
    this.passed = new Uint8Array(entries);
    let buckets = 1;
    while (buckets < entries) buckets *= 2;
    this.heads = new Uint16Array(buckets);
    this.heads.fill(entries);
    this.next = new Uint16Array(entries);
    this.newer = new Uint16Array(entries + 1);
    this.older = new Uint16Array(entries + 1);
    this.newer[entries] = entries;
    this.older[entries] = entries;
  }

  /** The slot of a packet met within `ageMs`, or -1. Being met again keeps it remembered. */
  find(low: number, high: number, now: Millis, ageMs: Millis): number {
    let slot = this.heads[low & (this.heads.length - 1)];
    while (slot !== this.entries) {
      if (this.low[slot] === low && this.high[slot] === high) {
        if (((now - this.expiresAt[slot]) | 0) >= 0) return -1;
        this.expiresAt[slot] = now + ageMs;
        this.unlink(slot);
        this.linkAsNewest(slot);
        return slot;
      }
      slot = this.next[slot];
    }
    return -1;
  }

  /** Remembers a packet that `find` did not, and returns its slot, with no links and not passed. */
  add(low: number, high: number, now: Millis, ageMs: Millis): number {
    let slot = this.used;
    if (slot < this.entries) this.used++;
    else {
      slot = this.newer[this.entries];
      this.unlink(slot);
      this.unchain(slot);
    }
    this.low[slot] = low;
    this.high[slot] = high;
    this.expiresAt[slot] = now + ageMs;
    this.passed[slot] = 0;
    this.links.fill(0, slot * this.words, (slot + 1) * this.words);
    const bucket = low & (this.heads.length - 1);
    this.next[slot] = this.heads[bucket];
    this.heads[bucket] = slot;
    this.linkAsNewest(slot);
    return slot;
  }

  /** Whether the slot still holds that packet. */
  holds(slot: number, low: number, high: number): boolean {
    return this.low[slot] === low && this.high[slot] === high;
  }

  /** The packet is now on that link: heard there or sent there. */
  mark(slot: number, link: number): void {
    this.links[slot * this.words + wordOf(link)] |= 1 << (link & 31);
  }

  /** 32 links' worth of marks. */
  marks(slot: number, word: number): number {
    return this.links[slot * this.words + word];
  }

  isPassed(slot: number): boolean {
    return this.passed[slot] === 1;
  }

  pass(slot: number): void {
    this.passed[slot] = 1;
  }

  /** A link index is given to another neighbour, who has met none of these packets. */
  forgetLink(link: number): void {
    const keep = ~(1 << (link & 31));
    for (let i = wordOf(link); i < this.links.length; i += this.words) this.links[i] &= keep;
  }

  private unlink(slot: number): void {
    this.older[this.newer[slot]] = this.older[slot];
    this.newer[this.older[slot]] = this.newer[slot];
  }

  private linkAsNewest(slot: number): void {
    const newest = this.older[this.entries];
    this.older[slot] = newest;
    this.newer[slot] = this.entries;
    this.newer[newest] = slot;
    this.older[this.entries] = slot;
  }

  private unchain(slot: number): void {
    const bucket = this.low[slot] & (this.heads.length - 1);
    if (this.heads[bucket] === slot) {
      this.heads[bucket] = this.next[slot];
      return;
    }
    let before = this.heads[bucket];
    while (this.next[before] !== slot) before = this.next[before];
    this.next[before] = this.next[slot];
  }
}
