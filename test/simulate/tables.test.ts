/**
 * Every table and queue that a node has is looked at where it lies: each in turn is filled beyond its
 * limit, and that is what is told, and nothing else.
 */
import { describe, expect, it } from 'vitest';
import type { Bridge } from '../../host/bridge.ts';
import type { Neighbours } from '../../host/neighbours/neighbours.ts';
import { NEIGHBOURS } from '../../host/neighbours/neighbours.ts';
import type { Resilience } from '../../host/resilience/resilience.ts';
import type { Ants } from '../../host/routing/ants.ts';
import { ROUTING_DEFAULTS } from '../../host/routing/routing.ts';
import type { Routing } from '../../host/routing/routing.ts';
import type { Link } from '../../protocol/core/link.ts';
import type { SendQueue } from '../../protocol/core/queue.ts';
import type { Kept } from '../../protocol/peer/quarantine.ts';
import type { Station } from '../../protocol/peer/station.ts';
import { line } from '../../tools/simulate/shapes.ts';
import { simulatedCrypto } from '../../tools/simulate/simulated-crypto.ts';
import type { BridgeNode } from '../../tools/simulate/stations.ts';
import { bridgeMesh } from '../../tools/simulate/stations.ts';
import { checkTables } from '../../tools/simulate/tables.ts';
import { crypto } from '../protocol/trust/ports.ts';

const cheap = simulatedCrypto(crypto);

/** All that a node keeps its tables in. */
type Parts = {
  node: BridgeNode;
  station: Station;
  board: Station['switchboard'];
  heard: Station['reception'];
  spread: NonNullable<Station['switchboard']['spread']>;
  reconciliation: NonNullable<Station['reception']['reconciliation']>;
  talk: Bridge['talk'];
  gateway: Bridge['gateway'];
  neighbours: Neighbours;
  resilience: Resilience;
  routing: Routing;
};

/** By table: what puts `count` into it. */
const FILLED: Record<string, (parts: Parts, count: number) => void> = {
  'inputs that wait': ({ node }, count) => add(node['driver']['inbox'], count),
  'packets waiting for a link': (parts, count) => void (queueOf(parts)['count'] = count),
  'bytes waiting for a link': (parts, count) => void (queueOf(parts)['bytes'] = count),
  'reasons of drops': ({ board }, count) => add(board.links.counts['reasons'], count),
  'packets seen': ({ board }, count) => void (board['relay']['seen']['used'] = count),
  'packets waiting for the air': ({ board }, count) => add(board['relay']['waiting'], count),
  'routed packets to be sent again': ({ board }, count) => add(board['relay']['saved'], count),
  'announces for links to come': ({ board }, count) => size(board['announces']['places'], count),
  'senders kept apart': ({ board }, count) => add(board['quarantine']['kept'], count, []),
  'packets set aside of a sender': ({ board }, count) =>
    void board['quarantine']['kept'].set('x', packets(count, 0)),
  'bytes set aside of a sender': ({ board }, count) =>
    void board['quarantine']['kept'].set('x', packets(1, count)),
  'packets to be given again': ({ spread }, count) => add(spread['mender']['kept'], count),
  'bytes to be given again': ({ spread }, count) => void (spread['mender']['bytes'] = count),
  'packets wanted': ({ spread }, count) => add(spread['mender']['wants']['wants'], count),
  'offers due to a neighbour': ({ spread }, count) =>
    void spread['mender']['promises'].set(9, new Array(count)),
  'announces sought': ({ spread }, count) => add(spread['introductions']['wants']['wants'], count),
  'senders announced': ({ spread }, count) =>
    size(spread['introductions']['announced']['places'], count),
  'announces that a neighbour has': ({ spread }, count) =>
    add(spread['introductions']['introductions'], 1, { had: { size: count } }),
  peers: ({ heard }, count) => size(heard.peers['places'], count),
  'messages that nobody vouches for': ({ heard }, count) => add(heard['unvouched']['held'], count),
  traces: ({ heard }, count) => add(heard.tracer['own'], count),
  pings: ({ heard }, count) => add(heard.pinger['pending'], count),
  'pings answered on a link': ({ heard }, count) =>
    void heard.pinger['answered'].set(9, new Array(count)),
  'sets of fragments': ({ heard }, count) => add(heard['assembler']['begun'].sets, count),
  'bytes of fragments': ({ heard }, count) => void (heard['assembler']['going'].cost = count),
  'sets of fragments of a sender': ({ heard }, count) =>
    void heard['assembler']['bySender'].set('x', new Array(count)),
  'messages in its history': ({ heard }, count) => add(heard.history['messages'], count),
  'bytes in its history': ({ heard }, count) => void (heard.history['bytes'] = count),
  'announces in its history': ({ heard }, count) => add(heard.history['announces'], count),
  'names its history remembers': ({ heard }, count) => add(heard.history['forgotten'], count),
  'messages too old for its history': ({ heard }, count) => add(heard.history['attic'], count),
  'askers for history': ({ heard }, count) => add(heard.sync['askers'], count),
  'packets given over a link': ({ heard }, count) =>
    add(heard.sync.answers['given'], 1, { size: count }),
  'messages wanted': ({ reconciliation }, count) => add(reconciliation['wanted'], count),
  'neighbours it reconciles with': ({ reconciliation }, count) =>
    add(reconciliation['speakers'], count),
  'frames of a neighbour': ({ reconciliation }, count) =>
    add(reconciliation['sides'], 1, { heardAt: new Array(count), gained: new Set() }),
  'messages to be offered to a neighbour': ({ reconciliation }, count) =>
    add(reconciliation['sides'], 1, { heardAt: [], gained: { size: count } }),
  'pins of strangers': ({ station }, count) => size(station.pins['places'], count),
  'pins of peers that are kept': ({ station }, count) => void (station.pins['keptCount'] = count),
  'ids turned away or kept apart': ({ station }, count) => {
    station.pins.deny(new Uint8Array(8).fill(7));
    size(station.pins['sentenced']!, count);
  },
  'rates of peers': ({ station }, count) => size(station.pins['limited'], count),
  alarms: ({ station }, count) => add(station.pins['alarms'], count),
  'beginnings of packets of its own': ({ station }, count) =>
    add(station['author']['guard']['lastUse'], count),
  letters: ({ talk }, count) => void (talk['letters']['letters'] = count),
  receipts: ({ talk }, count) => void (talk['letters']['receipts'] = count),
  'letters for a peer': ({ talk }, count) =>
    add(talk['letters']['boxes'], 1, { letters: new Array(count), receipts: [] }),
  'receipts for a peer': ({ talk }, count) =>
    add(talk['letters']['boxes'], 1, { letters: [], receipts: new Array(count) }),
  'letters of others': ({ talk }, count) => add(talk['mail'].satchel['pieces'], count),
  'bytes of letters of others': ({ talk }, count) => void (talk['mail'].satchel['bytes'] = count),
  'letters that couriers have': ({ talk }, count) => add(talk['mail']['given'], count),
  sessions: ({ talk }, count) => add(talk['talks']['sessions']['live'], count),
  'sessions that are told of': ({ talk }, count) => add(talk['talks']['live'], count),
  'handshakes of its own': ({ talk }, count) => add(talk['talks']['sessions']['outgoing'], count),
  'handshakes of others': ({ talk }, count) =>
    add(talk['talks']['sessions']['halfOpen']['incoming'], count),
  'messages ahead of their handshakes': ({ talk }, count) =>
    add(talk['talks']['sessions']['halfOpen']['early'], count),
  'peers that showed another key': ({ talk }, count) => add(talk['talks']['distrusted'], count),
  'peers to be confirmed something': ({ talk }, count) =>
    add(talk['confirmations']['pending'], count),
  'words to be said': ({ talk }, count) => add(talk['says'], count),
  'states of messages': ({ talk }, count) => add(talk['book']['recent'], count),
  'marks of messages': ({ talk }, count) => add(talk['book']['marks']['recent'], count),
  'packets for lines to come': ({ gateway }, count) => void (gateway['recent']['count'] = count),
  'bytes for lines to come': ({ gateway }, count) => void (gateway['recent']['bytes'] = count),
  'packets to be injected': ({ gateway }, count) => void (gateway['injection']['count'] = count),
  'bytes to be injected': ({ gateway }, count) => void (gateway['injection']['bytes'] = count),
  gateways: ({ gateway }, count) => add(gateway['gateways']['known'], count),
  'adverts listened to': ({ gateway }, count) => add(gateway['listened'], count),
  neighbours: ({ neighbours }, count) => add(neighbours['known'], count),
  'words that may be repeated': ({ neighbours }, count) =>
    add(neighbours['repeats']['said'], count),
  'nodes that are watched': ({ resilience }, count) =>
    add(resilience['suspicion']['watches'], count),
  'nodes that are asked about': ({ resilience }, count) => add(resilience['asked'], count),
  recoveries: ({ resilience }, count) => add(resilience['recovery']['cases'], count),
  partitions: ({ resilience }, count) => add(resilience['partitions']['partitions'], count),
  'peers that were lost': ({ resilience }, count) => add(resilience['partitions']['lost'], count),
  'times of messages': ({ resilience }, count) => add(resilience['partitions']['times'], count),
  'nodes of its topology': ({ routing }, count) => add(routing.topology['known'], count),
  'changes of its topology': ({ routing }, count) => add(routing.topology['changes'], count),
  destinations: ({ routing }, count) => add(routing.table['destinations'], count, { routes: [] }),
  'routes to a node': ({ routing }, count) =>
    add(routing.table['destinations'], 1, { routes: new Array(count) }),
  'loads of links': ({ routing }, count) => add(routing['loads']['loads'], count),
  trails: ({ routing }, count) => add((routing['chosen'].strategy as Ants)['trails'], count),
};

describe('a table of a node', () => {
  it('is one of those that are filled here', () => {
    const parts = partsOfOne();
    for (const fill of Object.values(FILLED)) fill(parts, 1);
    expect([...limitsOf(parts).keys()].sort()).toEqual(Object.keys(FILLED).sort());
  });

  it.each(Object.keys(FILLED))('is seen when it is too full: %s', (name) => {
    const before = partsOfOne();
    FILLED[name](before, 1);
    const most = limitsOf(before).get(name)!;
    const parts = partsOfOne();
    FILLED[name](parts, most + 1);
    const full = new Set<string>();
    checkTables(parts.node, (what, count, limit) => void (count > limit && full.add(what)));
    expect([...full]).toEqual([name]);
  });
});

/** Of a node that has met another. */
function partsOfOne(): Parts {
  const routing = { ...ROUTING_DEFAULTS, strategy: 'ants' as const };
  const { edges } = line(2);
  const { mesh } = bridgeMesh({ seed: 1, nodes: 2, edges, crypto: cheap, routing });
  mesh.runUntil(2000);
  const node = mesh.node(1)!;
  const { bridge } = node;
  const station = bridge['station'];
  const board = station['switchboard'];
  const heard = station['reception'];
  return {
    ...{ node, station, board, heard },
    spread: board['spread']!,
    reconciliation: heard['reconciliation']!,
    talk: bridge['talk'],
    gateway: bridge['gateway'],
    neighbours: bridge.component(NEIGHBOURS)!,
    resilience: bridge.component(bridge['resilience'])!,
    routing: bridge.component(bridge['routing'])!,
  };
}

function limitsOf({ node }: Parts): Map<string, number> {
  const limits = new Map<string, number>();
  checkTables(node, (what, _count, most) => void limits.set(what, most));
  return limits;
}

function queueOf({ board }: Parts): SendQueue {
  const link = board.links.open()[0];
  return (board.links.at(link)!.machine as Link)['queue'];
}

/** What any array, set or map of them does. */
type Filled = unknown[] | { add(one: never): unknown } | { set(key: never, one: never): unknown };

/** What is in there is counted, and nobody asks what it is. */
function add(table: Filled, count: number, what: unknown = {}): void {
  for (let at = 0; at < count; at++) {
    const key = `another ${at}` as never;
    if (Array.isArray(table)) table.push(what);
    else if ('set' in table) table.set(key, what as never);
    else table.add(key);
  }
}

function size(places: { size: number }, count: number): void {
  places.size = count;
}

function packets(count: number, bytes: number): Kept[] {
  const packet = { link: 1, ttl: 1, isVerified: true, keptAt: 0 };
  return Array.from({ length: count }, () => ({ ...packet, bytes: new Uint8Array(bytes) }));
}
