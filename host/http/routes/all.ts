/**
 * All routes, in the order in which the document lists them.
 */
import type { Route } from '../route.ts';
import { aboutRoutes } from './about.ts';
import { auditRoutes } from './audit.ts';
import { benchRoutes } from './bench.ts';
import { bridgeRoutes } from './bridge.ts';
import { clientRoutes } from './clients.ts';
import { fleetRoutes } from './fleet.ts';
import { lineRoutes } from './lines.ts';
import { logRoutes } from './log.ts';
import { loginRoutes } from './login.ts';
import { metricsRoutes } from './metrics.ts';
import { meshRoutes } from './mesh.ts';
import { messageRoutes } from './messages.ts';
import { packetRoutes } from './packets.ts';
import { nodeRoutes } from './nodes.ts';
import { peerRoutes } from './peers.ts';
import { settingsRoutes } from './settings.ts';

export const ROUTES: Route[] = [
  ...aboutRoutes,
  ...loginRoutes,
  ...bridgeRoutes,
  ...peerRoutes,
  ...messageRoutes,
  ...lineRoutes,
  ...clientRoutes,
  ...auditRoutes,
  ...meshRoutes,
  ...packetRoutes,
  ...logRoutes,
  ...settingsRoutes,
  ...nodeRoutes,
  ...fleetRoutes,
  ...metricsRoutes,
  ...benchRoutes,
];
