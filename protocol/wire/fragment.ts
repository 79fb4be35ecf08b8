/**
 * Fragment (0x20): a piece of a whole encoded frame, for links that cannot carry it at once (WIRE
 * §7). Each travels as a packet of its own, unsigned, with sender, time, TTL, recipient and route of
 * the frame it is a piece of.
 *
 *   | id 8 | index 2 | total 2 | type of the frame 1 | piece |
 */
import { assert } from '../core/assert.ts';
import { readU16, writeU16 } from '../core/bytes.ts';
import { FRAGMENT, FRAME_MAX, ID_SIZE, IS_ANSWER, PacketView } from '../core/packet.ts';
import type { Decoded } from './decoded.ts';
import { composePacket } from './packet.ts';

const FRAGMENT_HEADER_SIZE = 13;
/** What iPhones take; Android takes 256. */
const TOTAL_MAX = 10000;
/** What phones put into one piece; less where a route leaves less of a write of 512 bytes. */
export const PIECE_SIZE = 469;
const WRITE_SIZE = 512;

export type Fragment = {
  id: Uint8Array;
  index: number;
  total: number;
  /** Type of the frame. */
  type: number;
  piece: Uint8Array;
};

export type NotFragment = 'too-short' | 'bad-total' | 'bad-index' | 'empty' | 'nested';

/** Reads a payload; the piece is a copy. Empty pieces and fragments of fragments are refused. */
export function decodeFragment(bytes: Uint8Array): Decoded<Fragment, NotFragment> {
  if (bytes.length < FRAGMENT_HEADER_SIZE) return { ok: false, reason: 'too-short' };
  const index = readU16(bytes, 8);
  const total = readU16(bytes, 10);
  const type = bytes[12];
  if (total === 0 || total > TOTAL_MAX) return { ok: false, reason: 'bad-total' };
  if (index >= total) return { ok: false, reason: 'bad-index' };
  if (bytes.length === FRAGMENT_HEADER_SIZE) return { ok: false, reason: 'empty' };
  if (type === FRAGMENT) return { ok: false, reason: 'nested' };
  const id = new Uint8Array(bytes.subarray(0, ID_SIZE));
  const piece = new Uint8Array(bytes.subarray(FRAGMENT_HEADER_SIZE));
  return { ok: true, value: { id, index, total, type, piece } };
}

export function encodeFragment(fragment: Fragment): Uint8Array {
  const { id, index, total, type, piece } = fragment;
  assert(id.length === ID_SIZE, 'a fragment id has 8 bytes');
  assert(index < total && total <= TOTAL_MAX, 'a fragment is one of its total');
  const bytes = new Uint8Array(FRAGMENT_HEADER_SIZE + piece.length);
  bytes.set(id);
  writeU16(bytes, 8, index);
  writeU16(bytes, 10, total);
  bytes[12] = type;
  bytes.set(piece, FRAGMENT_HEADER_SIZE);
  return bytes;
}

export type Unsplittable = 'not-a-packet' | 'bad-timestamp' | 'nested' | 'too-many';

/**
 * The frames that carry `frame` in pieces under this id, in order. Padding is left behind. Refused
 * where it takes more pieces than the receiver allows.
 */
export function splitFrame(
  frame: Uint8Array,
  id: Uint8Array,
  pieceSize: number | null = null,
  totalMax: number = TOTAL_MAX,
): Decoded<Uint8Array[], Unsplittable> {
  const view = new PacketView();
  if (view.read(frame, FRAME_MAX) !== null) return { ok: false, reason: 'not-a-packet' };
  if (!Number.isSafeInteger(view.timestamp())) return { ok: false, reason: 'bad-timestamp' };
  if (view.type === FRAGMENT) return { ok: false, reason: 'nested' };
  const size = pieceSize ?? Math.min(PIECE_SIZE, pieceSizeFor(view, WRITE_SIZE));
  assert(size > 0, 'a piece holds something');
  const total = Math.ceil(view.length / size);
  if (total > totalMax) return { ok: false, reason: 'too-many' };
  const head = headOf(view);
  const frames: Uint8Array[] = [];
  for (let index = 0; index < total; index++) {
    const piece = frame.subarray(index * size, Math.min((index + 1) * size, view.length));
    const payload = encodeFragment({ id, index, total, type: view.type, piece });
    frames.push(composePacket({ ...head, payload }));
  }
  return { ok: true, value: frames };
}

/**
 * The largest piece whose packet fits `frameMax` bytes, for a frame like this one. A compressed
 * payload states its size in front, so one that shrinks by a byte grows its packet (WIRE §2).
 */
export function pieceSizeFor(view: PacketView, frameMax: number): number {
  const routed = view.routeCount > 0;
  const route = routed ? 1 + view.routeCount * ID_SIZE : 0;
  const recipient = view.recipientAt < 0 ? 0 : ID_SIZE;
  const header = (routed ? 16 : 14) + ID_SIZE + recipient + route + FRAGMENT_HEADER_SIZE;
  return Math.max(1, frameMax - header - (routed ? 3 : 1));
}

function headOf(view: PacketView) {
  const { bytes, ttl } = view;
  const idAt = (at: number) => bytes.subarray(at, at + ID_SIZE);
  const route: Uint8Array[] = [];
  for (let i = 0; i < view.routeCount; i++) route.push(idAt(view.routeAt + i * ID_SIZE));
  return {
    type: FRAGMENT,
    ttl,
    timestamp: view.timestamp(),
    sender: idAt(view.senderAt),
    recipient: view.recipientAt < 0 ? null : idAt(view.recipientAt),
    route,
    isAnswer: (view.flags & IS_ANSWER) !== 0,
  };
}
