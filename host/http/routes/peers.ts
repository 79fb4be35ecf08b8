/**
 * Peers: who there is, and what a person thinks of them. Names will do for asking; judging takes an
 * id, because anybody can call himself anything (RELIABILITY S25).
 */
import type { StandingName } from '../../../protocol/trust/pins.ts';
import { STANDING_NAMES } from '../../../protocol/trust/pins.ts';
import type { PeerChange } from '../desk.ts';
import { route } from '../route.ts';
import { flag, integer, list, nullable, object, text } from '../schema.ts';
import { HOP, ID, PATH, PEER, PING, STANDING_NAME } from '../shapes.ts';
import type { HopView, PeerView, PingView } from '../views.ts';

/** Names of peers have at most 255 bytes (WIRE §5). */
const WHO = object<{ who: string }>({
  who: text({ about: 'an id, or a name that only one peer has', minLength: 1, maxLength: 255 }),
});
const BY_ID = object<{ id: string }>({ id: ID });

/** Of a peer, with every name that a standing has. */
export type ChangeBody = Omit<PeerChange, 'standing'> & { standing?: StandingName };

export const CHANGE = object<ChangeBody>(
  {
    standing: STANDING_NAME,
    isDenied: flag(),
    isQuarantined: flag('false lets him in again'),
    perMinute: nullable(
      integer({ about: 'null for as many as anybody', minimum: 1, maximum: 6000 }),
    ),
  },
  ['standing', 'isDenied', 'isQuarantined', 'perMinute'],
);

export const peerRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/peers',
    summary: 'the peers that are known, the one seen last first',
    answer: object<{ peers: PeerView[] }>({ peers: list(PEER) }),
    handle: (_, { desk }) => ({ peers: desk.peers() }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/peers/{who}',
    summary: 'one peer',
    params: WHO,
    answer: PEER,
    handle: ({ params }, { desk }) => desk.peer(params.who),
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/peers/{id}',
    summary:
      'how far a peer is trusted, whether he is denied or kept apart, and how much he may say',
    params: BY_ID,
    body: CHANGE,
    answer: PEER,
    handle: ({ params, body }, { desk }) => desk.changePeer(params.id, changeOf(body)),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/peers/{id}',
    summary: 'forget the keys of an id, because another device has it now',
    params: BY_ID,
    handle: ({ params }, { desk }) => desk.forgetPeer(params.id),
  }),
  route({
    method: 'POST',
    path: '/api/v1/peers/{who}/ping',
    summary: 'how far a peer is; null when he does not answer',
    params: WHO,
    answer: object<{ ping: PingView }>({ ping: nullable(PING) }),
    handle: async ({ params }, { desk }) => ({
      ping: await desk.ping(desk.peer(params.who).id),
    }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/peers/{who}/trace',
    summary: 'the way to a peer, hop by hop',
    params: WHO,
    answer: object<{ hops: HopView[] }>({ hops: list(HOP) }),
    handle: async ({ params }, { desk }) => ({
      hops: await desk.trace(desk.peer(params.who).id),
    }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/peers/{who}/path',
    summary: 'the ways that packets may take to a peer, the one they take, and why',
    params: WHO,
    answer: PATH,
    handle: ({ params }, { desk }) => desk.path(params.who),
  }),
];

export function changeOf({ standing, ...rest }: ChangeBody): PeerChange {
  return standing === undefined ? rest : { ...rest, standing: STANDING_NAMES[standing] };
}
