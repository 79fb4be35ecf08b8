/**
 * Seen mids: the messages a node of the plain UDP chat remembers, so that none is shown or passed on
 * twice (WIRE §25). They are known by a keyed hash: what a stranger sends costs no memory, however long.
 */
import type { Millis } from '../core/machine.ts';
import { Seen } from '../core/seen.ts';
import type { PacketHash } from '../core/seen.ts';
import { makeSeenHash } from '../trust/seen-hash.ts';
import { MID_MAX } from './message.ts';

/**
 * Messages remembered at once. When there are more, the one not met for longest is forgotten, and would
 * count as new: at 10,000 a second that takes six seconds, and a message has been everywhere within one.
 */
export const SEEN_MAX = 65_534;

export class SeenMids {
  private readonly ageMs: Millis;
  private readonly hash: PacketHash;
  private readonly seen = new Seen(SEEN_MAX, 1);
  private readonly units = new Uint16Array(MID_MAX);
  private readonly bytes = new Uint8Array(this.units.buffer);
  private readonly words = new Uint32Array(2);

  constructor(ageMs: Millis, key: readonly [number, number]) {
    this.ageMs = ageMs;
    this.hash = makeSeenHash(key[0], key[1]);
  }

  /** Whether this is the first time for as long as it is remembered, which it is from now on. */
  isNew(mid: string, now: Millis): boolean {
    return !this.has(mid, now) && this.add(now);
  }

  /** Being met again keeps it remembered. */
  has(mid: string, now: Millis): boolean {
    for (let i = 0; i < mid.length; i++) this.units[i] = mid.charCodeAt(i);
    this.hash(this.bytes, mid.length * 2, this.words);
    return this.seen.find(this.words[0], this.words[1], now, this.ageMs) >= 0;
  }

  /** What was asked for last. */
  private add(now: Millis): boolean {
    this.seen.add(this.words[0], this.words[1], now, this.ageMs);
    return true;
  }
}
