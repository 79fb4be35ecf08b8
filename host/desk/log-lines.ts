/**
 * Log lines: the last of what a bridge wrote into its log, for a person who looks at the page rather
 * than at a journal.
 */
import type { LogLineView } from '../http/views.ts';
import { KeyedRing } from './keyed-ring.ts';

/** Lines kept; then the oldest go. */
export const LINES_MAX = 1000;
/** Characters of a fact; the rest of it is cut off. */
export const FACT_MAX = 500;

type Line = Omit<LogLineView, 'key'>;

export class LogLines {
  private readonly ring = new KeyedRing<Line>(LINES_MAX);

  add({ facts, ...line }: Line): void {
    const short = Object.entries(facts).map(([name, fact]) => [
      name,
      typeof fact === 'string' ? fact.slice(0, FACT_MAX) : fact,
    ]);
    this.ring.add({ ...line, facts: Object.fromEntries(short) as Line['facts'] });
  }

  /** The newest ones after that key, the oldest of them first. */
  after(key: number, limit: number): LogLineView[] {
    return this.ring.after(key, limit).map(({ key, item }) => ({ key, ...item }));
  }
}
