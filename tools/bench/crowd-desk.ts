/**
 * Crowd desk: a bridge that has met a crowd, as its page sees it: as many nodes as are wished on four
 * islands, who come and go. It answers what the page asks, and nothing else.
 */
import { EventRing } from '../../host/desk/event-ring.ts';
import type { Desk } from '../../host/http/desk.ts';
import type { MapNode, MapView, PeerView, StatusView } from '../../host/http/views.ts';

const ISLANDS = 4;
const SELF = '00'.repeat(8);

export type Crowd = {
  desk: Desk;
  /** Somebody comes or goes. */
  turn(at: number): void;
};

export function crowd(size: number, now: number): Crowd {
  const map = mapOf(size);
  const nodes = map.islands.flatMap((island) => island.nodes).filter(({ id }) => id !== SELF);
  const peers = nodes.map((node, at) => peerOf(node, at, now));
  const ring = new EventRing('crowd');
  const answers: Partial<Desk> = {
    status: () => statusOf(now),
    map: () => map,
    peers: () => peers,
    conversations: () => [],
    links: () => [],
    lines: () => [],
    gateways: () => [],
    timeline: () => [],
    bench: () => [],
    noteLogin() {},
    statistics: () => ({
      at: now,
      gateway: {
        ...{ bytesPerSecond: 2000, burstBytes: 16_000, levelBytes: 16_000, waiting: 0 },
        ...{ injected: 0, injectedBytes: 0, overheard: 0, drops: {} },
      },
      carried: [],
      sessions: { live: 0, outgoing: 0, incoming: 0 },
      outbox: 0,
      held: { count: 0, bytes: 0 },
      requests: { served: 0, refused: 0, drops: {} },
    }),
    resilience: () => ({
      networkHealth: 1,
      ...{ health: [], neighbours: [], partitions: [] },
      settings: { heartbeatMs: 10_000, missed: 3, phi: 8, confirmMs: 30_000 },
    }),
    eventsAfter: (cursor) => ring.after(cursor, now),
    listen: (listener) => ring.listen(listener),
  };
  return {
    desk: answers as Desk,
    turn(at) {
      const which = (at * 7919) % peers.length;
      const isReachable = !peers[which].isReachable;
      nodes[which].isReachable = isReachable;
      peers[which] = { ...peers[which], isReachable };
      ring.add({ kind: 'peer', peer: peers[which] }, now);
    },
  };
}

/** Everybody hears two of those who came shortly before him. */
function mapOf(size: number): MapView {
  const islands: MapView['islands'] = Array.from({ length: ISLANDS }, (_, at) => ({
    ...{ id: `island ${at}`, isHere: at === 0, nodes: [] },
  }));
  const links: MapView['links'] = [];
  for (let at = 0; at < size; at++) {
    const { nodes } = islands[at % ISLANDS];
    const kind: MapNode['kind'] = at === 0 ? 'self' : nodes.length === 0 ? 'gateway' : 'peer';
    const id = at === 0 ? SELF : idOf(at);
    for (const back of [1 + (at % 3), 2 + (at % 5)]) {
      const other = nodes.at(-back);
      if (other !== undefined) links.push({ a: id, b: other.id, kind: 'radio', isUp: true });
    }
    if (kind === 'gateway') links.push({ a: SELF, b: id, kind: 'line', isUp: true });
    nodes.push({ id, name: `node ${at}`, kind, isReachable: true });
  }
  return { self: SELF, islands, links };
}

function idOf(at: number): string {
  return at.toString(16).padStart(16, '0');
}

function peerOf({ id, name }: MapNode, at: number, now: number): PeerView {
  return {
    ...{ id, name, fingerprint: null, standing: 'seen', isDenied: false, isQuarantined: false },
    ...{ perMinute: null, neighbour: null, isReachable: true, isDirect: false, hops: 2 + (at % 5) },
    ...{ link: 0, isHere: at % ISLANDS === 0, firstSeenAt: now, lastSeenAt: now, neighbours: [] },
    ...{ capabilities: [], session: 'none', hasAlarm: false },
  };
}

function statusOf(now: number): StatusView {
  return {
    ...{ version: 'bench', id: SELF, name: 'crowd', fingerprint: '', startedAt: now, unixMs: now },
    ...{
      isVirtual: true,
      realStart: 'hopline up',
      health: 'ok',
      problems: [],
      radios: [],
      rssBytes: 0,
    },
    counts: { heard: 0, sent: 0, delivered: 0, drops: {} },
    stored: { messages: 0, bytes: 0 },
  };
}
