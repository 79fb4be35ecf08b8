/**
 * How soon the dead are suspected, and how seldom the living are given up: what the mesh promises of
 * both, over node-days of virtual time.
 */
import { expect, it } from 'vitest';
import { CLEAN, LOSSY, watchFor } from '../../../tools/bench/mesh-suspicion.ts';
import { runs, SEED } from '../../seed.ts';

it('suspects the dead within three heartbeats on clean links, and never the living', () => {
  const { p99, suspected, failed } = watchFor(runs(1, 20), CLEAN, SEED);
  expect(p99).toBeLessThanOrEqual(3);
  expect({ suspected, failed }).toEqual({ suspected: 0, failed: 0 });
});

it('suspects the dead within eight where a fifth is lost in bursts, and gives up few who live', () => {
  const { p99, failed, suspected } = watchFor(runs(3, 100), LOSSY, SEED);
  expect(p99).toBeLessThanOrEqual(8);
  expect(p99).toBeGreaterThan(3);
  // Others are asked often, and that is what it is for.
  expect(suspected).toBeGreaterThan(10);
  expect(failed).toBeLessThan(1);
});
