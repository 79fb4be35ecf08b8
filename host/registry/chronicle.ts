/**
 * Chronicle: the component that puts what the station tells into the events of the mesh: who came and
 * went, whose words hold, and, once a minute, what was dropped and why. Whoever is turned away or kept
 * apart has left with that, though the station only misses him when he has been silent for long enough.
 */
import type { Millis, Tick } from '../../protocol/core/machine.ts';
import type { LeftReason, StationEvent } from '../../protocol/peer/contract.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type {
  Component,
  ComponentHealth,
  ComponentInput,
  ComponentKind,
  ComponentOutput,
  ComponentPorts,
} from '../component.ts';
import type { MeshEvent, PeerLeftReason } from '../events.ts';

/** Drops are many: they are told of together. */
export const DROPS_EVERY_MS = 60_000;

export const CHRONICLE: ComponentKind<Chronicle> = {
  name: 'chronicle',
  types: [],
  after: [],
  make: (ports, now) => new Chronicle(ports, now),
};

/** `crowded`: too many others are here. */
const LEFT: Record<LeftReason, PeerLeftReason> = {
  user: 'user',
  timeout: 'timeout',
  network: 'network',
  protocol: 'protocol',
  crowded: 'network',
};

export class Chronicle implements Component {
  private readonly ports: ComponentPorts;
  /** By reason, as of the last time; and packets that a full queue lost, by link. */
  private drops: Record<string, number>;
  private overflows = new Map<number, number>();
  private dropsAt: Millis;
  /** Ids in hex of those who were in reach when they were turned away, and whom the station still has. */
  private readonly barred = new Set<string>();

  constructor(ports: ComponentPorts, now: Millis) {
    this.ports = ports;
    this.drops = ports.station(now).drops;
    this.dropsAt = now + DROPS_EVERY_MS;
  }

  step(input: ComponentInput | Tick, now: Millis): ComponentOutput[] {
    if (input.kind === 'heard') return this.hear(input.event);
    if (input.kind === 'event') return this.judge(input.event, now);
    return now >= this.dropsAt ? this.count(now) : [];
  }

  deadline(): Millis {
    return this.dropsAt;
  }

  health(): ComponentHealth {
    return { state: 'well' };
  }

  private hear(event: StationEvent): ComponentOutput[] {
    switch (event.kind) {
      case 'peer-seen':
        return [{ kind: 'event', event: { kind: 'PeerJoined', peer: event.id, name: event.name } }];
      case 'peer-left': {
        const { id: peer, name } = event;
        // That is told already.
        if (this.barred.delete(toHex(peer))) return [];
        const reason = LEFT[event.reason];
        return [{ kind: 'event', event: { kind: 'PeerLeft', peer, name, reason } }];
      }
      case 'message': {
        const { sender, id } = event;
        if (!event.isVerified) return [];
        return [{ kind: 'event', event: { kind: 'MessageValidated', sender, id } }];
      }
      default:
        return [];
    }
  }

  private judge(event: MeshEvent, now: Millis): ComponentOutput[] {
    if (event.kind !== 'PeerJudged') return [];
    const { peer, decision } = event;
    const key = toHex(peer);
    const isBarred = this.barred.has(key);
    if (isBarred !== (decision === 'allow')) return [];
    const known = this.ports.station(now).peers.find(({ id }) => id === key);
    if (known === undefined) return [];
    const { name } = known;
    if (isBarred) {
      this.barred.delete(key);
      return [{ kind: 'event', event: { kind: 'PeerJoined', peer, name } }];
    }
    this.barred.add(key);
    return [{ kind: 'event', event: { kind: 'PeerLeft', peer, name, reason: 'security' } }];
  }

  private count(now: Millis): ComponentOutput[] {
    this.dropsAt = now + DROPS_EVERY_MS;
    const { drops, links } = this.ports.station(now);
    const out: ComponentOutput[] = [];
    for (const [reason, total] of Object.entries(drops)) {
      const count = total - (this.drops[reason] ?? 0);
      if (count > 0) out.push({ kind: 'event', event: { kind: 'MessageDropped', reason, count } });
    }
    this.drops = drops;
    const overflows = new Map<number, number>();
    for (const { link, drops: ofLink } of links) {
      const total = ofLink['queue-full'] ?? 0;
      const dropped = total - (this.overflows.get(link) ?? 0);
      overflows.set(link, total);
      if (dropped > 0) out.push({ kind: 'event', event: { kind: 'QueueOverflow', link, dropped } });
    }
    this.overflows = overflows;
    return out;
  }
}
