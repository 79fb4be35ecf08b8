/**
 * Delivered: marks of all that was delivered, so that a replay after any restart is none (RELIABILITY
 * S11, R7). Marks are forgotten by age, and what is as old as the last one forgotten counts as
 * delivered: there is no moment in which a mark is gone and its packet would pass.
 */
import type { DeliveredReads, Retention } from '../types.ts';
import { TRIM_SLICE } from '../types.ts';
import type { Connection } from './sqlite.ts';
import type { Settings } from './settings.ts';
import type { Tally } from './tally.ts';

/** Everything sent at or before it counts as delivered. */
const FLOOR = 'store.delivered-floor';

export class Delivered implements DeliveredReads {
  private readonly tally: Tally;
  private readonly settings: Settings;
  private readonly insert;
  private readonly select;
  private readonly oldest;
  private readonly remove;
  /** As it was read last; null when it is to be read again. */
  private knownFloor: number | null = null;

  constructor(connection: Connection, tally: Tally, settings: Settings) {
    this.tally = tally;
    this.settings = settings;
    this.insert = connection.prepare('INSERT INTO delivered VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.select = connection.prepare('SELECT 1 FROM delivered WHERE mark = ?');
    this.oldest = connection.prepare<unknown[], { mark: Uint8Array; sentAt: number }>(
      'SELECT mark, sentAt FROM delivered ORDER BY sentAt, mark LIMIT ?',
    );
    this.remove = connection.prepare('DELETE FROM delivered WHERE mark = ?');
  }

  add(mark: Uint8Array, sentAt: number): void {
    this.tally.add('delivered', this.insert.run(mark, sentAt).changes, 0);
  }

  has(mark: Uint8Array, sentAt: number): boolean {
    return sentAt <= this.floor() || this.select.get(mark) !== undefined;
  }

  /** Removes a slice of what is beyond the limits. True when there may be more. */
  trim({ deliveredMax }: Retention): boolean {
    const excess = this.tally.of('delivered').count - deliveredMax;
    const slice = Math.min(excess, TRIM_SLICE);
    if (slice <= 0) return false;
    let floor = this.floor();
    for (const { mark, sentAt } of this.oldest.all(slice)) {
      this.remove.run(mark);
      floor = Math.max(floor, sentAt);
    }
    this.tally.add('delivered', -slice, 0);
    this.settings.set(FLOOR, String(floor));
    // What is written here is not durable yet.
    this.knownFloor = null;
    return excess > slice;
  }

  private floor(): number {
    this.knownFloor ??= Number(this.settings.get(FLOOR) ?? -Infinity);
    return this.knownFloor;
  }
}
