/**
 * Dissection: a frame taken apart for a person who looks at packets: each part with where it lies in
 * the bytes, and what a payload says where that is open to everybody. Nothing is decided by it.
 */
import {
  FLAGS_AT,
  FRAGMENT,
  FRAME_MAX,
  HAS_RECIPIENT,
  HAS_ROUTE,
  HAS_SIGNATURE,
  ID_SIZE,
  ANNOUNCE,
  IS_ANSWER,
  IS_COMPRESSED,
  MESSAGE,
  PacketView,
  PING,
  PONG,
  SIGNATURE_SIZE,
  TIMESTAMP_AT,
  TTL_AT,
} from '../core/packet.ts';
import { printable } from '../printable.ts';
import { decodeAnnounce } from './announce.ts';
import { decodeFragment } from './fragment.ts';
import { toHex } from './hex.ts';
import { decodeMessage } from './message.ts';
import { payloadOf } from './packet.ts';
import { decodePing } from './ping.ts';
import { typeName } from './type-names.ts';

/** What a list of packets says of one; ids are hex, and a recipient of eight FF is everybody. */
export type FrameHead = { type: number; ttl: number; sender: string; recipient: string | null };
/** `at` and `size`: its bytes in the frame. Parts of a payload that was compressed have those of all of it. */
export type FramePart = { name: string; value: string; at: number; size: number };

/** Bytes that a payload may become when it is inflated; nobody reads a longer one. */
const PAYLOAD_MAX = 64 * 1024;

const FLAGS: readonly [bit: number, name: string][] = [
  [HAS_RECIPIENT, 'recipient'],
  [HAS_SIGNATURE, 'signature'],
  [IS_COMPRESSED, 'compressed'],
  [HAS_ROUTE, 'route'],
  [IS_ANSWER, 'answer'],
];

/** Null for what is no packet. */
export function headOf(frame: Uint8Array): FrameHead | null {
  const view = new PacketView();
  if (view.read(frame, FRAME_MAX) !== null) return null;
  const recipient = view.recipientAt < 0 ? null : idAt(view, view.recipientAt);
  return { type: view.type, ttl: view.ttl, sender: idAt(view, view.senderAt), recipient };
}

/** In the order of the bytes; what is no packet is one part that says why. */
export function partsOf(frame: Uint8Array): FramePart[] {
  const view = new PacketView();
  const why = view.read(frame, FRAME_MAX);
  if (why !== null) return [part('not a packet', why, 0, frame.length)];
  const lengthAt = FLAGS_AT + 1;
  const parts = [
    part('version', String(view.version), 0, 1),
    part('type', typeName(view.type), 1, 1),
    part('TTL', String(view.ttl), TTL_AT, 1),
    part('Unix ms', String(view.timestamp()), TIMESTAMP_AT, FLAGS_AT - TIMESTAMP_AT),
    part('flags', flagsOf(view.flags), FLAGS_AT, 1),
    part('length', String(view.payloadLength), lengthAt, view.senderAt - lengthAt),
    part('sender', idAt(view, view.senderAt), view.senderAt, ID_SIZE),
  ];
  const { recipientAt, routeAt, routeCount, payloadAt, payloadLength, signatureAt } = view;
  if (recipientAt >= 0) parts.push(part('recipient', recipientOf(view), recipientAt, ID_SIZE));
  if (routeCount > 0) {
    const hops = Array.from({ length: routeCount }, (_, at) => idAt(view, routeAt + at * ID_SIZE));
    parts.push(part('route', hops.join(' '), routeAt - 1, 1 + routeCount * ID_SIZE));
  }
  parts.push(part('payload', bytesWord(payloadLength), payloadAt, payloadLength));
  for (const [name, value] of saidIn(view)) parts.push(part(name, value, payloadAt, payloadLength));
  if (signatureAt >= 0) {
    const signature = toHex(frame.subarray(signatureAt, signatureAt + SIGNATURE_SIZE));
    parts.push(part('signature', signature, signatureAt, SIGNATURE_SIZE));
  }
  const surplus = frame.length - view.length;
  if (surplus > 0) parts.push(part('padding', bytesWord(surplus), view.length, surplus));
  return parts;
}

/** What the payload says, for the types whose payload anybody may read. */
function saidIn(view: PacketView): [name: string, value: string][] {
  const payload = payloadOf(view, PAYLOAD_MAX);
  if (!(payload instanceof Uint8Array)) return [['unreadable', payload]];
  switch (view.type) {
    case MESSAGE: {
      const message = decodeMessage(payload);
      return message.ok ? [['text', printable(message.value)]] : [['unreadable', message.reason]];
    }
    case ANNOUNCE:
      return announceIn(payload);
    case FRAGMENT: {
      const fragment = decodeFragment(payload);
      if (!fragment.ok) return [['unreadable', fragment.reason]];
      const { id, index, total, type } = fragment.value;
      return [
        ['of', `${typeName(type)} ${toHex(id)}`],
        ['piece', `${index + 1} of ${total}`],
      ];
    }
    case PING:
    case PONG: {
      const ping = decodePing(payload);
      if (!ping.ok) return [['unreadable', ping.reason]];
      const { nonce, originTtl } = ping.value;
      return [
        ['nonce', toHex(nonce)],
        ['first TTL', String(originTtl)],
      ];
    }
    default:
      return [];
  }
}

function announceIn(payload: Uint8Array): [name: string, value: string][] {
  const announce = decodeAnnounce(payload);
  if (!announce.ok) return [['unreadable', announce.reason]];
  const { name, noiseKey, signingKey, neighbours, geohash } = announce.value;
  return [
    ['name', printable(name)],
    ['Noise key', toHex(noiseKey)],
    ['signing key', toHex(signingKey)],
    ...(neighbours.length > 0
      ? [['hears', neighbours.map(toHex).join(' ')] as [string, string]]
      : []),
    ...(geohash === null ? [] : [['geohash', printable(geohash)] as [string, string]]),
  ];
}

function part(name: string, value: string, at: number, size: number): FramePart {
  return { name, value, at, size };
}

function idAt({ bytes }: PacketView, at: number): string {
  return toHex(bytes.subarray(at, at + ID_SIZE));
}

function recipientOf(view: PacketView): string {
  return view.isBroadcast() ? 'everybody' : idAt(view, view.recipientAt);
}

function flagsOf(flags: number): string {
  const names = FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  return names.length === 0 ? 'none' : names.join(', ');
}

function bytesWord(count: number): string {
  return `${count} ${count === 1 ? 'byte' : 'bytes'}`;
}
