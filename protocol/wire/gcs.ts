/**
 * Golomb-coded set: which packets a peer has heard, in a few bits each (WIRE §9). Every packet id is
 * mapped to a number below M; the sorted numbers are written as their distances less one.
 */
import { readU32, writeU64 } from '../core/bytes.ts';
import { ID_SIZE } from '../core/packet.ts';
import type { Crypto } from '../trust/crypto.ts';
import { BitReader, BitWriter } from './golomb.ts';

/** The largest P the phones take. */
export const P_MAX = 32;
const U32_MAX = 0xffffffff;

type Hash = Pick<Crypto, 'sha256'>;

export type Filter = {
  p: number;
  m: number;
  bytes: Uint8Array;
  /** How many of the ids are in it, counted from the first; the rest did not fit. */
  included: number;
};

/** What a packet is called in a filter: 16 bytes over its type, sender, time and plain payload. */
export function syncId(
  hash: Hash,
  packet: { type: number; sender: Uint8Array; timestamp: number; payload: Uint8Array },
): Uint8Array {
  const named = new Uint8Array(1 + ID_SIZE + 8 + packet.payload.length);
  named[0] = packet.type;
  named.set(packet.sender, 1);
  writeU64(named, 1 + ID_SIZE, packet.timestamp);
  named.set(packet.payload, 1 + ID_SIZE + 8);
  return new Uint8Array(hash.sha256(named).subarray(0, 16));
}

/**
 * A filter of the ids, the newest first: what does not fit `bytesMax` is left off at the end, so the
 * filter covers everything down to some age. `falsePositives` is between 2^-20 and a quarter.
 */
export function buildFilter(
  hash: Hash,
  ids: Uint8Array[],
  bytesMax: number,
  falsePositives: number,
): Filter {
  const p = riceParameter(falsePositives);
  if (ids.length === 0) return { p, m: 1, bytes: new Uint8Array(0), included: 0 };
  // An id takes P + 2 bits on average, and never more than that all together.
  const included = Math.min(ids.length, Math.max(1, Math.floor((bytesMax * 8) / (p + 2))));
  const m = Math.min(included * 2 ** p, U32_MAX);
  const numbers = ids.slice(0, included).map((id) => filterNumber(hash, id, m));
  const writer = new BitWriter();
  let previous = 0;
  for (const number of numbers.sort((a, b) => a - b)) {
    if (number === previous) continue;
    writer.writeRice(number - previous - 1, p);
    previous = number;
  }
  const bytes = writer.toBytes();
  // One id alone can be too long for a very small limit.
  if (bytes.length > bytesMax) return { p, m, bytes: new Uint8Array(0), included: 0 };
  return { p, m, bytes, included };
}

/** The smallest P, at least 1, at which 2^-P is no more than the rate; 20 at most. */
function riceParameter(falsePositives: number): number {
  const rate = Math.max(0.000001, Math.min(0.25, falsePositives));
  let p = 1;
  while (rate * 2 ** p < 1) p++;
  return p;
}

/** The number that stands for an id in filters of this M: 1 to M - 1. */
export function filterNumber(hash: Hash, id: Uint8Array, m: number): number {
  if (m <= 1) return 0;
  const digest = hash.sha256(id);
  // 63 bits modulo 32, sixteen at a time so that every step is exact.
  let rest = (readU32(digest, 0) & 0x7fffffff) % m;
  rest = (rest * 65536 + (readU32(digest, 4) >>> 16)) % m;
  rest = (rest * 65536 + (readU32(digest, 4) & 0xffff)) % m;
  return rest === 0 ? 1 : rest;
}

/**
 * The numbers in a filter, ascending. Whatever P, M and bits say, these are at most four for each
 * byte; parameters that say nothing give an empty set, so that its sender is told everything.
 */
export function filterNumbers(p: number, m: number, bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  if (p < 1 || p > P_MAX) return numbers;
  const reader = new BitReader(bytes);
  let number = 0;
  for (;;) {
    const distance = reader.readRice(p);
    if (distance === null) return numbers;
    number += distance + 1;
    if (number >= m) return numbers;
    numbers.push(number);
  }
}

/** Whether the ascending numbers hold this one. */
export function holdsNumber(numbers: number[], number: number): boolean {
  let from = 0;
  let to = numbers.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (numbers[middle] < number) from = middle + 1;
    else to = middle;
  }
  return numbers[from] === number;
}
