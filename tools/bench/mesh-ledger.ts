/**
 * Ledger: where threads that live an hour together tell each other, window by window, when something
 * next happens with them and what they wrote to each other's nodes. Each thread has two pages, written
 * in turn: whoever is on the next window has read what was written before the last.
 *
 *   page   | next f64 | length u32 | from u32, to u32, life u32, at f64, size u32, bytes ... | ... |
 */
import { assert } from '../../protocol/core/assert.ts';
import type { Crossing } from '../simulate/mesh.ts';

/** Bytes that cross in one window; a mesh that writes more is cut where too many hear each other. */
const PAGE_SIZE = 8 * 1024 * 1024;
const PAGE_HEAD = 16;
const HEAD = 24;
/** Looks at the others before a thread goes to sleep: it wakes slowly, and rarely waits for long. */
const SPINS = 20_000;

export type LedgerMemory = { turns: SharedArrayBuffer; pages: SharedArrayBuffer[] };

export function ledgerMemory(parts: number): LedgerMemory {
  return {
    turns: new SharedArrayBuffer(4 * parts),
    pages: Array.from({ length: parts }, () => new SharedArrayBuffer(2 * PAGE_SIZE)),
  };
}

export class Ledger {
  private readonly part: number;
  private readonly turns: Int32Array;
  private readonly pages: { view: DataView; bytes: Uint8Array }[];
  private turn = 0;

  constructor(memory: LedgerMemory, part: number) {
    this.part = part;
    this.turns = new Int32Array(memory.turns);
    this.pages = memory.pages.map((page) => ({
      view: new DataView(page),
      bytes: new Uint8Array(page),
    }));
  }

  /** When something next happens here, and what was written to others. */
  tell(nextAt: number, crossings: readonly Crossing[]): void {
    this.turn++;
    let earliest = nextAt;
    for (const { at } of crossings) earliest = Math.min(earliest, at);
    this.write(earliest, crossings);
    Atomics.store(this.turns, this.part, this.turn);
    Atomics.notify(this.turns, this.part);
  }

  /** Waits until all others have told theirs: when the first of all happens, and what they wrote. */
  hear(): { at: number; crossings: Crossing[] } {
    let at = Infinity;
    const crossings: Crossing[] = [];
    for (let part = 0; part < this.pages.length; part++) {
      if (part !== this.part) this.await(part);
      const { view } = this.pages[part];
      at = Math.min(at, view.getFloat64(this.start));
      if (part !== this.part) this.read(part, crossings);
    }
    return { at, crossings };
  }

  private await(part: number): void {
    for (let spins = 0; ; spins++) {
      const turn = Atomics.load(this.turns, part);
      if (turn >= this.turn) return;
      if (spins >= SPINS) Atomics.wait(this.turns, part, turn);
    }
  }

  /** Of the page of this turn. */
  private get start(): number {
    return (this.turn & 1) * PAGE_SIZE;
  }

  private write(earliest: number, crossings: readonly Crossing[]): void {
    const { view, bytes } = this.pages[this.part];
    const { start } = this;
    let end = start + PAGE_HEAD;
    for (const crossing of crossings) {
      const { length } = crossing.bytes;
      assert(end + HEAD + length <= start + PAGE_SIZE, 'what crosses in a window fits a page');
      view.setUint32(end, crossing.from);
      view.setUint32(end + 4, crossing.to);
      view.setUint32(end + 8, crossing.life);
      view.setFloat64(end + 12, crossing.at);
      view.setUint32(end + 20, length);
      bytes.set(crossing.bytes, end + HEAD);
      end += HEAD + length;
    }
    view.setFloat64(start, earliest);
    view.setUint32(start + 8, end - start);
  }

  private read(part: number, crossings: Crossing[]): void {
    const { view, bytes } = this.pages[part];
    const { start } = this;
    const end = start + view.getUint32(start + 8);
    for (let at = start + PAGE_HEAD; at < end;) {
      const size = view.getUint32(at + 20);
      crossings.push({
        from: view.getUint32(at),
        to: view.getUint32(at + 4),
        life: view.getUint32(at + 8),
        at: view.getFloat64(at + 12),
        bytes: bytes.slice(at + HEAD, at + HEAD + size),
      });
      at += HEAD + size;
    }
  }
}
