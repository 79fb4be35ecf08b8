/**
 * Mark: two words by which bytes are known to be the same as before. There is no secret in it: it is for
 * what one peer says and signs, and whoever makes two of his own sayings look alike is not heard anew.
 */
export function markOf(bytes: Uint8Array, at: number, length: number, mark: Uint32Array): void {
  const end = at + length;
  let low = length;
  let high = ~length;
  for (let next = at; next < end; next += 4) {
    // What lies behind the end counts as nothing; the length tells it from zeros.
    let word = bytes[next];
    if (next + 1 < end) word |= bytes[next + 1] << 8;
    if (next + 2 < end) word |= bytes[next + 2] << 16;
    if (next + 3 < end) word |= bytes[next + 3] << 24;
    low = stirred(low ^ word, 0x85ebca6b);
    high = stirred(high ^ word, 0xc2b2ae35);
  }
  mark[0] = low;
  mark[1] = high;
}

function stirred(word: number, factor: number): number {
  const product = Math.imul(word, factor);
  return product ^ (product >>> 15);
}
