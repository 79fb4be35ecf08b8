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

it('has no radio speak for longer than there was time, however much it was given to say', () => {
  const faults = { ...NO_FAULTS, bandwidth: 400 };
  const wishes = { seed: 1, topology: 'ring', nodes: 6, faults } as const;
  const outcome = runScenario(drawScenario(wishes), { crypto: simulatedCrypto(crypto) });
  const shares = outcome.series.slice(1).map(({ at, airtimeMs }, before) => {
    const since = outcome.series[before];
    return (airtimeMs - since.airtimeMs) / ((at - since.at) * 6);
  });
  expect(Math.max(...shares)).toBeGreaterThan(0.2);
  expect(Math.max(...shares)).toBeLessThanOrEqual(1.01);
  expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
  expect(figuresOf(outcome).airtimePercent).toBeLessThanOrEqual(100);
});
