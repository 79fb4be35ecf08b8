/**
 * Golden runs: whole bridges in everything that goes wrong, whose history is the same on every machine
 * and every version of Node. Suspicion and strategies reckon with logarithms, powers and sines, which
 * engines may round each in their own way: what came of them must not tell.
 *
 * Whoever changes what a bridge does changes these. `vitest -u` writes down the new ones: do so only if
 * you know why they are others, and a change that was to change nothing has changed none.
 */
import { expect, it } from 'vitest';
import type { StrategyName } from '../../host/routing/strategy.ts';
import { whyUnsuited } from '../../tools/simulate/policy.ts';
import { runScenario } from '../../tools/simulate/run.ts';
import { drawScenario } from '../../tools/simulate/scenario.ts';
import { simulatedCrypto } from '../../tools/simulate/simulated-crypto.ts';
import { crypto } from '../protocol/trust/ports.ts';

const cheap = simulatedCrypto(crypto);
const RUNS: [seed: number, policy: StrategyName][] = [
  [1, 'shortest'],
  [2, 'geographic'],
  [4, 'ants'],
];

it('is the same history on every machine for the same seed', { timeout: 600_000 }, () => {
  const told = RUNS.map(([seed, policy]) => {
    // Ants ask for some nodes to be at all.
    const scenario = drawScenario({ seed, policy, nodes: 9, topology: 'geometric' });
    expect(whyUnsuited(scenario)).toBeNull();
    const { steps, writes, hash } = runScenario(scenario, { crypto: cheap });
    return `${policy} ${steps} ${writes} ${hash}`;
  });
  expect(told).toMatchInlineSnapshot(`
    [
      "shortest 17861 7453 85840583c61e17d8",
      "geographic 22803 10504 6bdfd85f1453ae75",
      "ants 6855 2786 169aa27aac6d52b3",
    ]
  `);
});
