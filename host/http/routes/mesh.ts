/**
 * Mesh: how it does around this bridge, what happened in it, and when a node counts as failed.
 */
import { MESH_EVENTS } from '../../events.ts';
import type { MeshEventKind } from '../../events.ts';
import { PAGE_MAX, TUNING_LIMITS } from '../../types.ts';
import { route } from '../route.ts';
import { integer, list, number, object, oneOf } from '../schema.ts';
import { ID, RESILIENCE, TIMELINE_ENTRY } from '../shapes.ts';
import type { ResilienceView, TimelineEntry } from '../views.ts';

type Tuning = Partial<ResilienceView['settings']>;
const [least, most] = [0, 1];
const range = (name: keyof typeof TUNING_LIMITS) => ({
  minimum: TUNING_LIMITS[name][least],
  maximum: TUNING_LIMITS[name][most],
});

/** Entries of a page when nobody says how many. */
const PAGE = 500;
type TimelineQuery = {
  before?: number;
  limit?: number;
  kind?: MeshEventKind;
  node?: string;
  what?: 'notable' | 'all';
};
const TIMELINE_QUERY = object<TimelineQuery>(
  {
    before: integer({
      about: 'only keys below this one: the least key of the page before',
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
    }),
    limit: integer({ about: `${PAGE} by default`, minimum: 1, maximum: PAGE_MAX }),
    kind: oneOf(...MESH_EVENTS),
    node: ID,
    what: oneOf('notable', 'all'),
  },
  ['before', 'limit', 'kind', 'node', 'what'],
);

export const meshRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/resilience',
    summary: 'who is suspected or failed, what is cut off, and how well the mesh does',
    answer: RESILIENCE,
    handle: (_, { desk }) => desk.resilience(),
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/resilience',
    summary: 'how often to send heartbeats, and when silence is a failure; what is not named stays',
    body: object<Tuning>(
      {
        heartbeatMs: integer(range('heartbeatMs')),
        missed: integer(range('missed')),
        phi: number(range('phi')),
        confirmMs: integer(range('confirmMs')),
      },
      ['heartbeatMs', 'missed', 'phi', 'confirmMs'],
    ),
    answer: RESILIENCE,
    handle: ({ body }, { desk }) => desk.tune(body),
  }),
  route({
    method: 'GET',
    path: '/api/v1/timeline',
    summary: 'what happened in the mesh, the newest first; kept over restarts',
    query: TIMELINE_QUERY,
    answer: object<{ timeline: TimelineEntry[] }>({ timeline: list(TIMELINE_ENTRY) }),
    handle: ({ query }, { desk }) => {
      const { before = Number.MAX_SAFE_INTEGER, limit = PAGE, kind = null, node = null } = query;
      const isAll = query.what === 'all';
      return { timeline: desk.timeline({ before, limit, kind, node, isAll }) };
    },
  }),
];
