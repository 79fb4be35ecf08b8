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
import type { Crypto } from '../../protocol/trust/crypto.ts';
import type { Pin } from '../../protocol/trust/pins.ts';
import { CLEAR } from './conditions.ts';
import type { Seat } from './mesh.ts';
import type { SimNode, SimOutput } from './sim-node.ts';
import { Mesh } from './mesh.ts';
import { Mute } from './mute.ts';
import { seededRandom } from './random.ts';
import { geometric } from './shapes.ts';
import { Roster, stationAt } from './stations.ts';
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
  /** Those that count; some are said before them, so that what they cost is what any cost. */
  messages: number;
  /** Said by all nodes together. */
  perSecond: number;
  /** Before the first of all. */
  warmMs: Millis;
  /** Nodes whose power is cut just then, and none of their neighbours notices. */
  deadPercent?: number;
  /** Nodes that say they take part, and pass on nothing. */
  mutePercent?: number;
  /** Nodes that take no part, as boards and phones. */
  plainPercent?: number;
  station?: Partial<StationConfig>;
};

export type Spreading = {
  /** Of all who should, the part that heard it within `LATE_MS`. */
  delivery: number;
  /** Frames for one message, by what they are for. Of announces and upkeep, in the same time. */
  frames: Record<Purpose, number>;
  /** All of them but announces and upkeep. */
  total: number;
  /** What plain flooding would take to reach the same nodes, without any comparing of histories. */
  flooding: number;
  /** Of the copies of messages that arrived, the part that brought nothing new. */
  duplicates: number;
  p99Ms: Millis;
  /** Nodes that hang together, by those alone that pass on. */
  part: number;
};

export type Purpose = 'messages' | 'spread' | 'sync' | 'announces' | 'upkeep';

const LATE_MS = 60_000;
/** Links come up within it, and nothing is lost until then. */
const OPENING_MS = 5000;
/** Messages are said for so long before any counts: longer than it takes to mend one. */
const LEAD_MS = 20_000;
/** So often it is looked whether everybody has heard everything. */
const LOOK_MS = 1000;
/** As in the hour of 10,000 nodes; else announces would be nearly all there is. */
const ANNOUNCES_MS = 300_000;
const CONDITIONS = { ...CLEAR, latencyMs: 2, jitterMs: 6 };

export function spreading(options: SpreadingOptions): Spreading {
  const { seed, nodes, degree, manner, warmMs, messages, perSecond, lossPercent } = options;
  const random = seededRandom(seed);
  const { edges } = geometric(nodes, degree, random);
  const [dead, mute, plain] = [options.deadPercent, options.mutePercent, options.plainPercent].map(
    (percent = 0) => new Set(drawn((percent * nodes) / 100, nodes, random)),
  );
  const part = largestPart(nodes, edges, new Set([...dead, ...mute]));
  const gapMs = Math.round(1000 / perSecond);
  const lead = Math.ceil(LEAD_MS / gapMs);
  const speakers = Array.from({ length: lead + messages }, () => part[random(part.length)]);
  const tally = new Tally(part, aroundOf(nodes, edges), manner === 'flooded' ? BLOCK : SEGMENT);
  const mesh = meshOf(options, edges, { mute, plain, speakers: new Set(speakers) }, tally);
  mesh.runUntil(OPENING_MS + 1000);
  const conditions = { ...CONDITIONS, lossPerMille: lossPercent * 10 };
  for (const { a, b } of edges) mesh.condition(a, b, conditions);
  mesh.runUntil(warmMs);
  for (const node of dead) mesh.crash(node, Infinity);
  speakers.forEach((speaker, at) => {
    mesh.runUntil(warmMs + at * gapMs);
    tally.isCounting = at >= lead;
    if (tally.isCounting) tally.begin(speaker, mesh.now);
    mesh.tell(speaker, { kind: 'say', text: String(at - lead) });
  });
  const saidAt = mesh.now + gapMs;
  mesh.runUntil(saidAt);
  tally.isCounting = false;
  while (!tally.isComplete && mesh.now < saidAt + LATE_MS) mesh.runUntil(mesh.now + LOOK_MS);
  return tally.result();
}

type Roles = { mute: Set<number>; plain: Set<number>; speakers: Set<number> };

/** Plain flooding is what stations do over wires, where nothing waits. */
function meshOf(
  { crypto, seed, nodes, manner, ttl, station }: SpreadingOptions,
  edges: Edge[],
  { mute, plain, speakers }: Roles,
  tally: Tally,
): Mesh<SimNode> {
  const isFlooded = manner === 'flooded';
  const roster = new Roster(crypto, seed, nodes);
  const announces = {
    isolatedMs: ANNOUNCES_MS,
    connectedMs: ANNOUNCES_MS,
    crowdedMs: ANNOUNCES_MS,
  };
  // All know who speaks, as after his announces: what strangers say is compared, and told, twice.
  const pins = [...speakers].map((speaker): Pin => {
    const { id, noiseKey, signingKey } = roster.of(speaker);
    return { id, noiseKey, signingKey, standing: 'seen', proven: false };
  });
  const config = { ttlMax: ttl, seenMax: 4096, announces, reachableMs: 2 * ANNOUNCES_MS, pins };
  const make = (seat: Seat, now: Millis): SimNode => {
    const spreads = manner === 'spread' && !plain.has(seat.node);
    const identity = roster.of(seat.node);
    const made = stationAt(seat, identity, crypto, { ...config, spreads, ...station }, now);
    return mute.has(seat.node) ? new Mute(made, identity.id) : made;
  };
  const links = edges.map((edge) => ({ ...edge, wire: isFlooded }));
  return new Mesh<SimNode>(
    { seed, nodes, edges: links, openWithinMs: OPENING_MS, make },
    {
      wrote: (from, _to, bytes, type) => tally.write(from, bytes, type),
      arrived: (_from, to, _bytes, type) => tally.arrive(to, type),
      stepped: (node, _input, outputs, at) => tally.hear(node, outputs, at),
    },
  );
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
  /** Copies that arrived while it counted, and those of them that were new. */
  private copies = 0;
  private news = 0;
  private flooding = 0;

  constructor(part: number[], around: number[][], frameAt: number) {
    this.part = new Set(part);
    this.around = around;
    this.frameAt = frameAt;
  }

  /** Whether everybody has heard everything that counts. */
  get isComplete(): boolean {
    return this.latencies.length === this.saidAt.length * (this.part.size - 1);
  }

  begin(speaker: number, now: Millis): void {
    this.saidAt.push(now);
    this.flooding += this.around[speaker].length;
  }

  write(from: number, bytes: Uint8Array, type: number): void {
    if (!this.isCounting || !this.part.has(from)) return;
    const isAnswer = (bytes[this.frameAt + FLAGS_AT] & IS_ANSWER) !== 0;
    this.frames[purposeOf(type, isAnswer)]++;
  }

  arrive(to: number, type: number): void {
    if (this.isCounting && type === MESSAGE && this.part.has(to)) this.copies++;
  }

  hear(node: number, outputs: readonly SimOutput[], at: Millis): void {
    if (!this.part.has(node)) return;
    for (const output of outputs) {
      if (output.kind !== 'told' || output.event.kind !== 'message') continue;
      if (!('text' in output.event)) continue;
      if (this.isCounting) this.news++;
      const saidAt = this.saidAt[Number(output.event.text)];
      if (saidAt === undefined || at - saidAt > LATE_MS) continue;
      this.latencies.push(at - saidAt);
      this.flooding += this.around[node].length - 1;
    }
  }

  result(): Spreading {
    const { latencies, frames } = this;
    const messages = this.saidAt.length;
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
      duplicates: Math.max(0, 1 - this.news / Math.max(1, this.copies)),
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
