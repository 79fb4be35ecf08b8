/**
 * Bench: what `hopline bench` measured here, run after run, so that figures can be seen to change.
 */
import type { BenchReads, BenchRun, StoredBenchRun } from '../types.ts';
import { BENCH_RUNS_MAX, pageSize } from '../types.ts';
import type { Connection } from './sqlite.ts';

type Row = Omit<StoredBenchRun, 'figures'> & { figures: string };

export class Bench implements BenchReads {
  private readonly insert;
  private readonly select;
  private readonly removeOld;

  constructor(connection: Connection) {
    this.insert = connection.prepare('INSERT INTO bench VALUES (NULL, ?, ?, ?, ?, ?, ?)');
    this.select = connection.prepare<unknown[], Row>(
      'SELECT * FROM (SELECT * FROM bench ORDER BY key DESC LIMIT ?) ORDER BY key',
    );
    this.removeOld = connection.prepare(
      'DELETE FROM bench WHERE key <= (SELECT max(key) FROM bench) - ?',
    );
  }

  /** The oldest goes where there are too many. */
  add({ at, area, seed, node, machine, figures }: BenchRun): void {
    this.insert.run(at, area, seed, node, machine, JSON.stringify(figures));
    this.removeOld.run(BENCH_RUNS_MAX);
  }

  latest(limit: number): StoredBenchRun[] {
    return this.select
      .all(pageSize(limit))
      .map((row) => ({ ...row, figures: JSON.parse(row.figures) as BenchRun['figures'] }));
  }
}
