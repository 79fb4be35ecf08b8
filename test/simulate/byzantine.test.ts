/**
 * What a node that means harm does is worth something to it: its lies are believed by honest nodes as far
 * as nobody can know better, and no further.
 */
import { expect, it } from 'vitest';
import type { Trick } from '../../tools/simulate/byzantine.ts';
import { Byzantine } from '../../tools/simulate/byzantine.ts';
import { Disk } from '../../tools/simulate/disk.ts';
import { Mesh } from '../../tools/simulate/mesh.ts';
import { line } from '../../tools/simulate/shapes.ts';
import type { SimNode } from '../../tools/simulate/sim-node.ts';
import { simulatedCrypto } from '../../tools/simulate/simulated-crypto.ts';
import { BridgeNode, Roster } from '../../tools/simulate/stations.ts';
import { crypto } from '../protocol/trust/ports.ts';

const cheap = simulatedCrypto(crypto);
const NODES = 5;

it('lies alone about links of nodes that know better, and nobody has them for true', () => {
  expect(edgesSeenBy(1, { 3: [] })).toBe(NODES - 1);
});

it('lies with a fellow about a link between them, and others have it for true', () => {
  expect(edgesSeenBy(1, { 3: [5], 5: [3] })).toBe(NODES);
});

/** How many links a node of a line believes in; `fellows`: those of each liar. */
function edgesSeenBy(node: number, fellows: Record<number, number[]>): number {
  const tricks: Trick[] = ['lie'];
  const roster = new Roster(cheap, 1, NODES);
  const honest = new Map<number, BridgeNode>();
  const mesh = new Mesh<SimNode>({
    seed: 1,
    nodes: NODES,
    edges: line(NODES).edges,
    make(seat, now) {
      const made = new BridgeNode(
        ...([seat, roster.of(seat.node), new Disk(), { crypto: cheap }, now] as const),
      );
      honest.set(seat.node, made);
      const malice = { tricks, fellows: fellows[seat.node] ?? [] };
      if (!(seat.node in fellows)) return made;
      return new Byzantine(made, seat.node, malice, roster, seat.random, now);
    },
  });
  let most = 0;
  for (let at = 20_000; at <= 60_000; at += 1000) {
    mesh.runUntil(at);
    const { components } = honest.get(node)!.bridge.snapshot(at);
    const { statistics } = components.find(({ name }) => name === 'routing')!;
    most = Math.max(most, statistics['edges']);
  }
  return most;
}
