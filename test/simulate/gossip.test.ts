/** Push gossip, as others publish it: what it really gives. */
import { expect, it } from 'vitest';
import { everybody, gossip } from '../../tools/simulate/gossip.ts';
import { seededRandom } from '../../tools/simulate/random.ts';

it('push gossip with fan-out 3 misses one of sixteen, and two of three copies are in vain', () => {
  const { delivery, duplicates, frames } = gossip(everybody(100), 3, 0, 2000, seededRandom(1));
  expect(delivery).toBeGreaterThan(0.93);
  expect(delivery).toBeLessThan(0.95);
  expect(duplicates).toBeGreaterThan(0.66);
  expect(duplicates).toBeLessThan(0.68);
  expect(frames).toBeCloseTo(3 * (1 + 99 * delivery), 6);
});

it('loses what is lost, and reaches nobody beyond who is around', () => {
  const line = [[], [2], [1, 3], [2], []];
  const all = gossip(line, 3, 0, 10, seededRandom(1));
  expect(all).toEqual({ delivery: 1, duplicates: 0.5, frames: 4 });
  expect(gossip(line, 3, 100, 10, seededRandom(1)).delivery).toBe(0);
});
