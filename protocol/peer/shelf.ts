/**
 * Shelf: bytes of many lengths, one behind the other in a single array, found by the place of whoever
 * they belong to (IdPlaces). What grows or is taken away leaves a gap; where there is no room left at
 * the end, all of it moves together, and into an array twice as large as it needs where that is too
 * small: what is given up is collected late, and seldom is better.
 */

/** Bytes to begin with, and places. */
const FIRST_SIZE = 2048;
const FIRST_PLACES = 32;
/** Of a place: where its bytes begin, and how many they are. */
const BEGIN = 0;
const LENGTH = 1;
const SPAN = 2;
/** For whoever moves all that it holds, and is done with it before anybody else's turn. */
let moved = new Uint8Array(0);

export class Shelf {
  private bytes = new Uint8Array(0);
  private spans = new Uint32Array(0);
  private end = 0;

  /** Bytes of that place; 0 for none. */
  lengthOf(place: number): number {
    const { spans } = this;
    const at = place * SPAN + LENGTH;
    return at < spans.length ? spans[at] : 0;
  }

  /** A view, good until something is put down. */
  at(place: number): Uint8Array {
    const length = this.lengthOf(place);
    const begin = length === 0 ? 0 : this.spans[place * SPAN + BEGIN];
    return this.bytes.subarray(begin, begin + length);
  }

  /** How many of the first `length` of `bytes` lie there, up to the first that differs. */
  alike(place: number, bytes: Uint8Array, length: number): number {
    const begin = this.spans[place * SPAN + BEGIN];
    const most = Math.min(length, this.lengthOf(place));
    let at = 0;
    while (at < most && this.bytes[begin + at] === bytes[at]) at++;
    return at;
  }

  /** Puts down the first `length` of `bytes`, instead of what lay there. */
  put(place: number, bytes: Uint8Array, length: number): void {
    if (length > this.lengthOf(place)) this.makeRoom(place, length);
    const { spans } = this;
    spans[place * SPAN + LENGTH] = length;
    const begin = spans[place * SPAN + BEGIN];
    if (length === bytes.length) this.bytes.set(bytes, begin);
    else for (let at = 0; at < length; at++) this.bytes[begin + at] = bytes[at];
  }

  clear(place: number): void {
    if (this.lengthOf(place) > 0) this.spans[place * SPAN + LENGTH] = 0;
  }

  private makeRoom(place: number, length: number): void {
    this.clear(place);
    if (place * SPAN >= this.spans.length) this.number(place);
    if (this.end + length > this.bytes.length) this.tidy(length);
    this.spans[place * SPAN + BEGIN] = this.end;
    this.end += length;
  }

  /** Places until this one, and as many again. */
  private number(place: number): void {
    const before = this.spans;
    this.spans = new Uint32Array(Math.max(FIRST_PLACES, 2 * (place + 1)) * SPAN);
    this.spans.set(before);
  }

  /** Without gaps, and with room for so much more; in an array of its own only where that is too small. */
  private tidy(more: number): void {
    const { spans, bytes } = this;
    let held = 0;
    for (let at = LENGTH; at < spans.length; at += SPAN) held += spans[at];
    const size = held + more;
    const isTooSmall = size + (size >> 2) > bytes.length;
    if (!isTooSmall && held > moved.length) moved = new Uint8Array(2 * held);
    const to = isTooSmall ? new Uint8Array(Math.max(FIRST_SIZE, 2 * size)) : moved;
    let end = 0;
    for (let at = 0; at < spans.length; at += SPAN) {
      const begin = spans[at + BEGIN];
      const length = spans[at + LENGTH];
      if (length === 0) continue;
      to.set(bytes.subarray(begin, begin + length), end);
      spans[at + BEGIN] = end;
      end += length;
    }
    this.end = end;
    if (isTooSmall) this.bytes = to;
    else bytes.set(moved.subarray(0, end));
  }
}
