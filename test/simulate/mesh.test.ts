/**
 * What a mesh in virtual time promises whoever builds on it: real stations on fixed edges, faults on
 * request, and one history for one seed.
 */
import { describe, expect, it } from 'vitest';
import type { Random, Tick } from '../../protocol/core/machine.ts';
import { MESSAGE } from '../../protocol/core/packet.ts';
import { CLEAR } from '../../tools/simulate/conditions.ts';
import { Mesh } from '../../tools/simulate/mesh.ts';
import type { MeshOptions } from '../../tools/simulate/mesh.ts';
import type { Seat } from '../../tools/simulate/mesh.ts';
import type { SimInput, SimNode, SimOutput } from '../../tools/simulate/sim-node.ts';
import { seededRandom } from '../../tools/simulate/random.ts';
import { line, shapeOf, SHAPES } from '../../tools/simulate/shapes.ts';
import { simulatedCrypto } from '../../tools/simulate/simulated-crypto.ts';
import { bridgeMesh, stationMesh } from '../../tools/simulate/stations.ts';
import { TraceHash } from '../../tools/simulate/trace-hash.ts';
import { hopsFrom } from '../../tools/simulate/topology.ts';
import { crypto } from '../protocol/trust/ports.ts';

const cheap = simulatedCrypto(crypto);

describe('a mesh of stations', () => {
  it('carries what one says to all, each write told with the type of its packet', () => {
    const { mesh, heard, types } = village(line(5).edges, 5);
    mesh.runUntil(2000);
    mesh.tell(1, { kind: 'say', text: 'hello' });
    mesh.runUntil(5000);
    expect(heard).toEqual([
      [2, 'hello'],
      [3, 'hello'],
      [4, 'hello'],
      [5, 'hello'],
    ]);
    expect(types[MESSAGE]).toBe(4);
  });

  it('is the same mesh twice for one seed, and another for another', () => {
    const run = (seed: number): string => {
      const { mesh, heard } = village(line(4).edges, 4, { seed });
      mesh.tell(1, { kind: 'say', text: 'again' });
      mesh.runUntil(60_000);
      return JSON.stringify([heard, mesh.steps, mesh.writes]);
    };
    expect(run(3)).toBe(run(3));
    expect(run(4)).not.toBe(run(3));
  });

  it('lets nothing through an edge that is cut, and brings it later once it is joined', () => {
    const { mesh, heard } = village(line(3).edges, 3);
    mesh.runUntil(20_000);
    mesh.cut(2, 3);
    mesh.tell(1, { kind: 'say', text: 'meanwhile' });
    mesh.runUntil(30_000);
    expect(heard).toEqual([[2, 'meanwhile']]);
    mesh.join({ a: 2, b: 3 });
    mesh.runUntil(120_000);
    expect(heard).toContainEqual([3, 'meanwhile']);
  });

  it('tells nobody of a crash that none can notice, until heartbeats are missed', () => {
    const { mesh, events } = village(line(3).edges, 3);
    mesh.runUntil(20_000);
    mesh.crash(2, Infinity);
    mesh.runUntil(40_000);
    expect(events.filter(([, kind]) => kind === 'link-closed')).toEqual([]);
    mesh.runUntil(60_000);
    expect(events.filter(([, kind]) => kind === 'link-closed')).toHaveLength(2);
    mesh.restart(2);
    mesh.runUntil(80_000);
    expect(mesh.linked(2)).toEqual([1, 3]);
  });

  it('gives whoever was paused what came meanwhile', () => {
    const { mesh, heard } = village(line(2).edges, 2);
    mesh.runUntil(10_000);
    mesh.pause(2);
    mesh.tell(1, { kind: 'say', text: 'wake up' });
    mesh.runUntil(20_000);
    expect(heard).toEqual([]);
    mesh.resume(2);
    mesh.runUntil(20_001);
    expect(heard).toEqual([[2, 'wake up']]);
  });

  it('runs wires beside links on the air, and joins edges nobody had', () => {
    const { mesh, heard } = village(
      [
        { a: 1, b: 2, wire: true },
        { a: 2, b: 3 },
      ],
      4,
      { spareLinks: 1 },
    );
    mesh.join({ a: 3, b: 4 });
    mesh.runUntil(10_000);
    mesh.tell(1, { kind: 'say', text: 'over a wire' });
    mesh.runUntil(15_000);
    expect(heard.map(([node]) => node)).toEqual([2, 3, 4]);
  });

  it('carries ten times as much over a link ten times as fast', () => {
    const airtime = (bytesPerSecond: number): number => {
      const { mesh } = village(line(2).edges, 2, { conditions: { ...CLEAR, bytesPerSecond } });
      mesh.runUntil(60_000);
      return mesh.airtimeOf(1);
    };
    expect(airtime(1000) / airtime(10_000)).toBeGreaterThan(9);
  });

  it('lets a clock drift without ever turning it back', () => {
    const { mesh } = village(line(2).edges, 2);
    mesh.setDrift(1, 20_000);
    mesh.runUntil(100_000);
    expect(mesh.wallOf(1) - mesh.wallOf(2)).toBe(2000);
    mesh.setDrift(1, -20_000);
    mesh.runUntil(200_000);
    expect(mesh.wallOf(1)).toBe(mesh.wallOf(2));
    mesh.setClock(2, 604_800_000);
    expect(mesh.wallOf(2) - mesh.wallOf(1)).toBe(604_800_000);
  });

  it('has the history that it always had, on every machine and every Node', () => {
    const { edges } = shapeOf('geometric', 12, 4, seededRandom(9));
    const hash = new TraceHash();
    const conditions = {
      ...CLEAR,
      ...{ jitterMs: 90, lossPerMille: 100, duplicatePerMille: 50, reorderPerMille: 50 },
      ...{ bursts: { enterPerMille: 20, leavePerMille: 200, lossPerMille: 800 } },
      bytesPerSecond: 4000,
    };
    const options = {
      seed: 9,
      nodes: 30,
      edges,
      conditions,
      make: (seat: Seat) => new Parrot(seat),
    };
    const mesh = new Mesh(options, {
      arrived(from, to, bytes, _type, at) {
        for (const number of [at, from, to]) hash.number(number);
        hash.bytes(bytes);
      },
    });
    mesh.setDrift(3, 12_345);
    mesh.at(9000, () => mesh.crash(4, 700));
    mesh.at(15_000, () => mesh.restart(4));
    mesh.runUntil(60_000);
    expect([mesh.steps, mesh.writes, hash.name]).toEqual(GOLDEN);
  });

  it('tells of each write that it has left, be it once it has arrived', () => {
    for (const latencyMs of [0, 30]) {
      let left = 0;
      const conditions = { ...CLEAR, latencyMs };
      const make = (seat: Seat): SimNode => new Parrot(seat);
      const options = { seed: 2, nodes: 2, edges: line(2).edges, conditions, make };
      const mesh = new Mesh(options, {
        stepped: (_node, { kind }) => void (left += kind === 'sent' ? 1 : 0),
      });
      mesh.runUntil(60_000);
      expect(left).toBeGreaterThan(10);
      expect(left).toBe(mesh.writes);
    }
  });

  it.each([1, 50])('refuses a node that never sleeps, and soon, among %i', (nodes) => {
    const nodeOf = (number: number): SimNode => ({
      step: (): SimOutput[] => [],
      deadline: () => (number === 1 ? 0 : Infinity),
    });
    const options: MeshOptions<SimNode> = {
      seed: 1,
      nodes,
      edges: [],
      make: (s) => nodeOf(s.node),
    };
    const mesh = new Mesh(options);
    expect(() => mesh.runUntil(1)).toThrow('a node sleeps between its deadlines');
    expect(mesh.steps).toBeLessThan(11_000);
  });

  it('runs bridges, whose stores outlive them', () => {
    const heard: [number, string][] = [];
    const { mesh } = bridgeMesh(
      { seed: 1, nodes: 2, edges: line(2).edges, crypto: cheap },
      {
        stepped(node, _input, outputs) {
          for (const output of outputs) {
            if (output.kind !== 'told' || !('of' in output) || output.of !== 'station') continue;
            if (output.event.kind === 'message') heard.push([node, output.event.text]);
          }
        },
      },
    );
    mesh.runUntil(10_000);
    mesh.tell(1, { kind: 'ask', ticket: 1, wish: { kind: 'say', text: 'kept' } });
    mesh.runUntil(20_000);
    mesh.crash(2);
    mesh.restart(2);
    expect(heard).toEqual([[2, 'kept']]);
    expect(mesh.node(2)!.archive.messages.usage().count).toBe(1);
  });
});

describe('shapes', () => {
  for (const name of SHAPES) {
    it(`a ${name} has its edges between its nodes, each once`, () => {
      const { nodes, edges, places } = shapeOf(name, 60, 6, seededRandom(2));
      expect(places).toHaveLength(nodes);
      const named = edges.map(({ a, b }) => [a, b].sort((x, y) => x - y).join('-'));
      expect(new Set(named).size).toBe(edges.length);
      const reached = hopsFrom(1, nodes, edges).filter((hops) => hops < Infinity);
      expect(reached.length).toBeGreaterThan(nodes * 0.8);
    });
  }

  it('a geometric mesh has the mean degree that was asked for, however large it is', () => {
    for (const nodes of [50, 10_000]) {
      const { edges } = shapeOf('geometric', nodes, 8, seededRandom(1));
      expect((edges.length * 2) / nodes).toBe(8);
    }
  });
});

describe('simulated crypto', () => {
  it('holds for one key and one message alone', () => {
    const [seed, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const message = Uint8Array.of(1, 2, 3);
    const signature = cheap.sign(seed, message);
    const key = cheap.ed25519Public(seed);
    expect(cheap.acceptsFast(signature, message, key)).toBe(true);
    expect(cheap.acceptsFast(signature, Uint8Array.of(1, 2, 4), key)).toBe(false);
    expect(cheap.acceptsFast(signature, message, cheap.ed25519Public(other))).toBe(false);
    expect(cheap.acceptsFast(cheap.sign(other, message), message, key)).toBe(false);
  });

  it('agrees on one secret, whoever begins', () => {
    const [one, two] = [new Uint8Array(32).fill(3), new Uint8Array(32).fill(4)];
    expect(cheap.x25519(one, cheap.x25519Public(two))).toEqual(
      cheap.x25519(two, cheap.x25519Public(one)),
    );
  });
});

/** Commit others only if you can say why the same seed has another history. */
const GOLDEN = [17_792, 9136, 'b6719b33a619bc99'];

/** Says a word now and then, and says on what it heard for the first time. */
class Parrot implements SimNode {
  private readonly random: Random;
  private readonly heard = new Set<string>();
  private readonly links = new Set<number>();
  private sayAt = 0;

  constructor({ random }: Seat) {
    this.random = random;
  }

  step(input: SimInput | Tick, now: number): SimOutput[] {
    if (input.kind === 'opened') this.links.add(input.link);
    if (input.kind === 'closed') this.links.delete(input.link);
    if (input.kind === 'received') return this.sayOn(input.bytes);
    if (now < this.sayAt) return [];
    this.sayAt = now + 2000 + this.random(3000);
    return this.sayOn(Uint8Array.from({ length: 20 }, () => this.random(256)));
  }

  deadline(): number {
    return this.sayAt;
  }

  private sayOn(bytes: Uint8Array): SimOutput[] {
    if (this.heard.has(bytes.join())) return [];
    this.heard.add(bytes.join());
    return [...this.links].map((link) => ({ kind: 'write', link, bytes: bytes.slice() }));
  }
}

type Village = {
  mesh: ReturnType<typeof stationMesh>['mesh'];
  heard: [number, string][];
  events: [number, string][];
  types: Record<number, number>;
};

function village(
  edges: MeshOptions<SimNode>['edges'],
  nodes: number,
  differs: Partial<Omit<MeshOptions<SimNode>, 'make'>> = {},
): Village {
  const heard: [number, string][] = [];
  const events: [number, string][] = [];
  const types: Record<number, number> = {};
  const { mesh } = stationMesh(
    { seed: 1, nodes, edges, crypto: cheap, ...differs },
    {
      stepped(node, _input, outputs) {
        for (const output of outputs) {
          if (output.kind !== 'told' || 'of' in output) continue;
          events.push([node, output.event.kind]);
          if (output.event.kind === 'message') heard.push([node, output.event.text]);
        }
      },
      wrote(_from, _to, _bytes, type) {
        types[type] = (types[type] ?? 0) + 1;
      },
    },
  );
  return { mesh, heard, events, types };
}
