/**
 * CRC-32 (IEEE), for machines that have no native one: boards hand `E.CRC32` to the port instead,
 * and Node its zlib's. Sixteen entries, so that it costs a board nothing to carry.
 */
import type { Crc32 } from './framing.ts';

const NIBBLES = new Uint32Array(16);
for (let i = 0; i < 16; i++) {
  let sum = i;
  for (let bit = 0; bit < 4; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  NIBBLES[i] = sum;
}

export const crc32: Crc32 = (bytes) => {
  let sum = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    sum ^= bytes[i];
    sum = (sum >>> 4) ^ NIBBLES[sum & 15];
    sum = (sum >>> 4) ^ NIBBLES[sum & 15];
  }
  return (sum ^ 0xffffffff) >>> 0;
};
