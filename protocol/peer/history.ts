/**
 * History: public messages and announces as they were heard, for those who come later (WIRE §9). It
 * holds a bounded number of verified packets, and whoever said most makes way first, so that one
 * talker does not push out the rest.
 *
 * What it forgot for lack of room it does not take again once it is old, so that nothing can come back
 * as new. What is young, the relay remembers.
 */
import type { Millis } from '../core/machine.ts';
import { ANNOUNCE, FLAGS_AT, IS_ANSWER, MESSAGE, TTL_AT } from '../core/packet.ts';
import type { Crypto } from '../trust/crypto.ts';
import { nameOf } from '../trust/pins.ts';
import { buildFilter, filterNumber, filterNumbers, holdsNumber, syncId } from '../wire/gcs.ts';
import { toHex } from '../wire/hex.ts';
import type { Packet } from '../wire/packet.ts';
import { openPacket } from '../wire/packet.ts';
import type { RequestSync } from '../wire/request-sync.ts';
import { SYNC_TYPE, syncTypes } from '../wire/request-sync.ts';

export type HistoryLimits = {
  /** Messages held; then the oldest of whoever said most goes. */
  messages: number;
  /** Bytes of all messages; as above. */
  bytes: number;
  /** By timestamp. Older messages are neither held nor given. */
  ageMs: Millis;
  /** Peers whose announce is held; then the one heard first goes. */
  announces: number;
};

/** As the phones hold it (WIRE §9). */
export const HISTORY_LIMITS: HistoryLimits = {
  messages: 1000,
  bytes: 1024 * 1024,
  ageMs: 6 * 3600_000,
  announces: 256,
};

/** WIRE §12 (o): an older announce makes an iPhone forget what its sender said. */
const ANNOUNCE_AGE_MS = 60_000;
/** What iPhones allow for clocks and ways, either side (WIRE §5). */
export const FRESH_MS = 120_000;
/** WIRE §9: so filters of the same packets are the same on every node. */
const FILTER_BYTES = 400;
const FALSE_POSITIVES = 0.01;
/** Packets in the answer to one request, the newest; the next request asks for the rest. */
export const ANSWER_MAX = 300;

type Kept = {
  id: Uint8Array;
  name: string;
  sender: string;
  type: number;
  timestamp: number;
  bytes: Uint8Array;
};

export class History {
  private readonly hash: Pick<Crypto, 'sha256'>;
  private readonly limits: HistoryLimits;
  /** By id, the one heard first in front. */
  private readonly messages = new Map<string, Kept>();
  private readonly announces = new Map<string, Kept>();
  private readonly countOf = new Map<string, number>();
  private bytes = 0;
  /** Messages up to here, unless they are fresh, may have been forgotten. */
  private horizon = -1;

  constructor(hash: Pick<Crypto, 'sha256'>, limits: HistoryLimits = HISTORY_LIMITS) {
    this.hash = hash;
    this.limits = limits;
  }

  get size(): number {
    return this.messages.size;
  }

  /** Whether it is held, whoever vouched for it. */
  has(packet: Packet): boolean {
    return this.messages.has(toHex(syncId(this.hash, packet)));
  }

  /** Out of our own store, without asking whether it is old. */
  restore(frame: Uint8Array): void {
    const opened = openPacket(frame);
    if (opened.ok) this.add(opened.packet, frame, opened.packet.timestamp);
  }

  /** False where it is held already, is too old, or may have been forgotten: nothing new, then. */
  add(packet: Packet, frame: Uint8Array, wallMs: number): boolean {
    const { type, sender, timestamp } = packet;
    if (type !== MESSAGE && type !== ANNOUNCE) return false;
    const id = syncId(this.hash, packet);
    const bytes = new Uint8Array(frame);
    const kept = { id, name: toHex(id), sender: nameOf(sender), type, timestamp, bytes };
    return type === MESSAGE ? this.addMessage(kept, wallMs) : this.addAnnounce(kept);
  }

  /** What is held and the request does not name, as it is answered: announces first, by age. */
  answer(request: RequestSync, wallMs: number): Uint8Array[] {
    this.expire(wallMs);
    const held = filterNumbers(request.p, request.m, request.filter);
    const types = request.types ?? syncTypes(['announce', 'message']);
    const isMissing = ({ id, type, timestamp }: Kept): boolean => {
      const bit = type === MESSAGE ? SYNC_TYPE.message : SYNC_TYPE.announce;
      if ((types & (1 << bit)) === 0) return false;
      if (type === MESSAGE && request.since !== null && timestamp < request.since) return false;
      return !holdsNumber(held, filterNumber(this.hash, id, request.m));
    };
    const announces = [...this.announces.values()].filter(isMissing).sort(byAge);
    const messages = [...this.messages.values()].filter(isMissing).sort(byAge);
    const room = Math.max(0, ANSWER_MAX - announces.length);
    const newest = messages.slice(Math.max(0, messages.length - room));
    return [...announces.slice(0, ANSWER_MAX), ...newest].map(answered);
  }

  /** What this peer holds, for others to say what it lacks. Alike as long as nothing is added. */
  request(wallMs: number): RequestSync {
    this.expire(wallMs);
    const held = [...this.announces.values(), ...this.messages.values()].sort(byAge).reverse();
    const ids = held.map(({ id }) => id);
    const { p, m, bytes, included } = buildFilter(this.hash, ids, FILTER_BYTES, FALSE_POSITIVES);
    return {
      p,
      m,
      filter: bytes,
      types: syncTypes(['announce', 'message']),
      since: included < held.length && included > 0 ? held[included - 1].timestamp : null,
      fragmentIds: [],
    };
  }

  private addMessage(kept: Kept, wallMs: number): boolean {
    if (this.messages.has(kept.name)) return false;
    if (kept.timestamp <= wallMs - this.limits.ageMs) return false;
    if (kept.timestamp <= this.horizon && !isFresh(kept.timestamp, wallMs)) return false;
    this.messages.set(kept.name, kept);
    this.bytes += kept.bytes.length;
    this.countOf.set(kept.sender, (this.countOf.get(kept.sender) ?? 0) + 1);
    while (this.messages.size > this.limits.messages || this.bytes > this.limits.bytes) {
      this.forget(this.oldestOfLoudest());
    }
    return true;
  }

  private addAnnounce(kept: Kept): boolean {
    const known = this.announces.get(kept.sender);
    if (known !== undefined && known.timestamp >= kept.timestamp) return false;
    this.announces.delete(kept.sender);
    this.announces.set(kept.sender, kept);
    if (this.announces.size > this.limits.announces) {
      this.announces.delete(this.announces.keys().next().value!);
    }
    return true;
  }

  private oldestOfLoudest(): Kept {
    let loudest = '';
    let most = 0;
    for (const [sender, count] of this.countOf) {
      if (count <= most) continue;
      most = count;
      loudest = sender;
    }
    for (const kept of this.messages.values()) if (kept.sender === loudest) return kept;
    throw new Error('broken law: whoever is counted has said something');
  }

  private forget(kept: Kept): void {
    this.drop(kept);
    this.horizon = Math.max(this.horizon, kept.timestamp);
  }

  private drop(kept: Kept): void {
    this.messages.delete(kept.name);
    this.bytes -= kept.bytes.length;
    const left = this.countOf.get(kept.sender)! - 1;
    if (left > 0) this.countOf.set(kept.sender, left);
    else this.countOf.delete(kept.sender);
  }

  private expire(wallMs: number): void {
    for (const kept of this.messages.values()) {
      if (kept.timestamp <= wallMs - this.limits.ageMs) this.drop(kept);
    }
    for (const [sender, { timestamp }] of this.announces) {
      if (timestamp <= wallMs - ANNOUNCE_AGE_MS) this.announces.delete(sender);
    }
  }
}

/** Whether a packet may still be on its way (WIRE §12 o). */
export function isFresh(timestamp: number, wallMs: number): boolean {
  return Math.abs(timestamp - wallMs) <= FRESH_MS;
}

/** The oldest first; of one moment, in an order that is everybody's. */
function byAge(a: Kept, b: Kept): number {
  return a.timestamp - b.timestamp || (a.name < b.name ? -1 : 1);
}

/** WIRE §9: the packet as it was, for this link alone. Neither byte is signed. */
function answered({ bytes }: Kept): Uint8Array {
  const answer = new Uint8Array(bytes);
  answer[TTL_AT] = 0;
  answer[FLAGS_AT] |= IS_ANSWER;
  return answer;
}
