/**
 * Marks: what was delivered, so that nothing is shown twice, neither by a replay nor after a
 * restart (RELIABILITY S11). Marks just made are not in the store before their batch is committed,
 * so the newest are remembered here as well.
 */
import { ID_SIZE } from '../../protocol/core/packet.ts';
import { keepNewest } from '../../protocol/keep-newest.ts';
import { nameOf } from '../../protocol/trust/pins.ts';
import type { DeliveredReads, StoreOutput } from '../types.ts';

export const MARK_SIZE = 16;
/** More than a batch of the driver makes; then the oldest are found in the store alone. */
export const RECENT_MARKS_MAX = 8192;

export class Marks {
  private readonly delivered: DeliveredReads;
  /** The oldest first. */
  private readonly recent = new Set<string>();

  constructor(delivered: DeliveredReads) {
    this.delivered = delivered;
  }

  /** What makes it last that this was delivered; null where it was before. */
  take(mark: Uint8Array, sentAt: number): StoreOutput | null {
    return this.note(mark, sentAt, sentAt);
  }

  /**
   * The same of what does not say when it was sent. Our own clock does not say it either: set back, it
   * would make all that comes as old as what is forgotten.
   */
  takeUndated(mark: Uint8Array, heardAt: number): StoreOutput | null {
    return this.note(mark, Infinity, heardAt);
  }

  private note(mark: Uint8Array, asOf: number, sentAt: number): StoreOutput | null {
    const name = nameOf(mark) + nameOf(mark, ID_SIZE);
    if (this.recent.has(name) || this.delivered.has(mark, asOf)) return null;
    this.recent.add(name);
    keepNewest(this.recent, RECENT_MARKS_MAX);
    return { kind: 'store', write: { kind: 'delivered', mark, sentAt } };
  }
}
