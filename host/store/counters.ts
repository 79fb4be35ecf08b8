/**
 * Counters: the last number taken from each device. It never goes back, whoever asks for it
 * (RELIABILITY S11).
 */
import type { CounterReads } from '../types.ts';
import type { Connection } from './sqlite.ts';

export class Counters implements CounterReads {
  private readonly raise;
  private readonly counter;

  constructor(connection: Connection) {
    this.raise = connection.prepare(
      'INSERT INTO counters VALUES (?, ?) ON CONFLICT DO UPDATE SET counter = max(counter, excluded.counter)',
    );
    this.counter = connection.prepare<unknown[], { counter: number }>(
      'SELECT counter FROM counters WHERE device = ?',
    );
  }

  take(device: Uint8Array, counter: number): void {
    this.raise.run(device, counter);
  }

  of(device: Uint8Array): number {
    return this.counter.get(device)?.counter ?? -1;
  }
}
