/**
 * Scenario: all that decides a run, as plain values: who is where, what is said, and what goes wrong
 * when. A seed draws one; a file or a command line may fix any part of it.
 */
import type { Millis, Random } from '../../protocol/core/machine.ts';
import { ADMISSION_DEFAULTS } from '../../protocol/trust/admission.ts';
import type { SecurityLevel } from '../../protocol/trust/levels.ts';
import { SECURITY_LEVELS } from '../../protocol/trust/levels.ts';
import type { Deed } from './deeds.ts';
import { drawDeeds } from './deeds.ts';
import type { Faults } from './faults.ts';
import { DRAWN_AS_DEEDS, drawFaults, FAULT_NAMES } from './faults.ts';
import { seededRandom } from './random.ts';
import type { Shape, ShapeName } from './shapes.ts';
import { SHAPES, shapeOf } from './shapes.ts';
import type { StrategyName } from '../../host/routing/strategy.ts';
import { STRATEGY_NAMES } from '../../host/routing/strategy.ts';
import { ROUTING_DEFAULTS } from '../../host/routing/routing.ts';

export type Scenario = {
  seed: number;
  /** How its topology is called: the name of a shape, or of a file. */
  topology: string;
  shape: Shape;
  faults: Faults;
  /** By which strategy all nodes route. */
  policy: StrategyName;
  /** How much all nodes demand. */
  level: SecurityLevel;
  /** In the order in which they happen; none is later than `safeMs`. */
  deeds: readonly Deed[];
  /** For so long things go wrong. */
  safeMs: Millis;
  /** And for so long a healed core may take to catch up; it ends when it has. */
  healMs: Millis;
};

/** What a person fixed; the seed draws the rest. */
export type ScenarioWishes = {
  seed: number;
  nodes?: number;
  /** The name of a shape, or a shape with the name of its file. */
  topology?: ShapeName | { name: string; shape: Shape };
  /** Mean neighbours of a node, for shapes that have a choice. */
  degree?: number;
  faults?: Faults;
  policy?: StrategyName;
  level?: SecurityLevel;
  deeds?: readonly Deed[];
  safeMs?: Millis;
  healMs?: Millis;
};

/** A world as small as this shows most of what can go wrong, and thousands of them can be run. */
const NODES_MIN = 4;
const NODES_SPAN = 6;
const SAFE_MIN_MS = 40_000;
const SAFE_SPAN_MS = 50_000;
const HEAL_MS = 600_000;
const DEGREE = 3;

export function drawScenario(wishes: ScenarioWishes): Scenario {
  const { seed } = wishes;
  const random = seededRandom(seed);
  // All are drawn in any case: what a person fixes leaves the rest of the seed as it was.
  const drawnNodes = NODES_MIN + random(NODES_SPAN);
  const drawnTopology = SHAPES[random(SHAPES.length)];
  const drawnMs = SAFE_MIN_MS + random(SAFE_SPAN_MS);
  const drawnFaults = drawFaults(random);
  // Who says himself what goes wrong has all else as most people have it.
  const drawnWays = wishes.faults === undefined ? drawWays(seededRandom(seed + 5)) : USUAL;
  const topology = wishes.topology ?? drawnTopology;
  const isNamed = typeof topology === 'string';
  const nodes = wishes.nodes ?? drawnNodes;
  const degree = wishes.degree ?? DEGREE;
  const shape = isNamed ? shapeOf(topology, nodes, degree, seededRandom(seed + 1)) : topology.shape;
  const faults = wishes.faults ?? drawnFaults;
  // A script is played to its end.
  const lastMs = Math.max(0, ...(wishes.deeds ?? []).map(({ at }) => at + 1));
  const safeMs = wishes.safeMs ?? Math.max(drawnMs, lastMs);
  return {
    seed,
    topology: isNamed ? topology : topology.name,
    shape,
    faults,
    policy: wishes.policy ?? drawnWays.policy,
    level: wishes.level ?? drawnWays.level,
    deeds: wishes.deeds ?? drawDeeds(faults, shape, safeMs, seededRandom(seed + 2)),
    safeMs,
    healMs: wishes.healMs ?? HEAL_MS,
  };
}

type Ways = Pick<Scenario, 'policy' | 'level'>;
const USUAL: Ways = { policy: ROUTING_DEFAULTS.strategy, level: ADMISSION_DEFAULTS.level };

/** Every second is as usual, and the others are whatever there is. */
function drawWays(random: Random): Ways {
  const policy = STRATEGY_NAMES[random(STRATEGY_NAMES.length)];
  const level = SECURITY_LEVELS[random(SECURITY_LEVELS.length)];
  return {
    policy: random(2) === 0 ? USUAL.policy : policy,
    level: random(2) === 0 ? USUAL.level : level,
  };
}

/** What goes wrong in it, for people: `loss=20 crashes=3`; of deeds that somebody wrote, how many of a kind. */
export function describeWrongs({ faults, deeds }: Scenario): string {
  const counts = new Map<string, number>(FAULT_NAMES.map((name) => [name, faults[name]]));
  const areDrawn = DRAWN_AS_DEEDS.some((name) => faults[name] > 0);
  for (const { kind } of areDrawn ? [] : deeds) {
    if (kind !== 'say' && kind !== 'tell') counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const on = [...counts].filter(([, count]) => count > 0);
  return on.length === 0 ? 'no faults' : on.map(([name, count]) => `${name}=${count}`).join(' ');
}

/** One line that says what a run was. */
export function describeScenario(scenario: Scenario): string {
  const { seed, topology, shape, policy, level, safeMs } = scenario;
  const ways = [topology];
  if (policy !== USUAL.policy) ways.push(policy);
  if (level !== USUAL.level) ways.push(level);
  const where = `${shape.nodes} nodes (${ways.join(', ')})`;
  return `seed ${seed}: ${where}, ${safeMs / 1000} s, ${describeWrongs(scenario)}`;
}
