/**
 * Ledger: where threads that live an hour together tell each other how far they have come, and what
 * they wrote to each other's nodes. Nobody has to know what another does before it can arrive: each
 * lives on until the slowest is a latency behind, so that now one may have more to do, now another.
 *
 *   ring of a part | from u32, to u32, life u32, size u32, at f64, bytes ..., to a multiple of 8 | ...
 *                    from 0: nothing more until the end of the ring, it goes on at its start
 */
import { assert } from '../../protocol/core/assert.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import type { Crossing } from '../simulate/mesh.ts';

/** Bytes not yet read by all; a mesh that writes more is cut where too many hear each other. */
const RING_SIZE = 8 * 1024 * 1024;
const HEAD = 24;
/** Looks at the others before a thread goes to sleep: it wakes slowly, and rarely waits for long. */
const SPINS = 20_000;

/**
 * By part, a row of marks that it alone sets, on a line of the cache of its own: until when it has
 * lived, how many bytes it has written, and how many it has read of each part.
 */
const ROW = 16;
const LIVED = 0;
const WRITTEN = 1;
const READ = 2;
const PARTS_MAX = ROW - READ;

export type LedgerMemory = { marks: SharedArrayBuffer; rings: SharedArrayBuffer[] };

/** `ringSize` is a power of two. */
export function ledgerMemory(parts: number, ringSize = RING_SIZE): LedgerMemory {
  assert(parts <= PARTS_MAX, 'a row has a mark for each part');
  return {
    marks: new SharedArrayBuffer(parts * ROW * Int32Array.BYTES_PER_ELEMENT),
    rings: Array.from({ length: parts }, () => new SharedArrayBuffer(ringSize)),
  };
}

type Ring = { view: DataView; bytes: Uint8Array };

export class Ledger {
  private readonly part: number;
  private readonly others: number[];
  private readonly latencyMs: Millis;
  private readonly marks: Int32Array;
  private readonly rings: Ring[];

  /** `latencyMs`: what is written arrives so much later, or later still. */
  constructor({ marks, rings }: LedgerMemory, part: number, latencyMs: Millis) {
    this.part = part;
    this.others = rings.map((_, other) => other).filter((other) => other !== part);
    this.latencyMs = latencyMs;
    this.marks = new Int32Array(marks);
    this.rings = rings.map((ring) => ({ view: new DataView(ring), bytes: new Uint8Array(ring) }));
  }

  /** Until when one may live here, with the others where they are; `Infinity` without others. */
  get until(): Millis {
    let until = Infinity;
    for (const other of this.others) {
      until = Math.min(until, Atomics.load(this.marks, other * ROW + LIVED) + this.latencyMs);
    }
    return until;
  }

  /** All that happens here before `lived` has happened, and this was written to others meanwhile. */
  tell(lived: Millis, crossings: readonly Crossing[]): void {
    for (const crossing of crossings) this.write(crossing);
    const mark = this.part * ROW + LIVED;
    Atomics.store(this.marks, mark, lived);
    Atomics.notify(this.marks, mark);
  }

  /** Waits until one may live on here: until when, and what the others wrote. */
  hear(): { until: Millis; crossings: Crossing[] } {
    const lived = this.marks[this.part * ROW + LIVED];
    for (const other of this.others) this.await(other, lived - this.latencyMs);
    // First how far they are: what is not in their rings by then arrives later than that.
    const { until } = this;
    const crossings: Crossing[] = [];
    for (const other of this.others) this.read(other, crossings);
    return { until, crossings };
  }

  /** Waits until that part has lived longer. */
  private await(part: number, than: Millis): void {
    const mark = part * ROW + LIVED;
    for (let spins = 0; ; spins++) {
      const lived = Atomics.load(this.marks, mark);
      if (lived > than) return;
      if (spins >= SPINS) Atomics.wait(this.marks, mark, lived);
    }
  }

  private write({ from, to, life, at, bytes }: Crossing): void {
    const { part, marks } = this;
    const ring = this.rings[part];
    const { view } = ring;
    const size = sizeOf(bytes.length);
    const rest = ring.bytes.length - placeIn(ring, marks[part * ROW + WRITTEN]);
    const skipped = size > rest ? rest : 0;
    assert(this.unread() + skipped + size <= ring.bytes.length, 'what crosses is read in time');
    if (skipped > 0) view.setUint32(ring.bytes.length - rest, 0);
    const place = placeIn(ring, marks[part * ROW + WRITTEN] + skipped);
    view.setUint32(place, from);
    view.setUint32(place + 4, to);
    view.setUint32(place + 8, life);
    view.setUint32(place + 12, bytes.length);
    view.setFloat64(place + 16, at);
    ring.bytes.set(bytes, place + HEAD);
    Atomics.add(marks, part * ROW + WRITTEN, skipped + size);
  }

  /** By the last of the others, of what was written here. */
  private unread(): number {
    const written = this.marks[this.part * ROW + WRITTEN];
    let most = 0;
    for (const other of this.others) {
      const read = Atomics.load(this.marks, other * ROW + READ + this.part);
      most = Math.max(most, (written - read) | 0);
    }
    return most;
  }

  private read(part: number, crossings: Crossing[]): void {
    const ring = this.rings[part];
    const mark = this.part * ROW + READ + part;
    let unread = (Atomics.load(this.marks, part * ROW + WRITTEN) - this.marks[mark]) | 0;
    while (unread > 0) {
      const place = placeIn(ring, this.marks[mark]);
      const crossing = crossingAt(ring, place);
      if (crossing !== null) crossings.push(crossing);
      const passed = crossing ? sizeOf(crossing.bytes.length) : ring.bytes.length - place;
      Atomics.add(this.marks, mark, passed);
      unread -= passed;
    }
  }
}

/** Null where it goes on at the start of the ring. */
function crossingAt({ view, bytes }: Ring, place: number): Crossing | null {
  const from = view.getUint32(place);
  if (from === 0) return null;
  const start = place + HEAD;
  return {
    from,
    to: view.getUint32(place + 4),
    life: view.getUint32(place + 8),
    at: view.getFloat64(place + 16),
    bytes: bytes.slice(start, start + view.getUint32(place + 12)),
  };
}

/** Marks count on for ever, around 2 ** 32. */
function placeIn({ bytes }: Ring, mark: number): number {
  return mark & (bytes.length - 1);
}

function sizeOf(length: number): number {
  return (HEAD + length + 7) & ~7;
}
