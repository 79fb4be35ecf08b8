/**
 * Classes: which strategies the links of a class have no room for. A strategy that sends more than one
 * copy of a packet, or goes by loads that pass sooner than they are measured, is none for links that
 * take long over a single packet.
 */
import type { StrategyName } from './strategy.ts';

/** A link that carries less is slow: a usual packet takes a fifth of a second of it. */
export const SLOW_BYTES_PER_S = 1000;

/** Why each is none for slow links; null where it is as good as over any other. */
const ON_SLOW_LINKS: Record<StrategyName, string | null> = {
  flood: 'every packet takes the time of all links',
  shortest: null,
  balanced: 'a single packet makes them look busy',
  geographic: null,
  ants: 'one packet of ten takes a longer way to look for a better',
  hybrid: 'a single packet makes them look busy',
};

/** `slowest`: bytes a second of the slowest of our links; `Infinity` where there is none. */
export function unsuitedToLinks(name: StrategyName, slowest: number): string | null {
  const why = ON_SLOW_LINKS[name];
  if (why === null || slowest >= SLOW_BYTES_PER_S) return null;
  const bound = `less than ${SLOW_BYTES_PER_S}`;
  return `a link of ours carries ${Math.round(slowest)} bytes a second, ${bound}: ${why}; take shortest`;
}
