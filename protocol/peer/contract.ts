/**
 * Contract: what a station is told and what it tells, in one place for whoever runs one. Bytes that
 * come in belong to the station from then on; those that go out are not changed afterwards.
 *
 *   link 0            the one that others open
 *   1 to `outMax`     those that it opens
 *   from there on     wires, opened once
 */
import type { Mode } from '../core/version.ts';
import type { Pin } from '../trust/pins.ts';
import type { Packet } from '../wire/packet.ts';

/**
 * `phone`: whole frames, and no hello (WIRE §11). `node`: segments (WIRE §23). `wire`: a pipe of bytes
 * (WIRE §22).
 */
export type Medium = 'phone' | 'node' | 'wire';

/** Which of the two services of a radio. */
export type Service = 'phone' | 'node';

export type StationInput =
  /** `payloadMax`: a whole write for `phone`, MTU-4 for `node`, 0 for `wire`. RSSI in dBm, 0 for none. */
  | {
      kind: 'opened';
      link: number;
      medium: Medium;
      payloadMax: number;
      rssi: number;
      /** Of the one in, where the radio knows it. */
      address?: string;
    }
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
  | { kind: 'ping'; id: Uint8Array }
  | { kind: 'trace'; id: Uint8Array }
  | { kind: 'tap'; isOn: boolean }
  /** Says goodbye. The links are for the owner to close, once what was written has left. */
  | { kind: 'leave' };

/** What a service wants said in this peer's name. */
export type OwnDraft = {
  type: number;
  payload: Uint8Array;
  /** Null for everyone. */
  recipient: Uint8Array | null;
  isSigned: boolean;
};

export type StationOutput =
  | { kind: 'write'; link: number; bytes: Uint8Array }
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
  | { kind: 'tapped'; frame: TappedFrame };

export type StoredRecord =
  /** The last note of a device that was taken. */
  { kind: 'counter'; device: Uint8Array; counter: number } | { kind: 'pins'; pins: Pin[] };

/** What people want to know as it happens. */
export type StationEvent =
  | { kind: 'peer-seen'; id: Uint8Array; name: string; isDirect: boolean }
  | { kind: 'peer-left'; id: Uint8Array; name: string; reason: LeftReason }
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

export type LeftReason = 'user' | 'timeout' | 'crowded';
export type RefusedReason = 'no-clock' | 'too-long' | 'empty' | 'busy' | 'left';

/** A node on the way, as it answered (WIRE §20). */
export type TracedHop = {
  target: Uint8Array;
  id: Uint8Array;
  /** Nodes before it on the way. */
  distance: number;
  medium: 'air' | 'wire';
  /** Of the link the request came over; null for unknown. */
  rssi: number | null;
  roundTripMs: number | null;
};

export type TappedFrame = {
  link: number;
  way: 'heard' | 'sent';
  bytes: Uint8Array;
  /** Frames left out before this one, because there were too many. */
  missed: number;
};
