/**
 * What an hour of a mesh costs to simulate: announces every five minutes, heartbeats every minute, a
 * message of everybody, two of a hundred nodes that go and come back. Signatures are simulated; all
 * else is the real station. `--full` lives the hour of ten thousand nodes.
 */
import { HOUR_MS } from '../simulate/hour.ts';
import { live } from './mesh-threads.ts';
import type { Lived } from './mesh-threads.ts';
import type { Part } from './bridge-part.ts';
import type { Missing, Result } from './report.ts';

const DEGREE = 8;
const THREADS = 2;
/** What the issue of the mesh allows for ten thousand nodes. */
const SECONDS_MAX = 300;
const LARGEST = 10_000;

/** How many live for how long: the cost of one should be the same in each. */
const USUAL = [
  { nodes: 100, lastsMs: HOUR_MS / 4 },
  { nodes: 1000, lastsMs: HOUR_MS / 6 },
];
const FULL = [
  { nodes: 100, lastsMs: HOUR_MS },
  { nodes: 1000, lastsMs: HOUR_MS },
  { nodes: LARGEST, lastsMs: HOUR_MS },
];

export const hourFigures: Part = async (progress, isFull, seed) => {
  const results: (Result | Missing)[] = [];
  let last: { lived: Lived; nodeHours: number } | null = null;
  for (const { nodes, lastsMs } of isFull ? FULL : USUAL) {
    const minutes = lastsMs / 60_000;
    const lived = await live({ seed, nodes, degree: DEGREE, lastsMs }, THREADS, (minute) =>
      progress(`${nodes} nodes, minute ${minute} of ${minutes}`),
    );
    const nodeHours = (nodes * lastsMs) / HOUR_MS;
    results.push(...costs(nodes, lived, nodeHours));
    last = { lived, nodeHours };
  }
  return [...results, ...speed(last!.lived, last!.nodeHours, isFull)];
};

/** Of one size. */
function costs(nodes: number, { figures, seconds, bytes }: Lived, nodeHours: number): Result[] {
  const name = (what: string): string => `sim.${what}_${nodes}`;
  return [
    { name: name('ms_per_node_hour'), value: (seconds * 1000) / nodeHours, unit: 'ms' },
    { name: name('kb_per_node'), value: bytes / nodes / 1000, unit: 'kB' },
    {
      name: name('writes_per_node_hour'),
      value: figures.writes / nodeHours,
      unit: 'segments written',
    },
  ];
}

function speed({ figures, seconds }: Lived, nodeHours: number, isFull: boolean): Result[] {
  const took = (seconds * LARGEST) / nodeHours;
  return [
    {
      name: 'sim.events_per_s',
      value: figures.steps / seconds,
      unit: `steps/s on ${THREADS} threads`,
    },
    {
      name: 'sim.seconds_for_10k_hour',
      value: took,
      unit: isFull ? 's' : 's, reckoned from fewer nodes',
      baseline: SECONDS_MAX,
    },
  ];
}
