/**
 * Contract: what conversations are told and what they tell, in one place for whoever runs them.
 */
import type { Rate } from '../../protocol/core/buckets.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import type { Draw } from '../../protocol/peer/author.ts';
import type { OwnDraft, StationEvent } from '../../protocol/peer/contract.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import type { Identity } from '../../protocol/trust/identity.ts';
import type { Pins } from '../../protocol/trust/pins.ts';
import type { SessionLimits } from '../../protocol/trust/session.ts';
import { SESSION_LIMITS } from '../../protocol/trust/session.ts';
import type { Packet } from '../../protocol/wire/packet.ts';
import type { Answer, Archive, StoreOutput, TalkEvent, TalkWish } from '../types.ts';
import { DAY_MS } from '../types.ts';

export type ConversationsInput =
  /** What the station leaves to services. What is no talk is let be. */
  | { kind: 'delivered'; packet: Packet; link: number; isVerified: boolean }
  | { kind: 'heard'; event: StationEvent }
  /** Unix time is our clock plus this; null for unknown. Without it nothing is sent. */
  | { kind: 'clock'; offsetMs: number | null }
  /** Of administration: for a peer with whom there is a session; or one is wanted, or another. */
  | { kind: 'seal'; peer: Uint8Array; body: Uint8Array }
  | { kind: 'open' | 'renew'; peer: Uint8Array }
  /** Its answer carries the same ticket. */
  | { kind: 'ask'; ticket: number; wish: TalkWish };

export type ConversationsOutput =
  /** For the station to send. */
  | { kind: 'send'; draft: OwnDraft }
  /** For the station to say; it tells `said`, or `refused`. */
  | { kind: 'say'; text: string }
  | StoreOutput
  | { kind: 'told'; event: TalkEvent }
  /** For administration: what a peer said of it in his session, and what becomes of sessions. */
  | { kind: 'administration'; peer: Uint8Array; noiseKey: Uint8Array; body: Uint8Array }
  | { kind: 'session'; peer: Uint8Array; isLive: boolean }
  | { kind: 'answer'; ticket: number; answer: Answer };

/** A peer in reach, as the station knows him. */
export type Presence = {
  id: Uint8Array;
  /** His last announce, or what else he signed. */
  heardAt: Millis;
  isDirect: boolean;
  capabilities: bigint | null;
};

/** Who is in reach now. */
export interface Around {
  find(id: Uint8Array): Presence | null;
  all(): Presence[];
}

export type ConversationsConfig = {
  /**
   * How long a private message may wait for its peer. 0: it comes to nothing unless he is in reach.
   */
  waitMs: Millis;
  sessions: SessionLimits;
  /**
   * What one session may bring: what is beyond it is not confirmed, and so comes again later. On the
   * air a station lets in far less; over a line one peer may speak for many people.
   */
  rate: Rate;
};

/**
 * Since a restart the clock may be what is wrong: for so long nothing from before is given up for its
 * age (RELIABILITY R16).
 */
export const GRACE_MS = 3_600_000;

export const CONVERSATIONS_DEFAULTS: ConversationsConfig = {
  waitMs: DAY_MS,
  sessions: SESSION_LIMITS,
  rate: { perSecond: 20_000, burst: 40_000 },
};

export type ConversationsPorts = {
  crypto: Crypto;
  identity: Identity;
  /** Those of the station: what one learns, both know. */
  pins: Pins;
  archive: Archive;
  around: Around;
  draw: Draw;
};
