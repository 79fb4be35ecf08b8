/**
 * Metrics: the figures of the bridge, for Prometheus to collect with the token.
 */
import { EXPOSITION_TYPE, exposition } from '../exposition.ts';
import { metricsOf } from '../metrics.ts';
import { route } from '../route.ts';
import { text } from '../schema.ts';

export const metricsRoutes = [
  route({
    method: 'GET',
    path: '/metrics',
    summary: 'counters and gauges in the text format of Prometheus',
    answer: text(),
    textType: EXPOSITION_TYPE,
    handle: (_, { desk, tally }) => exposition(metricsOf(desk, tally)),
  }),
];
