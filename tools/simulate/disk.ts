/**
 * Disk: the store of a simulated peer, on something that fails. A batch is a record of a journal, whole
 * or not there at all, as SQLite promises; what is read is what the journal says after a start.
 *
 *   commit -> journal -> archive        `full`: it throws, and takes the same batch later
 *                                       `tear`: the power goes in the middle, and half a record is left
 *                                       `lose`: it was told to have been written, and never was
 *                                       `misdirect`: it was written over an older record
 */
import type { StoreWrite } from '../../host/types.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import { encodeText } from '../../protocol/wire/text.ts';
import { MemoryArchive } from './archive.ts';

export type DiskFault = 'full' | 'tear' | 'lose' | 'misdirect';

/** Thrown where the disk has no room: it passes. */
export const DISK_FULL = new Error('the disk is full');
/** Thrown where the power goes while it writes: the node is gone with it. */
export const POWER_LOST = new Error('the power was lost');

/** `sum` fits unless the record is half there, or lies where another was. */
type Entry = { at: number; writes: readonly StoreWrite[]; sum: number };

export class Disk {
  isFull = false;
  archive = new MemoryArchive();
  /** Batches that it said were durable and gave back at no start. */
  lost = 0;
  private journal: Entry[] = [];
  private next: Exclude<DiskFault, 'full'> | null = null;

  /** The next batch comes to harm. */
  harm(fault: DiskFault): void {
    if (fault === 'full') this.isFull = true;
    else this.next = fault;
  }

  heal(): void {
    this.isFull = false;
    this.next = null;
  }

  commit(writes: readonly StoreWrite[]): void {
    if (this.isFull) throw DISK_FULL;
    const at = this.journal.length;
    const sum = sumOf(at, writes);
    const fault = this.next;
    this.next = null;
    if (fault === 'tear') {
      this.journal.push({ at, writes: writes.slice(0, writes.length >> 1), sum: sum ^ 1 });
      throw POWER_LOST;
    }
    // A disk that lies says that all is well, until somebody reads what it has.
    if (fault === 'misdirect' && at > 0) this.journal[at >> 1] = { at, writes, sum };
    if (fault === null) this.journal.push({ at, writes, sum });
    else this.journal.push({ at, writes: [], sum: 0 });
    this.archive.commit(writes);
  }

  /** As after a start: what was half written is not there, and what comes after a gap is not trusted. */
  reopen(): void {
    const sound = this.journal.findIndex(({ at, writes, sum }, place) => {
      return at !== place || sum !== sumOf(at, writes);
    });
    const kept = sound < 0 ? this.journal : this.journal.slice(0, sound);
    // The last record was promised to nobody if the power went while it was written.
    const isTorn = sound === this.journal.length - 1 && this.journal[sound]?.sum !== 0;
    this.lost += isTorn ? 0 : this.journal.length - kept.length;
    this.journal = [...kept];
    this.archive = new MemoryArchive();
    for (const { writes } of kept) this.archive.commit(writes);
  }
}

function sumOf(at: number, writes: readonly StoreWrite[]): number {
  return crc32(encodeText(`${at} ${writes.length} ${writes.map(({ kind }) => kind).join(' ')}`));
}
