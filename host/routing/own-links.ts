/**
 * Own links: who is at the far ends of them, and what each costs as we measure it, smoothed: a cost
 * that trembles would send packets now this way and now that.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import type { Medium } from '../../protocol/peer/contract.ts';
import type { LinkCost } from '../../protocol/wire/link-state.ts';
import { NEIGHBOURS_MAX } from '../../protocol/wire/link-state.ts';
import { edgeCost } from './cost.ts';
import type { NodeId } from './topology.ts';

/** Of each new measurement, this part counts. */
const SMOOTHING = 0.25;
/** What has changed by less is not worth telling: a fifth, or so much; of bandwidth a fifth. */
const LATENCY_STEP_MS = 10;
const LOSS_STEP = 50;

type OwnLink = {
  readonly id: NodeId;
  readonly medium: Medium;
  /** There and back; null until it is measured. */
  roundTripMs: Millis | null;
  jitterMs: Millis;
  /** Of heartbeats, 0 to 1. */
  loss: number;
};

export class OwnLinks {
  private readonly links = new Map<number, OwnLink>();
  private readonly bytesPerSecond: (link: number) => number;
  /** As told last, so that what changes little stays as it is. */
  private told = new Map<NodeId, LinkCost>();

  /** `bytesPerSecond`: as measured; 0 for not yet. */
  constructor(bytesPerSecond: (link: number) => number) {
    this.bytesPerSecond = bytesPerSecond;
  }

  get size(): number {
    return this.links.size;
  }

  open(link: number, id: NodeId, medium: Medium): void {
    if (this.links.get(link)?.id === id) return;
    this.links.set(link, { id, medium, roundTripMs: null, jitterMs: 0, loss: 0 });
  }

  close(link: number): NodeId | null {
    const id = this.links.get(link)?.id ?? null;
    this.links.delete(link);
    return id;
  }

  beat(link: number, roundTripMs: Millis | null, missed: number): void {
    const own = this.links.get(link);
    if (own === undefined) return;
    for (let i = 0; i < missed; i++) own.loss += (1 - own.loss) * SMOOTHING;
    own.loss -= own.loss * SMOOTHING;
    if (roundTripMs === null) return;
    const before = own.roundTripMs ?? roundTripMs;
    own.jitterMs += (Math.abs(roundTripMs - before) - own.jitterMs) * SMOOTHING;
    own.roundTripMs = before + (roundTripMs - before) * SMOOTHING;
  }

  has(id: NodeId): boolean {
    for (const own of this.links.values()) if (own.id === id) return true;
    return false;
  }

  /** What the slowest of them carries, as measured or else as its kind does; `Infinity` for none. */
  slowest(nominalOf: (medium: Medium) => number): number {
    let least = Infinity;
    for (const [link, { medium }] of this.links) {
      least = Math.min(least, this.bytesPerSecond(link) || nominalOf(medium));
    }
    return least;
  }

  /** The cheapest link to a neighbour that `isFree`, or -1. */
  linkTo(id: NodeId, isFree: (link: number) => boolean): number {
    let best = -1;
    let least = Infinity;
    for (const [link, own] of this.links) {
      if (own.id !== id || !isFree(link)) continue;
      const cost = edgeCost(costOf(own, this.bytesPerSecond(link)));
      if (cost >= least) continue;
      best = link;
      least = cost;
    }
    return best;
  }

  /** What each neighbour costs over the cheapest link to it; of too many, those that cost least. */
  costs(without: ReadonlySet<NodeId>): Map<NodeId, LinkCost> {
    const all = new Map<NodeId, LinkCost>();
    for (const [link, own] of this.links) {
      if (without.has(own.id)) continue;
      const cost = costOf(own, this.bytesPerSecond(link));
      const other = all.get(own.id);
      if (other === undefined || edgeCost(cost) < edgeCost(other)) all.set(own.id, cost);
    }
    const cheapest = [...all].sort(([, a], [, b]) => edgeCost(a) - edgeCost(b));
    const named = cheapest.slice(0, NEIGHBOURS_MAX);
    this.told = new Map(named.map(([id, cost]) => [id, steady(this.told.get(id), cost)]));
    return this.told;
  }
}

function costOf({ roundTripMs, jitterMs, loss }: OwnLink, bytesPerSecond: number): LinkCost {
  return {
    latencyMs: Math.round((roundTripMs ?? 0) / 2),
    lossPerMille: Math.round(loss * 1000),
    bytesPerSecond,
    jitterMs: Math.round(jitterMs),
  };
}

function steady(before: LinkCost | undefined, cost: LinkCost): LinkCost {
  if (before === undefined) return cost;
  const isSame =
    isNear(before.latencyMs, cost.latencyMs, LATENCY_STEP_MS) &&
    isNear(before.jitterMs, cost.jitterMs, LATENCY_STEP_MS) &&
    isNear(before.lossPerMille, cost.lossPerMille, LOSS_STEP) &&
    isNear(before.bytesPerSecond, cost.bytesPerSecond, 0);
  return isSame ? before : cost;
}

function isNear(one: number, other: number, step: number): boolean {
  return Math.abs(one - other) <= Math.max(step, one / 5);
}
