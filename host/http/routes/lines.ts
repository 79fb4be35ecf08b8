/**
 * Lines: the lines to other gateways, and the pairing that makes them.
 */
import { route } from '../route.ts';
import { list, nullable, object, text } from '../schema.ts';
import { ID, INVITE, LINE } from '../shapes.ts';
import type { LineView } from '../views.ts';

/** An invite is an address, an id and a secret in one line; names of hosts have at most 253 letters. */
const INVITE_MAX = 512;
const ADDRESS_MAX = 300;

export const lineRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/lines',
    summary: 'the lines to other gateways',
    answer: object<{ lines: LineView[] }>({ lines: list(LINE) }),
    handle: (_, { desk }) => ({ lines: desk.lines() }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/lines',
    summary: 'join a gateway with the line that its `hopline invite` printed',
    body: object<{ line: string }>({ line: text({ minLength: 1, maxLength: INVITE_MAX }) }),
    answer: LINE,
    handle: ({ body }, { desk }) => desk.join(body.line),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/lines/{node}',
    summary: 'part from a gateway',
    params: object<{ node: string }>({ node: ID }),
    handle: ({ params }, { desk }) => desk.part(params.node),
  }),
  route({
    method: 'POST',
    path: '/api/v1/invites',
    summary: 'an invite that lets one other gateway in, once',
    body: object<{ address?: string | null }>(
      {
        address: nullable(
          text({ about: 'host:port under which others reach this bridge', maxLength: ADDRESS_MAX }),
        ),
      },
      ['address'],
    ),
    answer: INVITE,
    handle: ({ body }, { desk }) => desk.invite(body.address ?? null),
  }),
];
