/**
 * Contract of a chat node: what it is told, what it gives, and what it counts.
 */
import type { Millis } from '../core/machine.ts';
import type { Malformed, Message } from './message.ts';

/** `from-nowhere`: from a port of 0, which anybody may write and nobody can be answered at. */
export type ChatDrop = Malformed | 'from-nowhere';

export const TTL_DEFAULT = 8;
export const SEEN_TTL_DEFAULT_S = 120;

export type ChatNodeSettings = {
  /** What it calls itself: the `src` of what it says, and the `dst` of what is for it. */
  address: string;
  /** Other names that a message for this node may bear: its addresses, where it listens on several. */
  aliases: string[];
  /** Where its neighbours are, as their datagrams come from there. */
  neighbours: string[];
  ttl: number;
  seenTtlMs: Millis;
  discovers: boolean;
};

export type ChatNodePorts = {
  /** A UUID that nobody had before. */
  uuid(): string;
  /** Drawn by chance, and known to nobody else. */
  seenKey: readonly [number, number];
};

export type ChatNodeInput =
  /** The time of day is `now` and so much. */
  | { kind: 'clock'; offsetMs: number }
  /** The bytes are the node's from here on. */
  | { kind: 'received'; from: string; bytes: Uint8Array }
  /** Heard in the group. */
  | { kind: 'announced'; from: string; bytes: Uint8Array }
  /** `to` is empty for everyone. */
  | { kind: 'say'; to: string; text: string }
  /** Said before this node was started; it is not shown again when it comes around. */
  | { kind: 'recall'; mids: string[] };

export type ChatNodeOutput =
  /** `isOwn`: it was not passed on for another, so whether it leaves is of interest. */
  | { kind: 'send'; to: string; bytes: Uint8Array; isOwn: boolean }
  /** Into the group. */
  | { kind: 'announce'; bytes: Uint8Array }
  | { kind: 'show'; message: Message; isOwn: boolean }
  /** What a person said and nobody can be sent. */
  | { kind: 'refuse'; why: 'too-long'; text: string }
  /** `more`: so many others were dropped since the last note. */
  | { kind: 'note'; from: string; reason: ChatDrop; size: number; more: number }
  | { kind: 'node'; address: string; isHere: boolean; hops: number }
  /** By discovery. */
  | { kind: 'neighbour'; address: string; isHere: boolean };

export type ChatNodeStatistics = {
  received: number;
  receivedBytes: number;
  shown: number;
  said: number;
  passedOn: number;
  /** Datagrams given to the socket: one message goes to every neighbour. */
  sent: number;
  sentBytes: number;
  pings: number;
  duplicates: number;
  /** New, but with no hop left. */
  expired: number;
  malformed: number;
  /** Found while there were neighbours enough. */
  crowdedOut: number;
  reasons: Partial<Record<ChatDrop, number>>;
};
