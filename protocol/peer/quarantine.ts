/**
 * Quarantine: what was said by those who are kept apart. It went on to others, who decide for
 * themselves; here it waits, shown to nobody, until its sender is let in again.
 */
import type { Millis } from '../core/machine.ts';
import {
  ANNOUNCE,
  CHANNEL,
  COURIER,
  ENCRYPTED,
  FILE,
  FRAGMENT,
  GOSSIP,
  LEAVE,
  MESSAGE,
  TRACE,
} from '../core/packet.ts';
import { keepNewest } from '../keep-newest.ts';

/** Packets and bytes of one sender; then his oldest goes. */
export const PACKETS_PER_SENDER_MAX = 64;
export const BYTES_PER_SENDER_MAX = 64 * 1024;
/** Senders; then whoever said something first goes, with all he said. */
export const SENDERS_MAX = 64;
/** Then it is of no use any more. */
export const KEPT_MS = 24 * 3_600_000;

/** A packet as the relay delivered it. */
export type Kept = {
  link: number;
  bytes: Uint8Array;
  ttl: number;
  isVerified: boolean;
  keptAt: Millis;
};

export class Quarantine {
  /** By the sender's name, as pins have it. */
  private readonly kept = new Map<string, Kept[]>();

  get size(): number {
    let size = 0;
    for (const packets of this.kept.values()) size += packets.length;
    return size;
  }

  /** Sets aside what people said; what is of the moment, as a ping is, goes. */
  keep(name: string, packet: Kept): void {
    if (!IS_KEPT[packet.bytes[1]]) return;
    const packets = this.kept.get(name) ?? [];
    packets.push({ ...packet, bytes: new Uint8Array(packet.bytes) });
    let bytes = packets.reduce((sum, other) => sum + other.bytes.length, 0);
    while (packets.length > PACKETS_PER_SENDER_MAX || bytes > BYTES_PER_SENDER_MAX) {
      bytes -= packets.shift()!.bytes.length;
    }
    this.kept.set(name, packets);
    keepNewest(this.kept, SENDERS_MAX);
  }

  /** All that a sender said, in order; it is kept no longer. */
  release(name: string, now: Millis): Kept[] {
    const packets = this.kept.get(name) ?? [];
    this.kept.delete(name);
    return packets.filter(({ keptAt }) => now - keptAt < KEPT_MS);
  }
}

/** Who is kept apart is not unseen: a person decides about whom he sees. */
export function isWithheld(type: number): boolean {
  return type !== ANNOUNCE && type !== LEAVE && type !== TRACE;
}

const IS_KEPT = new Uint8Array(256);
for (const type of [MESSAGE, FILE, CHANNEL, GOSSIP, COURIER, ENCRYPTED, FRAGMENT]) {
  IS_KEPT[type] = 1;
}
