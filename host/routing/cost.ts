/**
 * Cost: what a packet's way over one edge is reckoned at, in tenths of a millisecond. It is a whole
 * number, so that a sum of costs is the same in whatever order it was added up.
 */
import type { LinkCost } from '../../protocol/wire/link-state.ts';
import { PASSES_ON } from '../../protocol/wire/link-state.ts';
import type { NodeId, Topology, Traits } from './topology.ts';

/** A link that nobody has measured is reckoned with as one of a phone, which carries so much ... */
export const USUAL_BYTES_PER_S = 20_000;
/** ... and a packet as one with a few words in it. */
export const USUAL_PACKET = 200;

/** What every hop costs whoever carries it, however fast it is: 10 ms. */
const HOP_COST = 100;
/** A link that loses more is reckoned as one that loses so much: it may be all there is. */
const LOSS_MOST = 900;
/** Below so many percent of its energy, who carries for others is spared, the more the less it has. */
const ENERGY_LOW = 50;

/** Of an edge by itself. */
export function edgeCost({ latencyMs, lossPerMille, jitterMs, bytesPerSecond }: LinkCost): number {
  // What is lost is sent again, so a loss of a half makes it twice as far.
  const tries = 1000 / (1000 - Math.min(lossPerMille, LOSS_MOST));
  const slowness = slownessOf(bytesPerSecond || USUAL_BYTES_PER_S);
  return Math.round((latencyMs * 10 + jitterMs * 10 + slowness + HOP_COST) * tries);
}

/** What a packet takes longer than over a usual link; a faster one waits for others anyway. */
function slownessOf(bytesPerSecond: number): number {
  const takes = (rate: number): number => (USUAL_PACKET * 10_000) / rate;
  return Math.max(0, takes(bytesPerSecond) - takes(USUAL_BYTES_PER_S));
}

/** How much dearer it is to go through a node: 1 with energy enough, 2 with none; else no way. */
export function burden({ energyPercent, capabilities }: Traits): number {
  if ((capabilities & PASSES_ON) === 0) return Infinity;
  if (energyPercent === null || energyPercent >= ENERGY_LOW) return 1;
  return 2 - energyPercent / ENERGY_LOW;
}

/** From a node over an edge on to its other end: what leaving the first costs. */
export function stepCost(topology: Topology, from: NodeId, to: NodeId): number {
  const edge = topology.edge(from, to);
  const node = topology.node(from);
  if (edge === null || node === null) return Infinity;
  return Math.round(edgeCost(edge) * burden(node.traits));
}

/** From us to a neighbour. What we say ourselves we send, however little energy is left: no burden. */
export function firstCost(topology: Topology, next: NodeId): number {
  const edge = topology.edge(topology.self, next);
  return edge === null ? Infinity : edgeCost(edge);
}
