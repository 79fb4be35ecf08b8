/**
 * Strategy: how the next hop of a directed packet is chosen. Each is one answer to the same question,
 * so that they can be measured against each other and against flooding.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import type { NodeId, Topology } from './topology.ts';

export const STRATEGY_NAMES = [
  'flood',
  'shortest',
  'balanced',
  'geographic',
  'ants',
  'hybrid',
] as const;
export type StrategyName = (typeof STRATEGY_NAMES)[number];

/** Routes kept for each destination (DEFAULTS §3). */
export const ROUTES_MAX = 3;

export type Route = {
  /** The first hop, a neighbour of ours. */
  next: NodeId;
  /** All hops from that one to the destination, both included, as far as they are known. */
  via: readonly NodeId[];
  /** Smaller is better, and only comparable within one strategy. */
  cost: number;
  /** What it would cost if our link there were idle; absent where the strategy does not look at that. */
  idleCost?: number;
  /** For people: what made it this one. */
  why: string;
};

/** What came of a directed packet of ours: an answer from its destination, or nothing in time. */
export type Outcome = {
  to: NodeId;
  next: NodeId;
  isConfirmed: boolean;
  /** Until it was confirmed, or was given up. */
  tookMs: Millis;
};

export interface Strategy {
  readonly name: StrategyName;
  /** Null where it suits, or why it does not, and what would. */
  unsuited(topology: Topology): string | null;
  /** The best first, at most `ROUTES_MAX`, each over another neighbour of ours; none: flood. */
  routes(to: NodeId, topology: Topology, now: Millis): Route[];
  learn?(outcome: Outcome, now: Millis): void;
  /** Numbers it holds, for the published table (DEFAULTS §3). */
  readonly memory?: number;
}
