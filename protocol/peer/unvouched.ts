/**
 * Unvouched: public messages of senders whose keys are not known yet. They are told as what nobody
 * vouches for, or, by a strict node, not yet; once their sender has announced himself, those that are
 * his become history after all, so that others get them here, and are told where they were not.
 */
import { nameOf } from '../trust/pins.ts';
import type { Packet } from '../wire/packet.ts';

/** Then the one heard first is forgotten. It may still come back out of another's history. */
export const UNVOUCHED_MAX = 64;

/** How a message came that was told to nobody. */
export type Untold = { link: number; ttl: number };
type Held = { sender: string; packet: Packet; frame: Uint8Array; untold: Untold | null };

export class Unvouched {
  /** The one heard first in front. */
  private held: Held[] = [];

  keep(packet: Packet, frame: Uint8Array, untold: Untold | null = null): void {
    this.held.push({ sender: nameOf(packet.sender), packet, frame: new Uint8Array(frame), untold });
    if (this.held.length > UNVOUCHED_MAX) this.held.shift();
  }

  get size(): number {
    return this.held.length;
  }

  /** What the sender whose id lies at `senderAt` is said to have said; it is held no longer. */
  take(bytes: Uint8Array, senderAt = 0): Held[] {
    const name = nameOf(bytes, senderAt);
    const taken = this.held.filter((one) => one.sender === name);
    if (taken.length > 0) this.held = this.held.filter((one) => one.sender !== name);
    return taken;
  }
}
