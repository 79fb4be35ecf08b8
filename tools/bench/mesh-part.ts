/**
 * Part of an hour: what one of several threads lives of it. It lives slice by slice, as far as the
 * others let it, and tells them after each how far it is; in whatever order they come to their turns,
 * the same comes of it.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import type { HourFigures, HourOptions, PartOf } from '../simulate/hour.ts';
import { Hour, LATENCY_MS } from '../simulate/hour.ts';
import type { LedgerMemory } from './mesh-ledger.ts';
import { Ledger } from './mesh-ledger.ts';

/** What a thread lives before it tells the others, who may wait for it. */
const SLICE_MS = 4;

export class HourPart {
  /** What happens before it has happened here. */
  lived: Millis = 0;
  private readonly hour: Hour;
  private readonly ledger: Ledger;
  private readonly end: Millis;

  constructor(options: HourOptions, which: PartOf, memory: LedgerMemory) {
    this.hour = new Hour(options, which);
    this.ledger = new Ledger(memory, which.part, LATENCY_MS);
    this.end = options.lastsMs + 1;
  }

  get figures(): HourFigures {
    return this.hour.figures;
  }

  get isOver(): boolean {
    return this.lived >= this.end;
  }

  /** Whether `live` would wait for another. */
  get waits(): boolean {
    return this.ledger.until <= this.lived;
  }

  /** One slice, or until something happens. */
  live(): void {
    const { hour, ledger, lived } = this;
    const { until, crossings } = ledger.hear();
    hour.cross(crossings);
    this.lived = Math.min(until, this.end, Math.max(lived + SLICE_MS, hour.nextAt()));
    hour.runUntil(this.lived - 1);
    ledger.tell(this.lived, hour.takeCrossings());
  }
}
