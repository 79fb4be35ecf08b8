/**
 * Mesh, what neighbours owe each other: fifty stations are parted for a minute, talk on, and are one
 * again; how soon and at what cost everybody has everything, beside asking as phones do.
 */
import { RECONCILE_DEFAULTS } from '../../protocol/peer/reconcile.ts';
import { pureCrypto } from '../../protocol/trust/pure-crypto.ts';
import { CLEAR } from '../simulate/conditions.ts';
import type { Cut, Parted } from '../simulate/parting.ts';
import { partMesh } from '../simulate/parting.ts';
import { simulatedCrypto } from '../simulate/simulated-crypto.ts';
import type { Part } from './bridge-part.ts';
import type { Result } from './report.ts';

const CUTS: Cut[] = ['halves', 'thirds', 'one against all'];

export const reconcileFigures: Part = async (progress, isFull, seed) => {
  const results: Result[] = [];
  for (const cut of isFull ? CUTS : CUTS.slice(0, 1)) {
    for (const lossPerMille of isFull ? [0, 50] : [0]) {
      progress(`50 nodes, ${cut}, ${lossPerMille} of 1,000 writes lost`);
      const noun = `${cut.replaceAll(' ', '_')}${lossPerMille > 0 ? '_lossy' : ''}`;
      const tell = (name: string, value: number, unit: string): void =>
        void results.push({ name: `${name}.${noun}`, value, unit });
      const made = { seed, crypto: simulatedCrypto(pureCrypto), nodes: 50, degree: 6, cut };
      const timed = { cutMs: 60_000, talkMs: 15_000, patienceMs: 300_000 };
      const conditions = { ...CLEAR, lossPerMille };
      const ours = partMesh({ ...made, ...timed, conditions, reconcile: RECONCILE_DEFAULTS });
      const phones = partMesh({ ...made, ...timed, conditions, reconcile: null });
      tell('reconcile.rounds_per_hop', ours.rounds / ours.hops, 'rounds');
      for (const [who, parted] of [['reconcile', ours] as const, ['filters', phones] as const]) {
        if (parted.tookMs !== null) tell(`${who}.seconds`, parted.tookMs / 1000, 's');
        tell(`${who}.bytes_per_missing`, bytesOf(parted), 'B');
      }
    }
  }
  return results;
};

function bytesOf({ askedBytes, givenBytes, missing }: Parted): number {
  return Math.round((askedBytes + givenBytes) / missing);
}
