/**
 * Spreading: how far public messages get in a mesh of stations, and what crosses its links for them.
 * Whoever stands anywhere says something now and then; all who hang together with him are to hear it
 * within a minute.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import {
  ANNOUNCE,
  FLAGS_AT,
  HEARTBEAT,
  HELLO,
  IS_ANSWER,
  MESSAGE,
  SPREAD,
} from '../../protocol/core/packet.ts';
import type { StationConfig } from '../../protocol/peer/settings.ts';
import type { Station } from '../../protocol/peer/station.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { CLEAR } from './conditions.ts';
import type { Mesh, SimOutput } from './mesh.ts';
import { seededRandom } from './random.ts';
import { geometric } from './shapes.ts';
import { stationMesh } from './stations.ts';
import { aroundOf, componentsOf } from './topology.ts';
import type { Edge } from './world.ts';

/**
 * How a node passes on: over links that others do not see to (WIRE §29), over all that lack it when its
 * wait is over, or at once over every link but the one it came from.
 */
export type Manner = 'spread' | 'suppressed' | 'flooded';

export type SpreadingOptions = {
  crypto: Crypto;
  seed: number;
  nodes: number;
  /** The mean of it, in a geometric mesh. */
  degree: number;
  manner: Manner;
  /** Of a hundred frames, from when all links are up. */
  lossPercent: number;
  ttl: number;
  messages: number;
  /** Said by all nodes together. */
  perSecond: number;
  /** Before the first of them. */
  warmMs: Millis;
  /** Nodes whose power is cut just then, and none of their neighbours notices. */
  deadPercent?: number;
  station?: Partial<StationConfig>;
};

export type Spreading = {
  /** Of all who should, the part that heard it within `LATE_MS`. */
  delivery: number;
  /** Frames for one message, by what they are for. Of announces and upkeep, in the same time. */
  frames: Record<Purpose, number>;
  /** All of them but announces and upkeep. */
  total: number;
  /** What plain flooding would take to reach the same nodes. */
  flooding: number;
  /** Of the copies of messages that arrived, the part that brought nothing new. */
  duplicates: number;
  p50Ms: Millis;
  p99Ms: Millis;
  /** Nodes that hang together. */
  part: number;
};

export type Purpose = 'messages' | 'spread' | 'sync' | 'announces' | 'upkeep';

export const LATE_MS = 60_000;
/** Links come up within it, and nothing is lost until then. */
const OPENING_MS = 5000;
/** As in the hour of 10,000 nodes; else announces would be nearly all there is. */
const ANNOUNCES_MS = 300_000;
/** Histories are compared once neighbours had the time to offer each other what was lost (WIRE §29). */
const RECONCILE = { everyMs: 30_000, settleMs: 20_000 };

export function spreading(options: SpreadingOptions): Spreading {
  const { seed, nodes, degree, manner, warmMs, messages, perSecond } = options;
  const random = seededRandom(seed);
  const { edges } = geometric(nodes, degree, random);
  const dead = new Set(drawn(((options.deadPercent ?? 0) * nodes) / 100, nodes, random));
  const part = largestPart(nodes, edges, dead);
  const tally = new Tally(part, aroundOf(nodes, edges), manner === 'flooded' ? BLOCK : SEGMENT);
  const mesh = meshOf(options, edges, tally);
  mesh.runUntil(OPENING_MS + 1000);
  const conditions = {
    ...CLEAR,
    latencyMs: 2,
    jitterMs: 6,
    lossPerMille: options.lossPercent * 10,
  };
  for (const { a, b } of edges) mesh.condition(a, b, conditions);
  mesh.runUntil(warmMs);
  for (const node of dead) mesh.crash(node, Infinity);
  const gapMs = Math.round(1000 / perSecond);
  tally.isCounting = true;
  for (let at = 0; at < messages; at++) {
    mesh.runUntil(warmMs + at * gapMs);
    const speaker = part[random(part.length)];
    tally.begin(mesh.now);
    mesh.tell(speaker, { kind: 'say', text: String(at) });
  }
  mesh.runUntil(warmMs + messages * gapMs);
  tally.isCounting = false;
  mesh.runUntil(warmMs + messages * gapMs + LATE_MS);
  return tally.result(messages);
}

/** Plain flooding is what stations do over wires, where nothing waits. */
function meshOf(
  { crypto, seed, nodes, manner, ttl, station }: SpreadingOptions,
  edges: Edge[],
  tally: Tally,
): Mesh<Station> {
  const isFlooded = manner === 'flooded';
  const announces = {
    isolatedMs: ANNOUNCES_MS,
    connectedMs: ANNOUNCES_MS,
    crowdedMs: ANNOUNCES_MS,
  };
  const options = {
    crypto,
    seed,
    nodes,
    edges: edges.map((edge) => ({ ...edge, wire: isFlooded })),
    openWithinMs: OPENING_MS,
    station: {
      ttlMax: ttl,
      spreads: manner === 'spread',
      seenMax: 4096,
      announces,
      reachableMs: 2 * ANNOUNCES_MS,
      reconcile: RECONCILE,
      ...station,
    },
  };
  return stationMesh(options, {
    wrote: (from, _to, bytes, type) => tally.write(from, bytes, type),
    arrived: (_from, to, _bytes, type) => tally.arrive(to, type),
    stepped: (node, _input, outputs, at) => tally.hear(node, outputs, at),
  }).mesh;
}

/** Where a frame begins in a segment, and in a block (WIRE §22, §23). */
const SEGMENT = 1;
const BLOCK = 3;

/** Counts what crosses the links of one part of a mesh, and who hears what. */
class Tally {
  isCounting = false;
  private readonly part: Set<number>;
  private readonly around: number[][];
  private readonly frameAt: number;
  private readonly frames = { messages: 0, spread: 0, sync: 0, announces: 0, upkeep: 0 };
  /** By message, when it was said. */
  private readonly saidAt: Millis[] = [];
  private readonly latencies: Millis[] = [];
  private copies = 0;
  private flooding = 0;

  constructor(part: number[], around: number[][], frameAt: number) {
    this.part = new Set(part);
    this.around = around;
    this.frameAt = frameAt;
  }

  begin(now: Millis): void {
    this.saidAt.push(now);
    this.flooding++;
  }

  write(from: number, bytes: Uint8Array, type: number): void {
    if (!this.isCounting || !this.part.has(from)) return;
    const isAnswer = (bytes[this.frameAt + FLAGS_AT] & IS_ANSWER) !== 0;
    this.frames[purposeOf(type, isAnswer)]++;
  }

  arrive(to: number, type: number): void {
    if (type === MESSAGE && this.part.has(to)) this.copies++;
  }

  hear(node: number, outputs: readonly SimOutput[], at: Millis): void {
    for (const output of outputs) {
      if (output.kind !== 'told' || output.event.kind !== 'message') continue;
      if (!('text' in output.event)) continue;
      const lateMs = at - this.saidAt[Number(output.event.text)];
      if (lateMs <= LATE_MS) this.latencies.push(lateMs);
      this.flooding += this.around[node].length - 1;
    }
  }

  result(messages: number): Spreading {
    const { latencies, frames } = this;
    latencies.sort((a, b) => a - b);
    const each = (count: number): number => count / messages;
    return {
      delivery: latencies.length / (messages * (this.part.size - 1)),
      frames: {
        messages: each(frames.messages),
        spread: each(frames.spread),
        sync: each(frames.sync),
        announces: each(frames.announces),
        upkeep: each(frames.upkeep),
      },
      total: each(frames.messages + frames.spread + frames.sync),
      flooding: each(this.flooding),
      duplicates: 1 - latencies.length / Math.max(1, this.copies),
      p50Ms: latencies[Math.floor(latencies.length / 2)] ?? Infinity,
      p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? Infinity,
      part: this.part.size,
    };
  }
}

/** What goes on in another segment counts as sync: nothing else here is so long. */
function purposeOf(type: number, isAnswer: boolean): Purpose {
  if (type === MESSAGE && !isAnswer) return 'messages';
  if (type === ANNOUNCE && !isAnswer) return 'announces';
  if (type === HELLO || type === HEARTBEAT) return 'upkeep';
  return type === SPREAD ? 'spread' : 'sync';
}

function largestPart(nodes: number, edges: readonly Edge[], without: Set<number>): number[] {
  const around = aroundOf(nodes, edges);
  const all = Array.from({ length: nodes }, (_, at) => at + 1).filter((node) => !without.has(node));
  const parts = componentsOf(all, (node) => around[node].filter((next) => !without.has(next)));
  return parts.reduce((best, next) => (next.length > best.length ? next : best));
}

/** So many different nodes. */
function drawn(count: number, nodes: number, random: (below: number) => number): number[] {
  const all = Array.from({ length: nodes }, (_, at) => at + 1);
  return Array.from({ length: Math.floor(count) }, () => all.splice(random(all.length), 1)[0]);
}
