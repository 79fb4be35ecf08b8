/**
 * Storm: bytes as a hostile or broken air would deliver them, from a seed. Half begin as something
 * well formed and are bent a little, which gets past first checks; the rest are noise.
 */
import { SEED, runs, xorshift } from '../seed.ts';

/** Inputs per decoder: in `npm test`, and in soak. */
const USUAL = 20000;
const FULL = 1000000;

/** How long a storm may take in soak. */
export const STORM_MS = 1800000;

/** Calls `judge` with each input; the bytes are only lent. */
export function storm(
  wellFormed: Uint8Array[],
  judge: (bytes: Uint8Array, next: (below: number) => number) => void,
): void {
  const next = xorshift(SEED);
  for (let left = runs(USUAL, FULL); left > 0; left--) {
    const bytes = next(2) === 0 ? noise(next) : bent(wellFormed[next(wellFormed.length)], next);
    judge(bytes, next);
  }
}

/**
 * Bytes a value holds on to, roughly as an engine counts them, to compare with the input it was
 * decoded from.
 */
export function weight(value: unknown): number {
  if (value instanceof Uint8Array) return 100 + value.length;
  if (typeof value === 'string') return 16 + value.length * 2;
  if (Array.isArray(value)) return value.reduce((sum, item) => sum + weight(item), 16);
  if (value instanceof Map) {
    let sum = 100;
    for (const [key, item] of value) sum += 32 + weight(key) + weight(item);
    return sum;
  }
  if (typeof value !== 'object' || value === null) return 16;
  return Object.values(value).reduce((sum: number, item) => sum + weight(item), 32);
}

type Next = (below: number) => number;

function noise(next: Next): Uint8Array {
  const bytes = new Uint8Array(next(next(4) === 0 ? 700 : 40));
  const narrow = next(2) === 0;
  for (let i = 0; i < bytes.length; i++) bytes[i] = narrow ? next(8) : next(256);
  return bytes;
}

const EDGES = [0, 1, 2, 0x17, 0x18, 0x1f, 0x7f, 0x80, 0xfe, 0xff];

function bent(original: Uint8Array, next: Next): Uint8Array {
  let bytes: Uint8Array = original.slice();
  for (let times = next(4); times > 0 && bytes.length > 0; times--) {
    const at = next(bytes.length);
    switch (next(6)) {
      case 0:
        bytes[at] ^= 1 << next(8);
        break;
      case 1:
        bytes[at] = EDGES[next(EDGES.length)];
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3:
        bytes.copyWithin(at, next(bytes.length));
        break;
      case 4:
        bytes = joined(bytes.subarray(0, at), noise(next).subarray(0, 12), bytes.subarray(at));
        break;
      case 5:
        bytes = joined(bytes.subarray(0, at), bytes.subarray(at + 1 + next(4)));
        break;
    }
  }
  return bytes;
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
