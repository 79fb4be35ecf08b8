/**
 * Confirmations: receipts that wait a moment for others to the same peer, so that what arrives
 * together is confirmed together. Each saves a packet, its sealing, and a batch at the other end.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import { nameOf } from '../../protocol/trust/pins.ts';
import { RECEIPTS_SIZE_MAX } from '../../protocol/wire/receipts.ts';
import { encodeText } from '../../protocol/wire/text.ts';

/** What one packet confirms. */
export type Receipts = { peer: Uint8Array; ids: string[] };

/** How long the first of them waits for more. */
export const TOGETHER_MS = 5;

type Pending = Receipts & { size: number };

export class Confirmations {
  /** As many as there are sessions, for a moment. */
  private readonly pending = new Map<string, Pending>();
  private dueAt: Millis = Infinity;

  /** What is full now, and is to be sent before the next. */
  add(peer: Uint8Array, id: string, now: Millis): Receipts | null {
    const name = nameOf(peer);
    const size = 1 + encodeText(id).length;
    const before = this.pending.get(name);
    if (before !== undefined && before.size + size <= RECEIPTS_SIZE_MAX) {
      before.ids.push(id);
      before.size += size;
      return null;
    }
    this.pending.set(name, { peer, ids: [id], size });
    this.dueAt = Math.min(this.dueAt, now + TOGETHER_MS);
    return before ?? null;
  }

  due(now: Millis): Receipts[] {
    if (now < this.dueAt) return [];
    const due = [...this.pending.values()];
    this.pending.clear();
    this.dueAt = Infinity;
    return due;
  }

  deadline(): Millis {
    return this.dueAt;
  }
}
