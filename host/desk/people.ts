/**
 * People: the peers of a bridge as the API shows them: whom it hears now, whom it met before, and what
 * its owner thinks of them.
 */
import { HoplineError } from '../../protocol/errors.ts';
import { keepNewest } from '../../protocol/keep-newest.ts';
import { NAME_MAX } from '../../protocol/peer/announcer.ts';
import type { PeerSnapshot } from '../../protocol/peer/snapshot.ts';
import { printable } from '../../protocol/printable.ts';
import { suggest } from '../../protocol/suggest.ts';
import { fromHex, toHex } from '../../protocol/wire/hex.ts';
import { foldName } from '../../protocol/wire/text.ts';
import type { Daemon } from '../daemon.ts';
import type { NeighbourFigures, PeerView } from '../http/views.ts';
import type { NeighbourView } from '../neighbours/neighbour.ts';
import { resolve } from '../peer/resolve.ts';
import type { PeerRecord } from '../types.ts';
import { PAGE_MAX } from '../types.ts';

/** Ids for which another key was shown, and that nobody cleared up; then the first one is let be. */
const ALARMS_MAX = 1024;
/** Candidates that a refusal names. */
const NAMED_MAX = 8;

/** Whoever is heard now, by id. */
type Live = Map<string, PeerSnapshot>;

export class People {
  private readonly daemon: Daemon;
  private readonly alarmed = new Set<string>();

  constructor(daemon: Daemon) {
    this.daemon = daemon;
  }

  /** Whom it hears now first, then the one seen last. */
  all(): PeerView[] {
    const live = this.live();
    const met = new Map<string, PeerRecord>();
    for (const record of this.daemon.store.peers.latest(PAGE_MAX)) {
      met.set(toHex(record.id), record);
    }
    const ids = [...new Set([...live.keys(), ...met.keys()])];
    const denied = this.denied();
    return ids
      .map((id) => this.viewOf(id, live, met.get(id) ?? this.recordOf(id), denied))
      .sort((a, b) => Number(b.isReachable) - Number(a.isReachable) || b.lastSeenAt - a.lastSeenAt);
  }

  /** Null for somebody of whom nothing is known. */
  find(id: string): PeerView | null {
    const live = this.live();
    const record = this.recordOf(id);
    const isKnown = live.has(id) || record !== null || this.daemon.pins.find(fromHex(id)!) !== null;
    return isKnown ? this.viewOf(id, live, record, this.denied()) : null;
  }

  /** By id, or by a name or the beginning of an id that only one peer has (RELIABILITY S25). */
  idOf(who: string): Uint8Array {
    const { store, pins } = this.daemon;
    const found = resolve(who, store.peers, pins);
    switch (found.kind) {
      case 'found':
        return found.id;
      case 'ambiguous':
        throw ambiguous(who, this.views(found.candidates.map(toHex)));
      case 'unknown': {
        const here = this.hereAs(who);
        if (here.length === 1) return fromHex(here[0])!;
        if (here.length > 1) throw ambiguous(who, this.views(here));
        const detail = `${printable(who)}: hopline peers lists those that are known${this.near(who)}`;
        throw new HoplineError('PEER_UNKNOWN', detail);
      }
    }
  }

  /** Whoever was forgotten, and is heard still: he is stored again with his next announce. */
  private hereAs(who: string): string[] {
    const asked = foldName(who);
    const { peers } = this.daemon.snapshot().station;
    const isMeant = (name: string): boolean => name !== '' && foldName(name) === asked;
    return peers.filter((peer) => isMeant(peer.name)).map(({ id }) => id);
  }

  /** Who may have been meant; nobody has a name that is longer. */
  private near(who: string): string {
    const names = this.all().map(({ name }) => printable(name));
    const named = names.filter((name) => name !== '');
    return suggest(printable(who.slice(0, NAME_MAX)), named);
  }

  /** Also of somebody of whom nothing is known but the id. */
  view(id: string): PeerView {
    return this.viewOf(id, this.live(), this.recordOf(id), this.denied());
  }

  /** The same of many, who are looked for once. */
  views(ids: string[]): PeerView[] {
    const [live, denied] = [this.live(), this.denied()];
    return ids.map((id) => this.viewOf(id, live, this.recordOf(id), denied));
  }

  /** As he calls himself; null where he never said. */
  nameOf(id: Uint8Array): string | null {
    if (toHex(id) === toHex(this.daemon.identity.id)) return this.daemon.config.name;
    return this.daemon.store.peers.find(id)?.name ?? null;
  }

  alarm(id: string): void {
    this.alarmed.delete(id);
    this.alarmed.add(id);
    keepNewest(this.alarmed, ALARMS_MAX);
  }

  /** A person has seen to it. */
  calm(id: string): void {
    this.alarmed.delete(id);
  }

  private live(): Live {
    return new Map(this.daemon.snapshot().station.peers.map((peer) => [peer.id, peer]));
  }

  private denied(): Set<string> {
    return new Set(this.daemon.store.peers.denied().map(toHex));
  }

  private recordOf(id: string): PeerRecord | null {
    return this.daemon.store.peers.find(fromHex(id)!);
  }

  private viewOf(id: string, live: Live, record: PeerRecord | null, denied: Set<string>): PeerView {
    const bytes = fromHex(id)!;
    const { pins } = this.daemon;
    const pin = pins.find(bytes);
    const neighbour = this.daemon.neighbour(bytes);
    const here = live.get(id);
    const lastSeenAt = here === undefined ? 0 : Math.round(Date.now() - here.silentMs);
    return {
      id,
      name: here?.name ?? record?.name ?? '',
      fingerprint: pin === null ? null : toHex(this.daemon.fingerprintOf(pin.noiseKey)),
      standing: pin?.standing ?? 'seen',
      isDenied: denied.has(id),
      isQuarantined: pins.isQuarantined(bytes) || neighbour?.isQuarantined === true,
      perMinute: pins.limitOf(bytes),
      neighbour: neighbour === null ? null : figuresOf(neighbour),
      isReachable: here !== undefined,
      isDirect: here?.isDirect ?? false,
      hops: here?.hops ?? null,
      link: here?.link ?? null,
      isHere: here?.isHere ?? false,
      firstSeenAt: record?.firstSeenAt ?? lastSeenAt,
      lastSeenAt: Math.max(record?.lastSeenAt ?? 0, lastSeenAt),
      neighbours: here?.neighbours ?? [],
      capabilities: here?.capabilities ?? [],
      session: this.daemon.sessionOf(bytes),
      hasAlarm: this.alarmed.has(id),
    };
  }
}

function figuresOf(neighbour: NeighbourView): NeighbourFigures {
  const { connectedMs, silentMs, heard, sent, roundTripMs, loss, reputation, threats } = neighbour;
  const at = Date.now();
  return {
    connectedAt: connectedMs === null ? null : Math.round(at - connectedMs),
    heardAt: Math.round(at - silentMs),
    ...{ heard, sent, reputation, threats },
    roundTripMs: roundTripMs === null ? null : Math.round(roundTripMs),
    lossPerMille: loss === null ? null : Math.round(loss * 1000),
  };
}

function ambiguous(who: string, candidates: PeerView[]): HoplineError {
  const shown = candidates.slice(0, NAMED_MAX).map(({ id, standing, isReachable, lastSeenAt }) => {
    const heard = new Date(lastSeenAt).toISOString().slice(0, 16).replace('T', ' ');
    return `${id} (${standing}, ${isReachable ? 'in reach' : `last heard ${heard} UTC`})`;
  });
  const more = candidates.length > NAMED_MAX ? ' and more' : '';
  const detail = `${printable(who)}: ${shown.join(', ')}${more}; say which one by its id`;
  return new HoplineError('AMBIGUOUS_NAME', detail);
}
