/** Directed traffic of whole bridges: all of it arrives, for less than flooding, around a cut as well. */
import { expect, it } from 'vitest';
import { directed } from '../../../tools/bench/mesh-directed.ts';

it('arrives over routes for a fraction of flooding, and around a cut', () => {
  const results = directed(1, { nodes: 16, pings: 10, cuts: 1, silences: 1 }, () => {});
  const figures = Object.fromEntries(results.map(({ name, value }) => [name, value]));
  expect(figures['directed.delivery']).toBe(100);
  expect(figures['directed.transmissions_vs_flood']).toBeLessThan(40);
  const linkStates = figures['directed.link_states_per_node_minute'];
  expect(linkStates).toBeGreaterThan(1);
  expect(linkStates).toBeLessThan(figures['directed.upkeep_per_node_minute']);
  // What they cost is paid back by so many packets.
  const each = results.find(({ name }) => name === 'directed.writes_per_packet')!;
  const pays = (60 * linkStates) / (each.baseline! - each.value);
  expect(figures['directed.pays_from_per_node_hour']).toBeCloseTo(pays, 6);
  expect(figures['reroute.lost']).toBe(0);
  expect(figures['reroute.p99_ms']).toBeLessThan(1000);
  // Three heartbeats that do not come, and what is left of the interval.
  expect(figures['reroute.silent_p99_ms']).toBeGreaterThan(1000);
  expect(figures['reroute.silent_p99_ms']).toBeLessThan(45_000);
});
