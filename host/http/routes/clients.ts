/**
 * Clients: programs and pages that take part over a line of their own, and the tokens they are let in
 * by.
 */
import { route } from '../route.ts';
import { list, object, text } from '../schema.ts';
import { CLIENT, CLIENT_TICKET, USAGE } from '../shapes.ts';
import type { ClientView } from '../views.ts';

const NAME_MAX = 32;
const NAME = text({ minLength: 1, maxLength: NAME_MAX });

export const clientRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/usage',
    summary: 'what lines carry, against their limits, and each second of the last hour',
    answer: USAGE,
    handle: (_, { desk }) => desk.usage(),
  }),
  route({
    method: 'GET',
    path: '/api/v1/clients',
    summary: 'programs and pages that may take part, and who of them is here',
    answer: object<{ clients: ClientView[] }>({ clients: list(CLIENT) }),
    handle: (_, { desk }) => ({ clients: desk.clients() }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/clients',
    summary: 'let a program or a page in; its token is told this once',
    body: object<{ name: string }>({ name: NAME }),
    answer: CLIENT_TICKET,
    handle: ({ body }, { desk }) => desk.addClient(body.name),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/clients/{name}',
    summary: 'take the token of a program or a page away, and let its lines go',
    params: object<{ name: string }>({ name: NAME }),
    handle: ({ params }, { desk }) => desk.removeClient(params.name),
  }),
];
