/** Choice: the strategies there are, by name. */
import type { Random } from '../../protocol/core/machine.ts';
import { Ants } from './ants.ts';
import { Balanced } from './balanced.ts';
import { Flood } from './flood.ts';
import { Geographic } from './geographic.ts';
import { Hybrid } from './hybrid.ts';
import type { Loads } from './loads.ts';
import { Shortest } from './shortest.ts';
import type { Strategy, StrategyName } from './strategy.ts';

export function strategyOf(name: StrategyName, loads: Pick<Loads, 'of'>, random: Random): Strategy {
  switch (name) {
    case 'flood':
      return new Flood();
    case 'shortest':
      return new Shortest();
    case 'balanced':
      return new Balanced(loads);
    case 'geographic':
      return new Geographic();
    case 'ants':
      return new Ants(random);
    case 'hybrid':
      return new Hybrid(loads);
  }
}

/** Whether it asks how busy our links are. */
export function looksAtLoads(name: StrategyName): boolean {
  return name === 'balanced' || name === 'hybrid';
}
