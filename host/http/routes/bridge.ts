/**
 * Bridge: what the bridge is, and what it sees.
 */
import { route } from '../route.ts';
import { list, object } from '../schema.ts';
import { COMPONENT, GATEWAY, LINK, MAP, STATISTICS, STATUS } from '../shapes.ts';
import type { ComponentView, GatewayView, LinkView } from '../views.ts';

export const bridgeRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/status',
    summary: 'who this bridge is, how it is, its radios and counters',
    answer: STATUS,
    handle: (_, { desk }) => desk.status(),
  }),
  route({
    method: 'GET',
    path: '/api/v1/statistics',
    summary: 'the budget of the radio, sessions, and what was carried for whom today',
    answer: STATISTICS,
    handle: (_, { desk }) => desk.statistics(),
  }),
  route({
    method: 'GET',
    path: '/api/v1/map',
    summary: 'islands, their nodes, and the links between them',
    answer: MAP,
    handle: (_, { desk }) => desk.map(),
  }),
  route({
    method: 'GET',
    path: '/api/v1/links',
    summary: 'the links of this bridge: radio, wires and lines',
    answer: object<{ links: LinkView[] }>({ links: list(LINK) }),
    handle: (_, { desk }) => ({ links: desk.links() }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/gateways',
    summary: 'the gateways that are heard of, this one among them',
    answer: object<{ gateways: GatewayView[] }>({ gateways: list(GATEWAY) }),
    handle: (_, { desk }) => ({ gateways: desk.gateways() }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/components',
    summary: 'the parts of the bridge that can fail alone, how each is, and its figures',
    answer: object<{ components: ComponentView[] }>({ components: list(COMPONENT) }),
    handle: (_, { desk }) => ({ components: desk.components() }),
  }),
];
