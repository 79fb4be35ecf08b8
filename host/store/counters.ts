/**
 * Counters: the last number taken from each device, and how far our own numbers are reserved. Neither
 * ever goes back, whoever asks for it (RELIABILITY S9, S11).
 */
import type { CounterReads } from '../types.ts';
import type { Connection } from './sqlite.ts';

export class Counters implements CounterReads {
  private readonly raise;
  private readonly counter;
  private readonly raiseReserved;
  private readonly upTo;

  constructor(connection: Connection) {
    this.raise = connection.prepare(
      'INSERT INTO counters VALUES (?, ?) ON CONFLICT DO UPDATE SET counter = max(counter, excluded.counter)',
    );
    this.counter = connection.prepare<unknown[], { counter: number }>(
      'SELECT counter FROM counters WHERE device = ?',
    );
    this.raiseReserved = connection.prepare(
      'INSERT INTO reservations VALUES (?, ?) ON CONFLICT DO UPDATE SET upTo = max(upTo, excluded.upTo)',
    );
    this.upTo = connection.prepare<unknown[], { upTo: number }>(
      'SELECT upTo FROM reservations WHERE name = ?',
    );
  }

  take(device: Uint8Array, counter: number): void {
    this.raise.run(device, counter);
  }

  reserve(name: string, upTo: number): void {
    this.raiseReserved.run(name, upTo);
  }

  of(device: Uint8Array): number {
    return this.counter.get(device)?.counter ?? -1;
  }

  reserved(name: string): number {
    return this.upTo.get(name)?.upTo ?? 0;
  }
}
