/**
 * Mesh, its directed traffic: pings and their answers across a grid of whole bridges, over routes and,
 * on the same grid, flooded; and how soon a route is replaced whose link is cut. Signatures are
 * simulated, all else is what `hopline up` runs.
 */
import { nativeCrypto } from '../../device/pi/crypto.ts';
import type { Traffic } from '../simulate/directed-grid.ts';
import { DirectedGrid } from '../simulate/directed-grid.ts';
import { simulatedCrypto } from '../simulate/simulated-crypto.ts';
import type { Part } from './bridge-part.ts';
import { percentile } from './percentile.ts';
import type { Result } from './report.ts';

/** Nodes of the grid, pings across it, and links that are cut under them. */
export type Extent = { nodes: number; pings: number; cuts: number };
const USUAL: Extent = { nodes: 36, pings: 60, cuts: 4 };
const FULL: Extent = { nodes: 400, pings: 200, cuts: 20 };

export const directedFigures: Part = async (progress, isFull, seed) =>
  directed(seed, isFull ? FULL : USUAL, progress);

export function directed(
  seed: number,
  { nodes, pings, cuts }: Extent,
  progress: (line: string) => void,
): Result[] {
  const crypto = simulatedCrypto(nativeCrypto());
  progress(`${nodes} bridges that flood`);
  const flooded = new DirectedGrid({ seed, nodes, crypto, strategy: 'flood' }).traffic(pings);
  progress(`${nodes} bridges that know routes`);
  const grid = new DirectedGrid({ seed, nodes, crypto, strategy: 'shortest' });
  const routed = grid.traffic(pings);
  progress(`${cuts} cuts`);
  const replaced = Array.from({ length: cuts }, () => grid.cut());
  const late = replaced.map(({ rerouteMs }) => rerouteMs);
  const lost = replaced.reduce((sum, cut) => sum + cut.lost + cut.unconfirmed, 0);
  const ratio = writesEach(routed) / writesEach(flooded);
  return [
    { name: 'directed.delivery', value: share(routed), unit: '%', baseline: share(flooded) },
    {
      name: 'directed.writes_per_packet',
      value: writesEach(routed),
      unit: 'writes for each that arrived',
      baseline: writesEach(flooded),
    },
    { name: 'directed.transmissions_vs_flood', value: 100 * ratio, unit: '% of flooding' },
    { name: 'reroute.p99_ms', value: percentile(late, 0.99), unit: 'ms after the cut' },
    { name: 'reroute.lost', value: lost, unit: 'messages not confirmed, of all around the cuts' },
  ];
}

function share({ asked, answered }: Traffic): number {
  return (100 * answered) / asked;
}

/** Of pings and answers, for each of either. */
function writesEach({ answered, transmissions }: Traffic): number {
  return transmissions / Math.max(1, answered * 2);
}
