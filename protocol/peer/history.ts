/**
 * History: public messages and announces as they were heard, for those who come later (WIRE §9). It
 * holds a bounded number of verified packets, and whoever said most makes way first, so that one
 * talker does not push out the rest.
 *
 * What it forgot for lack of room it does not take again, so that nothing comes back as new: it remembers
 * the last names, and beyond these takes nothing that is as old unless it is fresh. What is too old is
 * put away and not forgotten while there is room: the clock that says so may be wrong by days.
 */
import { assert } from '../core/assert.ts';
import type { Millis } from '../core/machine.ts';
import type { PacketView } from '../core/packet.ts';
import { ANNOUNCE, FRAME_MAX, MESSAGE, VIEW } from '../core/packet.ts';
import { keepNewest } from '../keep-newest.ts';
import type { Crypto } from '../trust/crypto.ts';
import { nameOf } from '../trust/pins.ts';
import type { FilterKey } from '../wire/gcs.ts';
import {
  filterKey,
  filterNumbers,
  filterOf,
  holdsNumber,
  numberOf,
  roomFor,
  syncId,
} from '../wire/gcs.ts';
import { toHex } from '../wire/hex.ts';
import type { Packet } from '../wire/packet.ts';
import { openPacket } from '../wire/packet.ts';
import type { Bound } from '../wire/reconcile.ts';
import { compareBounds } from '../wire/reconcile.ts';
import type { RequestSync, SyncType } from '../wire/request-sync.ts';
import { SYNC_TYPE, syncTypes } from '../wire/request-sync.ts';
import type { Dated } from './timeline.ts';
import { byAge, Timeline } from './timeline.ts';

export type HistoryLimits = {
  /** Messages held; then what is too old goes, and then the oldest of whoever said most. */
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

/** What joins islands holds what was said on all of them while a line was down. */
export const GATEWAY_HISTORY_LIMITS: HistoryLimits = {
  messages: 20_000,
  bytes: 16 * 1024 * 1024,
  ageMs: HISTORY_LIMITS.ageMs,
  announces: 4096,
};

/** WIRE §12 (o): an older announce makes an iPhone forget what its sender said. */
const ANNOUNCE_AGE_MS = 60_000;
/** What iPhones allow for clocks and ways, either side (WIRE §5). */
export const FRESH_MS = 120_000;
/** WIRE §9: so filters of the same packets are the same on every node. */
export const FILTER_BYTES = 400;
const FALSE_POSITIVES = 0.01;
/** Packets in the answer to one request, the newest; the next request asks for the rest. */
export const ANSWER_MAX = 300;
/** Names of messages that were forgotten for lack of room; then the first go. */
export const FORGOTTEN_MAX = 4096;

export type Kept = {
  readonly name: string;
  readonly key: FilterKey;
  /** As characters. */
  readonly sender: string;
  readonly type: number;
  readonly timestamp: number;
  readonly bytes: Uint8Array;
};

/** A request for one span of time, and where the next older one ends; null when there is none. */
export type Asking = { request: RequestSync; older: number | null };

export class History {
  private readonly hash: Pick<Crypto, 'sha256'>;
  private readonly limits: HistoryLimits;
  /** By id, the one heard first in front. */
  private readonly messages = new Map<string, Kept>();
  /** The same, by age. */
  readonly timeline = new Timeline<Kept>();
  /** The newest of each sender, the one heard first in front. Those not of now are introductions only. */
  private readonly announces = new Map<string, Kept>();
  private readonly countOf = new Map<string, number>();
  /** Of all messages, those too old as well. */
  private bytes = 0;
  /** Messages up to here, unless they are fresh, may have been forgotten. */
  private horizon = -1;
  /** Names of the last of them, and when they were said; the one forgotten first in front. */
  private readonly forgotten = new Map<string, number>();
  /** The newest of those that not even a name is left of. */
  private unnamed = -1;
  /** Messages that are too old, as long as there is room for them. */
  private readonly attic = new Map<string, Kept>();
  /** Our clock when the too old went last. */
  private expiredMs = -Infinity;
  private additions = 0;

  constructor(hash: Pick<Crypto, 'sha256'>, limits: HistoryLimits = HISTORY_LIMITS) {
    this.hash = hash;
    this.limits = limits;
  }

  get size(): number {
    return this.messages.size;
  }

  get ageMs(): Millis {
    return this.limits.ageMs;
  }

  /** Another number whenever a message was added. */
  get version(): number {
    return this.additions;
  }

  /** What a message is called, held or not. */
  nameOf(packet: Packet): string {
    return toHex(syncId(this.hash, packet));
  }

  /** The message of this id; null where none is held. */
  find(name: string): Kept | null {
    return this.messages.get(name) ?? null;
  }

  /**
   * Messages from this time on are neither forgotten already nor about to be: others need not give
   * older ones. What was forgotten for lack of room is not taken again, unless it is fresh. 0 where what
   * was forgotten is too old by now in any case; null is a clock that is not set.
   */
  floor(wallMs: number | null): number {
    const from = this.horizon + 1;
    if (wallMs === null) return from;
    const isPast = this.horizon < 0 || this.horizon <= wallMs - this.limits.ageMs;
    return isPast ? 0 : Math.min(from, wallMs - FRESH_MS);
  }

  /** Whether it is held, or was, whoever vouched for it. */
  has(packet: Packet): boolean {
    return this.limits.messages > 0 && this.knows(this.nameOf(packet));
  }

  /** The same of this id. */
  knows(name: string): boolean {
    return this.messages.has(name) || this.attic.has(name) || this.forgotten.has(name);
  }

  /** Whatever was here from this time on, its name is left. */
  get namedFrom(): number {
    return this.unnamed + 1;
  }

  /** What is or was here of that time, `most` of it, the newest first. */
  known(from: number, to: Bound, most: number): Dated[] {
    const high = this.timeline.rank(to);
    const held = this.timeline.slice(Math.max(this.firstAt(from), high - most), high);
    const gone = [...this.forgotten].map(([name, timestamp]) => ({ name, timestamp }));
    const past = [...this.attic.values(), ...gone].filter(
      ({ name, timestamp }) =>
        timestamp >= from && compareBounds({ time: timestamp, name }, to) < 0,
    );
    return [...held, ...past].sort(byAge).reverse().slice(0, most);
  }

  /** Out of our own store, without asking whether it is old. */
  restore(frame: Uint8Array): void {
    const opened = openPacket(frame);
    if (opened.ok) this.add(opened.packet, frame, opened.packet.timestamp);
    // There may have been others, which are not in the store any more.
    this.unnamed = this.horizon;
  }

  /** False where it is held already, is too old, or may have been forgotten: nothing new, then. */
  add(packet: Packet, frame: Uint8Array, wallMs: number): boolean {
    const { type, sender } = packet;
    if (type === ANNOUNCE) return VIEW.read(frame, FRAME_MAX) === null && this.addAnnounce(VIEW);
    if (type !== MESSAGE || !this.mayAdd(packet.timestamp, wallMs)) return false;
    if (this.limits.messages === 0) {
      // Forgotten at once, and so never named.
      this.horizon = Math.max(this.horizon, packet.timestamp);
      this.unnamed = this.horizon;
      return true;
    }
    const kept = new KeptPacket(this.hash, nameOf(sender), packet, frame);
    kept.nameBy(packet);
    if (this.knows(kept.name)) return false;
    this.addMessage(kept);
    return true;
  }

  /** The same of an announce that was read already. */
  addAnnounce(packet: PacketView): boolean {
    if (this.limits.announces === 0) return false;
    const { type, bytes, senderAt } = packet;
    const [sender, timestamp] = [nameOf(bytes, senderAt), packet.timestamp()];
    const known = this.announces.get(sender);
    if (known !== undefined && known.timestamp >= timestamp) return false;
    this.keepAnnounce(new KeptPacket(this.hash, sender, { type, timestamp }, bytes));
    return true;
  }

  /** What is held and the request does not name: announces first, by age; `most` of it, the newest. */
  answer(request: RequestSync, wallMs: number, most: number = ANSWER_MAX): Kept[] {
    this.expire(wallMs);
    const { p, m, filter, since, until } = request;
    const named = filterNumbers(p, m, filter);
    const isMissing = ({ key }: Kept): boolean => !holdsNumber(named, numberOf(key, m));
    const types = request.types ?? syncTypes(['announce', 'message']);
    const announces = isWanted(types, 'announce') ? this.fresh(wallMs).filter(isMissing) : [];
    const room = Math.max(0, most - announces.length);
    const span = isWanted(types, 'message') ? this.span(since, until) : [];
    const messages = span.filter(isMissing);
    return [...announces.slice(0, most), ...messages.slice(Math.max(0, messages.length - room))];
  }

  /** By whom messages are verified; null where it never announced itself here. */
  announceOf(sender: string): Kept | null {
    return this.announces.get(sender) ?? null;
  }

  /** What this peer holds, for others to say what it lacks. Alike as long as nothing is added. */
  request(wallMs: number): RequestSync {
    this.expire(wallMs);
    const all = this.timeline.slice(0, this.timeline.size);
    const held = [...this.fresh(wallMs), ...all].sort(byAge).reverse();
    return this.requestOf(held, FILTER_BYTES, wallMs).request;
  }

  /**
   * One span of what this peer holds, down from `until`, or from now where it is null. With another
   * `twist` each time, nothing is held back for ever by a filter that names it by mistake.
   */
  ask(wallMs: number, until: number | null, filterBytes: number, twist: number): Asking {
    this.expire(wallMs);
    const room = roomFor(filterBytes, FALSE_POSITIVES);
    const to = until === null ? this.timeline.size : this.firstAt(until);
    const some = this.timeline.slice(Math.max(0, to - room), to).reverse();
    if (until === null) {
      return this.requestOf([...this.fresh(wallMs), ...some], filterBytes, wallMs, twist);
    }
    const { request, older } = this.requestOf(some, filterBytes, wallMs, twist);
    return { request: { ...request, types: syncTypes(['message']), until }, older };
  }

  /** `held` is the newest first. What there is no room for belongs to an older span. */
  private requestOf(held: Kept[], filterBytes: number, wallMs: number, twist = 0): Asking {
    const keys = held.map(({ key }) => key);
    const { p, m, bytes, included } = filterOf(keys, filterBytes, FALSE_POSITIVES, twist);
    const last = included > 0 ? held[included - 1] : null;
    const { oldest } = this.timeline;
    const hasOlder = last !== null && oldest !== null && last.timestamp > oldest.timestamp;
    const floor = this.floor(wallMs) || null;
    const older = hasOlder ? last.timestamp : null;
    const types = syncTypes(['announce', 'message']);
    const request = { p, m, filter: bytes, types, since: older ?? floor, fragmentIds: [] };
    return { request, older };
  }

  /** Messages of that time, by age. */
  private span(since: number | null, until: number | undefined): Kept[] {
    const from = since === null ? 0 : this.firstAt(since);
    return this.timeline.slice(
      from,
      until === undefined ? this.timeline.size : this.firstAt(until),
    );
  }

  /** Where in the timeline begins what is not older. */
  private firstAt(timestamp: number): number {
    return this.timeline.rank({ time: timestamp, name: '' });
  }

  private fresh(wallMs: number): Kept[] {
    const announces = [...this.announces.values()];
    return announces.filter(({ timestamp }) => timestamp > wallMs - ANNOUNCE_AGE_MS).sort(byAge);
  }

  /** Neither too old nor forgotten, as far as its time can tell. */
  private mayAdd(timestamp: number, wallMs: number): boolean {
    if (timestamp <= wallMs - this.limits.ageMs) return false;
    return timestamp > this.horizon || isFresh(timestamp, wallMs);
  }

  private addMessage(kept: Kept): void {
    this.bytes += kept.bytes.length;
    this.show(kept);
    const { messages, bytes } = this.limits;
    while (this.messages.size + this.attic.size > messages || this.bytes > bytes) {
      const [old] = this.attic.values();
      this.forget(old ?? this.oldestOfLoudest());
    }
  }

  private show(kept: Kept): void {
    this.messages.set(kept.name, kept);
    this.timeline.add(kept);
    this.additions++;
    this.countOf.set(kept.sender, (this.countOf.get(kept.sender) ?? 0) + 1);
  }

  private hide(kept: Kept): void {
    this.messages.delete(kept.name);
    this.timeline.remove(kept);
    const left = this.countOf.get(kept.sender)! - 1;
    if (left > 0) this.countOf.set(kept.sender, left);
    else this.countOf.delete(kept.sender);
  }

  private keepAnnounce(kept: Kept): void {
    this.announces.delete(kept.sender);
    this.announces.set(kept.sender, kept);
    keepNewest(this.announces, this.limits.announces);
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
    if (!this.attic.delete(kept.name)) this.hide(kept);
    this.bytes -= kept.bytes.length;
    this.horizon = Math.max(this.horizon, kept.timestamp);
    this.forgotten.set(kept.name, kept.timestamp);
    if (this.forgotten.size <= FORGOTTEN_MAX) return;
    const [[name, timestamp]] = this.forgotten;
    this.forgotten.delete(name);
    this.unnamed = Math.max(this.unnamed, timestamp);
  }

  /** Puts away what is too old, and brings back what a clock that was ahead put away. */
  expire(wallMs: number): void {
    const last = wallMs - this.limits.ageMs;
    if (wallMs < this.expiredMs) this.comeBack(last);
    this.expiredMs = wallMs;
    for (let { oldest } = this.timeline; oldest !== null && oldest.timestamp <= last;) {
      this.hide(oldest);
      this.attic.set(oldest.name, oldest);
      ({ oldest } = this.timeline);
    }
  }

  private comeBack(last: number): void {
    for (const kept of this.attic.values()) {
      if (kept.timestamp <= last) continue;
      this.attic.delete(kept.name);
      this.show(kept);
    }
  }
}

/** What it is called is hashed when somebody asks: of most announces nobody does before the next. */
class KeptPacket implements Kept {
  readonly sender: string;
  readonly type: number;
  readonly timestamp: number;
  readonly bytes: Uint8Array;
  private readonly hash: Pick<Crypto, 'sha256'>;
  private id: Uint8Array | null = null;
  private hex = '';
  private numbers: FilterKey | null = null;

  constructor(
    hash: Pick<Crypto, 'sha256'>,
    sender: string,
    { type, timestamp }: Pick<Packet, 'type' | 'timestamp'>,
    frame: Uint8Array,
  ) {
    this.hash = hash;
    this.sender = sender;
    this.type = type;
    this.timestamp = timestamp;
    this.bytes = new Uint8Array(frame);
  }

  get name(): string {
    this.syncId();
    return this.hex;
  }

  get key(): FilterKey {
    this.numbers ??= filterKey(this.hash, this.syncId());
    return this.numbers;
  }

  private syncId(): Uint8Array {
    if (this.id !== null) return this.id;
    const opened = openPacket(this.bytes);
    assert(opened.ok, 'what is kept was opened before');
    return this.nameBy(opened.packet);
  }

  nameBy(packet: Packet): Uint8Array {
    this.id = syncId(this.hash, packet);
    this.hex = toHex(this.id);
    return this.id;
  }
}

/** Whether a packet may still be on its way (WIRE §12 o). */
export function isFresh(timestamp: number, wallMs: number): boolean {
  return Math.abs(timestamp - wallMs) <= FRESH_MS;
}

/**
 * Whether a request is no newer than its sender's last. One that lies ahead of now was said while a clock
 * was wrong, his or ours: it stands for nothing, since as long as it is ahead nobody can say it again.
 */
export function isReplayed(timestamp: number, last: number, wallMs: number): boolean {
  return timestamp <= last && last <= wallMs + FRESH_MS;
}

function isWanted(types: number, type: SyncType): boolean {
  return (types & (1 << SYNC_TYPE[type])) !== 0;
}
