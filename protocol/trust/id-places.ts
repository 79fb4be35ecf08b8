/**
 * Id places: a place for each id that a table remembers, with a row of numbers instead of an object of
 * its own. A place belongs to its id until that is removed, and then to whichever is added next; they
 * are dense, in an order that does not depend on the seed.
 *
 *   row   | id 8 | its last use 8 | columns of whoever owns the table, 8 each ... |
 *
 * Uses are counted: the smaller, the longer ago; 0 for none. All that is known of an id lies in one
 * row, because rows are many and seldom in the processor's cache.
 */
import { assert } from '../core/assert.ts';
import { readU32, writeU32 } from '../core/bytes.ts';
import { ID_SIZE } from '../core/packet.ts';

/** What 16 bits number, with 0 for none. */
export const PLACES_MAX = 65_535;
/** Rows for the first ids; then half as many more whenever all are taken. */
const ROWS_FIRST = 32;
/** A row before the columns of its owner, in numbers of 8 bytes. */
const USE = 1;
const HEAD = 2;
/** Many a table stays empty, and has no rows at all. */
const NO_WORDS = new Uint32Array(0);
const NO_NUMBERS = new Float64Array(0);
const NO_SLOTS = new Uint16Array(0);

export class IdPlaces {
  size = 0;
  /** Every place ever given is below it. */
  end = 0;
  /** Two views of the same rows; others whenever an id was added. */
  numbers = NO_NUMBERS;
  words = NO_WORDS;
  private readonly max: number;
  private readonly seed: number;
  /** Numbers in a row. */
  private readonly width: number;
  /** Where an id is looked for first, and then one after another: its place + 1, or 0. */
  private slots = NO_SLOTS;
  /** The place given back last, + 1; the first word of its row leads on to the one before. */
  private vacant = 0;
  private useCount = 0;

  /**
   * Ids remembered at most; adding another is a mistake. `seed` is secret: it keeps others from making
   * up ids that are all looked for in one spot.
   */
  constructor(max: number, seed = 0, columns = 0) {
    assert(max > 0 && max <= PLACES_MAX, 'places fit 16 bits');
    this.max = max;
    // As a signed word: any other would lie in memory of its own.
    this.seed = seed | 0;
    this.width = HEAD + columns;
  }

  /** Where the owner's columns of that place lie in `numbers`; in `words` it is twice as far. */
  columnsOf(place: number): number {
    return place * this.width + HEAD;
  }

  /** The place of the id at `at`, or -1. */
  find(bytes: Uint8Array, at = 0): number {
    if (this.size === 0) return -1;
    const high = readU32(bytes, at);
    const low = readU32(bytes, at + 4);
    const { words, slots } = this;
    for (let slot = this.slotOf(high, low); ; slot = (slot + 1) & (slots.length - 1)) {
      const place = slots[slot] - 1;
      if (place < 0) return -1;
      const row = this.wordsOf(place);
      if (words[row] === high && words[row + 1] === low) return place;
    }
  }

  /** A place for an id that has none, with zeros in its columns; being added is its first use. */
  add(bytes: Uint8Array, at = 0): number {
    assert(this.size < this.max, 'there is room for another id');
    if (this.vacant === 0 && this.end === this.capacity) this.grow();
    const place = this.vacant === 0 ? this.end++ : this.vacant - 1;
    const row = this.wordsOf(place);
    if (place === this.vacant - 1) this.vacant = this.words[row];
    this.words[row] = readU32(bytes, at);
    this.words[row + 1] = readU32(bytes, at + 4);
    this.numbers.fill(0, this.columnsOf(place), this.columnsOf(place + 1) - HEAD);
    this.enter(place);
    this.use(place);
    this.size++;
    return place;
  }

  remove(place: number): void {
    assert(this.isTaken(place), 'a place is given back once');
    this.leave(place);
    this.numbers[place * this.width + USE] = 0;
    this.words[this.wordsOf(place)] = this.vacant;
    this.vacant = place + 1;
    this.size--;
  }

  isTaken(place: number): boolean {
    return place < this.end && this.useOf(place) > 0;
  }

  /** It is the one used last now. */
  use(place: number): void {
    this.numbers[place * this.width + USE] = ++this.useCount;
  }

  /** The id in bytes of its own. */
  idAt(place: number): Uint8Array {
    const id = new Uint8Array(ID_SIZE);
    const row = this.wordsOf(place);
    writeU32(id, 0, this.words[row]);
    writeU32(id, 4, this.words[row + 1]);
    return id;
  }

  /** The place unused for longest, of those that `mayGo`; -1 for none. It looks through all of them. */
  oldest(mayGo: (place: number) => boolean): number {
    let oldest = -1;
    let oldestUse = Infinity;
    for (let place = 0; place < this.end; place++) {
      const use = this.useOf(place);
      if (use === 0 || use >= oldestUse || !mayGo(place)) continue;
      oldest = place;
      oldestUse = use;
    }
    return oldest;
  }

  /** All places, the one unused for longest first. */
  inOrder(): number[] {
    const places: number[] = [];
    for (let place = 0; place < this.end; place++) if (this.isTaken(place)) places.push(place);
    return this.sorted(places);
  }

  /** The one unused for longest first. */
  sorted(places: number[]): number[] {
    return places.sort((a, b) => this.useOf(a) - this.useOf(b));
  }

  /** Rows there is room for at present. */
  private get capacity(): number {
    return this.numbers.length / this.width;
  }

  private wordsOf(place: number): number {
    return 2 * place * this.width;
  }

  private useOf(place: number): number {
    return this.numbers[place * this.width + USE];
  }

  private slotOf(high: number, low: number): number {
    const mixed = Math.imul(high ^ this.seed, 0x85ebca6b);
    const both = Math.imul(mixed ^ (mixed >>> 15) ^ low, 0xc2b2ae35);
    return (both ^ (both >>> 16)) & (this.slots.length - 1);
  }

  private enter(place: number): void {
    const { words, slots } = this;
    const row = this.wordsOf(place);
    let slot = this.slotOf(words[row], words[row + 1]);
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = place + 1;
  }

  /** What was looked for past its slot moves up, or it would not be found any more. */
  private leave(place: number): void {
    const { words, slots } = this;
    const mask = slots.length - 1;
    const taken = this.wordsOf(place);
    let gap = this.slotOf(words[taken], words[taken + 1]);
    while (slots[gap] !== place + 1) gap = (gap + 1) & mask;
    for (let slot = (gap + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const row = this.wordsOf(slots[slot] - 1);
      const first = this.slotOf(words[row], words[row + 1]);
      if (((slot - first) & mask) < ((slot - gap) & mask)) continue;
      slots[gap] = slots[slot];
      gap = slot;
    }
    slots[gap] = 0;
  }

  private grow(): void {
    const { capacity, words } = this;
    const more = Math.min(this.max, Math.max(ROWS_FIRST, capacity + (capacity >> 1)));
    const rows = new ArrayBuffer(more * this.width * Float64Array.BYTES_PER_ELEMENT);
    this.numbers = new Float64Array(rows);
    this.words = new Uint32Array(rows);
    this.words.set(words);
    if (this.slots.length >= 2 * more) return;
    this.slots = new Uint16Array(Math.max(2 * ROWS_FIRST, 2 * this.slots.length));
    for (let place = 0; place < this.end; place++) this.enter(place);
  }
}
