/**
 * Packet: the unit that crosses the mesh, whole or not at all (WIRE §1). Integers are big-endian.
 *
 *   v1  | 1 | type | ttl | timestamp 8 | flags | length 2 | sender 8 | ...
 *   v2  | 2 | type | ttl | timestamp 8 | flags | length 4 | sender 8 | ...
 *       ... recipient 8? | route: count 1, hops 8 each? | payload, `length` bytes | signature 64?
 *
 * A relay reads a packet where it lies and patches one byte of it, the TTL; it never encodes again,
 * because the signature covers every other byte. What follows the packet is padding.
 */
import { assert } from './assert.ts';
import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from './bytes.ts';

export const TTL_AT = 2;
export const TIMESTAMP_AT = 3;
export const FLAGS_AT = 11;
export const ID_SIZE = 8;
export const SIGNATURE_SIZE = 64;

/** The largest frame any phone takes (WIRE §1). Links announce less (WIRE §20). */
export const FRAME_MAX = 1179760;
/** Hops a route may name: no TTL walks further. The phones use four. */
export const ROUTE_MAX = 64;

export const HAS_RECIPIENT = 0x01;
export const HAS_SIGNATURE = 0x02;
export const IS_COMPRESSED = 0x04;
export const HAS_ROUTE = 0x08;
/** "Requested sync response": an answer to WIRE §9. Like the TTL it lies outside the signature. */
export const IS_ANSWER = 0x10;

/** Types of WIRE §3 and §20 by name. Others exist and are relayed like a message. */
export const ANNOUNCE = 0x01;
export const MESSAGE = 0x02;
export const LEAVE = 0x03;
export const COURIER = 0x04;
export const HANDSHAKE = 0x10;
export const ENCRYPTED = 0x11;
export const FRAGMENT = 0x20;
export const REQUEST_SYNC = 0x21;
export const FILE = 0x22;
export const PING = 0x26;
export const PONG = 0x27;
export const VOICE = 0x29;
export const HELLO = 0xe0;
export const CONTROL = 0xe1;
export const HEARTBEAT = 0xe2;
export const LINK_STATE = 0xe3;
export const GOSSIP = 0xe4;
export const RECONCILE = 0xe5;
export const CHANNEL = 0xe6;
export const HOP_FILE = 0xe7;
export const ROOM = 0xe8;
export const RECEIPT = 0xe9;
export const GATEWAY = 0xea;
export const TRACE = 0xeb;
export const NOTE = 0xec;
export const NOTED = 0xed;
export const LOCATE = 0xee;
export const SPREAD = 0xef;

/** Why bytes from the air were not a packet. These are counted and reported, never thrown. */
export type Malformed =
  'too-short' | 'too-long' | 'unknown-version' | 'bad-length' | 'bad-route' | 'bad-compression';

/**
 * Where the parts of one packet lie in the bytes it came in. One view is read into again and again:
 * keep nothing of it across packets, and copy what must outlive the bytes.
 */
export class PacketView {
  bytes: Uint8Array = new Uint8Array(0);
  version = 0;
  type = 0;
  ttl = 0;
  /** The flags this version knows; unknown bits are ignored, as the phones ignore them. */
  flags = 0;
  senderAt = 0;
  /** -1: the packet is for everyone. */
  recipientAt = -1;
  /** Where the first hop lies. */
  routeAt = 0;
  routeCount = 0;
  payloadAt = 0;
  payloadLength = 0;
  /** -1: unsigned. */
  signatureAt = -1;
  /** Bytes of the packet itself; what the link delivered beyond it is padding. */
  length = 0;

  /** Null when the bytes begin with a packet of at most `largest` bytes, otherwise what is wrong. */
  read(bytes: Uint8Array, largest: number): Malformed | null {
    const size = bytes.length;
    if (size < 22) return 'too-short';
    if (size > largest) return 'too-long';
    const version = bytes[0];
    if (version !== 1 && version !== 2) return 'unknown-version';
    const known = version === 1 ? 0x17 : 0x1f;
    const flags = bytes[FLAGS_AT] & known;
    this.bytes = bytes;
    this.version = version;
    this.type = bytes[1];
    this.ttl = bytes[TTL_AT];
    this.flags = flags;
    const payloadLength = version === 1 ? readU16(bytes, 12) : readU32(bytes, 12);
    if (payloadLength > largest) return 'too-long';
    let at = version === 1 ? 14 : 16;
    this.senderAt = at;
    at += ID_SIZE;
    this.recipientAt = -1;
    if (flags & HAS_RECIPIENT) {
      this.recipientAt = at;
      at += ID_SIZE;
    }
    this.routeCount = 0;
    this.routeAt = at + 1;
    if (flags & HAS_ROUTE) {
      if (at >= size) return 'too-short';
      // A route of no hops would leave the signed bytes ambiguous: nobody sends one, we refuse it.
      if (bytes[at] === 0 || bytes[at] > ROUTE_MAX) return 'bad-route';
      this.routeCount = bytes[at];
      at += 1 + this.routeCount * ID_SIZE;
    }
    // A compressed payload begins with its original size, and has at least one byte beside it.
    if (flags & IS_COMPRESSED && payloadLength <= (version === 1 ? 2 : 4)) return 'bad-compression';
    this.payloadAt = at;
    this.payloadLength = payloadLength;
    at += payloadLength;
    this.signatureAt = -1;
    if (flags & HAS_SIGNATURE) {
      this.signatureAt = at;
      at += SIGNATURE_SIZE;
    }
    if (at > size) return 'bad-length';
    this.length = at;
    return null;
  }

  timestamp(): number {
    return readU64(this.bytes, TIMESTAMP_AT);
  }

  /** Whether everyone is meant: no recipient, or the one of eight FF. */
  isBroadcast(): boolean {
    return this.recipientAt < 0 || isFilledWith(this.bytes, this.recipientAt, 0xff);
  }

  /**
   * The bytes to pass on: as they came, or without what follows the packet when that is not the
   * padding of WIRE §2 (each byte the count of them): nobody else's ballast rides along.
   */
  frame(): Uint8Array {
    const surplus = this.bytes.length - this.length;
    if (surplus === 0) return this.bytes;
    let padding = true;
    for (let i = this.length; padding && i < this.bytes.length; i++) {
      padding = this.bytes[i] === surplus;
    }
    return padding ? this.bytes : this.bytes.subarray(0, this.length);
  }
}

/**
 * The view of whoever reads a packet and is done with it before anyone else reads: one for all,
 * because one each would be dear on a board.
 */
export const VIEW = new PacketView();

export function isFilledWith(bytes: Uint8Array, at: number, value: number): boolean {
  for (let i = at; i < at + ID_SIZE; i++) if (bytes[i] !== value) return false;
  return true;
}

/** What a packet says, apart from its signature, which `sealPacket` in trust adds. */
export type PacketFields = {
  version: 1 | 2;
  type: number;
  ttl: number;
  timestamp: number;
  sender: Uint8Array;
  recipient: Uint8Array | null;
  /** The hops between sender and recipient, version 2 only; empty for none. */
  route: Uint8Array[];
  isAnswer: boolean;
  /** The payload as it travels: when `compressed`, with its original size in front (WIRE §1). */
  payload: Uint8Array;
  compressed: boolean;
  signature: Uint8Array | null;
};

/** A broadcast packet without the extras, for the caller to change what differs. */
export function plainPacket(
  type: number,
  ttl: number,
  timestamp: number,
  sender: Uint8Array,
  payload: Uint8Array,
): PacketFields {
  return {
    version: 1,
    type: type,
    ttl: ttl,
    timestamp: timestamp,
    sender: sender,
    recipient: null,
    route: [],
    isAnswer: false,
    payload: payload,
    compressed: false,
    signature: null,
  };
}

/** A packet of a node without keys: version 1, neither signed nor routed, to one or to all. */
export function encodePlain(
  type: number,
  ttl: number,
  timestamp: number,
  sender: Uint8Array,
  recipient: Uint8Array | null,
  payload: Uint8Array,
): Uint8Array {
  const at = recipient === null ? 22 : 30;
  const bytes = new Uint8Array(at + payload.length);
  bytes[0] = 1;
  bytes[1] = type;
  bytes[TTL_AT] = ttl;
  writeU64(bytes, TIMESTAMP_AT, timestamp);
  writeU16(bytes, 12, payload.length);
  bytes.set(sender, 14);
  if (recipient !== null) {
    bytes[FLAGS_AT] = HAS_RECIPIENT;
    bytes.set(recipient, 22);
  }
  bytes.set(payload, at);
  return bytes;
}

export function encodePacket(fields: PacketFields): Uint8Array {
  const v2 = fields.version === 2;
  assert(fields.sender.length === ID_SIZE, 'a sender id has 8 bytes');
  assert(v2 || fields.route.length === 0, 'only version 2 carries a route');
  assert(v2 || fields.payload.length < 65536, 'version 1 carries less than 64 KiB');
  assert(fields.route.length <= ROUTE_MAX, 'a route has at most 64 hops');
  const routed = fields.route.length > 0;
  const size =
    (v2 ? 24 : 22) +
    (fields.recipient === null ? 0 : ID_SIZE) +
    (routed ? 1 + fields.route.length * ID_SIZE : 0) +
    fields.payload.length +
    (fields.signature === null ? 0 : SIGNATURE_SIZE);
  const bytes = new Uint8Array(size);
  bytes[0] = fields.version;
  bytes[1] = fields.type;
  bytes[TTL_AT] = fields.ttl;
  writeU64(bytes, TIMESTAMP_AT, fields.timestamp);
  bytes[FLAGS_AT] =
    (fields.recipient === null ? 0 : HAS_RECIPIENT) |
    (fields.signature === null ? 0 : HAS_SIGNATURE) |
    (fields.compressed ? IS_COMPRESSED : 0) |
    (routed ? HAS_ROUTE : 0) |
    (fields.isAnswer ? IS_ANSWER : 0);
  if (v2) writeU32(bytes, 12, fields.payload.length);
  else writeU16(bytes, 12, fields.payload.length);
  let at = v2 ? 16 : 14;
  bytes.set(fields.sender, at);
  at += ID_SIZE;
  if (fields.recipient !== null) {
    assert(fields.recipient.length === ID_SIZE, 'a recipient id has 8 bytes');
    bytes.set(fields.recipient, at);
    at += ID_SIZE;
  }
  if (routed) {
    bytes[at++] = fields.route.length;
    for (let i = 0; i < fields.route.length; i++) {
      bytes.set(fields.route[i], at);
      at += ID_SIZE;
    }
  }
  bytes.set(fields.payload, at);
  at += fields.payload.length;
  if (fields.signature !== null) bytes.set(fields.signature, at);
  return bytes;
}
