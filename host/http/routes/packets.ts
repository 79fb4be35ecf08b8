/**
 * Packets: what passes this bridge, for a person who watches. It watches while somebody asks, and for
 * a moment after.
 */
import { HoplineError } from '../../../protocol/errors.ts';
import { route } from '../route.ts';
import { integer, list, object } from '../schema.ts';
import { PACKET, PACKET_DETAIL } from '../shapes.ts';
import type { PacketRowView } from '../views.ts';

/** Packets of a page when nobody says how many: all that are kept. */
const PAGE = 500;
const KEYS = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

export const packetRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/packets',
    summary:
      'packets that passed while somebody asked, the oldest first; a key that lacks was one too many',
    query: object<{ after?: number; limit?: number }>(
      {
        after: integer({
          about: 'only keys above this one: the last key of the page before',
          ...KEYS,
        }),
        limit: integer({
          about: `the newest so many; ${PAGE} by default`,
          minimum: 1,
          maximum: PAGE,
        }),
      },
      ['after', 'limit'],
    ),
    answer: object<{ packets: PacketRowView[] }>({ packets: list(PACKET) }),
    handle: ({ query }, { desk }) => ({
      packets: desk.packets(query.after ?? 0, query.limit ?? PAGE),
    }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/packets/{key}',
    summary: 'one of them, taken apart, with its bytes',
    params: object<{ key: string }>({ key: { type: 'string', pattern: '^[0-9]{1,15}$' } }),
    answer: PACKET_DETAIL,
    handle: ({ params }, { desk }) => {
      const packet = desk.packet(Number(params.key));
      if (packet !== null) return packet;
      throw new HoplineError('NOT_FOUND', 'that packet is gone: only the last ones are kept');
    },
  }),
];
