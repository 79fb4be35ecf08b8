/** Directed traffic of whole bridges: all of it arrives, for less than flooding, around a cut as well. */
import { expect, it } from 'vitest';
import { directed } from '../../../tools/bench/mesh-directed.ts';

it('arrives over routes for a fraction of flooding, and around a cut', { timeout: 120_000 }, () => {
  const results = directed(1, { nodes: 16, pings: 10, cuts: 1 }, () => {});
  const figures = Object.fromEntries(results.map(({ name, value }) => [name, value]));
  expect(figures['directed.delivery']).toBe(100);
  expect(figures['directed.transmissions_vs_flood']).toBeLessThan(40);
  expect(figures['reroute.lost']).toBe(0);
  expect(figures['reroute.p99_ms']).toBeLessThan(1000);
});
