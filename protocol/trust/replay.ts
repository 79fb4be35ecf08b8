/**
 * Replay window: which counters of one direction were already accepted (RELIABILITY S12). A counter
 * is good once, and for as long as it is at most `size` behind the newest.
 *
 *   newest - size ............ newest
 *   | 1 0 1 1 1 0 1 1 ... 1 1 0 1 1 |     a bit each, in a ring of words
 *
 * Ask `isFresh` before the tag is checked and `accept` after: what does not prove itself moves
 * nothing.
 */
import { assert } from '../core/assert.ts';

/**
 * Counters are whole numbers below this; a session ends before it gets there. Numbers are exact up
 * to it, and a u64 from the air that lies above is read as some number beyond it.
 */
export const COUNTER_END = Number.MAX_SAFE_INTEGER;

/** Records over UDP (WIRE §24). */
export const UDP_WINDOW = 8128;
/** Sessions with phones: 1,024 counters, the newest among them (WIRE §8). */
export const PHONE_WINDOW = 1023;

const WORD = 32;

export class ReplayWindow {
  private newest = -1;
  private readonly size: number;
  private readonly bits: Uint32Array;

  constructor(size: number) {
    assert(size > 0, 'a window holds something');
    this.size = size;
    // The oldest counter and the newest never share a word's place, wherever in a word they lie.
    this.bits = new Uint32Array(Math.ceil(size / WORD) + 1);
  }

  isFresh(counter: number): boolean {
    if (!(counter >= 0 && counter < COUNTER_END)) return false;
    if (counter > this.newest) return true;
    if (this.newest - counter > this.size) return false;
    return (this.bits[this.wordOf(counter)] & bitOf(counter)) === 0;
  }

  /** The counter's message has proven itself. False, and nothing happens, if it was not fresh. */
  accept(counter: number): boolean {
    if (!this.isFresh(counter)) return false;
    if (counter > this.newest) this.advance(counter);
    this.bits[this.wordOf(counter)] |= bitOf(counter);
    return true;
  }

  private advance(counter: number): void {
    const from = Math.floor(this.newest / WORD);
    const skipped = Math.min(Math.floor(counter / WORD) - from, this.bits.length);
    for (let i = 1; i <= skipped; i++) this.bits[(from + i) % this.bits.length] = 0;
    this.newest = counter;
  }

  private wordOf(counter: number): number {
    return Math.floor(counter / WORD) % this.bits.length;
  }
}

function bitOf(counter: number): number {
  return 1 << (counter % WORD);
}
