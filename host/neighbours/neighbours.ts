/**
 * Neighbours: the component that watches who is at the far end of our links. It looks at the counts of
 * each link every few seconds: what went over it, and what of it had to be dropped and why. Whoever goes
 * on doing harm is kept apart until his reputation has come back, or a person says otherwise.
 *
 *   counts, heartbeats, words -> figures, reputation -> SecurityEvent, audit
 *                                        |-> quarantined <-> let in again (release)
 */
import { sameBytes } from '../../protocol/core/bytes.ts';
import type { Millis, Tick } from '../../protocol/core/machine.ts';
import type { Judge } from '../../protocol/peer/judge.ts';
import type { StationEvent } from '../../protocol/peer/contract.ts';
import type { LinkSnapshot } from '../../protocol/peer/snapshot.ts';
import { nameOf } from '../../protocol/trust/pins.ts';
import { fromHex, toHex } from '../../protocol/wire/hex.ts';
import type {
  Component,
  ComponentHealth,
  ComponentInput,
  ComponentKind,
  ComponentOutput,
  ComponentPorts,
} from '../component.ts';
import type { MeshEvent, Threat } from '../events.ts';
import type { AuditAct } from '../types.ts';
import { Allowance } from './allowance.ts';
import type { NeighbourView } from './neighbour.ts';
import { Neighbour } from './neighbour.ts';
import { Repeats } from './repeats.ts';
import { REPUTATION_START } from './reputation.ts';
import { COST_MAX, REPEATED, SIGNS, WEIGHTY } from './signs.ts';

/** As often as health is looked at (DEFAULTS §3). What a link did since, as it went, nobody knows. */
export const LOOK_EVERY_MS = 5000;
/** What somebody gets for every look in which he was heard, and did no harm. */
const GOOD = 2;
/** Below it somebody is kept apart; from there on up he is let in again. */
export const QUARANTINE_AT = -300;
const RELEASE_AT = 0;
/** Neighbours known at once; then the one who is gone, and of whom there is least to remember, goes. */
export const NEIGHBOURS_MAX = 1024;
/** A threat by one neighbour is told of once a minute, and noted for good once an hour. */
export const TELL_EVERY_MS = 60_000;
const NOTE_EVERY_MS = 3_600_000;
/** All threats together, in a minute and an hour: an attacker writes no log, and no trail. */
export const TOLD_MAX = 60;
export const NOTED_MAX = 30;

export const NEIGHBOURS: ComponentKind<Neighbours> = {
  name: 'neighbours',
  types: [],
  after: [],
  make: (ports, now) => new Neighbours(ports, now),
};

/** What was counted on a link when it was looked at last; with the link it goes. */
type Look = Pick<LinkSnapshot, 'peer' | 'heard' | 'sent' | 'drops'>;

export class Neighbours implements Component, Judge {
  private readonly ports: ComponentPorts;
  private readonly known = new Map<string, Neighbour>();
  private readonly looks = new Map<number, Look>();
  private readonly repeats = new Repeats();
  private readonly telling = new Allowance(TOLD_MAX, TELL_EVERY_MS);
  private readonly noting = new Allowance(NOTED_MAX, NOTE_EVERY_MS);
  private apart = 0;
  private epochMs: number | null = null;
  private lookAt: Millis;
  private now: Millis;

  constructor(ports: ComponentPorts, now: Millis) {
    this.ports = ports;
    this.now = now;
    this.lookAt = now;
  }

  step(input: ComponentInput | Tick, now: Millis): ComponentOutput[] {
    const out: ComponentOutput[] = [];
    this.now = now;
    switch (input.kind) {
      case 'heard':
        this.hear(input.event, out);
        break;
      case 'beat': {
        const { id, roundTripMs, missed } = input;
        const neighbour = this.of(id, out);
        neighbour.beat(missed, now);
        if (roundTripMs !== null) neighbour.measure(roundTripMs);
        break;
      }
      case 'clock':
        this.epochMs = input.offsetMs;
        break;
      case 'event':
        this.onEvent(input.event);
    }
    if (now >= this.lookAt) this.look(out);
    return out;
  }

  deadline(): Millis {
    return this.lookAt;
  }

  isQuarantined(bytes: Uint8Array, at: number): boolean {
    return this.apart > 0 && this.known.get(nameOf(bytes, at))?.isQuarantined === true;
  }

  view(id: Uint8Array, now: Millis): NeighbourView | null {
    return this.known.get(nameOf(id))?.view(now) ?? null;
  }

  views(now: Millis): NeighbourView[] {
    return [...this.known.values()].map((neighbour) => neighbour.view(now));
  }

  health(): ComponentHealth {
    if (this.apart === 0) return { state: 'well' };
    const who = this.apart === 1 ? 'a neighbour is' : `${this.apart} neighbours are`;
    const why = `${who} kept apart for what was seen of them; hopline peers --all shows them`;
    return { state: 'strained', why };
  }

  statistics(): Record<string, number> {
    const sums: Record<string, number> = { neighbours: this.looks.size, quarantined: this.apart };
    for (const { threats } of this.known.values()) {
      for (const [threat, count] of threats) sums[threat] = (sums[threat] ?? 0) + count;
    }
    return sums;
  }

  private hear(event: StationEvent, out: ComponentOutput[]): void {
    switch (event.kind) {
      case 'link-settled':
      case 'link-bound':
        this.lookAt = this.now;
        break;
      case 'link-closed':
        this.looks.delete(event.link);
        for (const neighbour of this.known.values()) neighbour.links.delete(event.link);
        break;
      case 'pong':
        if (event.hops === 1) this.of(event.id, out).measure(event.roundTripMs);
        break;
      case 'alarm':
        // He is the one who was wronged: who did it is told by his link.
        this.warn(null, 'fingerprint-mismatch', `another key as ${toHex(event.id)}`, event.id, out);
        break;
      case 'message': {
        const { sender, text, isVerified, isHistory } = event;
        if (!isVerified || isHistory) break;
        const count = this.repeats.hear(sender, text, this.now);
        if (count === 0) break;
        const neighbour = this.of(sender, out);
        neighbour.reputation.move(-REPEATED.cost, this.now);
        this.warn(neighbour, REPEATED.threat, `the same words, ${count} times`, sender, out);
        this.judge(neighbour, out);
      }
    }
  }

  /** A person's word ends what was held against somebody. */
  private onEvent(event: MeshEvent): void {
    if (event.kind !== 'PeerJudged' || event.decision !== 'allow') return;
    const neighbour = this.known.get(nameOf(event.peer));
    if (neighbour === undefined) return;
    neighbour.reputation.clear(this.now);
    this.setApart(neighbour, false);
  }

  private look(out: ComponentOutput[]): void {
    const { links } = this.ports.station(this.now);
    for (const link of links) this.lookAtLink(link, out);
    for (const neighbour of this.known.values()) {
      if (neighbour.isQuarantined) this.judge(neighbour, out);
    }
    const isWatching = links.length > 0 || this.apart > 0;
    this.lookAt = isWatching ? this.now + LOOK_EVERY_MS : Infinity;
  }

  private lookAtLink(link: LinkSnapshot, out: ComponentOutput[]): void {
    const { peer, heard, sent, drops } = link;
    const now = { peer, heard, sent, drops };
    const before = this.looks.get(link.link) ?? now;
    this.looks.set(link.link, now);
    if (before.peer !== null && before.peer !== peer) {
      this.known.get(nameOf(fromHex(before.peer)!))?.links.delete(link.link);
    }
    if (peer === null) return;
    const neighbour = this.of(fromHex(peer)!, out);
    neighbour.join(link.link, this.now - link.openMs);
    if (link.roundTripMs !== null) neighbour.measure(link.roundTripMs);
    neighbour.pass(heard - before.heard, sent - before.sent, this.now);
    const isHarmless = this.charge(neighbour, link, before.drops, out);
    if (isHarmless && heard > before.heard) neighbour.reputation.move(GOOD, this.now);
    this.judge(neighbour, out);
  }

  /** What he brought that had to be dropped since, threat by threat; true where there is none. */
  private charge(
    neighbour: Neighbour,
    { link, drops }: LinkSnapshot,
    before: Record<string, number>,
    out: ComponentOutput[],
  ): boolean {
    const counts = new Map<Threat, { count: number; cost: number }>();
    for (const [reason, total] of Object.entries(drops)) {
      const sign = SIGNS[reason];
      const more = total - (before[reason] ?? 0);
      if (sign === undefined || more <= 0) continue;
      const { count, cost } = counts.get(sign.threat) ?? { count: 0, cost: 0 };
      const both = Math.min(COST_MAX, cost + more * sign.cost);
      counts.set(sign.threat, { count: count + more, cost: both });
    }
    for (const [threat, { count, cost }] of counts) {
      neighbour.reputation.move(-cost, this.now);
      const packets = count === 1 ? 'a packet' : `${count} packets`;
      this.warn(neighbour, threat, `${packets} over link ${link}`, neighbour.id, out);
    }
    return counts.size === 0;
  }

  private judge(neighbour: Neighbour, out: ComponentOutput[]): void {
    const reputation = neighbour.reputation.at(this.now);
    const { isQuarantined, id: peer } = neighbour;
    if (!isQuarantined && reputation <= QUARANTINE_AT) {
      this.setApart(neighbour, true);
      this.tell({ kind: 'PeerJudged', peer, decision: 'quarantine', by: 'reputation' }, out);
      this.note('quarantined', peer, `reputation ${reputation}`, out);
    } else if (isQuarantined && reputation >= RELEASE_AT) {
      this.release(neighbour, `reputation ${reputation}`, out);
    }
  }

  private release(neighbour: Neighbour, why: string, out: ComponentOutput[]): void {
    const { id } = neighbour;
    this.setApart(neighbour, false);
    if (this.isKeptOut(id)) return;
    out.push({ kind: 'order', order: { kind: 'release', id } });
    this.tell({ kind: 'PeerJudged', peer: id, decision: 'allow', by: 'reputation' }, out);
    this.note('released', id, why, out);
  }

  /** By a person, whose word holds however well somebody behaves. */
  private isKeptOut(id: Uint8Array): boolean {
    const { peers } = this.ports.archive;
    return [...peers.denied(), ...peers.quarantined()].some((other) => sameBytes(other, 0, id));
  }

  private setApart(neighbour: Neighbour, isApart: boolean): void {
    if (neighbour.isQuarantined === isApart) return;
    neighbour.isQuarantined = isApart;
    this.apart += isApart ? 1 : -1;
  }

  /** Tells of a threat, and notes it for good where it weighs. Null: nobody known is to blame. */
  private warn(
    neighbour: Neighbour | null,
    threat: Threat,
    detail: string,
    peer: Uint8Array,
    out: ComponentOutput[],
  ): void {
    if (neighbour !== null) {
      neighbour.threats.set(threat, (neighbour.threats.get(threat) ?? 0) + 1);
      if (!isDue(neighbour.toldAt, threat, TELL_EVERY_MS, this.now)) return;
    }
    if (!this.telling.take(this.now)) return;
    neighbour?.toldAt.set(threat, this.now);
    this.tell({ kind: 'SecurityEvent', threat, peer, detail }, out);
    if (!WEIGHTY.includes(threat)) return;
    if (neighbour !== null && !isDue(neighbour.notedAt, threat, NOTE_EVERY_MS, this.now)) return;
    if (!this.noting.take(this.now)) return;
    neighbour?.notedAt.set(threat, this.now);
    this.note('threat', peer, `${threat}: ${detail}`, out);
  }

  private tell(event: MeshEvent, out: ComponentOutput[]): void {
    out.push({ kind: 'event', event });
  }

  private note(act: AuditAct, peer: Uint8Array, detail: string, out: ComponentOutput[]): void {
    const at = this.epochMs === null ? null : Math.floor(this.epochMs + this.now);
    const entry = { at, who: 'bridge', act, subject: toHex(peer), detail };
    out.push({ kind: 'store', write: { kind: 'audit', entry } });
  }

  private of(id: Uint8Array, out: ComponentOutput[]): Neighbour {
    const name = nameOf(id);
    const known = this.known.get(name);
    if (known !== undefined) return known;
    if (this.known.size >= NEIGHBOURS_MAX) this.makeRoom(out);
    const neighbour = new Neighbour(id, this.now);
    this.known.set(name, neighbour);
    return neighbour;
  }

  /**
   * Who has done nothing to be remembered for goes before whoever would come back as a stranger. Nobody
   * stays apart whom nobody watches any more.
   */
  private makeRoom(out: ComponentOutput[]): void {
    let least: string | null = null;
    let weight = Infinity;
    for (const [name, { links, reputation }] of this.known) {
      const off = Math.abs(reputation.at(this.now) - REPUTATION_START);
      const more = links.size > 0 ? off + 10_000 : off;
      if (more >= weight) continue;
      weight = more;
      least = name;
    }
    const gone = this.known.get(least!)!;
    if (gone.isQuarantined) this.release(gone, 'forgotten for others', out);
    this.known.delete(least!);
  }
}

function isDue(times: Map<Threat, Millis>, threat: Threat, everyMs: Millis, now: Millis): boolean {
  return now - (times.get(threat) ?? -Infinity) >= everyMs;
}
