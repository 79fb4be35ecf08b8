/**
 * Settings: as they are written, and changing them as by the file.
 */
import { route } from '../route.ts';
import type { Schema } from '../schema.ts';
import { object } from '../schema.ts';
import { SETTINGS } from '../shapes.ts';

/** Settings of one change; there are not so many. */
const CHANGES_MAX = 100;

export const CHANGES: Schema<Record<string, unknown>> = {
  type: 'object',
  minProperties: 1,
  maxProperties: CHANGES_MAX,
  additionalProperties: true,
  description: 'values by dotted names, as `{ "budget.burst": 8000 }`; null for as usual',
};

export const settingsRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/settings',
    summary: 'every setting: its value, the usual one, and whether a change waits for a restart',
    answer: SETTINGS,
    handle: (_, { desk }) => desk.settings(),
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/settings',
    summary: 'change settings: they are written to the file, and hold at once where they can',
    body: object<{ changes: Record<string, unknown> }>({ changes: CHANGES }),
    answer: SETTINGS,
    handle: ({ body }, { desk }) => desk.changeSettings(body.changes),
  }),
];
