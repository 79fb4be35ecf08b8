/**
 * Fleet: provisioning of the boards that are plugged in here, from the text of a fleet's file.
 */
import { route } from '../route.ts';
import { object, oneOf, text } from '../schema.ts';
import { FLEET } from '../shapes.ts';
import type { FleetView } from '../views.ts';

/** Characters of a file; a thousand nodes have room in it. */
const FLEET_MAX = 60_000;

export const fleetRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/fleet',
    summary: 'the last plan of a fleet or the last application of one, as far as it is',
    answer: FLEET,
    handle: (_, { desk }) => desk.fleet.view(),
  }),
  route({
    method: 'POST',
    path: '/api/v1/fleet',
    summary:
      'plan what would change on the boards here, or apply it; ask for it to see how it goes',
    body: object<{ what: FleetView['what']; fleet: string }>({
      what: oneOf('plan', 'apply'),
      fleet: text({ about: 'as `hopline provision` reads it', minLength: 1, maxLength: FLEET_MAX }),
    }),
    answer: FLEET,
    handle: ({ body }, { desk }) => desk.fleet.start(body.what, body.fleet),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/fleet',
    summary: 'stop what goes on; what is done stays, and applying it again goes on from there',
    handle: (_, { desk }) => desk.fleet.stop(),
  }),
];
