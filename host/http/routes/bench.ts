/**
 * Bench: what `hopline bench` measured here, kept so that figures can be seen to change.
 */
import { BENCH_RUNS_MAX } from '../../types.ts';
import { route } from '../route.ts';
import { integer, list, object } from '../schema.ts';
import { BENCH } from '../shapes.ts';
import type { BenchView } from '../views.ts';

/** Runs of a page when nobody says how many. */
const PAGE = 200;

export const benchRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/bench',
    summary: 'what benchmarks measured here, each area of a run by itself; the oldest first',
    query: object<{ limit?: number }>(
      {
        limit: integer({
          about: `the last so many; ${PAGE} by default`,
          minimum: 1,
          maximum: BENCH_RUNS_MAX,
        }),
      },
      ['limit'],
    ),
    answer: object<{ bench: BenchView[] }>({ bench: list(BENCH) }),
    handle: ({ query }, { desk }) => ({ bench: desk.bench(query.limit ?? PAGE) }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/bench',
    summary: `keep what one area of a benchmark measured; beyond ${BENCH_RUNS_MAX} the oldest goes`,
    body: BENCH,
    handle: ({ body }, { desk }) => desk.keepBench(body),
  }),
];
