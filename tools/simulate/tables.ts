/**
 * Tables: all tables and queues of a bridge, as of its station: each with how much it holds and how much
 * it may, read where it lies.
 *
 *   conversations -> letters, sessions, mail, marks
 *   gateway       -> packets of the last moments, other gateways
 *   registry      -> neighbours, resilience, routing
 */
import type { Bridge } from '../../host/bridge.ts';
import { LISTENED_MAX } from '../../host/gateway/gateway.ts';
import { GATEWAYS_MAX } from '../../host/gateway/gateways.ts';
import { INJECTION_BYTES_MAX, INJECTION_MAX } from '../../host/gateway/injection.ts';
import { RECENT_BYTES_MAX, RECENT_MAX } from '../../host/gateway/recent.ts';
import { NEIGHBOURS, NEIGHBOURS_MAX } from '../../host/neighbours/neighbours.ts';
import { WORDS_MAX } from '../../host/neighbours/repeats.ts';
import { RECENT_STATES_MAX } from '../../host/peer/book.ts';
import { SAYS_MAX } from '../../host/peer/conversations.ts';
import {
  LETTERS_MAX,
  LETTERS_PER_PEER_MAX,
  RECEIPTS_MAX,
  RECEIPTS_PER_PEER_MAX,
} from '../../host/peer/letters.ts';
import { RECENT_MARKS_MAX } from '../../host/peer/marks.ts';
import { DISTRUSTED_MAX } from '../../host/peer/talks.ts';
import { LOST_MAX, PARTITIONS_MAX, TIMES_MAX } from '../../host/resilience/partitions.ts';
import { RECOVERIES_MAX } from '../../host/resilience/recovery.ts';
import { PINGS_MAX } from '../../host/resilience/resilience.ts';
import { WATCHED_MAX } from '../../host/resilience/suspicion.ts';
import { Ants, TRAILS_MAX } from '../../host/routing/ants.ts';
import { LOADS_MAX } from '../../host/routing/loads.ts';
import { ROUTES_MAX } from '../../host/routing/strategy.ts';
import { DESTINATIONS_MAX } from '../../host/routing/table.ts';
import { CHANGES_MAX, NODES_MAX } from '../../host/routing/topology.ts';
import { INBOX_MAX } from '../../protocol/core/driver.ts';
import { EARLY_MAX } from '../../protocol/trust/half-open.ts';
import type { Check } from './station-tables.ts';
import { checkStation } from './station-tables.ts';
import type { BridgeNode } from './stations.ts';

export function checkTables(node: BridgeNode, check: Check): void {
  const { bridge } = node;
  check('inputs that wait', node['driver']['inbox'].length, INBOX_MAX);
  checkStation(bridge['station'], check);
  checkLetters(bridge['talk'], check);
  checkTalks(bridge['talk'], check);
  checkGateway(bridge['gateway'], check);
  checkNeighbours(bridge, check);
  checkResilience(bridge, check);
  checkRouting(bridge, check);
}

function checkLetters(talk: Bridge['talk'], check: Check): void {
  const letters = talk['letters'];
  const counts = letters.counts();
  check('letters', counts.letters, LETTERS_MAX);
  check('receipts', counts.receipts, RECEIPTS_MAX);
  for (const box of letters['boxes'].values()) {
    check('letters for a peer', box.letters.length, LETTERS_PER_PEER_MAX);
    check('receipts for a peer', box.receipts.length, RECEIPTS_PER_PEER_MAX);
  }
  const mail = talk['mail'];
  const { usage } = mail.satchel;
  const limits = mail.satchel['limits'];
  check('letters of others', usage.count, limits.count);
  check('bytes of letters of others', usage.bytes, limits.bytes);
  check('letters that couriers have', mail['given'].size, LETTERS_MAX);
}

function checkTalks(talk: Bridge['talk'], check: Check): void {
  const sessions = talk['talks']['sessions'];
  const limits = sessions['limits'];
  check('sessions', sessions['live'].size, limits.live);
  check('sessions that are told of', talk['talks']['live'].size, limits.live);
  check('handshakes of its own', sessions['outgoing'].size, limits.outgoing);
  check('handshakes of others', sessions['halfOpen'].size, limits.incoming);
  check('messages ahead of their handshakes', sessions['halfOpen'].earlySize, EARLY_MAX);
  check('peers that showed another key', talk['talks']['distrusted'].size, DISTRUSTED_MAX);
  check('peers to be confirmed something', talk['confirmations']['pending'].size, limits.live);
  check('words to be said', talk['says'].length, SAYS_MAX);
  check('states of messages', talk['book']['recent'].size, RECENT_STATES_MAX);
  check('marks of messages', talk['book']['marks']['recent'].size, RECENT_MARKS_MAX);
}

function checkGateway(gateway: Bridge['gateway'], check: Check): void {
  check('packets for lines to come', gateway['recent'].size, RECENT_MAX);
  check('bytes for lines to come', gateway['recent']['bytes'], RECENT_BYTES_MAX);
  check('packets to be injected', gateway['injection']['count'], INJECTION_MAX);
  check('bytes to be injected', gateway['injection']['bytes'], INJECTION_BYTES_MAX);
  check('gateways', gateway['gateways']['known'].size, GATEWAYS_MAX);
  check('adverts listened to', gateway['listened'].length, LISTENED_MAX);
}

function checkNeighbours(bridge: Bridge, check: Check): void {
  const neighbours = bridge.component(NEIGHBOURS);
  if (neighbours === null) return;
  check('neighbours', neighbours['known'].size, NEIGHBOURS_MAX);
  check('words that may be repeated', neighbours['repeats']['said'].size, WORDS_MAX);
}

function checkResilience(bridge: Bridge, check: Check): void {
  const resilience = bridge.component(bridge['resilience']);
  if (resilience === null) return;
  const partitions = resilience['partitions'];
  check('nodes that are watched', resilience['suspicion']['watches'].size, WATCHED_MAX);
  check('nodes that are asked about', resilience['asked'].size, PINGS_MAX);
  check('recoveries', resilience['recovery'].active, RECOVERIES_MAX);
  check('partitions', partitions.active, PARTITIONS_MAX);
  check('peers that were lost', partitions['lost'].length, LOST_MAX);
  check('times of messages', partitions['times'].length, TIMES_MAX);
}

function checkRouting(bridge: Bridge, check: Check): void {
  const routing = bridge.component(bridge['routing']);
  if (routing === null) return;
  const { topology, table } = routing;
  check('nodes of its topology', topology.size, NODES_MAX);
  check('changes of its topology', topology['changes'].length, 2 * CHANGES_MAX);
  check('destinations', table.size, DESTINATIONS_MAX);
  for (const { routes } of table.all()) check('routes to a node', routes.length, ROUTES_MAX);
  check('loads of links', routing['loads'].size, LOADS_MAX);
  const strategy = routing['chosen'].strategy;
  if (strategy instanceof Ants) check('trails', strategy['trails'].size, TRAILS_MAX);
}
