/**
 * Flood: the strategy of having none, which every mesh begins with and falls back to. It needs no
 * knowledge, finds every way there is, and costs a transmission on every link: the baseline.
 */
import type { Route, Strategy } from './strategy.ts';

export class Flood implements Strategy {
  readonly name = 'flood';

  unsuited(): string | null {
    return null;
  }

  routes(): Route[] {
    return [];
  }
}
