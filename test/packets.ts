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

/**
 * FNV-1a twice over: a packet hash that is short, deterministic and the same on every runtime.
 * Products stay below 2^53, so that an Espruino without Math.imul agrees.
 */
export function plainHash(bytes: Uint8Array, length: number, out: Uint32Array): void {
  out[0] = 2166136261;
  out[1] = 84696351;
  for (let i = 0; i < length; i++) {
    for (let word = 0; word < 2; word++) {
      const mixed = (out[word] ^ bytes[i]) >>> 0;
      out[word] = (mixed & 0xffff) * 16777619 + ((((mixed >>> 16) * 403) & 0xffff) << 16);
    }
  }
}
