/**
 * Ants: trails that grow where directed packets were confirmed, the more the sooner, and fade (DEFAULTS
 * §3). What links are said to cost tells where to look; what came back tells where to go: so a
 * neighbour that promises much and passes on nothing is left. Trails lead downhill only, so ants do
 * not walk in circles.
 */
import type { Millis, Random } from '../../protocol/core/machine.ts';
import { keepNewest } from '../../protocol/keep-newest.ts';
import type { Outcome, Route, Strategy } from './strategy.ts';
import { ROUTES_MAX } from './strategy.ts';
import type { NodeId, Topology } from './topology.ts';
import type { Way } from './ways.ts';
import { TREES_MAX, Ways } from './ways.ts';

/** DEFAULTS §3: of each trail a tenth is gone every 30 s. */
const EVAPORATION = 0.1;
export const EVAPORATION_MS = 30_000;
/** Destinations with trails; then the one that was not asked for longest loses its own. */
export const TRAILS_MAX = 256;

/** A trail nobody has walked, and the least that any fades to: it may be better by now. */
const FRESH = 100;
const FAINT = 10;
const STRONG = 1000;
/** What a confirmation that took no time adds; one after a second adds half of it. */
const DEPOSIT = 100;
const HALF_MS = 1000;
/** What is left of a trail that led to nothing. */
const IN_VAIN = 0.5;
/** One packet of so many looks for a better way than the strongest. */
const SCOUTS_OF = 10;
/** In smaller meshes there is nothing to learn that measured links do not say. */
const NODES_LEAST = 8;
/** Whoever is faster is elsewhere before his trail has faded. */
const FAST_MPS = 2;
const FAST_MOST = 0.25;

type Trails = { strength: Map<NodeId, number>; fadedAt: Millis };

export class Ants implements Strategy {
  readonly name = 'ants';
  private readonly random: Random;
  private readonly ways = new Ways();
  /** The one asked for longest ago first. */
  private readonly trails = new Map<NodeId, Trails>();

  constructor(random: Random) {
    this.random = random;
  }

  unsuited(topology: Topology): string | null {
    const { size } = topology;
    if (size < NODES_LEAST) {
      return `${size} nodes are too few for trails to tell more than links do; take shortest`;
    }
    let fast = 0;
    for (const { traits } of topology.nodes()) {
      const { mobility } = traits;
      if (mobility !== null && Math.hypot(mobility.northMps, mobility.eastMps) > FAST_MPS) fast++;
    }
    if (fast <= FAST_MOST * size) return null;
    return `${fast} of ${size} nodes move faster than ${FAST_MPS} m/s, and are gone before a trail fades; take geographic`;
  }

  routes(to: NodeId, topology: Topology, now: Millis): Route[] {
    const ways = this.ways.to(to, topology).filter(({ isDownhill }) => isDownhill);
    if (ways.length === 0) return [];
    const { strength } = this.trailsTo(to, now);
    const pull = (way: Way): number => (strength.get(way.next) ?? FRESH) / way.cost;
    const most = Math.max(...ways.map(pull));
    ways.sort((one, other) => pull(other) - pull(one) || (one.next < other.next ? -1 : 1));
    const scouted = this.scout(ways);
    if (scouted > 0) ways.unshift(...ways.splice(scouted, 1));
    return ways.slice(0, ROUTES_MAX).map((way) => {
      const trail = Math.round(strength.get(way.next) ?? FRESH);
      const why = `a trail of ${trail} over ${way.via.length} ${way.via.length === 1 ? 'hop' : 'hops'}`;
      return { next: way.next, via: way.via, cost: Math.round((1000 * most) / pull(way)), why };
    });
  }

  learn({ to, next, isConfirmed, tookMs }: Outcome, now: Millis): void {
    const { strength } = this.trailsTo(to, now);
    if (!strength.has(next) && strength.size >= TREES_MAX) return;
    const before = strength.get(next) ?? FRESH;
    const after = isConfirmed
      ? before + (DEPOSIT * HALF_MS) / (HALF_MS + tookMs)
      : before * IN_VAIN;
    strength.set(next, Math.max(FAINT, Math.min(STRONG, after)));
  }

  get memory(): number {
    let trails = 0;
    for (const { strength } of this.trails.values()) trails += strength.size;
    return this.ways.size + trails;
  }

  /** Which of the ways is tried before the strongest: as a rule none. */
  private scout(ways: Way[]): number {
    if (ways.length < 2 || this.random(SCOUTS_OF) > 0) return 0;
    return 1 + this.random(ways.length - 1);
  }

  private trailsTo(to: NodeId, now: Millis): Trails {
    const trails = this.trails.get(to) ?? { strength: new Map(), fadedAt: now };
    this.trails.delete(to);
    this.trails.set(to, trails);
    keepNewest(this.trails, TRAILS_MAX);
    fade(trails, now);
    return trails;
  }
}

/** Towards what nobody has walked: a strong trail weakens, and a bad name is forgotten as well. */
function fade(trails: Trails, now: Millis): void {
  const rounds = Math.floor((now - trails.fadedAt) / EVAPORATION_MS);
  if (rounds <= 0) return;
  trails.fadedAt += rounds * EVAPORATION_MS;
  const kept = Math.pow(1 - EVAPORATION, rounds);
  for (const [next, strength] of trails.strength) {
    trails.strength.set(next, FRESH + (strength - FRESH) * kept);
  }
}
