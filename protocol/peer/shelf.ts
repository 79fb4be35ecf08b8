/**
 * Shelf: bytes of many lengths, one behind the other in a single array, found by the place of whoever
 * they belong to (IdPlaces). What grows or is taken away leaves a gap; where there is no room left at
 * the end, all of it moves together, and into an array twice as large as it needs where that is too
 * small: what is given up is collected late, and seldom is better.
 */

/** Bytes to begin with. */
const FIRST_SIZE = 2048;

export class Shelf {
  private bytes = new Uint8Array(0);
  /** By place: where its bytes begin, and how many they are. */
  private readonly begins: number[] = [];
  private readonly lengths: number[] = [];
  private end = 0;

  /** Bytes of that place; 0 for none. */
  lengthOf(place: number): number {
    return this.lengths[place] ?? 0;
  }

  /** A view, good until something is put down. */
  at(place: number): Uint8Array {
    const begin = this.begins[place] ?? 0;
    return this.bytes.subarray(begin, begin + this.lengthOf(place));
  }

  /** How many of the first `length` of `bytes` lie there, up to the first that differs. */
  alike(place: number, bytes: Uint8Array, length: number): number {
    const begin = this.begins[place];
    const most = Math.min(length, this.lengthOf(place));
    let at = 0;
    while (at < most && this.bytes[begin + at] === bytes[at]) at++;
    return at;
  }

  /** Puts down the first `length` of `bytes`, instead of what lay there. */
  put(place: number, bytes: Uint8Array, length: number): void {
    if (length > this.lengthOf(place)) this.makeRoom(place, length);
    this.lengths[place] = length;
    const begin = this.begins[place];
    for (let at = 0; at < length; at++) this.bytes[begin + at] = bytes[at];
  }

  clear(place: number): void {
    if (place < this.lengths.length) this.lengths[place] = 0;
  }

  private makeRoom(place: number, length: number): void {
    this.clear(place);
    if (this.end + length > this.bytes.length) this.tidy(length);
    this.begins[place] = this.end;
    this.end += length;
  }

  /** Without gaps, and with room for so much more; in an array of its own only where that is too small. */
  private tidy(more: number): void {
    const { begins, lengths } = this;
    const before = this.bytes;
    const size = lengths.reduce((sum, length) => sum + length, more);
    if (size + (size >> 2) > before.length) {
      this.bytes = new Uint8Array(Math.max(FIRST_SIZE, 2 * size));
    }
    this.end = 0;
    // In the order in which they lie: none is moved over one that is still to be moved.
    for (const place of placesIn(lengths).sort((a, b) => begins[a] - begins[b])) {
      const begin = begins[place];
      this.bytes.set(before.subarray(begin, begin + lengths[place]), this.end);
      begins[place] = this.end;
      this.end += lengths[place];
    }
  }
}

/** Those at which something lies. */
function placesIn(lengths: readonly number[]): number[] {
  return lengths.flatMap((length, place) => (length > 0 ? [place] : []));
}
