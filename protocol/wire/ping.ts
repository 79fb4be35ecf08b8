/**
 * Ping and pong (0x26, 0x27): how far a peer is (WIRE §10). A pong repeats the nonce and states the
 * TTL it was itself sent with; whatever later versions add behind is ignored.
 *
 *   | nonce 8 | origin TTL 1 |
 */
import { assert } from '../core/assert.ts';
import type { Decoded } from './decoded.ts';

const NONCE_SIZE = 8;

export type Ping = { nonce: Uint8Array; originTtl: number };

export function decodePing(bytes: Uint8Array): Decoded<Ping, 'too-short'> {
  if (bytes.length <= NONCE_SIZE) return { ok: false, reason: 'too-short' };
  const nonce = new Uint8Array(bytes.subarray(0, NONCE_SIZE));
  return { ok: true, value: { nonce, originTtl: bytes[NONCE_SIZE] } };
}

export function encodePing(ping: Ping): Uint8Array {
  assert(ping.nonce.length === NONCE_SIZE, 'a ping has a nonce of 8 bytes');
  const bytes = new Uint8Array(NONCE_SIZE + 1);
  bytes.set(ping.nonce);
  bytes[NONCE_SIZE] = ping.originTtl;
  return bytes;
}

/** Links crossed by a packet that began with `originTtl`; null when that cannot be. */
export function hopCount(originTtl: number, receivedTtl: number): number | null {
  return receivedTtl > originTtl ? null : originTtl - receivedTtl + 1;
}
