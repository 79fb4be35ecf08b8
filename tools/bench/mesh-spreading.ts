/**
 * Mesh, its broadcasts: what messages to everybody cost the links of a geometric mesh that loses one
 * frame of twenty, beside plain flooding of the same messages, and how many of them arrive; and beside
 * the push gossip that other meshes publish. Stations as `hopline relay` runs them, signatures simulated,
 * but for what `tools/simulate/spreading.ts` sets: announces every 300 s, keys of speakers known, 4,096
 * packets remembered. Flooding is run in the same meshes, but for those of the curve: there it is what
 * it would write to reach the same nodes, which is the same where it reaches all.
 */
import { nativeCrypto } from '../../device/pi/crypto.ts';
import { everybody, gossip } from '../simulate/gossip.ts';
import { seededRandom } from '../simulate/random.ts';
import { geometric } from '../simulate/shapes.ts';
import { simulatedCrypto } from '../simulate/simulated-crypto.ts';
import type { Spreading, SpreadingOptions } from '../simulate/spreading.ts';
import { spreading } from '../simulate/spreading.ts';
import { aroundOf } from '../simulate/topology.ts';
import type { Part } from './bridge-part.ts';
import type { Result } from './report.ts';

/** Nodes and messages; of the curve, its degrees and the messages for each of them. */
export type Extent = {
  nodes: number;
  messages: number;
  degrees: number[];
  curveMessages: number;
  /** Of the mesh that is compared with gossip. */
  fewNodes: number;
  fewMessages: number;
};
const FEW = { fewNodes: 100, fewMessages: 30 };
const USUAL: Extent = { nodes: 200, messages: 30, degrees: [], curveMessages: 0, ...FEW };
const FULL: Extent = {
  nodes: 1000,
  messages: 60,
  degrees: [4, 6, 12, 16, 24],
  curveMessages: 20,
  ...FEW,
};

const DEGREE = 8;
const LOSS_PERCENT = 5;
const TTL = 40;
const PER_SECOND = 1;
const WARM_MS = 20_000;
const FAN_OUT = 3;
const GOSSIPS = 10_000;

export const spreadingFigures: Part = async (progress, isFull, seed) =>
  spreadingOf(seed, isFull ? FULL : USUAL, progress);

export function spreadingOf(
  seed: number,
  { nodes, messages, degrees, curveMessages, fewNodes, fewMessages }: Extent,
  progress: (line: string) => void,
): Result[] {
  const made: Omit<SpreadingOptions, 'nodes' | 'degree' | 'messages'> = {
    ...{ crypto: simulatedCrypto(nativeCrypto()), seed, manner: 'spread' },
    ...{ lossPercent: LOSS_PERCENT, ttl: TTL, perSecond: PER_SECOND, warmMs: WARM_MS },
  };
  progress(`${nodes} nodes of degree ${DEGREE}`);
  const main = { ...made, nodes, degree: DEGREE, messages };
  const results = beside('', main, progress);
  for (const degree of degrees) {
    progress(`${nodes} nodes of degree ${degree}`);
    const curve = spreading({ ...made, nodes, degree, messages: curveMessages });
    results.push(...told(`.degree_${degree}`, curve));
  }
  progress(`${fewNodes} nodes, and push gossip`);
  const few = { ...made, nodes: fewNodes, degree: DEGREE, messages: fewMessages };
  results.push(...beside(`.nodes_${fewNodes}`, few, progress));
  return [...results, ...gossiped(seed, fewNodes)];
}

/** Nobody asks anybody for what he missed: what arrives was flooded. */
const PLAIN = { manner: 'flooded', station: { reconcile: null, asksForHistory: false } } as const;

/** The same messages in the same mesh, spread and flooded. */
function beside(
  which: string,
  options: SpreadingOptions,
  progress: (line: string) => void,
): Result[] {
  const spread = spreading(options);
  progress('the same, flooded');
  const flooded = spreading({ ...options, ...PLAIN });
  return [
    ...told(which, spread, flooded.total),
    { name: `mesh.flood_delivery${which}`, value: 100 * flooded.delivery, unit: '% of them' },
    {
      name: `mesh.flood_duplicates${which}`,
      value: 100 * flooded.duplicates,
      unit: '% of what arrives',
    },
  ];
}

/** `flooding`: frames that it writes for one message. */
function told(which: string, spread: Spreading, flooding = spread.flooding): Result[] {
  const { delivery, total, duplicates, p99Ms, part, frames } = spread;
  const of = `% of ${part} nodes that hang together`;
  return [
    { name: `mesh.delivery${which}`, value: 100 * delivery, unit: of },
    {
      name: `mesh.transmissions_vs_flood${which}`,
      value: (100 * total) / flooding,
      unit: '% of flooding',
    },
    { name: `mesh.duplicates${which}`, value: 100 * duplicates, unit: '% of what arrives' },
    {
      name: `mesh.frames_per_message${which}`,
      value: total,
      unit: 'frames on all links',
      baseline: flooding,
    },
    { name: `mesh.sync_per_message${which}`, value: frames.sync, unit: 'of these' },
    { name: `mesh.p99_ms${which}`, value: p99Ms, unit: 'ms' },
  ];
}

/** Among all, as it is usually counted; and over the links of the mesh that ours is counted in. */
function gossiped(seed: number, nodes: number): Result[] {
  const { edges } = geometric(nodes, DEGREE, seededRandom(seed));
  const random = seededRandom(seed);
  const free = gossip(everybody(nodes), FAN_OUT, 0, GOSSIPS, random);
  const bound = gossip(aroundOf(nodes, edges), FAN_OUT, LOSS_PERCENT, GOSSIPS, random);
  return [
    { name: 'mesh.gossip_delivery', value: 100 * free.delivery, unit: `% of ${nodes} nodes` },
    { name: 'mesh.gossip_duplicates', value: 100 * free.duplicates, unit: '% of what arrives' },
    { name: 'mesh.gossip_frames_per_message', value: free.frames, unit: 'frames on all links' },
    { name: 'mesh.gossip_delivery.links', value: 100 * bound.delivery, unit: '% of them' },
    {
      name: 'mesh.gossip_duplicates.links',
      value: 100 * bound.duplicates,
      unit: '% of what arrives',
    },
  ];
}
