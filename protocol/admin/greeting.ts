/**
 * Greeting: what makes a Hopline node talk: a hello, as a peer would send it first (WIRE §20), in a
 * block (§22).
 */
import { crc32 } from '../core/crc32.ts';
import { encodeBlock, PACKET_BLOCK } from '../core/framing.ts';
import { encodeHello, PEER } from '../core/hello.ts';
import { encodePacket, HELLO, plainPacket } from '../core/packet.ts';

/** A packet of ours for this link alone, as a block. `stamp` tells two alike apart. */
export function linkPacket(
  type: number,
  payload: Uint8Array,
  id: Uint8Array,
  stamp: number,
): Uint8Array {
  const packet = encodePacket(plainPacket(type, 0, stamp, id, payload));
  return encodeBlock(PACKET_BLOCK, packet, crc32);
}

/** A hello, ready to be framed for whatever link. */
export function helloPacket(
  name: string,
  id: Uint8Array,
  frameMax: number,
  stamp: number,
): Uint8Array {
  const hello = encodeHello({
    version: new Uint8Array([1, 0, 0]),
    role: PEER,
    features: 0,
    frameMax,
    name: new TextEncoder().encode(name),
    unixMs: null,
    board: new Uint8Array(),
    token: new Uint8Array(),
  });
  return encodePacket(plainPacket(HELLO, 0, stamp, id, hello));
}

export function greeting(id: Uint8Array, frameMax: number, stamp: number): Uint8Array {
  return encodeBlock(PACKET_BLOCK, helloPacket('console', id, frameMax, stamp), crc32);
}
