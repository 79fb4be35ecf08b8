/**
 * Log: the last lines that the bridge wrote. What anybody said is in none of them.
 */
import { route } from '../route.ts';
import { integer, list, object } from '../schema.ts';
import { LOG_LINE } from '../shapes.ts';
import type { LogLineView } from '../views.ts';

/** Lines of a page when nobody says how many: all that are kept. */
const PAGE = 1000;

export const logRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/log',
    summary: 'the last lines of the log, the oldest first',
    query: object<{ after?: number; limit?: number }>(
      {
        after: integer({
          about: 'only keys above this one: the last key of the page before',
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
        }),
        limit: integer({
          about: `the newest so many; ${PAGE} by default`,
          minimum: 1,
          maximum: PAGE,
        }),
      },
      ['after', 'limit'],
    ),
    answer: object<{ lines: LogLineView[] }>({ lines: list(LOG_LINE) }),
    handle: ({ query }, { desk }) => ({ lines: desk.log(query.after ?? 0, query.limit ?? PAGE) }),
  }),
];
