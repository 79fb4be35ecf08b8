/**
 * Seen hash: names a packet for as long as a relay remembers it, in 64 bits under a key drawn at
 * start, so that nobody can aim two packets at one name. HalfSipHash-2-4 (Aumasson and Bernstein):
 * 32-bit additions and rotations, nothing a small runtime lacks.
 */
import { assert } from '../core/assert.ts';
import type { PacketHash } from '../core/seen.ts';

/** Most packets are hashed in one go; longer ones block by block. */
const BLOCK = 2048;
/**
 * Four bytes are read at once through words of our own, since a packet may lie anywhere. On a processor
 * of the other byte order the names differ, and no name ever leaves its node. Nobody else's turn comes
 * before one is done with them.
 */
const WORDS = new Int32Array(BLOCK / 4);
const BYTES = new Uint8Array(WORDS.buffer);

/** `k0` and `k1` are the two words of the key. */
export function makeSeenHash(k0: number, k1: number): PacketHash {
  return (bytes, length, out) => {
    assert(length <= bytes.length, 'the hash reads what is there');
    let v0 = k0 | 0;
    let v1 = k1 ^ 0xee;
    let v2 = k0 ^ 0x6c796765;
    let v3 = k1 ^ 0x74656462;
    const whole = length & ~3;
    let last = length << 24;
    for (let at = whole; at < length; at++) last |= bytes[at] << ((at & 3) * 8);

    for (let start = 0; start <= whole; start += BLOCK) {
      const end = Math.min(whole - start, BLOCK);
      BYTES.set(bytes.length <= BLOCK ? bytes : bytes.subarray(start, start + end));
      let count = end >> 2;
      if (end < BLOCK) WORDS[count++] = last;
      for (let i = 0; i < count; i++) {
        const word = WORDS[i];
        v3 ^= word;
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
        // Written out twice: a loop of two costs a quarter of the speed.
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
        v0 ^= word;
      }
    }

    v2 ^= 0xee;
    for (let half = 0; half < 2; half++) {
      for (let round = 0; round < 4; round++) {
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
      }
      out[half] = v1 ^ v3;
      v1 ^= 0xdd;
    }
  };
}
