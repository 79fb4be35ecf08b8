/**
 * Audit: the audit trail, as it is kept. Whoever reads it to its end can check it himself.
 */
import { PAGE_MAX } from '../../types.ts';
import { route } from '../route.ts';
import { integer, object } from '../schema.ts';
import { AUDIT, AUDIT_CHECK } from '../shapes.ts';

/** Lines of a page when nobody says how many. */
const PAGE = 100;

export const auditRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/audit',
    summary: 'who decided what, who came in, and threats that weigh; the oldest first, and chained',
    query: object<{ after?: number; limit?: number }>(
      {
        after: integer({
          about: 'only keys above this one: the last key of the page before',
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
        }),
        limit: integer({ about: `${PAGE} by default`, minimum: 1, maximum: PAGE_MAX }),
      },
      ['after', 'limit'],
    ),
    answer: AUDIT,
    handle: ({ query }, { desk }) => desk.audit(query.after ?? 0, query.limit ?? PAGE),
  }),
  route({
    method: 'GET',
    path: '/api/v1/audit/check',
    summary: 'whether every line of the audit trail is as it was written',
    answer: AUDIT_CHECK,
    handle: (_, { desk }) => desk.checkAudit(),
  }),
];
