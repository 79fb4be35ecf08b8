/**
 * Chance from a seed: sfc32, in additions and shifts alone, so that a trace drawn from it is the same
 * on every runtime, an Espruino included.
 */
import type { Random } from '../../protocol/core/machine.ts';

export function seededRandom(seed: number): Random {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed >>> 0;
  let counter = 1;
  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
  // Twelve rounds part seeds that differ in one bit.
  for (let i = 0; i < 12; i++) next();
  return function (below: number): number {
    return Math.floor((next() / 4294967296) * below);
  };
}
