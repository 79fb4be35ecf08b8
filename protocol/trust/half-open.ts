/**
 * Half-open handshakes: others' first messages that were answered and wait for their last, and what
 * overtook that last message. Anybody can make them, so everything here is bounded, and nothing here
 * touches a session (RELIABILITY S19).
 */
import { sameBytes } from '../core/bytes.ts';
import type { Millis } from '../core/machine.ts';
import type { Handshake } from './noise.ts';

/** Handshakes for one claimed peer, as for all together: then the oldest is dropped. */
export const INCOMING_PER_PEER_MAX = 4;

/** Early messages in all, for one claimed peer, and their size. Others are not held. */
export const EARLY_MAX = 32;
export const EARLY_PER_PEER_MAX = 4;
export const EARLY_SIZE_MAX = 4096;

/** How long the last message may take, as on the phones (WIRE §8). */
export const END_TIMEOUT_MS = 20_000;

type Incoming = { name: string; handshake: Handshake; first: Uint8Array; endsAt: Millis };
type Early = { name: string; payload: Uint8Array; endsAt: Millis };

export class HalfOpen {
  /** The oldest first; so are the early ones. */
  private incoming: Incoming[] = [];
  private early: Early[] = [];
  private readonly incomingMax: number;

  constructor(incomingMax: number) {
    this.incomingMax = incomingMax;
  }

  get size(): number {
    return this.incoming.length;
  }

  get earlySize(): number {
    return this.early.length;
  }

  /** A peer may be in several at once: one may be its own and the others forged. The newest first. */
  of(name: string): Handshake[] {
    const ofPeer = this.incoming.filter((one) => one.name === name);
    return ofPeer.map((one) => one.handshake).reverse();
  }

  isRepeated(name: string, first: Uint8Array): boolean {
    return this.incoming.some((one) => one.name === name && sameBytes(one.first, 0, first));
  }

  /** Returns when it will be given up. */
  add(name: string, handshake: Handshake, first: Uint8Array, now: Millis): Millis {
    const ofPeer = this.incoming.filter((one) => one.name === name);
    if (ofPeer.length >= INCOMING_PER_PEER_MAX) {
      this.incoming.splice(this.incoming.indexOf(ofPeer[0]), 1);
    } else if (this.incoming.length >= this.incomingMax) this.incoming.shift();
    const endsAt = now + END_TIMEOUT_MS;
    this.incoming.push({ name, handshake, first: new Uint8Array(first), endsAt });
    return endsAt;
  }

  /** Keeps a message until the handshake it may belong to is done; false if there is no room. */
  hold(name: string, payload: Uint8Array): boolean {
    const waiting = this.incoming.find((one) => one.name === name);
    if (waiting === undefined || payload.length > EARLY_SIZE_MAX) return false;
    if (this.early.length >= EARLY_MAX) return false;
    if (this.early.filter((one) => one.name === name).length >= EARLY_PER_PEER_MAX) return false;
    this.early.push({ name, payload: new Uint8Array(payload), endsAt: waiting.endsAt });
    return true;
  }

  /** Forgets a peer's handshakes, and returns what was held for them, in order. */
  close(name: string): Uint8Array[] {
    const held = this.early.filter((one) => one.name === name).map((one) => one.payload);
    this.incoming = this.incoming.filter((one) => one.name !== name);
    this.early = this.early.filter((one) => one.name !== name);
    return held;
  }

  sweep(now: Millis): void {
    this.incoming = this.incoming.filter((one) => one.endsAt > now);
    this.early = this.early.filter((one) => one.endsAt > now);
  }

  deadline(): Millis {
    const incoming = this.incoming.length > 0 ? this.incoming[0].endsAt : Infinity;
    const early = this.early.reduce((at, one) => Math.min(at, one.endsAt), Infinity);
    return Math.min(incoming, early);
  }
}
