/**
 * Named: announces that somebody named, each told from all others by its whole name (WIRE §29). They
 * are few, and not for long: they lie in one row, which is looked through from the front.
 *
 *   | id of the sender, two words | low six bytes of its timestamp, a short and a word | ...
 */
import { readU16, readU32 } from '../core/bytes.ts';

/** Words of a name. */
const WIDTH = 4;
/** Names there is room for at first; then twice as many whenever it is full. */
const NAMES_FIRST = 16;
const NO_WORDS = new Uint32Array(0);

export class Named {
  size = 0;
  private words = NO_WORDS;

  /** In those bytes the id lies at one place, and the six bytes of the time at another. */
  has(bytes: Uint8Array, idAt: number, timeAt: number): boolean {
    const { words } = this;
    const end = this.size * WIDTH;
    const last = readU32(bytes, timeAt + 2);
    for (let at = 0; at < end; at += WIDTH) {
      if (words[at + 3] !== last || words[at + 2] !== readU16(bytes, timeAt)) continue;
      if (words[at] === readU32(bytes, idAt) && words[at + 1] === readU32(bytes, idAt + 4)) {
        return true;
      }
    }
    return false;
  }

  /** Once, however often it is named. */
  add(bytes: Uint8Array, idAt: number, timeAt: number): void {
    if (this.has(bytes, idAt, timeAt)) return;
    const at = this.size * WIDTH;
    if (at === this.words.length) {
      const words = new Uint32Array(Math.max(NAMES_FIRST * WIDTH, 2 * at));
      words.set(this.words);
      this.words = words;
    }
    this.words[at] = readU32(bytes, idAt);
    this.words[at + 1] = readU32(bytes, idAt + 4);
    this.words[at + 2] = readU16(bytes, timeAt);
    this.words[at + 3] = readU32(bytes, timeAt + 2);
    this.size++;
  }

  clear(): void {
    this.size = 0;
    this.words = NO_WORDS;
  }
}
