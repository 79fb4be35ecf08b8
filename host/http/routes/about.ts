/**
 * About: what anybody may know of a bridge: that it is there, and how to ask it.
 */
import { route } from '../route.ts';
import type { Schema } from '../schema.ts';
import { object, oneOf } from '../schema.ts';

export const aboutRoutes = [
  route({
    method: 'GET',
    path: '/healthz',
    summary: 'whether the bridge is well; it answers 200 as long as it answers at all',
    access: 'public',
    answer: object<{ health: 'ok' | 'degraded' }>({ health: oneOf('ok', 'degraded') }),
    handle: (_, { desk }) => ({ health: desk.status().health }),
  }),
  route({
    method: 'GET',
    path: '/openapi.json',
    summary: 'this document',
    access: 'public',
    answer: { type: 'object', additionalProperties: true } as Schema<object>,
    handle: (_, { document }) => document,
  }),
];
