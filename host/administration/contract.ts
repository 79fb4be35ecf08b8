/**
 * Contract: what administration is told and what it tells. Requests of ours go to bridges elsewhere
 * inside sessions; those of administrators elsewhere come in so, and are done by whoever runs the bridge;
 * and boards on wires are talked to as by their admin (WIRE §21).
 */
import type { Wish } from '../../protocol/admin/staging.ts';
import type { Settings } from '../../protocol/core/settings.ts';
import type { AdminOperation, AdminStatus } from '../../protocol/wire/administration.ts';
import type { StoreOutput } from '../types.ts';

/** What is asked of a bridge, or of a board of his. */
export type Order = {
  operation: AdminOperation;
  /** Null for the bridge itself. */
  board: Uint8Array | null;
  /** JSON, or nothing. */
  argument: string;
};

export type AdministrationInput =
  /** Somebody with a proven key says this inside his session. */
  | { kind: 'heard'; peer: Uint8Array; noiseKey: Uint8Array; body: Uint8Array }
  | { kind: 'session'; peer: Uint8Array; isLive: boolean }
  /** Its answer carries the same ticket. */
  | { kind: 'ask'; ticket: number; wish: AdminWish }
  /** An order was done, or came to nothing. */
  | ({ kind: 'served'; number: number } & Served)
  /** Whom we obey from now on, by the beginnings of their fingerprints in hex. */
  | { kind: 'appoint'; administrators: readonly string[] }
  | { kind: 'clock'; offsetMs: number | null };

export type AdministrationOutput =
  /** Sealed for him, where there is a session. */
  | { kind: 'seal'; peer: Uint8Array; body: Uint8Array }
  /** A session with him is wanted; or another, because he seems to have lost ours. */
  | { kind: 'open' | 'renew'; peer: Uint8Array }
  /** To be done for an administrator, and then `served` under the same number. */
  | { kind: 'serve'; number: number; by: Uint8Array; order: Order }
  | { kind: 'answer'; ticket: number; answer: AdminAnswer }
  | StoreOutput;

/** What became of an order, with its answer in JSON. */
export type Served = { status: 'ok' | 'failed' | 'unsupported'; text: string };

/** What a person here asks of another bridge. */
export type AdminWish = { kind: 'administer'; peer: Uint8Array; order: Order };

export type AdminAnswer =
  | { kind: 'administered'; isDone: boolean; text: string }
  | { kind: 'unadministered'; reason: AdminRefusal };

/**
 * `away`: he is not in reach. `no-session`: he does not answer handshakes. `unanswered`: he has a session
 * and does not answer this. `stale`: his clock and ours differ by minutes. `garbled`: his answer was none. `busy`: too much is asked at once here already.
 */
export type AdminRefusal =
  | 'away'
  | 'no-session'
  | 'unanswered'
  | 'garbled'
  | 'busy'
  | 'too-long'
  | 'no-clock'
  | Exclude<AdminStatus, 'ok' | 'failed' | 'working' | 'gone'>;

/** What a person asks of a board on a wire of ours; `key` is its admin key, or null. */
export type BoardWish = {
  kind: 'tend';
  board: Uint8Array;
  key: Uint8Array | null;
  task: BoardTask;
};

export type BoardTask =
  | { kind: 'look' }
  | { kind: 'change'; wishes: readonly Wish[] }
  | { kind: 'log'; level: number }
  | { kind: 'restart' | 'identify' };

export type BoardAnswer =
  | { kind: 'tended'; settings: Settings; statistics: Record<string, number> }
  | { kind: 'untended'; reason: BoardRefusal; setting: number | null };

/**
 * `absent`: it is on no wire. `lost`: it stopped answering. `no-key` and `wrong-key`: it obeys its admin,
 * whose key is not here, or is another. `refused`: it does not take that setting; `different`: it did not
 * keep it. `full`: its settings have no room. `unsupported`: its firmware does not know what it is asked.
 */
export type BoardRefusal =
  | 'absent'
  | 'busy'
  | 'lost'
  | 'no-key'
  | 'wrong-key'
  | 'refused'
  | 'different'
  | 'full'
  | 'unsupported';
