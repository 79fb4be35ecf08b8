/** Strategies: all that there are, made alike for each node, for whoever compares them. */
import { Ants } from '../../host/routing/ants.ts';
import { Balanced } from '../../host/routing/balanced.ts';
import { Flood } from '../../host/routing/flood.ts';
import { Geographic } from '../../host/routing/geographic.ts';
import { Hybrid } from '../../host/routing/hybrid.ts';
import { Shortest } from '../../host/routing/shortest.ts';
import type { StrategyName } from '../../host/routing/strategy.ts';
import type { DirectedOptions } from './directed.ts';

export function strategiesToCompare(): Record<StrategyName, DirectedOptions['strategies'][string]> {
  return {
    flood: () => new Flood(),
    shortest: () => new Shortest(),
    balanced: (_random, loads) => new Balanced(loads),
    geographic: () => new Geographic(),
    ants: (random) => new Ants(random),
    hybrid: (_random, loads) => new Hybrid(loads),
  };
}
