/** Packets for tests: a caller names only what its test is about. */
import type { PacketFields } from '../protocol/core/packet.ts';
import { encodePacket, MESSAGE, plainPacket } from '../protocol/core/packet.ts';

/** The id of a made-up node: eight bytes of its number. */
export function id(node: number): Uint8Array {
  return new Uint8Array(8).fill(node);
}

/** A public message of node 1 with TTL 7, unless told otherwise. */
export function packet(differs: Partial<PacketFields> = {}): Uint8Array {
  const plain = plainPacket(MESSAGE, 7, 1000, id(1), Uint8Array.of(104, 105));
  return encodePacket({ ...plain, ...differs });
}

/** The same packet as another hop would hand it on. */
export function withTtl(bytes: Uint8Array, ttl: number): Uint8Array {
  const copy = bytes.slice();
  copy[2] = ttl;
  return copy;
}
