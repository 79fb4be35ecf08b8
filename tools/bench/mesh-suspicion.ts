/**
 * Mesh, its suspicion: how many heartbeats it takes until a dead neighbour is suspected, on clean links
 * and on links that lose a fifth in bursts of three on average, and how often a living one is taken
 * for failed, in node-days of virtual time. A node watches four others; with each it has two more in
 * common. That without any is told beside it. No station runs here, and no air: these are figures of
 * the machine that judges, over links that a model loses heartbeats on (tools/simulate/vigil.ts).
 */
import { RESILIENCE_DEFAULTS } from '../../host/resilience/settings.ts';
import { seededRandom } from '../simulate/random.ts';
import type { VigilOptions } from '../simulate/vigil.ts';
import { Vigil } from '../simulate/vigil.ts';
import type { Part } from './bridge-part.ts';
import { percentile } from './percentile.ts';
import type { Result } from './report.ts';

export const CLEAN: VigilOptions = { lossPerMille: 0, burst: 1, others: 2 };
export const LOSSY: VigilOptions = { lossPerMille: 200, burst: 3, others: 2 };
const ALONE: VigilOptions = { ...LOSSY, others: 0 };

const NEIGHBOURS = 4;
const { intervalMs } = RESILIENCE_DEFAULTS.pace;
const BEATS_A_DAY = (24 * 3_600_000) / intervalMs;
/** Each vigil ends with one death. */
const VIGIL_BEATS = 500;

const MODEL = 'of the machine alone, over modelled links';

export const suspicionFigures: Part = async (progress, isFull, seed) => {
  const nodeDays = isFull ? 200 : 20;
  const watched = (days: number, options: VigilOptions, where: string): Watched => {
    progress(`${days} node-days of heartbeats ${where}`);
    return watchFor(days, options, seed);
  };
  const clean = watched(nodeDays / 4, CLEAN, 'on clean links');
  const lossy = watched(nodeDays, LOSSY, 'on links that lose a fifth');
  const alone = watched(nodeDays, ALONE, 'on such links, without neighbours in common');
  const results: Result[] = [];
  const tell = (noun: string, value: number, unit: string): void =>
    void results.push({ name: `suspicion.${noun}`, value, unit: `${unit}, ${MODEL}` });
  tell('clean.p99_heartbeats', clean.p99, 'heartbeats');
  tell('clean.false_per_node_day', clean.failed, '1/day');
  tell('p99_heartbeats', lossy.p99, 'heartbeats');
  tell('suspected_per_node_day', lossy.suspected, '1/day');
  tell('false_per_node_day', lossy.failed, '1/day');
  tell('alone.false_per_node_day', alone.failed, '1/day');
  return results;
};

export type Watched = { p99: number; suspected: number; failed: number };

/** What one node sees in so many days, by day. */
export function watchFor(nodeDays: number, options: VigilOptions, seed: number): Watched {
  const random = seededRandom(seed);
  const vigils = Math.max(1, Math.round((nodeDays * NEIGHBOURS * BEATS_A_DAY) / VIGIL_BEATS));
  const silences: number[] = [];
  let [suspected, failed] = [0, 0];
  for (let n = 0; n < vigils; n++) {
    const seen = new Vigil(options, random).watch(VIGIL_BEATS);
    silences.push(seen.silentMs / intervalMs);
    suspected += seen.suspected;
    failed += seen.failed;
  }
  return {
    p99: percentile(silences, 0.99),
    suspected: suspected / nodeDays,
    failed: failed / nodeDays,
  };
}
