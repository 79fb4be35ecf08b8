/** Figures of a run: each is a share of what it says that it is a share of. */
import { expect, it } from 'vitest';
import { NO_FAULTS } from '../../tools/simulate/faults.ts';
import { figuresOf } from '../../tools/simulate/report/density.ts';
import { runScenario } from '../../tools/simulate/run.ts';
import { drawScenario } from '../../tools/simulate/scenario.ts';
import { simulatedCrypto } from '../../tools/simulate/simulated-crypto.ts';
import { crypto } from '../protocol/trust/ports.ts';

it('counts duplicates among all packets that came, whatever these were', () => {
  const wishes = { seed: 1, topology: 'ring', nodes: 4, faults: NO_FAULTS } as const;
  const outcome = runScenario(drawScenario(wishes), { crypto: simulatedCrypto(crypto) });
  const { came, duplicates } = outcome;
  expect(came).toBeGreaterThan(duplicates);
  expect(figuresOf(outcome).duplicatesPercent).toBe((100 * duplicates) / came);
  // A packet comes to each of four nodes in a ring once for nothing at most.
  expect(figuresOf(outcome).duplicatesPercent).toBeLessThan(50);
});
