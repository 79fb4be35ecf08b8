/** Mix: how MurmurHash3 ends. Of what comes out, every bit depends on every bit that went in. */
export function mix(value: number): number {
  let word = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return word ^ (word >>> 16);
}

/** After FNV-1a: `Math.imul(word ^ byte, FNV)` takes in a byte, and no two bytes come to the same. */
export const FNV = 0x01000193;
