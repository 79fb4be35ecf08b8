/**
 * Peers: who is about, as their announces say (WIRE §5). A peer is about for 60 s after it was last
 * heard, and for longer where only lines bring word of it. Anybody can make up peers, so there is room for a fixed number, and the stranger silent for
 * longest makes way; those a person keeps never do (RELIABILITY S4).
 */
import { sameBytes } from '../core/bytes.ts';
import type { Millis } from '../core/machine.ts';
import { ID_SIZE } from '../core/packet.ts';
import { nameOf } from '../trust/pins.ts';
import type { Announce } from '../wire/announce.ts';
import type { LeftReason } from './contract.ts';

/** WIRE §5. */
export const REACHABLE_MS = 60_000;
/** On its way over several islands, an announce waits for its turn on each (WIRE §28). */
export const REACHABLE_BY_LINE_MS = 180_000;
/** Who stays is told of again so often. */
export const TOLD_EVERY_MS = 600_000;
/** Peers known at once, those kept by a person beside them. */
export const PEERS_MAX = 1024;

export type Peer = {
  id: Uint8Array;
  name: string;
  /** Where it was heard last. */
  link: number;
  /** Whether it is at the far end of that link, as far as anybody has shown it. */
  isDirect: boolean;
  /** Links crossed by its last announce; null for unknown. */
  hops: number | null;
  heardAt: Millis;
  /** When an announce of it came over anything but a line. */
  heardHereAt: Millis;
  toldAt: Millis;
  /** Ids, one behind the other: of most peers nobody ever asks for them. */
  neighbours: Uint8Array;
  capabilities: bigint | null;
};

/** How an announce came. */
export type Way = Pick<Peer, 'link' | 'isDirect' | 'hops'> & { isByLine: boolean };
/** `isNew` with another name as well; `isNews` when others should be told of it, once more. */
export type Hearing = { isNew: boolean; isNews: boolean };
export type Departure = { peer: Peer; reason: LeftReason };

const NOBODY = new Uint8Array(0);

export class Peers {
  private readonly max: number;
  private readonly reachableMs: Millis;
  /** The one silent longest first. */
  private readonly peers = new Map<string, Peer>();
  /** When the next one has been silent for too long, or earlier. */
  private wakeAt: Millis = Infinity;

  constructor(max: number = PEERS_MAX, reachableMs: Millis = REACHABLE_MS) {
    this.max = max;
    this.reachableMs = reachableMs;
  }

  get size(): number {
    return this.peers.size;
  }

  hear(id: Uint8Array, announce: Announce, way: Way, now: Millis): Hearing {
    const key = nameOf(id);
    const before = this.peers.get(key);
    const { name, capabilities } = announce;
    const { isByLine, link, isDirect, hops } = way;
    const isNew = before === undefined || before.name !== name;
    const isNews = isNew || now - before.toldAt >= TOLD_EVERY_MS;
    this.keep(key, {
      id: before?.id ?? new Uint8Array(id),
      name,
      link,
      isDirect,
      hops,
      heardAt: now,
      heardHereAt: isByLine ? (before?.heardHereAt ?? -Infinity) : now,
      toldAt: isNews ? now : before.toldAt,
      neighbours: joined(announce.neighbours, before?.neighbours ?? NOBODY),
      capabilities,
    });
    return { isNew, isNews };
  }

  /** Something else that it signed. */
  touch(id: Uint8Array, now: Millis): void {
    const key = nameOf(id);
    const peer = this.peers.get(key);
    if (peer === undefined) return;
    this.keep(key, { ...peer, heardAt: now });
  }

  leave(id: Uint8Array): Departure | null {
    const peer = this.find(id);
    if (peer === null) return null;
    this.peers.delete(nameOf(id));
    return { peer, reason: 'user' };
  }

  /** Makes room, where there is too little; those `isKept` names stay. */
  makeRoom(isKept: (id: Uint8Array) => boolean): Departure | null {
    if (this.peers.size <= this.max) return null;
    for (const [key, peer] of this.peers) {
      if (isKept(peer.id)) continue;
      this.peers.delete(key);
      return { peer, reason: 'crowded' };
    }
    return null;
  }

  /** Those that have been silent for too long. */
  expire(now: Millis): Departure[] {
    const gone: Departure[] = [];
    if (now < this.wakeAt) return gone;
    this.wakeAt = Infinity;
    for (const [key, peer] of this.peers) {
      const until = this.reachableUntil(peer);
      if (now < until) this.wakeAt = Math.min(this.wakeAt, until);
      else {
        this.peers.delete(key);
        gone.push({ peer, reason: 'timeout' });
      }
    }
    return gone;
  }

  deadline(): Millis {
    return this.wakeAt;
  }

  find(id: Uint8Array): Peer | null {
    return this.peers.get(nameOf(id)) ?? null;
  }

  all(): Peer[] {
    return [...this.peers.values()];
  }

  /**
   * Those on our island. Peers who name each other as neighbours are on one, and it is ours when it
   * has one at the far end of a link of ours that is no line (`near`), or when word of all of them
   * came without one. Others may be on it, whom a gateway brought here first.
   */
  here(near: Uint8Array[], now: Millis): Set<Peer> {
    const nearby = new Set(near.map((id) => nameOf(id)));
    const here = new Set<Peer>();
    for (const island of this.islands()) {
      const isOurs =
        island.some(({ id }) => nearby.has(nameOf(id))) ||
        island.every(({ heardHereAt }) => now - heardHereAt < this.reachableMs);
      if (isOurs) for (const peer of island) here.add(peer);
    }
    return here;
  }

  /** Peers in groups that neighbours hold together. */
  private islands(): Peer[][] {
    const ways = new Map<string, string[]>();
    const join = (from: string, to: string): void => {
      ways.set(from, [...(ways.get(from) ?? []), to]);
    };
    for (const [key, { neighbours }] of this.peers) {
      for (let at = 0; at < neighbours.length; at += ID_SIZE) {
        const other = nameOf(neighbours, at);
        join(key, other);
        join(other, key);
      }
    }
    const met = new Set<string>();
    const islands: Peer[][] = [];
    for (const first of this.peers.keys()) {
      const island: Peer[] = [];
      const toVisit = [first];
      for (let key = toVisit.pop(); key !== undefined; key = toVisit.pop()) {
        if (met.has(key)) continue;
        met.add(key);
        const peer = this.peers.get(key);
        if (peer !== undefined) island.push(peer);
        toVisit.push(...(ways.get(key) ?? []));
      }
      if (island.length > 0) islands.push(island);
    }
    return islands;
  }

  private keep(key: string, peer: Peer): void {
    this.peers.delete(key);
    this.peers.set(key, peer);
    this.wakeAt = Math.min(this.wakeAt, this.reachableUntil(peer));
  }

  private reachableUntil({ heardAt, heardHereAt }: Peer): Millis {
    const { reachableMs } = this;
    const isByLine = heardAt - heardHereAt >= reachableMs;
    return heardAt + (isByLine ? Math.max(REACHABLE_BY_LINE_MS, reachableMs) : reachableMs);
  }
}

/** As before, where nothing has changed. */
function joined(ids: readonly Uint8Array[], before: Uint8Array): Uint8Array {
  const isSame = (id: Uint8Array, at: number): boolean => sameBytes(before, at * ID_SIZE, id);
  if (before.length === ids.length * ID_SIZE && ids.every(isSame)) return before;
  const bytes = new Uint8Array(ids.length * ID_SIZE);
  ids.forEach((id, at) => bytes.set(id, at * ID_SIZE));
  return bytes;
}
