/**
 * A mesh of fifty stations that was parted for a minute holds everything everywhere soon after it is
 * one again: within two comparisons per hop on any link (RELIABILITY R15).
 */
import { describe, expect, it } from 'vitest';
import { RECONCILE_DEFAULTS } from '../../protocol/peer/reconcile.ts';
import { CLEAR } from '../../tools/simulate/conditions.ts';
import type { Cut, Parted, PartingOptions } from '../../tools/simulate/parting.ts';
import { partMesh } from '../../tools/simulate/parting.ts';
import { simulatedCrypto } from '../../tools/simulate/simulated-crypto.ts';
import { crypto } from '../protocol/trust/ports.ts';
import { runs, SEED, SOAK } from '../seed.ts';

const CUTS: Cut[] = SOAK ? ['halves', 'thirds', 'one against all'] : ['halves'];
/** A busy machine, or all of them. */
const TIMEOUT_MS = 600_000;

describe('a mesh that was parted', { timeout: TIMEOUT_MS }, () => {
  it.each(CUTS)('in %s holds everything everywhere within two rounds per hop', (cut) => {
    for (let run = 0; run < runs(1, 12); run++) {
      const parted = part({ seed: SEED + run, cut, nodes: 50, talkMs: 15_000 });
      expect(parted).toMatchObject({ twice: 0 });
      expect(parted.missing).toBeGreaterThan(parted.said / 2);
      expect(parted.tookMs).not.toBeNull();
      expect(parted.rounds, `seed ${SEED + run}`).toBeLessThanOrEqual(2 * parted.hops);
    }
  });

  it('holds everything everywhere though every twentieth write is lost', () => {
    const parted = part({ nodes: 16, conditions: { ...CLEAR, lossPerMille: 50 } });
    expect(parted.tookMs).not.toBeNull();
  });

  it('spends less on it than phones do, and is done sooner', () => {
    let [took, tookPhones] = [0, 0];
    for (let run = 0; run < runs(1, 20); run++) {
      const small = { seed: SEED + run, nodes: 16, talkMs: 10_000 };
      const [ours, phones] = [part(small), part({ ...small, reconcile: null })];
      expect(ours.tookMs).not.toBeNull();
      expect(ours.givenBytes / ours.missing).toBeLessThan(phones.givenBytes / phones.missing);
      // Phones that happen to ask just then are as soon; others wait half a minute for their turn.
      took += ours.tookMs!;
      tookPhones += phones.tookMs ?? Infinity;
    }
    expect(took).toBeLessThan(tookPhones / 2);
  });
});

function part(differs: Partial<PartingOptions>): Parted {
  return partMesh({
    ...{ seed: SEED, crypto: simulatedCrypto(crypto), nodes: 50, degree: 6, cut: 'halves' },
    ...{ cutMs: 60_000, talkMs: 20_000, conditions: CLEAR, reconcile: RECONCILE_DEFAULTS },
    patienceMs: 300_000,
    ...differs,
  });
}
