/**
 * Mesh, its directed traffic: pings and their answers across a grid of whole bridges, over routes and,
 * on the same grid, flooded; and how soon a route is replaced whose link is cut. Signatures are
 * simulated, all else is what `hopline up` runs.
 */
import { nativeCrypto } from '../../device/pi/crypto.ts';
import { ROUTING_DEFAULTS } from '../../host/routing/routing.ts';
import { assert } from '../../protocol/core/assert.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import { PING, PONG } from '../../protocol/core/packet.ts';
import { seededRandom } from '../simulate/random.ts';
import { grid } from '../simulate/shapes.ts';
import { simulatedCrypto } from '../simulate/simulated-crypto.ts';
import type { BridgeNode, Roster } from '../simulate/stations.ts';
import { bridgeMesh } from '../simulate/stations.ts';
import type { Mesh } from '../simulate/mesh.ts';
import type { Part } from './bridge-part.ts';
import { percentile } from './percentile.ts';
import type { Result } from './report.ts';

/** Nodes of the grid, pings across it, and links that are cut under them. */
export type Extent = { nodes: number; pings: number; cuts: number };
const USUAL: Extent = { nodes: 36, pings: 60, cuts: 4 };
const FULL: Extent = { nodes: 400, pings: 200, cuts: 20 };

const OPEN_WITHIN_MS = 2000;
/** Until all know all links. */
const SETTLE_MS = 15_000;
const PACE_MS = 200;
/** A ping is lost after so long. */
const DRAIN_MS = 11_000;
const TTL = 64;
/** Between two pings of a pair whose link is about to be cut. */
const CLOSE_MS = 50;

export const directedFigures: Part = async (progress, isFull, seed) =>
  directed(seed, isFull ? FULL : USUAL, progress);

export function directed(
  seed: number,
  { nodes, pings, cuts }: Extent,
  progress: (line: string) => void,
): Result[] {
  progress(`${nodes} bridges that flood`);
  const flooding = new Traffic(seed, nodes, 'flood');
  flooding.talk(pings);
  progress(`${nodes} bridges that know routes`);
  const routed = new Traffic(seed, nodes, 'shortest');
  routed.talk(pings);
  const ratio = flooding.writesEach() / routed.writesEach();
  const [delivery, writes] = [routed.answered(), routed.writesEach()];
  progress(`${cuts} cuts`);
  const late = routed.cut(cuts);
  return [
    { name: 'directed.delivery', value: delivery, unit: '%', baseline: flooding.answered() },
    {
      name: 'directed.writes_per_packet',
      value: writes,
      unit: 'writes for each that arrived',
      baseline: flooding.writesEach(),
    },
    { name: 'directed.transmissions_vs_flood', value: 100 / ratio, unit: '% of flooding' },
    { name: 'reroute.p99_ms', value: percentile(late, 0.99), unit: 'ms later than undisturbed' },
    { name: 'reroute.delivery', value: routed.answered(), unit: '% of pings around cuts' },
  ];
}

/** A grid of bridges, and the pings that they send each other. */
class Traffic {
  private readonly mesh: Mesh<BridgeNode>;
  private readonly roster: Roster;
  private readonly nodes: number;
  private readonly random;
  private asked = 0;
  private writes = 0;
  private trips: { answeredAt: Millis; ms: Millis }[] = [];
  /** The way of the latest ping: from, to. */
  private way: [number, number][] = [];

  constructor(seed: number, nodes: number, strategy: 'flood' | 'shortest') {
    const { edges } = grid(nodes);
    this.nodes = nodes;
    this.random = seededRandom(seed);
    const crypto = simulatedCrypto(nativeCrypto());
    const routing = { ...ROUTING_DEFAULTS, strategy };
    const { mesh, roster } = bridgeMesh(
      {
        ...{ seed, nodes, edges, crypto, routing, openWithinMs: OPEN_WITHIN_MS },
        station: { ttlMax: TTL },
      },
      {
        wrote: (from, to, _bytes, type) => {
          if (type === PING || type === PONG) this.writes++;
          if (type === PING) this.way.push([from, to]);
        },
        stepped: (_node, _input, outputs, at) => {
          for (const output of outputs) {
            if (output.kind !== 'told' || !('event' in output)) continue;
            const { event } = output;
            if (event.kind !== 'pong') continue;
            this.trips.push({ answeredAt: at, ms: event.roundTripMs });
          }
        },
      },
    );
    this.mesh = mesh;
    this.roster = roster;
    mesh.runUntil(SETTLE_MS);
  }

  talk(pings: number): void {
    this.reset();
    for (let count = 0; count < pings; count++) {
      const from = 1 + this.random(this.nodes);
      const beside = 1 + this.random(this.nodes - 1);
      this.ping(from, beside >= from ? beside + 1 : beside);
      this.mesh.runUntil(this.mesh.now + PACE_MS);
    }
    this.mesh.runUntil(this.mesh.now + DRAIN_MS);
  }

  /** From corner to corner, while a link in the middle of the way is cut; how much later answers come. */
  cut(times: number): Millis[] {
    this.reset();
    const late: Millis[] = [];
    for (let count = 0; count < times; count++) {
      const [from, to] = count % 2 === 0 ? [1, this.nodes] : [this.nodes, 1];
      const usual = this.tripOf(from, to);
      const [a, b] = this.way[Math.floor(this.way.length / 2)];
      const before = this.trips.length;
      this.ping(from, to);
      this.mesh.runUntil(this.mesh.now + CLOSE_MS);
      this.mesh.cut(a, b);
      for (let after = 0; after < 10; after++) {
        this.ping(from, to);
        this.mesh.runUntil(this.mesh.now + CLOSE_MS);
      }
      this.mesh.runUntil(this.mesh.now + DRAIN_MS);
      late.push(...this.trips.slice(before).map(({ ms }) => Math.max(0, ms - usual)));
      this.mesh.join({ a, b });
      this.mesh.runUntil(this.mesh.now + SETTLE_MS);
    }
    return late;
  }

  /** Percent. */
  answered(): number {
    return (100 * this.trips.length) / this.asked;
  }

  /** Of pings and answers, for each of either. */
  writesEach(): number {
    return this.writes / Math.max(1, this.trips.length * 2);
  }

  private tripOf(from: number, to: number): Millis {
    this.way = [];
    this.ping(from, to);
    this.mesh.runUntil(this.mesh.now + DRAIN_MS);
    const last = this.trips.at(-1);
    assert(last !== undefined, 'a whole grid answers');
    return last.ms;
  }

  private ping(from: number, to: number): void {
    this.asked++;
    this.mesh.tell(from, { kind: 'ping', id: this.roster.of(to).id });
  }

  private reset(): void {
    this.asked = 0;
    this.writes = 0;
    this.trips = [];
  }
}
