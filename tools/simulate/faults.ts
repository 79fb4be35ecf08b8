/**
 * Faults: everything that may go wrong in a simulated mesh, each with one number that says how much;
 * 0 is not at all. A seed draws which of them are on and how strong (swarm testing: what is off in one
 * run lets what is on go further), and a person may name his own.
 */
import type { Random } from '../../protocol/core/machine.ts';
import type { Conditions } from './conditions.ts';
import { CLEAR } from './conditions.ts';
import { PAYLOAD_MAX } from './mesh.ts';

/** What a number means, the least and the most that anybody may ask for, and the usual most. */
type Fault = { unit: string; least?: number; most: number; usual: number };
const TABLE = {
  loss: { unit: 'per mille of writes that are lost', most: 1000, usual: 150 },
  bursts: { unit: 'per mille of writes that begin a burst of losses', most: 1000, usual: 20 },
  duplication: { unit: 'per mille of writes that arrive twice', most: 1000, usual: 100 },
  reordering: { unit: 'per mille of writes that are overtaken', most: 1000, usual: 100 },
  latency: { unit: 'ms that a write may take', most: 60_000, usual: 400 },
  bandwidth: {
    unit: 'bytes a second that a radio carries',
    least: 500,
    most: 100_000_000,
    usual: 8000,
  },
  mtu: { unit: 'bytes that a write takes', least: 50, most: 508, usual: 180 },
  duty: { unit: 'percent of its time that a radio may speak', most: 100, usual: 50 },
  'one-way': { unit: 'edges that carry one way only, for a while', most: 10_000, usual: 3 },
  mobility: {
    unit: 'thousandths of the map that a node walks in a minute',
    most: 10_000,
    usual: 80,
  },
  crashes: { unit: 'times that a node loses its power', most: 100_000, usual: 5 },
  pauses: { unit: 'times that a node stands still', most: 100_000, usual: 4 },
  partitions: { unit: 'times that the mesh falls apart', most: 10_000, usual: 3 },
  swizzles: {
    unit: 'times that links go one by one, and come in another order',
    most: 1000,
    usual: 2,
  },
  drift: { unit: 'millionths that clocks are fast or slow', most: 100_000, usual: 5000 },
  clocks: { unit: 'hours that clocks are off, and jump', most: 24 * 365, usual: 168 },
  disks: {
    unit: 'times that a disk fills, or the power goes while it writes',
    most: 10_000,
    usual: 4,
  },
  lies: { unit: 'times that a disk says it wrote and did not', most: 10_000, usual: 2 },
  byzantine: { unit: 'nodes that mean harm', most: 1000, usual: 2 },
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof TABLE;
export const FAULTS: Record<FaultName, Fault> = TABLE;
export type Faults = Record<FaultName, number>;

export const FAULT_NAMES = Object.keys(TABLE) as FaultName[];

/** Those that come as deeds which the seed draws: none of them, where somebody wrote the deeds. */
export const DRAWN_AS_DEEDS: readonly FaultName[] = [
  'one-way',
  'crashes',
  'pauses',
  'partitions',
  'swizzles',
  'clocks',
  'disks',
  'lies',
];

export const NO_FAULTS = Object.fromEntries(FAULT_NAMES.map((name) => [name, 0])) as Faults;

/** About every second fault is on, up to its usual strength. */
export function drawFaults(random: Random): Faults {
  const faults = { ...NO_FAULTS };
  for (const name of FAULT_NAMES) {
    // Both are drawn in any case, so that one that is new leaves the others as they were.
    const isOn = random(2) === 0;
    const strength = 1 + random(FAULTS[name].usual);
    if (isOn) faults[name] = strength;
  }
  // Less than this carries nothing at all, and shows nothing.
  if (faults.bandwidth > 0) faults.bandwidth = Math.max(2000, faults.bandwidth);
  if (faults.mtu > 0) faults.mtu = Math.max(TABLE.mtu.least, faults.mtu);
  if (faults.duty > 0) faults.duty = Math.max(10, faults.duty);
  return faults;
}

/** All of them, as strong as they usually are at most. */
export function allFaults(): Faults {
  const faults = { ...NO_FAULTS };
  for (const name of FAULT_NAMES) faults[name] = FAULTS[name].usual;
  return faults;
}

/** Of so many nodes, how many may mean harm: somebody has to be left to be honest with. */
export function byzantineMost(nodes: number): number {
  return Math.floor((nodes - 1) / 3);
}

/** The conditions of every edge. */
export function conditionsOf(faults: Faults): Conditions {
  const { loss, bursts, duplication, reordering, latency, bandwidth } = faults;
  return {
    ...CLEAR,
    lossPerMille: loss,
    bursts: bursts > 0 ? { enterPerMille: bursts, leavePerMille: 200, lossPerMille: 800 } : null,
    duplicatePerMille: duplication,
    reorderPerMille: reordering,
    jitterMs: latency,
    bytesPerSecond: bandwidth > 0 ? bandwidth : Infinity,
  };
}

export function payloadMaxOf({ mtu }: Faults): number {
  return mtu > 0 ? mtu : PAYLOAD_MAX;
}
