/** What a message to all costs and whom it reaches: the figures, in a mesh that is small enough. */
import { expect, it } from 'vitest';
import { spreadingOf } from '../../../tools/bench/mesh-spreading.ts';

it('gives delivery, transmissions and duplicates, of each degree, and of gossip', () => {
  const extent = { nodes: 25, messages: 5, degrees: [6], curveMessages: 5 };
  const results = spreadingOf(1, { ...extent, fewNodes: 20, fewMessages: 5 }, () => {});
  const figures = Object.fromEntries(results.map(({ name, value }) => [name, value]));
  for (const which of ['', '.degree_6', '.nodes_20']) {
    expect(figures[`mesh.delivery${which}`]).toBe(100);
    expect(figures[`mesh.transmissions_vs_flood${which}`]).toBeLessThan(60);
    expect(figures[`mesh.duplicates${which}`]).toBeLessThan(50);
  }
  for (const which of ['', '.nodes_20']) {
    expect(figures[`mesh.flood_delivery${which}`]).toBe(100);
    expect(figures[`mesh.flood_duplicates${which}`]).toBeGreaterThan(70);
  }
  expect(figures['mesh.gossip_duplicates']).toBeGreaterThan(60);
  expect(figures['mesh.gossip_delivery']).toBeLessThan(97);
  expect(figures['mesh.gossip_delivery.links']).toBeLessThan(97);
});
