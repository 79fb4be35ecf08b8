/**
 * Route port: what the relay asks before it floods a packet that is for one node (WIRE §27), and the
 * seat of whoever answers: a component of the bridge, which may be away. While nobody answers, all is
 * flooded.
 *
 *   | 0x27 | count 1 | ids visited, 8 each, the latest last | packet |
 */
import type { Millis } from '../core/machine.ts';
import type { PacketView } from '../core/packet.ts';
import { ID_SIZE } from '../core/packet.ts';
import { sameBytes } from '../core/bytes.ts';

/** No version of a packet, so nobody takes such a frame for one. */
export const ROUTED = 0x27;
/** Ids that a routed packet carries along; beyond it the first goes. */
export const VISITED_MAX = 8;
const HEADER_SIZE = 2;
/** What a packet has visited that begins here. */
export const NOWHERE = new Uint8Array(0);

/** Whoever knows routes. */
export interface Chooser {
  /** The link over which a packet goes on to `target`, around those it visited; -1 for no way. */
  next(
    target: Uint8Array,
    visited: Uint8Array,
    isFree: (link: number) => boolean,
    now: Millis,
  ): number;
  /** Hops to the farthest node known; 0 for unknown. */
  reach(now: Millis): number;
  /** So often a packet of ours came to nothing, and is about to be sent once more. */
  failed(target: Uint8Array, times: number, now: Millis): void;
}

const NOBODY: Chooser = { next: () => -1, reach: () => 0, failed: () => undefined };

export class RoutePort {
  /** What whoever answered broke by; he is asked no more. */
  flaw: unknown = null;
  /** As of the step of the station that asks. */
  now: Millis = 0;
  private chooser = NOBODY;

  fill(chooser: Chooser): void {
    this.flaw = null;
    this.chooser = chooser;
  }

  empty(): void {
    this.chooser = NOBODY;
  }

  next(target: Uint8Array, visited: Uint8Array, isFree: (link: number) => boolean): number {
    return this.ask(() => this.chooser.next(target, visited, isFree, this.now), -1);
  }

  reach(): number {
    return this.ask(() => this.chooser.reach(this.now), 0);
  }

  failed(target: Uint8Array, times: number): void {
    this.ask(() => this.chooser.failed(target, times, this.now), undefined);
  }

  /** The relay goes on, whatever becomes of a component. */
  private ask<Answer>(question: () => Answer, otherwise: Answer): Answer {
    try {
      return question();
    } catch (cause) {
      this.flaw = cause;
      this.empty();
      return otherwise;
    }
  }
}

/** A frame to go on with what it visited, ourselves included. */
export function withVisited(packet: Uint8Array, visited: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE + visited.length + packet.length);
  bytes[0] = ROUTED;
  bytes[1] = visited.length / ID_SIZE;
  bytes.set(visited, HEADER_SIZE);
  bytes.set(packet, HEADER_SIZE + visited.length);
  return bytes;
}

export type RoutedFrame = { visited: Uint8Array; packet: Uint8Array };

/** Null where the bytes are no routed frame. What is in it is for the relay to judge. */
export function readRouted(bytes: Uint8Array): RoutedFrame | null {
  if (bytes.length < HEADER_SIZE || bytes[0] !== ROUTED) return null;
  const count = bytes[1];
  const end = HEADER_SIZE + count * ID_SIZE;
  if (count === 0 || count > VISITED_MAX || bytes.length < end) return null;
  const visited = new Uint8Array(bytes.subarray(HEADER_SIZE, end));
  return { visited, packet: new Uint8Array(bytes.subarray(end)) };
}

export function hasVisited(visited: Uint8Array, id: Uint8Array): boolean {
  for (let at = 0; at < visited.length; at += ID_SIZE) {
    if (sameBytes(visited, at, id)) return true;
  }
  return false;
}

/** With one more, and without the first where there are too many. */
export function andVisited(visited: Uint8Array, id: Uint8Array): Uint8Array {
  const kept = visited.subarray(Math.max(0, visited.length - (VISITED_MAX - 1) * ID_SIZE));
  const all = new Uint8Array(kept.length + ID_SIZE);
  all.set(kept);
  all.set(id, kept.length);
  return all;
}

/** Null for everyone. */
export function targetOf(packet: PacketView): Uint8Array | null {
  if (packet.isBroadcast()) return null;
  return packet.bytes.subarray(packet.recipientAt, packet.recipientAt + ID_SIZE);
}
