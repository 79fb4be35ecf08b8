/**
 * Packets as peers use them: opened into values, composed from values, and the bytes a signature
 * covers (WIRE §1, §2, §4). A relay needs none of this: it patches core's view and sends on.
 *
 *   signed bytes   | frame without signature, TTL 0, answer flag and unknown flags 0 | padding |
 *
 * They are made from the bytes as received: compressing again would make a signature depend on
 * every sender's zlib.
 */
import { assert } from '../core/assert.ts';
import { readU16, readU32, writeU16, writeU32 } from '../core/bytes.ts';
import {
  CONTROL,
  FILE,
  FLAGS_AT,
  FRAME_MAX,
  HAS_RECIPIENT,
  HAS_ROUTE,
  HEARTBEAT,
  HELLO,
  RECONCILE,
  ID_SIZE,
  IS_ANSWER,
  IS_COMPRESSED,
  PacketView,
  SIGNATURE_SIZE,
  TRACE,
  TTL_AT,
  encodePacket,
} from '../core/packet.ts';
import type { Room } from '../core/framing.ts';
import type { Malformed } from '../core/packet.ts';
import { compress, inflate } from './compression.ts';
import type { Packer } from './compression.ts';
import { OWN_ROOM, paddedCopy } from './padding.ts';

export type Packet = {
  version: 1 | 2;
  type: number;
  ttl: number;
  /** Unix milliseconds. */
  timestamp: number;
  sender: Uint8Array;
  /** Null for everyone; eight FF bytes mean everyone too, see `isBroadcast`. */
  recipient: Uint8Array | null;
  isBroadcast: boolean;
  /** The hops between sender and recipient; empty for none. */
  route: Uint8Array[];
  isAnswer: boolean;
  /** As it was before compression. */
  payload: Uint8Array;
  signature: Uint8Array | null;
};

/** Why bytes were not a packet a peer can use. */
export type Unopenable = Malformed | 'bad-timestamp' | 'payload-too-large';
export type Opened = { ok: true; packet: Packet } | { ok: false; reason: Unopenable };

/** The frame on the link, and the payload once inflated. Both are judged before memory is taken. */
export type OpenLimits = { frame: number; payload: number };
const OPEN_LIMITS: OpenLimits = { frame: FRAME_MAX, payload: FRAME_MAX };

/** Reads a frame into values of its own; nothing of `bytes` is kept. */
export function openPacket(bytes: Uint8Array, limits: OpenLimits = OPEN_LIMITS): Opened {
  const view = new PacketView();
  const malformed = view.read(bytes, limits.frame);
  if (malformed !== null) return { ok: false, reason: malformed };
  return openView(view, limits.payload);
}

/** The same for a packet that core has read already. */
export function openView(view: PacketView, payloadMax: number): Opened {
  const bytes = view.bytes;
  const held = payloadOf(view, payloadMax);
  if (typeof held === 'string') return { ok: false, reason: held };
  const payload = view.flags & IS_COMPRESSED ? held : new Uint8Array(held);
  const route: Uint8Array[] = [];
  for (let hop = 0; hop < view.routeCount; hop++) {
    route.push(copyAt(bytes, view.routeAt + hop * ID_SIZE, ID_SIZE));
  }
  return {
    ok: true,
    packet: {
      version: view.version === 1 ? 1 : 2,
      type: view.type,
      ttl: view.ttl,
      timestamp: view.timestamp(),
      sender: copyAt(bytes, view.senderAt, ID_SIZE),
      recipient: view.recipientAt < 0 ? null : copyAt(bytes, view.recipientAt, ID_SIZE),
      isBroadcast: view.isBroadcast(),
      route,
      isAnswer: (view.flags & IS_ANSWER) !== 0,
      payload,
      signature: view.signatureAt < 0 ? null : copyAt(bytes, view.signatureAt, SIGNATURE_SIZE),
    },
  };
}

/**
 * The payload alone, as it was before compression, for whoever is done with it before the bytes change:
 * where it was not compressed it is a view of them.
 */
export function payloadOf(view: PacketView, payloadMax: number): Uint8Array | Unopenable {
  const flaw = unopenable(view, payloadMax);
  if (flaw !== null) return flaw;
  const body = view.bytes.subarray(view.payloadAt, view.payloadAt + view.payloadLength);
  if ((view.flags & IS_COMPRESSED) === 0) return body;
  const inflated = inflate(body.subarray(sizeWidth(view)), sizeOf(view), payloadMax);
  return inflated.ok ? inflated.value : 'bad-compression';
}

/** Why the payload need not be looked at, or null; it may still not be what it was compressed from. */
export function unopenable(view: PacketView, payloadMax: number): Unopenable | null {
  // Above 2^53 - 1 a number is not exact, and no clock will get there.
  if (!Number.isSafeInteger(view.timestamp())) return 'bad-timestamp';
  return sizeOf(view) > payloadMax ? 'payload-too-large' : null;
}

/** Bytes of the payload before compression; a compressed one says so in front. */
function sizeOf(view: PacketView): number {
  if ((view.flags & IS_COMPRESSED) === 0) return view.payloadLength;
  const { bytes, payloadAt } = view;
  return sizeWidth(view) === 2 ? readU16(bytes, payloadAt) : readU32(bytes, payloadAt);
}

function sizeWidth(view: PacketView): 2 | 4 {
  return view.version === 1 ? 2 : 4;
}

/** Not `slice`: on the Buffer of an adapter that is a view. */
function copyAt(bytes: Uint8Array, at: number, size: number): Uint8Array {
  return new Uint8Array(bytes.subarray(at, at + size));
}

export type Draft = Pick<Packet, 'type' | 'ttl' | 'timestamp' | 'sender' | 'payload'> &
  Partial<Pick<Packet, 'recipient' | 'route' | 'isAnswer'>>;

/** Who remembers nothing of what he said. */
const ANYBODY = { compress };

/**
 * An unsigned frame, compressed where WIRE §2 says so. Version 2 where version 1 cannot carry it,
 * and for files, which the phones send so (WIRE §3).
 */
export function composePacket(
  draft: Draft,
  packer: Pick<Packer, 'compress'> = ANYBODY,
): Uint8Array {
  const { timestamp, payload, route = [] } = draft;
  assert(Number.isSafeInteger(timestamp) && timestamp >= 0, 'a timestamp is a whole number');
  const compressed = isBetweenNodes(draft.type) ? null : packer.compress(payload);
  const version = draft.type === FILE || route.length > 0 || payload.length > 65535 ? 2 : 1;
  const frame = encodePacket({
    version,
    type: draft.type,
    ttl: draft.ttl,
    timestamp,
    sender: draft.sender,
    recipient: draft.recipient ?? null,
    route,
    isAnswer: draft.isAnswer ?? false,
    payload: compressed === null ? payload : withSize(compressed, payload.length, version),
    compressed: compressed !== null,
    signature: null,
  });
  assert(frame.length + SIGNATURE_SIZE <= FRAME_MAX, 'a frame is at most what a phone takes');
  return frame;
}

/**
 * What nodes say to their neighbours is never compressed: boards that cannot inflate read it. All else
 * is, our own types included, because an iPhone on the way would do it, and break signature and dedup
 * key alike (WIRE §2, §20).
 */
function isBetweenNodes(type: number): boolean {
  return [HELLO, CONTROL, HEARTBEAT, TRACE, RECONCILE].includes(type);
}

function withSize(compressed: Uint8Array, size: number, version: 1 | 2): Uint8Array {
  const width = version === 1 ? 2 : 4;
  const body = new Uint8Array(width + compressed.length);
  if (version === 1) writeU16(body, 0, size);
  else writeU32(body, 0, size);
  body.set(compressed, width);
  return body;
}

/** What the signature of a packet covers, signed or not, in bytes that `room` gives. */
export function signedBytesOf(view: PacketView, room: Room = OWN_ROOM): Uint8Array {
  const end = view.signatureAt < 0 ? view.length : view.signatureAt;
  const signed = paddedCopy(view.bytes, end, room);
  signed[TTL_AT] = 0;
  // The signer had no signature yet, so its flag is not in what was signed.
  signed[FLAGS_AT] = view.flags & (HAS_RECIPIENT | IS_COMPRESSED | HAS_ROUTE);
  return signed;
}
