/**
 * Hash: names of packets, and proofs, from what a board has natively. A packet is hashed with a key
 * drawn at start, so that nobody can aim two at one name; where there is no hash but CRC-32, that
 * cannot be held, and DEVICE says so.
 */
import { readU32 } from '../../protocol/core/bytes.ts';
import type { Hmac } from '../../protocol/core/control.ts';
import type { PacketHash } from '../../protocol/core/seen.ts';
import { HASH } from './board.ts';

/** 16 bytes that nobody can foresee. */
export function draw(): Uint8Array {
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 16; i++) bytes[i] = E.hwRand();
  return bytes;
}

const key = draw();

function digest(bytes: unknown): Uint8Array {
  const crypto = global.require('crypto');
  return new Uint8Array(
    new Uint8Array(HASH === 'SHA256' ? crypto.SHA256!(bytes) : crypto.SHA1!(bytes)),
  );
}

export const hash: PacketHash = (bytes, length, out) => {
  const packet = bytes.length === length ? bytes : bytes.subarray(0, length);
  if (HASH === '') {
    out[0] = E.CRC32(packet);
    // Timestamp and sender: what two packets with one checksum would share least.
    out[1] = readU32(bytes, 7) ^ readU32(bytes, 18);
  } else {
    const sum = digest([key, packet]);
    out[0] = readU32(sum, 0);
    out[1] = readU32(sum, 4);
  }
};

/** HMAC-SHA256 (RFC 2104), for keys of at most 64 bytes. */
function sha256Hmac(secret: Uint8Array, bytes: Uint8Array): Uint8Array {
  const inner = new Uint8Array(64);
  inner.set(secret);
  const outer = new Uint8Array(inner);
  for (let i = 0; i < 64; i++) {
    inner[i] ^= 0x36;
    outer[i] ^= 0x5c;
  }
  return digest([outer, digest([inner, bytes])]);
}

export const hmac: Hmac | null = HASH === 'SHA256' ? sha256Hmac : null;
