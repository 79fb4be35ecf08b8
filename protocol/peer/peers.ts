/**
 * Peers: who is about, as their announces say (WIRE §5). A peer is here for 60 s after it was last
 * heard. Anybody can make up peers, so there is room for a fixed number, and the stranger silent for
 * longest makes way; those a person keeps never do (RELIABILITY S4).
 */
import type { Millis } from '../core/machine.ts';
import { nameOf } from '../trust/pins.ts';
import type { Announce } from '../wire/announce.ts';
import type { LeftReason } from './contract.ts';

/** WIRE §5. */
export const REACHABLE_MS = 60_000;
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
  neighbours: Uint8Array[];
  capabilities: bigint | null;
};

/** How an announce came. */
export type Way = Pick<Peer, 'link' | 'isDirect' | 'hops'>;
export type Departure = { peer: Peer; reason: LeftReason };

export class Peers {
  private readonly max: number;
  /** The one silent longest first. */
  private readonly peers = new Map<string, Peer>();

  constructor(max: number = PEERS_MAX) {
    this.max = max;
  }

  get size(): number {
    return this.peers.size;
  }

  /** True when the peer is new here, or has another name than before. */
  hear(id: Uint8Array, announce: Announce, way: Way, now: Millis): boolean {
    const key = nameOf(id);
    const before = this.peers.get(key);
    const { name, neighbours, capabilities } = announce;
    this.peers.delete(key);
    this.peers.set(key, {
      id: before?.id ?? new Uint8Array(id),
      name,
      ...way,
      heardAt: now,
      neighbours,
      capabilities,
    });
    return before === undefined || before.name !== name;
  }

  /** Something else that it signed. */
  touch(id: Uint8Array, now: Millis): void {
    const key = nameOf(id);
    const peer = this.peers.get(key);
    if (peer === undefined) return;
    this.peers.delete(key);
    this.peers.set(key, { ...peer, heardAt: now });
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
    for (const [key, peer] of this.peers) {
      if (now - peer.heardAt < REACHABLE_MS) break;
      this.peers.delete(key);
      gone.push({ peer, reason: 'timeout' });
    }
    return gone;
  }

  deadline(): Millis {
    for (const { heardAt } of this.peers.values()) return heardAt + REACHABLE_MS;
    return Infinity;
  }

  find(id: Uint8Array): Peer | null {
    return this.peers.get(nameOf(id)) ?? null;
  }

  all(): Peer[] {
    return [...this.peers.values()];
  }
}
