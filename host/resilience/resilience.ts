/**
 * Resilience: the component that knows who failed, which part of the mesh is cut off, how well the rest
 * does, and what is tried about it. It joins the machines of this room to the station and decides
 * nothing itself.
 *
 *   beats, what the station tells -> suspicion -> pings over other links, events
 *                                      |-> recovery -> dials, pings by other ways
 *   who left and who came -> partitions -> events             links, beats -> health -> events
 */
import type { Millis, Tick } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import type { StationEvent } from '../../protocol/peer/contract.ts';
import type { LinkSnapshot, Snapshot } from '../../protocol/peer/snapshot.ts';
import type { Stock } from '../../protocol/peer/stock.ts';
import type { Span } from '../../protocol/peer/tally.ts';
import { fromHex, idsInHex, toHex } from '../../protocol/wire/hex.ts';
import type {
  Component,
  ComponentHealth,
  ComponentInput,
  ComponentKind,
  ComponentOutput,
  ComponentPorts,
  StationOrder,
} from '../component.ts';
import type { MeshEvent } from '../events.ts';
import type { Answer, Tuning } from '../types.ts';
import type { Figures, HealthView } from './health.ts';
import { Health } from './health.ts';
import type { PartitionsInput, PartitionsOutput, PartitionView } from './partitions.ts';
import { Partitions } from './partitions.ts';
import type { RecoveryInput, RecoveryOutput } from './recovery.ts';
import { Recovery } from './recovery.ts';
import type { ResilienceSettings } from './settings.ts';
import { tuned } from './settings.ts';
import type { SuspicionInput, SuspicionOutput, WatchView } from './suspicion.ts';
import { Suspicion } from './suspicion.ts';

/** Neighbours asked about one that is silent, and pings that may be out for that at once. */
const ASKED_MAX = 3;
export const PINGS_MAX = 12;
/** A ping of which nothing was heard by then was never sent. */
const PING_GONE_MS = 15_000;
/** Of those that a partition took, how many are tried to be had back. */
const TRIED_OF_PARTITION = 3;
/** The setting of the store under which what was tuned is kept. */
export const TUNING = 'resilience';

/** What others of the bridge know. */
export type Surroundings = {
  /** Of the histories of others, over links that lead to them. */
  stock(span: Span, links: readonly number[]): Stock;
  /** Ids, in hex, of the gateways that have lines. */
  gateways(now: Millis): readonly string[];
};

/** `settings`: as the owner has them now. */
export function resilienceOf(
  settings: () => ResilienceSettings,
  surroundings: Surroundings,
): ComponentKind<Resilience> {
  return {
    name: 'resilience',
    types: [],
    wishes: ['tune'],
    after: [],
    make: (ports, now) => new Resilience(settings, surroundings, ports, now),
  };
}

/** What there is to see of it, for people. */
export type ResilienceView = {
  settings: ResilienceSettings;
  watches: WatchView[];
  partitions: PartitionView[];
  health: HealthView[];
  networkHealth: number;
};

type Asked = { left: number; others: number; at: Millis };

export class Resilience implements Component {
  private readonly configure: () => ResilienceSettings;
  private configured: ResilienceSettings;
  private readonly ports: ComponentPorts;
  private readonly surroundings: Surroundings;
  private readonly suspicion: Suspicion;
  private readonly partitions: Partitions;
  private readonly recovery: Recovery;
  private readonly condition = new Health();
  private settings: ResilienceSettings;
  private checkAt: Millis;
  /** By peer: pings that are out, to tell whether it is alive. */
  private readonly asked = new Map<string, Asked>();
  /** Who is at the far end of each link. */
  private readonly ends = new Map<number, string>();
  /** Of those, how long the last heartbeat was under way: a line says it nowhere else. */
  private readonly trips = new Map<number, Millis>();
  /** Since the last check. */
  private beats = 0;
  private missed = 0;
  private upsets = 0;
  /** As of the last check. */
  private sent = 0;
  private overflowed = 0;

  constructor(
    configure: () => ResilienceSettings,
    surroundings: Surroundings,
    ports: ComponentPorts,
    now: Millis,
  ) {
    this.configure = configure;
    this.configured = configure();
    this.ports = ports;
    this.surroundings = surroundings;
    this.settings = restored(this.configured, ports.archive.settings.get(TUNING));
    this.suspicion = new Suspicion(this.settings);
    this.partitions = new Partitions((span, ids, at) => {
      const ways = this.waysTo(ids, at);
      const links = ways.map(({ link }) => link);
      const isWithThem = ways.every(({ peer }) => ids.has(peer ?? ''));
      const isByLine = ways.some(({ medium }) => medium === 'line');
      return { ...surroundings.stock(span, links), isWithThem, isByLine };
    });
    this.recovery = new Recovery((at) => this.bridges(at).length > 0);
    this.checkAt = now + this.settings.care.checkMs;
    this.takeCare();
  }

  step(input: ComponentInput | Tick, now: Millis): ComponentOutput[] {
    const out: ComponentOutput[] = [];
    this.take(input, now, out);
    if (now >= this.suspicion.deadline()) {
      this.look(this.ports.station(now), now, out);
      this.toSuspicion(TICK, now, out);
    }
    if (now >= this.partitions.deadline()) this.toPartitions(TICK, now, out);
    if (now >= this.recovery.deadline()) this.toRecovery(TICK, now, out);
    if (now >= this.checkAt) this.check(now, out);
    return out;
  }

  deadline(): Millis {
    const { suspicion, partitions, recovery } = this;
    return Math.min(this.checkAt, suspicion.deadline(), partitions.deadline(), recovery.deadline());
  }

  health(): ComponentHealth {
    const worst = this.condition.views().find(({ level }) => level !== 'good');
    if (worst === undefined) return { state: 'well' };
    return { state: 'strained', why: `${worst.category}: ${worst.why}` };
  }

  /** By the names of DEFAULTS §3. */
  statistics(): Record<string, number> {
    const { suspicion, partitions, recovery, condition } = this;
    return {
      suspectedFailures: suspicion.count('suspected'),
      confirmedFailures: suspicion.count('failed'),
      activePartitions: partitions.active,
      activeRecoveries: recovery.active,
      networkHealth: condition.network,
      recoveryAttempts: recovery.attempts,
      recoveriesSucceeded: recovery.succeeded,
      partitionsHealed: partitions.healed.partitions,
      messagesReconciled: partitions.healed.reconciled,
      messagesLost: partitions.healed.missing,
      mergesUnsure: partitions.healed.unsure,
    };
  }

  view(now: Millis): ResilienceView {
    return {
      settings: this.settings,
      watches: this.suspicion.views(now),
      partitions: this.partitions.views(),
      health: this.condition.views(),
      networkHealth: this.condition.network,
    };
  }

  private take(input: ComponentInput | Tick, now: Millis, out: ComponentOutput[]): void {
    switch (input.kind) {
      case 'start':
        return void out.push({ kind: 'order', order: { kind: 'pace', pace: this.settings.pace } });
      case 'beat':
        this.beats += input.missed + 1;
        this.missed += input.missed;
        this.ends.set(input.link, toHex(input.id));
        if (input.roundTripMs !== null) this.trips.set(input.link, input.roundTripMs);
        return this.toSuspicion(input, now, out);
      case 'heard':
        return this.hear(input.event, now, out);
      case 'clock':
        if (input.offsetMs !== null) {
          this.toPartitions({ kind: 'clock', offsetMs: input.offsetMs }, now, out);
        }
        return;
      case 'settings':
        return this.setUp(now, out);
      case 'ask':
        if (input.wish.kind !== 'tune') return;
        return void out.push({
          kind: 'answer',
          ticket: input.ticket,
          answer: this.tune(input.wish.tuning, now, out),
        });
    }
  }

  private hear(event: StationEvent, now: Millis, out: ComponentOutput[]): void {
    switch (event.kind) {
      case 'peer-seen':
        this.toPartitions({ kind: 'found', id: toHex(event.id) }, now, out);
        this.toRecovery({ kind: 'back', id: event.id }, now, out);
        return this.toSuspicion({ kind: 'word', id: event.id, at: now }, now, out);
      case 'peer-left':
        return this.leave(event, now, out);
      case 'message':
        this.toPartitions({ kind: 'said', timestamp: event.timestamp }, now, out);
        if (event.isHistory || !event.isVerified) return;
        return this.toSuspicion({ kind: 'word', id: event.sender, at: now }, now, out);
      case 'said':
        return this.toPartitions({ kind: 'said', timestamp: event.timestamp }, now, out);
      case 'link-settled':
      case 'link-bound':
        return this.meet(event, now, out);
      case 'link-closed':
        return this.cut(event.link, now, out);
      case 'pong':
        this.asked.delete(toHex(event.id));
        this.toRecovery(
          { kind: 'answered', id: event.id, askedAt: now - event.roundTripMs },
          now,
          out,
        );
        return this.toSuspicion({ kind: 'word', id: event.id, at: now }, now, out);
      case 'ping-lost':
        return this.losePing(event.id, now, out);
    }
  }

  private meet(
    { link, id }: { link: number; id: Uint8Array },
    now: Millis,
    out: ComponentOutput[],
  ): void {
    // What comes over it from now on is theirs, whenever they announce themselves.
    this.toPartitions({ kind: 'found', id: toHex(id) }, now, out);
    if (this.recovery.active === 0) return;
    const met = this.ports.station(now).links.find((other) => other.link === link);
    const isDialled = met?.way === 'out' || met?.way === 'line';
    this.toRecovery({ kind: isDialled ? 'dialled' : 'back', id }, now, out);
  }

  private leave(
    { id, reason, heardAt, neighbours: named }: Extract<StationEvent, { kind: 'peer-left' }>,
    now: Millis,
    out: ComponentOutput[],
  ): void {
    if (reason === 'user') return this.toSuspicion({ kind: 'left', id }, now, out);
    if (reason !== 'timeout' && reason !== 'network') return;
    const neighbours = idsInHex(named);
    this.toPartitions({ kind: 'lost', id: toHex(id), heardAt, neighbours }, now, out);
  }

  private cut(link: number, now: Millis, out: ComponentOutput[]): void {
    const key = this.ends.get(link);
    this.ends.delete(link);
    this.trips.delete(link);
    if (key === undefined || [...this.ends.values()].includes(key)) return;
    this.upsets++;
    this.toSuspicion({ kind: 'cut', id: fromHex(key)! }, now, out);
  }

  /** One of the pings that ask about somebody came to nothing. */
  private losePing(id: Uint8Array, now: Millis, out: ComponentOutput[]): void {
    const key = toHex(id);
    const asked = this.asked.get(key);
    if (asked === undefined || --asked.left > 0) return;
    this.asked.delete(key);
    this.toSuspicion({ kind: 'unanswered', id, asked: asked.others }, now, out);
  }

  private toSuspicion(input: SuspicionInput | Tick, now: Millis, out: ComponentOutput[]): void {
    for (const output of this.suspicion.step(input, now)) this.onSuspicion(output, now, out);
  }

  private onSuspicion(output: SuspicionOutput, now: Millis, out: ComponentOutput[]): void {
    const { id } = output;
    switch (output.kind) {
      case 'probe':
        return this.ask(id, now, out);
      case 'suspected':
        this.upsets++;
        return tell(out, { kind: 'NodeSuspected', peer: id, phi: output.phi });
      case 'failed':
        tell(out, { kind: 'NodeConfirmedFailed', peer: id, silentMs: output.silentMs });
        return this.toRecovery({ kind: 'lost', id }, now, out);
      case 'recovered':
        tell(out, { kind: 'NodeRecovered', peer: id, silentMs: output.silentMs });
        return this.toRecovery({ kind: 'back', id }, now, out);
    }
  }

  /** Over links that do not lead to it, so that whoever is there passes it on; or else over all. */
  private ask(id: Uint8Array, now: Millis, out: ComponentOutput[]): void {
    const key = toHex(id);
    for (const [other, { at }] of this.asked) {
      if (now - at >= PING_GONE_MS) this.asked.delete(other);
    }
    if (this.asked.has(key)) return;
    const others = this.ports
      .station(now)
      .links.filter(({ peer, mode }) => peer !== key && mode !== null && mode !== 'incompatible')
      .sort((a, b) => a.silentMs - b.silentMs)
      .slice(0, ASKED_MAX);
    let pings = Math.max(others.length, 1);
    for (const { left } of this.asked.values()) pings += left;
    // It is asked about again soon, and nobody is taken for failed before.
    if (pings > PINGS_MAX) return;
    this.asked.set(key, { left: Math.max(others.length, 1), others: others.length, at: now });
    for (const { link } of others) order(out, { kind: 'ping', id, link });
    if (others.length === 0) order(out, { kind: 'ping', id });
  }

  private toPartitions(input: PartitionsInput | Tick, now: Millis, out: ComponentOutput[]): void {
    for (const output of this.partitions.step(input, now)) this.onPartitions(output, now, out);
  }

  private onPartitions(output: PartitionsOutput, now: Millis, out: ComponentOutput[]): void {
    if (output.kind === 'healed') {
      return tell(out, { kind: 'PartitionHealed', accounting: output.accounting });
    }
    if (output.kind === 'doubted') {
      const links = this.waysTo(output.ids, now).map(({ link }) => link);
      return order(out, { kind: 'tally', links, span: output.span });
    }
    const { partition, lost } = output;
    tell(out, { kind: 'PartitionDetected', partition, lost });
    for (const id of lost.slice(0, TRIED_OF_PARTITION)) {
      this.toRecovery({ kind: 'lost', id }, now, out);
    }
  }

  /** Open links over which these were heard last. */
  private waysTo(ids: ReadonlySet<string>, now: Millis): LinkSnapshot[] {
    const { links, peers } = this.ports.station(now);
    const ways = new Set(peers.filter(({ id }) => ids.has(id)).map(({ link }) => link));
    return links.filter(({ link }) => ways.has(link));
  }

  private toRecovery(input: RecoveryInput | Tick, now: Millis, out: ComponentOutput[]): void {
    for (const output of this.recovery.step(input, now)) this.onRecovery(output, now, out);
  }

  private onRecovery(output: RecoveryOutput, now: Millis, out: ComponentOutput[]): void {
    const { id } = output;
    if (output.kind === 'ended') {
      const { attempts, outcome } = output;
      return tell(out, { kind: 'RecoveryEnded', peer: id, attempts, outcome });
    }
    const { attempt, way, round } = output;
    tell(out, { kind: 'RecoveryTried', peer: id, attempt, way });
    if (way === 'reconnect') return order(out, { kind: 'redial', id });
    if (way === 'route') return order(out, { kind: 'ping', id, attempts: round });
    for (const { link } of this.bridges(now)) order(out, { kind: 'ping', id, link });
  }

  /** Our own lines, and then the links to gateways that have some. */
  private bridges(now: Millis): LinkSnapshot[] {
    const gateways = new Set(this.surroundings.gateways(now));
    return this.ports
      .station(now)
      .links.filter(({ medium, peer }) => medium === 'line' || gateways.has(peer ?? ''))
      .sort((one, other) => Number(other.medium === 'line') - Number(one.medium === 'line'))
      .slice(0, ASKED_MAX);
  }

  /** Every word there was of those that are watched, whichever way it came. */
  private look({ links, peers }: Snapshot, now: Millis, out: ComponentOutput[]): void {
    for (const { peer, medium, silentMs } of links) {
      const id = peer === null || medium === 'phone' ? null : fromHex(peer);
      if (id !== null) this.toSuspicion({ kind: 'traffic', id, at: now - silentMs }, now, out);
    }
    const wanted = new Set(this.suspicion.waitingFor().map(toHex));
    for (const { id, silentMs } of peers) {
      if (!wanted.has(id)) continue;
      this.toSuspicion({ kind: 'word', id: fromHex(id)!, at: now - silentMs }, now, out);
    }
  }

  private check(now: Millis, out: ComponentOutput[]): void {
    this.checkAt = now + this.settings.care.checkMs;
    const snapshot = this.ports.station(now);
    this.look(snapshot, now, out);
    for (const { category, score, level, why } of this.condition.check(
      this.figures(snapshot, now),
    )) {
      tell(out, { kind: 'HealthChanged', category, score: score ?? 1, level, why });
    }
    this.beats = 0;
    this.missed = 0;
    this.upsets = 0;
  }

  private figures({ links, peers, sent, drops }: Snapshot, now: Millis): Figures {
    const { suspicion, beats, missed, upsets } = this;
    const silent = suspicion.count('suspected') + suspicion.count('failed');
    const present = suspicion.count('near') + suspicion.count('around');
    const trips = links
      .map(({ link, roundTripMs }) => roundTripMs ?? this.trips.get(link))
      .filter((ms) => ms !== undefined);
    const overflowed = drops['queue-full'] ?? 0;
    const figures = {
      watched: present + silent,
      present,
      cutOff: this.partitions.cutOff(now),
      about: peers.length,
      roundTripMs: trips.length > 0 ? trips.reduce((sum, ms) => sum + ms, 0) / trips.length : null,
      toSend: sent - this.sent,
      overflowed: overflowed - this.overflowed,
      beats,
      missed,
      upsets,
    };
    this.sent = sent;
    this.overflowed = overflowed;
    return figures;
  }

  /** What the owner wrote last outweighs what he tuned before. */
  private setUp(now: Millis, out: ComponentOutput[]): void {
    const before = JSON.stringify(tuningOf(this.configured));
    this.configured = this.configure();
    this.settings = { ...this.settings, care: this.configured.care };
    this.takeCare();
    if (JSON.stringify(tuningOf(this.configured)) !== before) this.tune(null, now, out);
  }

  /** From now on. */
  private takeCare(): void {
    const { togetherMs, mergeMs, retryMs, attemptsMax } = this.settings.care;
    this.partitions.togetherMs = togetherMs;
    this.partitions.mergeMs = mergeMs;
    this.recovery.retryMs = retryMs;
    this.recovery.attemptsMax = attemptsMax;
  }

  private tune(tuning: Tuning | null, now: Millis, out: ComponentOutput[]): Answer {
    const settings = tuning === null ? this.configured : tuned(this.settings, tuning);
    if (typeof settings === 'string') return { kind: 'refused', reason: 'out-of-range' };
    this.settings = settings;
    const value = tuning === null ? null : JSON.stringify(tuningOf(settings));
    out.push({ kind: 'store', write: { kind: 'setting', name: TUNING, value } });
    order(out, { kind: 'pace', pace: settings.pace });
    this.toSuspicion({ kind: 'settings', settings }, now, out);
    return { kind: 'done' };
  }
}

function tuningOf({ pace, phi, confirmMs }: ResilienceSettings): Tuning {
  return { heartbeatMs: pace.intervalMs, missed: pace.missedMax, phi, confirmMs };
}

/** What was changed before a restart, where it may still be so. */
function restored(configured: ResilienceSettings, stored: string | null): ResilienceSettings {
  if (stored === null) return configured;
  const settings = tuned(configured, JSON.parse(stored) as Tuning);
  return typeof settings === 'string' ? configured : settings;
}

function tell(out: ComponentOutput[], event: MeshEvent): void {
  out.push({ kind: 'event', event });
}

function order(out: ComponentOutput[], wanted: StationOrder): void {
  out.push({ kind: 'order', order: wanted });
}
