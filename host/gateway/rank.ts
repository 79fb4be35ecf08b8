/**
 * Rank: which of several gateways of one island brings a packet in first (WIRE §28). All of them
 * reckon alike, from what they know of each other, and none has to ask.
 */
import { FRAME_MAX, ID_SIZE, PacketView } from '../../protocol/core/packet.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { signedBytesOf } from '../../protocol/wire/packet.ts';

/**
 * What decides about a packet: its own bytes as they were signed; or, where it is for one peer alone,
 * who speaks with whom, so that one gateway brings in all of a conversation and in its order (WIRE §8).
 */
export function turnKey(bytes: Uint8Array): Uint8Array {
  const packet = new PacketView();
  packet.read(bytes, FRAME_MAX);
  return packet.isBroadcast() ? signedBytesOf(packet) : pairOf(packet);
}

/** Names the conversation of a packet that is for one peer alone; null for one that is for all. */
export function flowOf(bytes: Uint8Array): string | null {
  const packet = new PacketView();
  packet.read(bytes, FRAME_MAX);
  return packet.isBroadcast() ? null : toHex(pairOf(packet));
}

/** Who speaks, and with whom. */
function pairOf({ bytes, senderAt, recipientAt }: PacketView): Uint8Array {
  const pair = new Uint8Array(2 * ID_SIZE);
  pair.set(bytes.subarray(senderAt, senderAt + ID_SIZE));
  pair.set(bytes.subarray(recipientAt, recipientAt + ID_SIZE), ID_SIZE);
  return pair;
}

/** Who comes before `self`, the first one in front; its length is the rank. */
export function before(
  crypto: Pick<Crypto, 'sha256'>,
  key: Uint8Array,
  self: Uint8Array,
  others: readonly Uint8Array[],
): Uint8Array[] {
  if (others.length === 0) return [];
  const hash = crypto.sha256(key);
  const ownPlace = placeOf(crypto, hash, self);
  return others
    .map((id) => ({ id, place: placeOf(crypto, hash, id) }))
    .filter(({ place }) => isBelow(place, ownPlace))
    .sort((a, b) => (isBelow(a.place, b.place) ? -1 : 1))
    .map(({ id }) => id);
}

function placeOf(crypto: Pick<Crypto, 'sha256'>, hash: Uint8Array, id: Uint8Array): Uint8Array {
  const both = new Uint8Array(hash.length + ID_SIZE);
  both.set(hash);
  both.set(id, hash.length);
  return crypto.sha256(both);
}

function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] < b[i];
  return false;
}
