/** Strategies: all that there are, made alike for each node, for whoever compares them. */
import { strategyOf } from '../../host/routing/choice.ts';
import { STRATEGY_NAMES } from '../../host/routing/strategy.ts';
import type { DirectedOptions } from './directed.ts';

export function strategiesToCompare(): DirectedOptions['strategies'] {
  return Object.fromEntries(
    STRATEGY_NAMES.map((name) => [name, (random, loads) => strategyOf(name, loads, random)]),
  ) as DirectedOptions['strategies'];
}
