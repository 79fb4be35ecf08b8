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
  FILE,
  FLAGS_AT,
  FRAME_MAX,
  HAS_RECIPIENT,
  HAS_ROUTE,
  ID_SIZE,
  IS_ANSWER,
  IS_COMPRESSED,
  PacketView,
  SIGNATURE_SIZE,
  TTL_AT,
  encodePacket,
} from '../core/packet.ts';
import type { Malformed } from '../core/packet.ts';
import { compress, inflate } from './compression.ts';
import { pad } from './padding.ts';

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
  // Above 2^53 - 1 a number is not exact, and no clock will get there.
  if (!Number.isSafeInteger(view.timestamp())) return { ok: false, reason: 'bad-timestamp' };
  const body = bytes.subarray(view.payloadAt, view.payloadAt + view.payloadLength);
  let payload: Uint8Array;
  if (view.flags & IS_COMPRESSED) {
    const width = view.version === 1 ? 2 : 4;
    const size = view.version === 1 ? readU16(body, 0) : readU32(body, 0);
    if (size > payloadMax) return { ok: false, reason: 'payload-too-large' };
    const inflated = inflate(body.subarray(width), size, payloadMax);
    if (!inflated.ok) return { ok: false, reason: 'bad-compression' };
    payload = inflated.value;
  } else {
    if (body.length > payloadMax) return { ok: false, reason: 'payload-too-large' };
    payload = new Uint8Array(body);
  }
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

/** Not `slice`: on the Buffer of an adapter that is a view. */
function copyAt(bytes: Uint8Array, at: number, size: number): Uint8Array {
  return new Uint8Array(bytes.subarray(at, at + size));
}

export type Draft = Pick<Packet, 'type' | 'ttl' | 'timestamp' | 'sender' | 'payload'> &
  Partial<Pick<Packet, 'recipient' | 'route' | 'isAnswer'>>;

/**
 * An unsigned frame, compressed where WIRE §2 says so. Version 2 where version 1 cannot carry it,
 * and for files, which the phones send so (WIRE §3).
 */
export function composePacket(draft: Draft): Uint8Array {
  const { timestamp, payload, route = [] } = draft;
  assert(Number.isSafeInteger(timestamp) && timestamp >= 0, 'a timestamp is a whole number');
  const compressed = isOwnType(draft.type) ? null : compress(payload);
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

/** Hopline's own types are never compressed: boards that cannot inflate read them (WIRE §20). */
function isOwnType(type: number): boolean {
  return type >= 0xe0 && type <= 0xef;
}

function withSize(compressed: Uint8Array, size: number, version: 1 | 2): Uint8Array {
  const width = version === 1 ? 2 : 4;
  const body = new Uint8Array(width + compressed.length);
  if (version === 1) writeU16(body, 0, size);
  else writeU32(body, 0, size);
  body.set(compressed, width);
  return body;
}

/**
 * What the signature of a frame covers, signed or not. Null where the bytes are no packet, or one of
 * our own that an iPhone compressed on its way and that does not inflate.
 */
export function signedBytes(frame: Uint8Array): Uint8Array | null {
  const view = new PacketView();
  return view.read(frame, FRAME_MAX) === null ? signedBytesOf(view) : null;
}

/** The same for a packet that core has read already. */
export function signedBytesOf(view: PacketView): Uint8Array | null {
  const compressed = (view.flags & IS_COMPRESSED) !== 0;
  if (compressed && isOwnType(view.type)) return signedBytesOfOwn(view);
  const end = view.signatureAt < 0 ? view.length : view.signatureAt;
  const unsigned = copyAt(view.bytes, 0, end);
  unsigned[TTL_AT] = 0;
  // The signer had no signature yet, so its flag is not in what was signed.
  unsigned[FLAGS_AT] = view.flags & (HAS_RECIPIENT | IS_COMPRESSED | HAS_ROUTE);
  return pad(unsigned);
}

/** The largest own packet an iPhone could have compressed: its originator fragments far below. */
const OWN_PAYLOAD_MAX = 65535;

/**
 * An iPhone compresses whatever it relays (WIRE §2), types it does not know included. Ours were
 * signed as they were composed: never compressed.
 */
function signedBytesOfOwn(view: PacketView): Uint8Array | null {
  const opened = openView(view, OWN_PAYLOAD_MAX);
  if (!opened.ok) return null;
  const { version, type, timestamp, sender, recipient, route, payload } = opened.packet;
  const isAnswer = false;
  const compressed = false;
  const fields = { version, type, ttl: 0, timestamp, sender, recipient, route, isAnswer };
  return pad(encodePacket({ ...fields, payload, compressed, signature: null }));
}
