/**
 * Seen: the packets a node remembers, each with the links it already went to, so that none is
 * handled twice and none goes twice over one link. When full, the one not met for longest is
 * forgotten; beyond its age a packet counts as new.
 *
 * Packets are known by two 32-bit words of a keyed hash over everything but TTL and answer flag:
 * a forged copy is another packet and cannot silence the real one (RELIABILITY S20). All that is
 * known of one lies together, in a row of 32-bit words; rows are numbered from 1.
 *
 *   | low | high | expires at | next | newer | older | state | links, 32 to a word ...
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

/** The packet was passed on, or waits to be. The other bits are for whoever knows more of it. */
export const PASSED = 1;

const HIGH = 1;
const EXPIRES_AT = 2;
/** In the chain of those with one hash; 0 ends it. */
const NEXT = 3;
// In a ring from newest to oldest through row 0.
const NEWER = 4;
const OLDER = 5;
const STATE = 6;
const LINKS = 7;

export class Seen {
  /** Words of the link set of one packet. */
  readonly words: number;
  private readonly entries: number;
  private used = 0;
  /** Words of a row. */
  private readonly size: number;
  private readonly rows: Uint32Array;
  private readonly heads: Uint16Array;

  /** Remembers up to `entries` packets (at most 65,534) over links 0 to `links` - 1. */
  constructor(entries: number, links: number) {
    assert(entries > 0 && entries < 65535, 'entries fit 16 bits');
    this.entries = entries;
    this.words = (links + 31) >> 5;
    this.size = LINKS + this.words;
    this.rows = new Uint32Array((entries + 1) * this.size);
    let buckets = 1;
    while (buckets < entries) buckets *= 2;
    this.heads = new Uint16Array(buckets);
  }

  /** The slot of a packet met within `ageMs`, or -1. Being met again keeps it remembered. */
  find(low: number, high: number, now: Millis, ageMs: Millis): number {
    const rows = this.rows;
    let slot = this.heads[low & (this.heads.length - 1)];
    while (slot !== 0) {
      const row = slot * this.size;
      if (rows[row] === low && rows[row + HIGH] === high) {
        if (((now - rows[row + EXPIRES_AT]) | 0) >= 0) return -1;
        rows[row + EXPIRES_AT] = now + ageMs;
        this.renew(slot);
        return slot;
      }
      slot = rows[row + NEXT];
    }
    return -1;
  }

  /** Remembers a packet that `find` did not, and returns its slot, with no links and no state. */
  add(low: number, high: number, now: Millis, ageMs: Millis): number {
    const rows = this.rows;
    const isFull = this.used === this.entries;
    const slot = isFull ? rows[NEWER] : ++this.used;
    const row = slot * this.size;
    const bucket = low & (this.heads.length - 1);
    if (isFull) this.unchain(slot);
    else {
      rows[row + NEWER] = slot;
      rows[row + OLDER] = slot;
    }
    rows[row] = low;
    rows[row + HIGH] = high;
    rows[row + EXPIRES_AT] = now + ageMs;
    rows[row + NEXT] = this.heads[bucket];
    this.heads[bucket] = slot;
    rows.fill(0, row + STATE, row + this.size);
    this.renew(slot);
    return slot;
  }

  /** Whether the slot still holds that packet. */
  holds(slot: number, low: number, high: number): boolean {
    const row = slot * this.size;
    return this.rows[row] === low && this.rows[row + HIGH] === high;
  }

  /** The packet is now on that link: heard there or sent there. */
  mark(slot: number, link: number): void {
    this.rows[slot * this.size + LINKS + wordOf(link)] |= 1 << (link & 31);
  }

  /** 32 links' worth of marks. */
  marks(slot: number, word: number): number {
    return this.rows[slot * this.size + LINKS + word];
  }

  state(slot: number): number {
    return this.rows[slot * this.size + STATE];
  }

  setState(slot: number, state: number): void {
    this.rows[slot * this.size + STATE] = state;
  }

  isPassed(slot: number): boolean {
    return (this.state(slot) & PASSED) !== 0;
  }

  pass(slot: number): void {
    this.rows[slot * this.size + STATE] |= PASSED;
  }

  /** A link index is given to another neighbour, who has met none of these packets. */
  forgetLink(link: number): void {
    const keep = ~(1 << (link & 31));
    for (let slot = 1; slot <= this.used; slot++) {
      this.rows[slot * this.size + LINKS + wordOf(link)] &= keep;
    }
  }

  /** Moves it to the front of the ring. One that is in none yet is alone with itself. */
  private renew(slot: number): void {
    const rows = this.rows;
    const row = slot * this.size;
    const newest = rows[OLDER];
    // Copies come one after the other, and what is around them in the ring lies far apart in memory.
    if (newest === slot) return;
    rows[rows[row + NEWER] * this.size + OLDER] = rows[row + OLDER];
    rows[rows[row + OLDER] * this.size + NEWER] = rows[row + NEWER];
    rows[row + OLDER] = newest;
    rows[row + NEWER] = 0;
    rows[newest * this.size + NEWER] = slot;
    rows[OLDER] = slot;
  }

  private unchain(slot: number): void {
    const rows = this.rows;
    const next = rows[slot * this.size + NEXT];
    const bucket = rows[slot * this.size] & (this.heads.length - 1);
    if (this.heads[bucket] === slot) {
      this.heads[bucket] = next;
      return;
    }
    let before = this.heads[bucket] * this.size;
    while (rows[before + NEXT] !== slot) before = rows[before + NEXT] * this.size;
    rows[before + NEXT] = next;
  }
}
