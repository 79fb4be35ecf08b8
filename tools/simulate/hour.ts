/**
 * Hour: the everyday of a large mesh, of real stations on a geometric map. Everybody announces himself
 * every five minutes, beats every minute, and says one thing in an hour; two in a hundred go away and
 * come back. It may be lived in parts, each by itself for as long as a write takes to arrive, and the
 * same comes of it: what a node heard, and when, is summed up by node.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import type { StationConfig } from '../../protocol/peer/settings.ts';
import { STATION_DEFAULTS } from '../../protocol/peer/settings.ts';
import type { Station } from '../../protocol/peer/station.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { CLEAR } from './conditions.ts';
import { HeardTrace } from './heard-trace.ts';
import type { Crossing, Mesh } from './mesh.ts';
import type { SimOutput } from './sim-node.ts';
import { seededRandom } from './random.ts';
import type { Shape } from './shapes.ts';
import { geometric } from './shapes.ts';
import { stationMesh } from './stations.ts';
import { aroundOf } from './topology.ts';

export type HourOptions = {
  seed: number;
  nodes: number;
  /** The mean number of neighbours. */
  degree: number;
  lastsMs: Millis;
  crypto: Crypto;
};

/** Of so many parts, which; nodes are shared out by where they are. */
export type PartOf = { part: number; parts: number };
const WHOLE: PartOf = { part: 0, parts: 1 };

/** What was done in it. Those of its parts add up to those of the whole, the trace as well. */
export type HourFigures = {
  steps: number;
  writes: number;
  /** Messages that somebody heard of somebody. */
  heard: number;
  /** Two words, of who heard which packet of whom and when. */
  trace: [number, number];
};

export const HOUR_MS = 3_600_000;
/** A way through the air; no part needs to know sooner what happens in another. */
export const LATENCY_MS = 20;
/** Of so many nodes one goes away in an hour, and comes back after so long. */
const CHURN_ONE_OF = 50;
const AWAY_MS = 300_000;
/** The links of all nodes open within it. */
const OPEN_WITHIN_MS = 60_000;

/** What a node has that lives among ten thousand: room for its vicinity, and no history. */
const LARGE_MESH: Partial<StationConfig> = {
  announces: { isolatedMs: 300_000, connectedMs: 300_000, crowdedMs: 300_000 },
  reachableMs: 900_000,
  pace: { intervalMs: 60_000, missedMax: 3 },
  reconcile: null,
  asksForHistory: false,
  history: { messages: 0, bytes: 0, ageMs: HOUR_MS, announces: 0 },
  admission: { ...STATION_DEFAULTS.admission, senderSets: 64 },
  pinsLimits: { seenMax: 1024, keptMax: 16, deniedMax: 16 },
  frameMax: 512,
  // Writes leave at once, and nobody has to say so.
  window: Infinity,
  packetsMax: 64,
  bytesMax: 32 * 1024,
  seenMax: 1024,
  waitingMax: 256,
};

export class Hour {
  readonly edges: number;
  readonly lastsMs: Millis;
  private readonly mesh: Mesh<Station>;
  private readonly isHere: (node: number) => boolean;
  private readonly trace: HeardTrace;
  private crossings: Crossing[] = [];
  private heard = 0;

  constructor(options: HourOptions, which: PartOf = WHOLE) {
    const { seed, nodes, degree, lastsMs, crypto } = options;
    const shape = geometric(nodes, degree, seededRandom(seed));
    this.isHere = residents(shape, which);
    this.lastsMs = lastsMs;
    this.edges = shape.edges.length;
    this.trace = new HeardTrace(nodes);
    const { mesh } = stationMesh(
      {
        seed,
        nodes,
        crypto,
        edges: shape.edges,
        conditions: { ...CLEAR, latencyMs: LATENCY_MS },
        openWithinMs: OPEN_WITHIN_MS,
        station: LARGE_MESH,
        tellsLeft: false,
        ...(which.parts > 1 ? { isElsewhere: (node: number) => !this.isHere(node) } : {}),
      },
      {
        stepped: (_node, _input, outputs) => this.count(outputs),
        arrived: (from, to, bytes, _type, at) => this.trace.note(from, to, bytes, at),
        crossed: (crossing) => void this.crossings.push(crossing),
      },
    );
    this.mesh = mesh;
    this.plan(seed, nodes);
  }

  get figures(): HourFigures {
    const { steps, writes } = this.mesh;
    return { steps, writes, heard: this.heard, trace: this.trace.sum(this.isHere) };
  }

  /** When something next happens here; `Infinity` once it is over. */
  nextAt(): Millis {
    const at = this.mesh.nextAt();
    return at > this.lastsMs ? Infinity : at;
  }

  runUntil(until: Millis): void {
    this.mesh.runUntil(Math.min(until, this.lastsMs));
  }

  /** What was written since the last call, to whom lives elsewhere. */
  takeCrossings(): Crossing[] {
    const taken = this.crossings;
    this.crossings = [];
    return taken;
  }

  /** What was written elsewhere; whoever does not live here does not hear it. */
  cross(crossings: readonly Crossing[]): void {
    for (const crossing of crossings) if (this.isHere(crossing.to)) this.mesh.cross(crossing);
  }

  private plan(seed: number, nodes: number): void {
    const random = seededRandom(seed * 17 + 3);
    for (let node = 1; node <= nodes; node++) {
      const text = `the ${random(1000)} of ${random(1000)}, says node ${node}`;
      this.mesh.at(random(HOUR_MS), () => this.mesh.tell(node, { kind: 'say', text }));
      const goesAt = random(HOUR_MS);
      if (random(CHURN_ONE_OF) > 0) continue;
      this.mesh.at(goesAt, () => this.mesh.crash(node));
      this.mesh.at(goesAt + AWAY_MS, () => this.mesh.restart(node));
    }
  }

  private count(outputs: readonly SimOutput[]): void {
    for (const output of outputs) {
      if (output.kind === 'told' && 'event' in output && output.event.kind === 'message') {
        this.heard++;
      }
    }
  }
}

/** What parts of an hour come to together. */
export function sumOf(figures: readonly HourFigures[]): HourFigures {
  const sum: HourFigures = { steps: 0, writes: 0, heard: 0, trace: [0, 0] };
  for (const { steps, writes, heard, trace } of figures) {
    sum.steps += steps;
    sum.writes += writes;
    sum.heard += heard;
    sum.trace = [(sum.trace[0] + trace[0]) >>> 0, (sum.trace[1] + trace[1]) >>> 0];
  }
  return sum;
}

/** From west to east, as many ends of links in each part: they are what a node has to do. */
function residents(
  { places, nodes, edges }: Shape,
  { part, parts }: PartOf,
): (n: number) => boolean {
  const around = aroundOf(nodes, edges);
  const order = places.map((_, at) => at + 1);
  order.sort((a, b) => places[a - 1].x - places[b - 1].x || a - b);
  const home = new Uint8Array(nodes + 1);
  let ends = 0;
  for (const node of order) {
    home[node] = Math.min(parts - 1, Math.floor((ends * parts) / (2 * edges.length)));
    ends += around[node].length;
  }
  return (node) => home[node] === part;
}
