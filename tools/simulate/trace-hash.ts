/**
 * Trace hash: one name for all that happened in a run, in order: who stepped, when, on what, and every
 * byte that came of it. Two runs of one seed that differ anywhere differ in it. Only whole numbers and
 * bytes go in, so it is the same on every version of Node.
 */
import { mix } from './mix.ts';

export class TraceHash {
  private low = 0x243f6a88;
  private high = 0x13198a2e;

  number(value: number): void {
    this.low = mix(this.low ^ (value | 0));
    // Times pass 32 bits in the sixth week.
    this.high = (mix(this.high ^ Math.floor(value / 4294967296)) + this.low) | 0;
  }

  bytes(bytes: Uint8Array): void {
    let word = bytes.length;
    for (let at = 0; at < bytes.length; at++) {
      word = (word << 8) ^ (word >>> 24) ^ bytes[at];
      if ((at & 3) === 3) this.number(word);
    }
    this.number(word);
  }

  text(text: string): void {
    for (let at = 0; at < text.length; at++) this.number(text.charCodeAt(at));
  }

  /** 16 characters, so far. */
  get name(): string {
    return [this.high, this.low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
