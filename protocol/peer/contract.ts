/**
 * Contract: what a station is told and what it tells, in one place for whoever runs one. Bytes that
 * come in belong to the station from then on; those that go out are not changed afterwards.
 *
 *   link 0            the one that others open
 *   1 to `outMax`     those that it opens
 *   from there on     wires, opened once
 *   from there on     lines of the internet
 *   from there on     lines of our own clients, who are leaves
 */
import type { SecurityLevel } from '../trust/levels.ts';
import type { Hello } from '../core/hello.ts';
import type { Millis } from '../core/machine.ts';
import type { Pace } from '../core/paced-heartbeat.ts';
import type { Mode } from '../core/version.ts';
import type { Pin } from '../trust/pins.ts';
import type { Packet } from '../wire/packet.ts';
import type { Span } from './tally.ts';

/**
 * `phone`: whole frames, and no hello (WIRE §11). `node`: segments (WIRE §23). `wire`: a pipe of bytes
 * (WIRE §22). `line`: whole frames from and to a peer who has proven himself (WIRE §24). `client`: the
 * same, from and to one who has no island of his own.
 */
export type Medium = 'phone' | 'node' | 'wire' | 'line' | 'client';
/** What is at the end of a line. */
export type LineMedium = Extract<Medium, 'line' | 'client'>;
/** What hears by itself and has a machine of ours. */
export type OwnMedium = Exclude<Medium, LineMedium>;

/** Which of the two services of a radio. */
export type Service = 'phone' | 'node';

export type StationInput =
  /** `payloadMax`: a whole write for `phone`, MTU-4 for `node`, 0 for `wire`. RSSI in dBm, 0 for none. */
  | {
      kind: 'opened';
      link: number;
      medium: OwnMedium;
      payloadMax: number;
      rssi: number;
      /** Of the one in, where the radio knows it. */
      address?: string;
    }
  /** A line is up, or what is known of it has changed. Frames on it are whole, and none is `sent`. */
  | { kind: 'lined'; link: number; id: Uint8Array; mode: Mode; hello: Hello; roundTripMs?: Millis }
  /** What came over a line is to be heard here: the bytes of a `passed`. */
  | { kind: 'inject'; bytes: Uint8Array }
  /** The far end takes longer writes than it said at first. */
  | { kind: 'resized'; link: number; payloadMax: number }
  /** Also the answer to every `disconnect`, and to a `connect` that failed. */
  | { kind: 'closed'; link: number }
  | { kind: 'received'; link: number; bytes: Uint8Array }
  /** A write has left. */
  | { kind: 'sent'; link: number }
  | { kind: 'sighted'; address: string; rssi: number; service: Service; bytes: Uint8Array }
  /** The radio came or went. */
  | { kind: 'power'; isOn: boolean }
  /** Unix time is our clock plus this; null for unknown. Without it a station relays and says nothing. */
  | { kind: 'clock'; offsetMs: number | null }
  /** A public message of a person here. */
  | { kind: 'say'; text: string }
  /** A packet of a service above: stamped, sealed and cut here. */
  | { kind: 'send'; draft: OwnDraft }
  /** A frame for the far end of one wire alone, which nobody passes on: what its admin says to a board. */
  | { kind: 'hand'; link: number; bytes: Uint8Array }
  /**
   * Over one `link` alone, it asks whoever is there to pass it on. With `attempts`, the way that is known
   * came to nothing so often: it goes by another, and over all links where there is none.
   */
  | { kind: 'ping'; id: Uint8Array; link?: number; attempts?: number }
  | { kind: 'trace'; id: Uint8Array }
  /** What was lost of this time, and comparing does not show, is to be told over those that are lines. */
  | { kind: 'tally'; links: readonly number[]; span: Span }
  | { kind: 'tap'; isOn: boolean }
  /** A node is wanted back: it is dialled as soon as it is in sight, however often that failed. */
  | { kind: 'redial'; id: Uint8Array }
  /** Links of nodes, and wires, beat so from now on. */
  | { kind: 'pace'; pace: Pace }
  /** The owner's word: from now on packets are judged so, and history has so much of the air. */
  | { kind: 'settings'; level: SecurityLevel; islandBytesPerSecond: number }
  /** Whoever carries a line dropped something of it; `link` is -1 where no link is to blame. */
  | { kind: 'dropped'; link: number; reason: string }
  /** Somebody is let in again: what he said while he was kept apart is delivered now. */
  | { kind: 'release'; id: Uint8Array }
  /** Says goodbye. The links are for the owner to close, once what was written has left. */
  | { kind: 'leave' };

/** What a service wants said in this peer's name. */
export type OwnDraft = {
  type: number;
  payload: Uint8Array;
  /** Null for everyone. */
  recipient: Uint8Array | null;
  isSigned: boolean;
  /** How often the same was said before, and came to nothing: it goes another way then. */
  attempts?: number;
};

export type StationOutput =
  | { kind: 'write'; link: number; bytes: Uint8Array }
  /** A whole frame for a line. */
  | { kind: 'forward'; link: number; bytes: Uint8Array; priority: number }
  /**
   * Of whom has lines: a packet goes further for the first time, with the TTL that it has in `bytes`.
   * `link` is where it came from, -1 for our own. From a line, it went over other lines only.
   */
  | { kind: 'passed'; link: number; bytes: Uint8Array; priority: number; isVerified: boolean }
  /** Of whom had lines: our island was given so many bytes of history, whoever said them. */
  | { kind: 'spent'; bytes: number }
  | { kind: 'connect'; link: number; address: string; service: Service }
  | { kind: 'disconnect'; link: number }
  /** With `phones` false the phones' service is not shown, so that a node gets the link in. */
  | { kind: 'advertise'; bytes: Uint8Array; connectable: boolean; phones: boolean }
  | { kind: 'scan'; on: boolean }
  /** Must be durable before what follows it. */
  | { kind: 'store'; record: StoredRecord }
  /** For the services above: whatever the station itself does not act on, private packets first. */
  | { kind: 'deliver'; link: number; packet: Packet; isVerified: boolean }
  | { kind: 'told'; event: StationEvent }
  | { kind: 'tapped'; frame: TappedFrame }
  /** A heartbeat came over a link; `missed` before it did not. Null where it told no round trip. */
  | { kind: 'beat'; link: number; id: Uint8Array; roundTripMs: Millis | null; missed: number };

export type StoredRecord =
  /** The last note of a device that was taken. */
  { kind: 'counter'; device: Uint8Array; counter: number } | { kind: 'pins'; pins: Pin[] };

/** What people want to know as it happens. */
export type StationEvent =
  | { kind: 'peer-seen'; id: Uint8Array; name: string; isDirect: boolean }
  | {
      kind: 'peer-left';
      id: Uint8Array;
      name: string;
      reason: LeftReason;
      heardAt: Millis;
      /** Ids, one behind the other, as it named them last. */
      neighbours: Uint8Array;
    }
  | {
      kind: 'message';
      /** WIRE §6. */
      id: string;
      sender: Uint8Array;
      name: string | null;
      text: string;
      timestamp: number;
      /** Answered to our request, not just said. */
      isHistory: boolean;
      isVerified: boolean;
      /** As it was signed; null when nobody vouches for it. */
      frame: Uint8Array | null;
    }
  /** A public message of our own is on its way: of a person here, or of a `device` whose note it is. */
  | {
      kind: 'said';
      id: string;
      text: string;
      timestamp: number;
      frame: Uint8Array;
      device: string | null;
    }
  /** A peer is new, has another name, or was last told of ten minutes ago. */
  | {
      kind: 'announced';
      id: Uint8Array;
      name: string;
      /** As it was signed. */
      frame: Uint8Array;
      /** Null where not said (WIRE §5). */
      capabilities: bigint | null;
      /** Ids, one behind the other, where they lie in what was signed. */
      neighbours: Uint8Array;
    }
  /** A device said something, and we said it on. */
  | { kind: 'note'; device: Uint8Array; name: string; text: string }
  | { kind: 'link-settled'; link: number; medium: Medium; mode: Mode; id: Uint8Array; name: string }
  | { kind: 'link-bound'; link: number; id: Uint8Array }
  | { kind: 'link-closed'; link: number }
  | { kind: 'pong'; id: Uint8Array; roundTripMs: number; hops: number | null }
  | { kind: 'ping-lost'; id: Uint8Array }
  | { kind: 'hop'; hop: TracedHop }
  | { kind: 'trace-done'; id: Uint8Array }
  /** Somebody shows another key for an id that we know. */
  | { kind: 'alarm'; id: Uint8Array }
  /** What a person or a service wanted was not done. */
  | { kind: 'refused'; what: 'say' | 'send' | 'ping' | 'trace'; reason: RefusedReason };

/**
 * Of those that fell silent, `network`: the link over which it was heard last was lost before it was
 * silent, and none leads to it; `protocol`: a link leads to it, and its hello there is of another major
 * version. `crowded`: it made way for others.
 */
export type LeftReason = 'user' | 'timeout' | 'network' | 'protocol' | 'crowded';
export type RefusedReason = 'no-clock' | 'too-long' | 'empty' | 'busy' | 'left';

/** A node on the way, as it answered (WIRE §20). */
export type TracedHop = {
  target: Uint8Array;
  id: Uint8Array;
  /** Nodes before it on the way. */
  distance: number;
  medium: 'air' | 'wire' | 'line';
  /** Of the link the request came over; null for unknown. */
  rssi: number | null;
  roundTripMs: number | null;
  /** The nodes between us and this one, the nearest first. */
  via: Uint8Array[];
};

export type TappedFrame = {
  link: number;
  way: 'heard' | 'sent';
  bytes: Uint8Array;
  /** Why it went no further; null for what did, and for what was sent. */
  dropped: string | null;
  /** Frames left out before this one, because there were too many. */
  missed: number;
};
