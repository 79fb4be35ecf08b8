/**
 * Mesh: what many nodes together do for a message and for each other, in virtual time: what reaches all
 * and what that costs, how soon the dead are missed, the strategies that routing can be set to, beside
 * flooding, and what all this costs to simulate.
 */
import type { BenchArea } from './area.ts';
import type { Part } from './bridge-part.ts';
import { directedFigures } from './mesh-directed.ts';
import { hourFigures } from './mesh-hour.ts';
import { reconcileFigures } from './mesh-reconcile.ts';
import { spreadingFigures } from './mesh-spreading.ts';
import { strategyFigures } from './mesh-strategies.ts';
import { suspicionFigures } from './mesh-suspicion.ts';
import type { Missing, Result } from './report.ts';

/** In this order; each is a file beside this one. */
const PARTS: Part[] = [
  spreadingFigures,
  suspicionFigures,
  reconcileFigures,
  directedFigures,
  strategyFigures,
  hourFigures,
];

export const area: BenchArea = {
  name: 'mesh',
  summary: 'many nodes in virtual time: what arrives, and what it costs, beside flooding',
  takes: 'ten minutes',

  async run(seed, progress, isFull) {
    const results: (Result | Missing)[] = [];
    for (const part of PARTS) results.push(...(await part(progress, isFull, seed)));
    return results;
  },
};
