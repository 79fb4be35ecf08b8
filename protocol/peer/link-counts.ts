/**
 * Link counts: what went over each link, and how often something was dropped there for which reason.
 *
 *   a row for each link | heard | sent | one reason | the next | ... as they come up |
 */
import { assert } from '../core/assert.ts';
import { REASONS_MAX } from './counts.ts';

/** The row of drops that no link is to blame for. */
export const NO_LINK = -1;

const HEARD = 0;
const SENT = 1;
const FIRST_REASON = 2;
/** At first, and twice as many whenever there are more reasons: of most there are few. */
const COLUMNS = 8;

export class LinkCounts {
  private readonly rows: number;
  private readonly reasons: string[] = [];
  private columns = COLUMNS;
  /** Row 0 is that of no link. */
  private table: Float64Array;

  /** Links are numbered below `linksMax`. */
  constructor(linksMax: number) {
    this.rows = linksMax + 1;
    this.table = new Float64Array(this.rows * COLUMNS);
  }

  hear(link: number): void {
    this.table[(link + 1) * this.columns + HEARD]++;
  }

  send(link: number): void {
    this.table[(link + 1) * this.columns + SENT]++;
  }

  drop(link: number, reason: string): void {
    assert(link >= NO_LINK && link < this.rows - 1, 'links are numbered below linksMax');
    const column = this.columnOf(reason);
    this.table[(link + 1) * this.columns + column]++;
  }

  heard(link: number): number {
    return this.table[(link + 1) * this.columns + HEARD];
  }

  sent(link: number): number {
    return this.table[(link + 1) * this.columns + SENT];
  }

  /** By reason. */
  drops(link: number): Record<string, number> {
    const at = (link + 1) * this.columns + FIRST_REASON;
    const entries = this.reasons.map((reason, i) => [reason, this.table[at + i]] as const);
    return Object.fromEntries(entries.filter(([, count]) => count > 0));
  }

  /** Of all links that are or were, and of none. */
  inAll(): { heard: number; sent: number; drops: Record<string, number> } {
    const sum = (column: number): number => {
      let count = 0;
      for (let row = 0; row < this.rows; row++) count += this.table[row * this.columns + column];
      return count;
    };
    const drops = this.reasons.map((reason, i) => [reason, sum(FIRST_REASON + i)] as const);
    return { heard: sum(HEARD), sent: sum(SENT), drops: Object.fromEntries(drops) };
  }

  private columnOf(reason: string): number {
    let at = this.reasons.indexOf(reason);
    if (at < 0) at = Math.min(this.reasons.length, REASONS_MAX);
    if (at === this.reasons.length) {
      this.reasons.push(at < REASONS_MAX ? reason : 'other');
      if (FIRST_REASON + this.reasons.length > this.columns) this.widen();
    }
    return FIRST_REASON + at;
  }

  private widen(): void {
    const columns = this.columns * 2;
    const table = new Float64Array(this.rows * columns);
    for (let row = 0; row < this.rows; row++) {
      for (let column = 0; column < this.columns; column++) {
        const count = this.table[row * this.columns + column];
        if (count > 0) table[row * columns + column] = count;
      }
    }
    this.table = table;
    this.columns = columns;
  }
}
