/** The table of strategies: every strategy has every figure, and routes cost less than flooding. */
import { expect, it } from 'vitest';
import { STRATEGY_NAMES } from '../../../host/routing/strategy.ts';
import { compareStrategies } from '../../../tools/bench/mesh-strategies.ts';

const NOUNS = [
  'delivery',
  'transmissions_per_packet',
  'p95_ms',
  'delivery_after_cut',
  'convergence_ms',
  'kb_per_node',
  'us_per_choice',
  'us_per_change',
  'mobile_delivery',
  'mobile_transmissions',
  'sabotaged_delivery',
];

it('has a row for every strategy, with every figure', () => {
  const extent = { nodes: 49, packets: 20, cuts: 4, walkers: 15, walkS: 5, aloneMs: 10 };
  const results = compareStrategies(1, extent, () => {});
  const values = new Map(results.map(({ name, value }) => [name, value]));
  const names = STRATEGY_NAMES.flatMap((name) => NOUNS.map((noun) => `strategies.${name}.${noun}`));
  expect([...values.keys()]).toEqual(['strategies.topology_kb_per_node', ...names]);
  for (const name of STRATEGY_NAMES) {
    if (name === 'flood') continue;
    const cost = (of: string): number => values.get(`strategies.${of}.transmissions_per_packet`)!;
    expect(cost(name)).toBeLessThan(cost('flood') / 5);
  }
});
