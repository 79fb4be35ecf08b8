/**
 * Mesh, its directed traffic: pings and their answers across a grid of whole bridges, over routes and,
 * on the same grid, flooded; what routes cost while nobody writes; and how soon one is replaced whose
 * link is cut, where the radio says so at once, and where nobody notices but by its silence. Signatures
 * are simulated, all else is what `hopline up` runs.
 */
import { nativeCrypto } from '../../device/pi/crypto.ts';
import type { Traffic } from '../simulate/directed-grid.ts';
import { DirectedGrid } from '../simulate/directed-grid.ts';
import { simulatedCrypto } from '../simulate/simulated-crypto.ts';
import type { Part } from './bridge-part.ts';
import { percentile } from './percentile.ts';
import type { Result } from './report.ts';

/** Nodes of the grid, pings across it, links that are cut under them, and that fall silent. */
export type Extent = { nodes: number; pings: number; cuts: number; silences: number };
const USUAL: Extent = { nodes: 36, pings: 60, cuts: 4, silences: 4 };
const FULL: Extent = { nodes: 400, pings: 200, cuts: 20, silences: 8 };

export const directedFigures: Part = async (progress, isFull, seed) =>
  directed(seed, isFull ? FULL : USUAL, progress);

export function directed(
  seed: number,
  { nodes, pings, cuts, silences }: Extent,
  progress: (line: string) => void,
): Result[] {
  const crypto = simulatedCrypto(nativeCrypto());
  progress(`${nodes} bridges that flood`);
  const flooded = new DirectedGrid({ seed, nodes, crypto, strategy: 'flood' }).traffic(pings);
  progress(`${nodes} bridges that know routes`);
  const grid = new DirectedGrid({ seed, nodes, crypto, strategy: 'shortest' });
  const routed = grid.traffic(pings);
  const upkeep = grid.upkeep();
  progress(`${cuts} cuts`);
  const replaced = Array.from({ length: cuts }, () => grid.cut());
  const late = replaced.map(({ rerouteMs }) => rerouteMs);
  const lost = replaced.reduce((sum, cut) => sum + cut.lost + cut.unconfirmed, 0);
  progress(`${silences} links that fall silent`);
  const silent = Array.from({ length: silences }, () => grid.silence());
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
    {
      name: 'directed.link_states_per_node_minute',
      value: upkeep.linkStates,
      unit: 'writes, while nobody asks anything',
    },
    {
      name: 'directed.upkeep_per_node_minute',
      value: upkeep.all,
      unit: 'writes of all kinds then: announces, heartbeats and comparing, too',
    },
    {
      name: 'directed.pays_from_per_node_hour',
      value: (60 * upkeep.linkStates) / (writesEach(flooded) - writesEach(routed)),
      unit: 'packets for one node, from which on routes and link states cost less than flooding without',
    },
    {
      name: 'reroute.p99_ms',
      value: percentile(late, 0.99),
      unit: 'ms after a cut that both ends notice at once',
    },
    {
      name: 'reroute.silent_p99_ms',
      value: percentile(silent, 0.99),
      unit: 'ms where no radio tells of it',
    },
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
