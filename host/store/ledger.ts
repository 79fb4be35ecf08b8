/**
 * Ledger: what was carried for whom, day by day, and what is left of the budgets of links.
 */
import type { Budget, Carried, LedgerPages, Usage } from '../types.ts';
import { CARRIED_DAYS_MAX, DAY_MS, pageSize, TRIM_SLICE } from '../types.ts';
import type { Connection } from './sqlite.ts';
import { bytesOf } from './sqlite.ts';

export class Ledger implements LedgerPages {
  private readonly addCarried;
  private readonly selectCarried;
  private readonly byDay;
  private readonly upsertBudget;
  private readonly selectBudget;
  private readonly removeOld;

  constructor(connection: Connection) {
    this.addCarried = connection.prepare(
      'INSERT INTO carried VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET packets = excluded.packets, bytes = excluded.bytes',
    );
    this.selectCarried = connection.prepare<unknown[], Usage>(
      'SELECT packets AS count, bytes FROM carried WHERE who = ? AND day = ?',
    );
    this.byDay = connection.prepare<unknown[], Carried>(
      'SELECT * FROM carried WHERE day = ? ORDER BY bytes DESC, who LIMIT ?',
    );
    this.upsertBudget = connection.prepare(
      'INSERT INTO budgets VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET level = excluded.level, at = excluded.at',
    );
    this.selectBudget = connection.prepare<unknown[], Budget>(
      'SELECT * FROM budgets WHERE link = ?',
    );
    this.removeOld = connection.prepare(
      'DELETE FROM carried WHERE (who, day) IN (SELECT who, day FROM carried WHERE day <= ? ORDER BY day, who LIMIT ?)',
    );
  }

  /** The sum of the day so far. */
  carry({ who, day, packets, bytes }: Carried): void {
    this.addCarried.run(who, day, packets, bytes);
  }

  spend({ link, level, at }: Budget): void {
    this.upsertBudget.run(link, level, at);
  }

  carried(who: Uint8Array, day: number): Usage {
    return this.selectCarried.get(who, day) ?? { count: 0, bytes: 0 };
  }

  budget(link: string): Budget | null {
    return this.selectBudget.get(link) ?? null;
  }

  ofDay(day: number, limit: number): Carried[] {
    return this.byDay.all(day, pageSize(limit)).map((row) => ({ ...row, who: bytesOf(row.who) }));
  }

  /** Removes a slice of what is too old. True when there may be more. */
  trim(now: number): boolean {
    const last = Math.floor(now / DAY_MS) - CARRIED_DAYS_MAX;
    return this.removeOld.run(last, TRIM_SLICE).changes === TRIM_SLICE;
  }
}
