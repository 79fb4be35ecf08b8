/**
 * Density: the same mesh with fewer and with more neighbours, one short run of each, so that its curves
 * can be seen over density as well as over time.
 */
import { percentilesOf } from '../series.ts';
import type { Sample } from '../series.ts';
import type { Outcome, RunPorts } from '../run.ts';
import { runScenario } from '../run.ts';
import type { ScenarioWishes } from '../scenario.ts';
import { drawScenario } from '../scenario.ts';

/** Mean neighbours of a node. */
const DENSITIES = [2, 3, 4, 6, 8, 12, 16];

/** Things go wrong for so long at each density, or for as long as they do in the run itself. */
const SAFE_MAX_MS = 30_000;

export type DensityPoint = Figures & { density: number };

export type Figures = {
  /** Of a hundred arrivals that were due while things went wrong, and until the end. */
  deliveredPercent: number | null;
  latency: Sample['latency'];
  /** Of a hundred moments, those in which a radio spoke. */
  airtimePercent: number | null;
  /** For each arrival of a message. */
  writesPerArrival: number | null;
  /** Of a hundred packets of whatever type that came to a node, those that it had had. */
  duplicatesPercent: number | null;
};

export function overDensity(
  wishes: ScenarioWishes,
  ports: RunPorts,
  begun: (density: number) => void,
): DensityPoint[] {
  return DENSITIES.map((degree) => {
    begun(degree);
    const { safeMs } = drawScenario(wishes);
    const short = { ...wishes, degree, safeMs: Math.min(safeMs, SAFE_MAX_MS) };
    const outcome = runScenario(drawScenario(short), ports);
    const { nodes, edges } = outcome.scenario.shape;
    return { density: (2 * edges.length) / nodes, ...figuresOf(outcome) };
  });
}

export function figuresOf(outcome: Outcome): Figures {
  const { series, scenario, endedAt, writes, words, came, duplicates } = outcome;
  const last = series.at(-1);
  const arrivals = words.reduce((sum, { arrivedAt }) => sum + arrivedAt.size, 0);
  const latencies = words.flatMap(({ saidAt, arrivedAt }) =>
    [...arrivedAt.values()].map((at) => at - saidAt),
  );
  const airMs = endedAt * scenario.shape.nodes;
  return {
    deliveredPercent: last === undefined ? null : percentOf(last.delivered, last.due),
    latency: percentilesOf(latencies),
    airtimePercent: last === undefined ? null : percentOf(last.airtimeMs, airMs),
    writesPerArrival: arrivals === 0 ? null : writes / arrivals,
    duplicatesPercent: percentOf(duplicates, came),
  };
}

export function percentOf(part: number, whole: number): number | null {
  return whole === 0 ? null : (100 * part) / whole;
}
