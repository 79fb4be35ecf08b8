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

/** Of an id: the 63 bits of its hash that numbers are made of. */
export type FilterKey = { high: number; low: number };

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
  const some = ids.slice(0, roomFor(bytesMax, falsePositives));
  return filterOf(
    some.map((id) => filterKey(hash, id)),
    bytesMax,
    falsePositives,
  );
}

/** Ids that a filter of so many bytes may name: each takes P + 2 bits on average, and never more. */
export function roomFor(bytesMax: number, falsePositives: number): number {
  return Math.max(1, Math.floor((bytesMax * 8) / (riceParameter(falsePositives) + 2)));
}

/**
 * As `buildFilter`, of ids whose keys are known. What one filter names by mistake, another one with a
 * `twist` of its own does not: a small number that M is larger by.
 */
export function filterOf(
  keys: FilterKey[],
  bytesMax: number,
  falsePositives: number,
  twist: number = 0,
): Filter {
  const p = riceParameter(falsePositives);
  if (keys.length === 0) return { p, m: 1, bytes: new Uint8Array(0), included: 0 };
  const included = Math.min(keys.length, roomFor(bytesMax, falsePositives));
  const m = Math.min(included * 2 ** p + twist, U32_MAX);
  const numbers = keys.slice(0, included).map((key) => numberOf(key, m));
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
  return numberOf(filterKey(hash, id), m);
}

/** What an id is hashed to, once for all filters. */
export function filterKey(hash: Hash, id: Uint8Array): FilterKey {
  const digest = hash.sha256(id);
  return { high: readU32(digest, 0) & 0x7fffffff, low: readU32(digest, 4) };
}

/** As `filterNumber`, of an id whose key is known. */
export function numberOf({ high, low }: FilterKey, m: number): number {
  if (m <= 1) return 0;
  // 63 bits modulo 32, sixteen at a time so that every step is exact.
  let rest = high % m;
  rest = (rest * 65536 + (low >>> 16)) % m;
  rest = (rest * 65536 + (low & 0xffff)) % m;
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
