/**
 * Choice: the strategies there are, by name, and the one that was chosen, with what is used in its place
 * where it does not suit.
 */
import type { Random } from '../../protocol/core/machine.ts';
import { Ants } from './ants.ts';
import { Balanced } from './balanced.ts';
import { Flood } from './flood.ts';
import { Geographic } from './geographic.ts';
import { Hybrid } from './hybrid.ts';
import type { Loads } from './loads.ts';
import { Shortest } from './shortest.ts';
import { unsuitedToLinks } from './classes.ts';
import type { Strategy, StrategyName } from './strategy.ts';
import type { Topology } from './topology.ts';

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

/** Why a strategy is none for this mesh, or for our links, of which the slowest carries so much. */
export function unsuited(
  strategy: Strategy,
  topology: Topology,
  slowestBytesPerSecond: number,
): string | null {
  return unsuitedToLinks(strategy.name, slowestBytesPerSecond) ?? strategy.unsuited(topology);
}

export class Chosen {
  readonly strategy: Strategy;
  private readonly fallback: Strategy;
  private readonly topology: Topology;
  private readonly slowestLink: () => number;
  private flaw: string | null = null;
  private judgedAt = { version: -1, slowest: 0 };

  /** `slowestLink`: bytes a second that the slowest of our links carries. */
  constructor(strategy: Strategy, topology: Topology, slowestLink: () => number) {
    this.strategy = strategy;
    this.fallback = strategy.name === 'shortest' ? strategy : new Shortest();
    this.topology = topology;
    this.slowestLink = slowestLink;
  }

  /** Why it does not suit as things are; null where it does. */
  whyUnsuited(): string | null {
    const { version } = this.topology;
    const slowest = this.slowestLink();
    const { judgedAt } = this;
    if (judgedAt.version !== version || judgedAt.slowest !== slowest) {
      this.judgedAt = { version, slowest };
      this.flaw = unsuited(this.strategy, this.topology, slowest);
    }
    return this.flaw;
  }

  get inUse(): Strategy {
    return this.whyUnsuited() === null ? this.strategy : this.fallback;
  }
}
