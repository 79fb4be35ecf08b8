/**
 * Mesh: how it does around this bridge, what happened in it, and when a node counts as failed.
 */
import { TUNING_LIMITS } from '../../types.ts';
import { route } from '../route.ts';
import { integer, list, number, object } from '../schema.ts';
import { RESILIENCE, TIMELINE_ENTRY } from '../shapes.ts';
import type { ResilienceView, TimelineEntry } from '../views.ts';

type Tuning = Partial<ResilienceView['settings']>;
const [least, most] = [0, 1];
const range = (name: keyof typeof TUNING_LIMITS) => ({
  minimum: TUNING_LIMITS[name][least],
  maximum: TUNING_LIMITS[name][most],
});

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
    summary: 'what happened in the mesh, the newest first',
    answer: object<{ timeline: TimelineEntry[] }>({ timeline: list(TIMELINE_ENTRY) }),
    handle: (_, { desk }) => ({ timeline: desk.timeline() }),
  }),
];
