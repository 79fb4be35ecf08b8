/**
 * Usage: what is carried, second by second, for the last hour: for clients (local), over lines to other
 * gateways (internet) and by radios and wires, each by the busier of its two directions. It warns when
 * a limit is reached (DEFAULTS §5).
 */
import type { Millis } from '../../protocol/core/machine.ts';
import type { TrunkView } from '../../protocol/peer/trunks.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { Interface, TrafficLimits } from './limits.ts';
import { INTERFACES } from './limits.ts';

/** Samples kept, of a second each; then the oldest goes. */
export const SAMPLES_MAX = 3600;
const SAMPLE_EVERY_MS = 1000;
/** A limit is told of once in this time, however often it is reached. */
export const WARN_EVERY_MS = 60_000;
/** So much of a limit is taken for all of it: what comes in a second is never even. */
const NEARLY = 0.9;

export type Side = Interface | 'radio';
export type Way = 'in' | 'out';
/** Bytes so far; how often one was not read on for a limit, and how often one had to wait for it. */
export type Traffic = { received: number; sent: number; holds: number; waits: number };
/** As it is at a moment. */
export type Carried = {
  traffic: Record<Side, Traffic>;
  /** Those that are up. */
  connections: Record<Interface, TrunkView[]>;
};
/** `radioMbps` is what lines may give to radios and wires. */
export type UsageLimits = TrafficLimits & { radioMbps: number };

export type Rates = { inMbps: number; outMbps: number };
/** A client or a line, in its last second. */
export type ConnectionUsage = Rates & {
  side: Interface;
  /** Hex. */
  node: string;
  /** Packets that wait to leave, and those that were dropped as no more could wait. */
  waiting: number;
  overflowed: number;
  /** What it is offered, as its way takes no more; null where it takes all. */
  slowedToMbps: number | null;
};
export type UsageView = {
  localMbps: number;
  internetMbps: number;
  radioMbps: number;
  localLimitMbps: number;
  internetLimitMbps: number;
  radioLimitMbps: number;
  /** Of the last second, each way. */
  ways: Record<Side, Rates>;
  /** What one connection may bring and take, and all of them, each way. */
  limits: TrafficLimits;
  connections: ConnectionUsage[];
  /** The oldest first, one a second. */
  samples: { localMbps: number[]; internetMbps: number[]; radioMbps: number[] };
};
/** `slowed`: connections whose way takes less than there is for them. */
export type CarriedView = Rates & {
  by: 'clients' | 'lines' | 'radios';
  limitMbps: number;
  slowed: number;
};
export type Warning = { kind: 'BandwidthLimit'; side: Side; way: Way; limitMbps: number };

const SIDES: readonly Side[] = [...INTERFACES, 'radio'];
const WAYS: readonly Way[] = ['in', 'out'];

export class Usage {
  private limits: UsageLimits;
  private readonly samples: Record<Side, Float32Array>;
  private readonly before: Record<Side, Traffic>;
  private readonly rates: Record<Side, Rates>;
  private readonly warnedAt = new Map<string, Millis>();
  private connections: ConnectionUsage[] = [];
  /** Bytes of connections as of the last sample, by side and node. */
  private totals = new Map<string, Pick<Traffic, 'received' | 'sent'>>();
  private count = 0;
  private sampledAt: Millis;

  constructor(limits: UsageLimits, now: Millis) {
    this.limits = limits;
    this.samples = ofSides(() => new Float32Array(SAMPLES_MAX));
    this.before = ofSides(() => ({ received: 0, sent: 0, holds: 0, waits: 0 }));
    this.rates = ofSides(() => ({ inMbps: 0, outMbps: 0 }));
    this.sampledAt = now;
  }

  deadline(): Millis {
    return this.sampledAt + SAMPLE_EVERY_MS;
  }

  /** The owner's word. */
  limit(limits: UsageLimits): void {
    this.limits = limits;
  }

  /** Takes a sample when it is time; seconds that were slept through are alike. */
  look(read: () => Carried, now: Millis): Warning[] {
    if (now < this.deadline()) return [];
    // Parts of a millisecond are rounded, and a whole second may come to a little less.
    const seconds = Math.max(1, Math.floor((now - this.sampledAt) / SAMPLE_EVERY_MS));
    const { traffic, connections } = read();
    const warnings = SIDES.flatMap((side) => this.sample(side, traffic[side], seconds, now));
    this.count += Math.min(seconds, SAMPLES_MAX);
    this.sampledAt += seconds * SAMPLE_EVERY_MS;
    this.compare(connections, seconds);
    return warnings;
  }

  view(): UsageView {
    const { radioMbps, ...limits } = this.limits;
    const samples = {
      localMbps: this.listed('local'),
      internetMbps: this.listed('internet'),
      radioMbps: this.listed('radio'),
    };
    return {
      localMbps: samples.localMbps.at(-1) ?? 0,
      internetMbps: samples.internetMbps.at(-1) ?? 0,
      radioMbps: samples.radioMbps.at(-1) ?? 0,
      localLimitMbps: limits.local.allMbps,
      internetLimitMbps: limits.internet.allMbps,
      radioLimitMbps: radioMbps,
      ways: ofSides((side) => this.rates[side]),
      limits,
      connections: this.connections,
      samples,
    };
  }

  private sample(side: Side, traffic: Traffic, seconds: number, now: Millis): Warning[] {
    const before = this.before[side];
    const rates = ratesOf(traffic, before, seconds);
    const mbps = Math.max(rates.inMbps, rates.outMbps);
    for (let at = 0; at < Math.min(seconds, SAMPLES_MAX); at++) {
      this.samples[side][(this.count + at) % SAMPLES_MAX] = mbps;
    }
    this.before[side] = { ...traffic };
    this.rates[side] = rates;
    const isHeld = { in: traffic.holds > before.holds, out: traffic.waits > before.waits };
    return WAYS.flatMap((way) => {
      const limitMbps = this.reached(side, way, rates, isHeld[way]);
      return limitMbps === null
        ? []
        : this.warn({ kind: 'BandwidthLimit', side, way, limitMbps }, now);
    });
  }

  private warn(warning: Warning, now: Millis): Warning[] {
    const what = `${warning.side} ${warning.way}`;
    if (now - (this.warnedAt.get(what) ?? -Infinity) < WARN_EVERY_MS) return [];
    this.warnedAt.set(what, now);
    return [warning];
  }

  /** The limit that was reached in these seconds; null for none. */
  private reached(side: Side, way: Way, rates: Rates, isHeld: boolean): number | null {
    // What is said here goes on the air whatever the limit, which is for what lines bring.
    if (side === 'radio') return isHeld ? this.limits.radioMbps : null;
    const limits = this.limits[side];
    if (rates[`${way}Mbps`] >= limits.allMbps * NEARLY) return limits.allMbps;
    return isHeld ? limits[`${way}Mbps`] : null;
  }

  private compare(connections: Carried['connections'], seconds: number): void {
    const { totals } = this;
    this.totals = new Map();
    this.connections = INTERFACES.flatMap((side) =>
      connections[side].flatMap((line) => {
        if (line.state !== 'up' || line.id === null) return [];
        const node = toHex(line.id);
        const key = `${side} ${node}`;
        const rates = ratesOf(line, totals.get(key) ?? { received: 0, sent: 0 }, seconds);
        const { received, sent, waiting, overflowed, slowedTo } = line;
        this.totals.set(key, { received, sent });
        const slowedToMbps = slowedTo === null ? null : mbpsOf(slowedTo);
        return [{ side, node, ...rates, waiting, overflowed, slowedToMbps }];
      }),
    );
  }

  private listed(side: Side): number[] {
    const first = Math.max(0, this.count - SAMPLES_MAX);
    const ring = this.samples[side];
    return Array.from({ length: this.count - first }, (_, at) => {
      return rounded(ring[(first + at) % SAMPLES_MAX]);
    });
  }
}

/** In short, side by side. */
export function carriedOf({ ways, connections, ...usage }: UsageView): CarriedView[] {
  const of = (by: CarriedView['by'], side: Side, limitMbps: number): CarriedView => {
    const slowed = connections.filter((each) => each.side === side && each.slowedToMbps !== null);
    return { by, ...ways[side], limitMbps, slowed: slowed.length };
  };
  return [
    of('clients', 'local', usage.localLimitMbps),
    of('lines', 'internet', usage.internetLimitMbps),
    of('radios', 'radio', usage.radioLimitMbps),
  ];
}

type Bytes = Pick<Traffic, 'received' | 'sent'>;

/** What began anew counts from nothing. */
function ratesOf(now: Bytes, before: Bytes, seconds: number): Rates {
  const rate = (one: number, other: number): number =>
    mbpsOf((one < other ? one : one - other) / seconds);
  return { inMbps: rate(now.received, before.received), outMbps: rate(now.sent, before.sent) };
}

export function mbpsOf(bytesPerSecond: number): number {
  return rounded((bytesPerSecond * 8) / 1e6);
}

function rounded(mbps: number): number {
  return Math.round(mbps * 1000) / 1000;
}

function ofSides<Of>(make: (side: Side) => Of): Record<Side, Of> {
  return { local: make('local'), internet: make('internet'), radio: make('radio') };
}
