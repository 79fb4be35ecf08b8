/**
 * Station tables: all tables and queues of a station, each with how much it holds and how much it may.
 * A machine keeps them to itself, and has no word for whoever only checks on it: they are read where
 * they lie.
 *
 *   switchboard -> links, relay, announces, quarantine, spread
 *   reception   -> peers, history, reconciliation, sync, fragments, unvouched, pings, traces
 *   pins, author
 */
import { Link } from '../../protocol/core/link.ts';
import type { SendQueue } from '../../protocol/core/queue.ts';
import { SENDERS_MAX as ANNOUNCED_MAX } from '../../protocol/peer/announced.ts';
import { GIVEN_MAX } from '../../protocol/peer/answers.ts';
import { REASONS_MAX } from '../../protocol/peer/counts.ts';
import { FORGOTTEN_MAX } from '../../protocol/peer/history.ts';
import { HAD_MAX, SEEKS_MAX } from '../../protocol/peer/introductions.ts';
import { KEPT_BYTES_MAX, KEPT_MAX, PROMISES_MAX, WANTS_MAX } from '../../protocol/peer/mender.ts';
import { PEERS_MAX } from '../../protocol/peer/peers.ts';
import { PhoneLink } from '../../protocol/peer/phone-link.ts';
import { PINGS_MAX, PONGS_MAX } from '../../protocol/peer/pinger.ts';
import {
  BYTES_PER_SENDER_MAX,
  PACKETS_PER_SENDER_MAX,
  SENDERS_MAX as APART_MAX,
} from '../../protocol/peer/quarantine.ts';
import {
  HEARD_MAX,
  REMEMBERED_MAX,
  SPEAKERS_MAX,
  WANTED_MAX,
} from '../../protocol/peer/reconcile.ts';
import { SAVED_MAX } from '../../protocol/peer/routed-relay.ts';
import type { Station } from '../../protocol/peer/station.ts';
import { ASKERS_MAX } from '../../protocol/peer/sync.ts';
import { TRACES_MAX } from '../../protocol/peer/tracer.ts';
import { UNVOUCHED_MAX } from '../../protocol/peer/unvouched.ts';
import { ALARMS_MAX, LIMITS_MAX } from '../../protocol/trust/pins.ts';
import { BEGINNINGS_MAX } from '../../protocol/trust/timestamp-guard.ts';

/** Of `what` there is so much, and at `most` so much there may be. */
export type Check = (what: string, size: number, most: number) => void;

type Reception = Station['reception'];
type Switchboard = Station['switchboard'];
type Spread = NonNullable<Switchboard['spread']>;

export function checkStation(station: Station, check: Check): void {
  const switchboard = station['switchboard'];
  const reception = station['reception'];
  checkLinks(switchboard, check);
  checkRelay(switchboard, check);
  if (switchboard['spread'] !== null) checkSpread(switchboard['spread'], check);
  checkReception(reception, check);
  checkHistory(reception, check);
  checkSync(reception, check);
  checkReconciliation(reception, check);
  checkPins(station, check);
  const { size } = station['author']['guard']['lastUse'];
  check('beginnings of packets of its own', size, BEGINNINGS_MAX);
}

function checkLinks({ links }: Switchboard, check: Check): void {
  for (const hop of links['hops']) {
    if (hop?.machine instanceof Link) checkQueue(hop.machine['queue'], check);
    else if (hop?.machine instanceof PhoneLink) checkQueue(hop.machine['queue'], check);
  }
  // And one for all others.
  check('reasons of drops', links.counts['reasons'].length, REASONS_MAX + 1);
}

function checkQueue(queue: SendQueue, check: Check): void {
  check('packets waiting for a link', queue['count'], queue['packetsMax']);
  check('bytes waiting for a link', queue['bytes'], queue['bytesMax']);
}

function checkRelay(switchboard: Switchboard, check: Check): void {
  const relay = switchboard['relay'];
  check('packets seen', relay['seen']['used'], relay['config'].seenMax);
  check('packets waiting for the air', relay['waiting'].length, relay['config'].waitingMax);
  check('routed packets to be sent again', relay['saved'].length, SAVED_MAX);
  const announces = switchboard['announces'];
  check('announces for links to come', announces['places'].size, announces['most']);
  const kept = switchboard['quarantine']['kept'];
  check('senders kept apart', kept.size, APART_MAX);
  for (const packets of kept.values()) {
    const bytes = packets.reduce((sum, packet) => sum + packet.bytes.length, 0);
    check('packets set aside of a sender', packets.length, PACKETS_PER_SENDER_MAX);
    check('bytes set aside of a sender', bytes, BYTES_PER_SENDER_MAX);
  }
}

function checkSpread(spread: Spread, check: Check): void {
  const mender = spread['mender'];
  check('packets to be given again', mender['kept'].length, KEPT_MAX);
  check('bytes to be given again', mender['bytes'], KEPT_BYTES_MAX);
  check('packets wanted', mender['wants'].size, WANTS_MAX);
  for (const promises of mender['promises'].values()) {
    check('offers due to a neighbour', promises.length, PROMISES_MAX);
  }
  const introductions = spread['introductions'];
  check('announces sought', introductions['wants'].size, SEEKS_MAX);
  check('senders announced', introductions['announced']['places'].size, ANNOUNCED_MAX);
  for (const { had } of introductions['introductions'].values()) {
    check('announces that a neighbour has', had.size, HAD_MAX);
  }
}

function checkReception(reception: Reception, check: Check): void {
  check('peers', reception.peers.size, PEERS_MAX);
  check('messages that nobody vouches for', reception['unvouched'].size, UNVOUCHED_MAX);
  check('traces', reception.tracer['own'].size, TRACES_MAX);
  check('pings', reception.pinger['pending'].size, PINGS_MAX);
  for (const answered of reception.pinger['answered'].values()) {
    check('pings answered on a link', answered.length, PONGS_MAX);
  }
  const assembler = reception['assembler'];
  const limits = assembler['limits'];
  check('sets of fragments', assembler.size, limits.sets);
  check('bytes of fragments', assembler.cost, limits.bytes);
  for (const sets of assembler['bySender'].values()) {
    check('sets of fragments of a sender', sets.length, limits.setsPerSender);
  }
}

function checkHistory({ history }: Reception, check: Check): void {
  const limits = history['limits'];
  check('messages in its history', history.size, limits.messages);
  check('bytes in its history', history['bytes'], limits.bytes);
  check('announces in its history', history['announces'].size, limits.announces);
  check('names its history remembers', history['forgotten'].size, FORGOTTEN_MAX);
  check('messages too old for its history', history['attic'].size, limits.messages);
}

function checkSync({ sync }: Reception, check: Check): void {
  check('askers for history', sync['askers'].size, ASKERS_MAX);
  for (const names of sync.answers['given'].values()) {
    check('packets given over a link', names.size, GIVEN_MAX);
  }
}

function checkReconciliation(reception: Reception, check: Check): void {
  const reconciliation = reception['reconciliation'];
  if (reconciliation === null) return;
  check('messages wanted', reconciliation['wanted'].size, REMEMBERED_MAX);
  check('neighbours it reconciles with', reconciliation['speakers'].size, SPEAKERS_MAX);
  for (const { heardAt, gained } of reconciliation['sides'].values()) {
    check('frames of a neighbour', heardAt.length, HEARD_MAX);
    check('messages to be offered to a neighbour', gained.size, WANTED_MAX);
  }
}

function checkPins({ pins }: Station, check: Check): void {
  const { seenMax, keptMax, deniedMax } = pins['config'];
  const kept = pins['keptCount'];
  check('pins of strangers', pins['places'].size - kept, seenMax);
  check('pins of peers that are kept', kept, keptMax);
  check('ids turned away or kept apart', pins['sentenced']?.size ?? 0, deniedMax);
  check('rates of peers', pins['limited'].size, LIMITS_MAX);
  check('alarms', pins['alarms'].length, ALARMS_MAX);
}
