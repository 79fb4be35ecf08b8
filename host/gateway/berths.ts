/**
 * Berths: the links of a station that are lines, and which line lies at each. A line is known by its
 * number to the trunks, and by its link to all else.
 */
import { assert } from '../../protocol/core/assert.ts';

export type Berth = { line: number; link: number; id: Uint8Array };

export class Berths {
  readonly first: number;
  /** By link, less the first. */
  private readonly berths: (Berth | null)[];
  private readonly byLine = new Map<number, Berth>();

  constructor(first: number, count: number) {
    this.first = first;
    this.berths = new Array<Berth | null>(count).fill(null);
  }

  ofLine(line: number): Berth | null {
    return this.byLine.get(line) ?? null;
  }

  at(link: number): Berth | null {
    return this.berths[link - this.first] ?? null;
  }

  has(link: number): boolean {
    return link >= this.first && link < this.first + this.berths.length;
  }

  take(line: number, id: Uint8Array): Berth {
    const at = this.berths.indexOf(null);
    // Trunks open no more lines than there are links for.
    assert(at >= 0, 'a line finds a link');
    const berth = { line, link: this.first + at, id };
    this.berths[at] = berth;
    this.byLine.set(line, berth);
    return berth;
  }

  leave({ line, link }: Berth): void {
    this.byLine.delete(line);
    this.berths[link - this.first] = null;
  }
}
