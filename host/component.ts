/**
 * Component: what the bridge is made richer by, and what a stranger may plug in: a machine that is
 * given packets of its types, what the station tells, and what the other components found out; and that
 * may say packets, have things stored, and tell events of its own.
 *
 *   station -> registry -> component -> registry -> station, store, events
 *
 * One that fails is taken out, told of, and begun anew; the mesh goes on meanwhile.
 */
import type { Machine, Millis, Random, Tick } from '../protocol/core/machine.ts';
import type { OwnDraft, StationEvent, StationInput } from '../protocol/peer/contract.ts';
import type { Snapshot } from '../protocol/peer/snapshot.ts';
import type { Crypto } from '../protocol/trust/crypto.ts';
import type { Packet } from '../protocol/wire/packet.ts';
import type { MeshEvent } from './events.ts';
import type { Answer, Archive, StoreWrite, Wish } from './types.ts';

/** A sort of component: how one is made, and in which order. */
export type ComponentKind<Made extends Component = Component> = {
  /** One word, unique. */
  readonly name: string;
  /** Packet types (WIRE §3, §20) that are its own to act on; all of them that are for us are given. */
  readonly types: readonly number[];
  /** Kinds of wishes that it answers. */
  readonly wishes?: readonly string[];
  /** Names of those that must run before it begins, and that are stopped after it. */
  readonly after: readonly string[];
  /** Called again after each failure: it begins with nothing but its ports. */
  make(ports: ComponentPorts, now: Millis): Made;
};

export interface Component extends Machine<ComponentInput, ComponentOutput> {
  step(input: ComponentInput | Tick, now: Millis): ComponentOutput[];
  deadline(): Millis;
  health(now: Millis): ComponentHealth;
  /** Figures by name, for people and for metrics. */
  statistics?(now: Millis): Record<string, number>;
}

/** `why` is a sentence that says what to do about it. */
export type ComponentHealth = { state: 'well' } | { state: 'strained' | 'failing'; why: string };

/** What a component may read, at once; and the chance and keys it may use. */
export type ComponentPorts = {
  /** Our own, 8 bytes. */
  id: Uint8Array;
  crypto: Crypto;
  random: Random;
  archive: Archive;
  /** Links, peers and counts as they are now. */
  station(now: Millis): Snapshot;
};

export type ComponentInput =
  /** All that it comes after are running. */
  | { kind: 'start' }
  /** A packet of one of its types, met for the first time. */
  | { kind: 'delivered'; link: number; packet: Packet; isVerified: boolean }
  /** What the station tells people. */
  | { kind: 'heard'; event: StationEvent }
  /** A heartbeat came over a link or line; `missed` before it did not. */
  | { kind: 'beat'; link: number; id: Uint8Array; roundTripMs: Millis | null; missed: number }
  /** Another component, or the bridge, found something out. Its own events are not given to it. */
  | { kind: 'event'; event: MeshEvent }
  /** Unix time is our clock plus this; null for unknown. */
  | { kind: 'clock'; offsetMs: number | null }
  /** The owner set the bridge up in another way; whoever was given settings reads them again. */
  | { kind: 'settings' }
  /** Its answer carries the same ticket. */
  | { kind: 'ask'; ticket: number; wish: Wish }
  /** It ends; what it still says is performed. */
  | { kind: 'stop' };

export type ComponentOutput =
  | { kind: 'send'; draft: OwnDraft }
  | { kind: 'order'; order: StationOrder }
  | { kind: 'store'; write: ComponentWrite }
  | { kind: 'event'; event: MeshEvent }
  | { kind: 'answer'; ticket: number; answer: Answer };

/** What a component may have stored: settings of its own, and what it decided. */
export type ComponentWrite = Extract<StoreWrite, { kind: 'setting' | 'audit' }>;

/** What a component may want of the station beside packets. */
export type StationOrder = Extract<
  StationInput,
  { kind: 'ping' | 'trace' | 'tally' | 'pace' | 'redial' | 'release' }
>;
