/**
 * Replay: packets that were captured once, said again at their times to node 1 of a simulated mesh of
 * relays, to see how far each comes there. The mesh believes that it is the time of the capture, and
 * signatures are judged as they are.
 */
import { crc32 } from '../../protocol/core/crc32.ts';
import { RELAY } from '../../protocol/core/hello.ts';
import type { LinkOutput } from '../../protocol/core/link.ts';
import { Link } from '../../protocol/core/link.ts';
import type { Millis, Tick } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import { FRAME_MAX, PacketView } from '../../protocol/core/packet.ts';
import { isLinkScoped } from '../../protocol/core/relay.ts';
import { priorityOf } from '../../protocol/core/queue.ts';
import { MESH, OUR_VERSION } from '../../protocol/core/version.ts';
import { Station } from '../../protocol/peer/station.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { typeName } from '../../protocol/wire/type-names.ts';
import { headOf } from './frame-head.ts';
import type { MeshEdge } from './mesh.ts';
import type { SimInput, SimNode, SimOutput } from './sim-node.ts';
import { Mesh, PAYLOAD_MAX } from './mesh.ts';
import { drawFrom } from './people.ts';
import type { Shape } from './shapes.ts';
import { Roster, stationConfigOf } from './stations.ts';

export type ReplayedFrame = { unixMs: Millis; frame: Uint8Array };

export type ReplayOptions = {
  seed: number;
  shape: Shape;
  crypto: Crypto;
  frames: readonly ReplayedFrame[];
};

/** What became of the packets of one type. */
export type ReplayedType = {
  type: string;
  packets: number;
  reachedPercent: number;
  writes: number;
};
/** So far, at one moment. */
export type ReplayedSample = {
  at: Millis;
  /** Packets that were due to be said to node 1. */
  said: number;
  /** Nodes that had heard one of them, for all of them together. */
  reached: number;
  writes: number;
  /** Of node 1. */
  dropped: number;
};
export type ReplayOutcome = {
  types: ReplayedType[];
  series: ReplayedSample[];
  /** Of node 1, by reason. */
  drops: Record<string, number>;
  /** Frames that are the affair of one link, or no packets at all: they were not said. */
  passedOver: number;
  writes: number;
};

/** Before the first packet, hellos have been said. */
const BEGIN_MS = 4000;
/** After the last one, history sync has had its turn twice. */
const END_MS = 65_000;
/** Points of a curve. */
const SAMPLES = 100;

export function replay({ seed, shape, crypto, frames }: ReplayOptions): ReplayOutcome {
  const said = frames.filter(({ frame }) => isReplayable(frame));
  const firstMs = said.reduce((least, { unixMs }) => Math.min(least, unixMs), Infinity);
  const player = shape.nodes + 1;
  const names = namesOf(said);
  const reached = new Map<number, Set<number>>();
  const writes = new Map<number, number>();
  const roster = new Roster(crypto, seed, shape.nodes);
  const edges: MeshEdge[] = [...shape.edges, { a: 1, b: player }];
  const mesh = new Mesh<SimNode>(
    {
      seed,
      nodes: player,
      edges,
      epochMs: said.length === 0 ? null : firstMs - BEGIN_MS,
      make(seat, now) {
        if (seat.node === player) return new Player(said, firstMs - BEGIN_MS);
        const { random } = seat;
        const draw = (size: number): Uint8Array => drawFrom(random, size);
        const identity = roster.of(seat.node);
        return new Station(
          stationConfigOf(seat, {}),
          { crypto, identity, random, draw, crc: crc32 },
          now,
        );
      },
    },
    {
      wrote(_from, _to, bytes) {
        const head = headOf(bytes, false);
        if (head !== null) writes.set(head.name, (writes.get(head.name) ?? 0) + 1);
      },
      arrived(_from, to, bytes) {
        const head = headOf(bytes, false);
        if (head === null || to === player) return;
        const nodes = reached.get(head.name) ?? new Set<number>();
        reached.set(head.name, nodes.add(to));
      },
    },
  );
  const lastMs = said.reduce((most, { unixMs }) => Math.max(most, unixMs), firstMs);
  const endMs = said.length === 0 ? 0 : BEGIN_MS + lastMs - firstMs + END_MS;
  const dropsOf = (): Record<string, number> => (mesh.node(1) as Station).snapshot(mesh.now).drops;
  const sample = (): ReplayedSample => ({
    at: mesh.now,
    said: said.filter(({ unixMs }) => BEGIN_MS + unixMs - firstMs <= mesh.now).length,
    reached: sum([...names.keys()].map((name) => reached.get(name)?.size ?? 0)),
    writes: mesh.writes,
    dropped: sum(Object.values(dropsOf())),
  });
  const series = Array.from({ length: SAMPLES + 1 }, (_, at) => {
    mesh.runUntil(Math.round((at * endMs) / SAMPLES));
    return sample();
  });
  return {
    types: typesOf(names, reached, writes, shape.nodes),
    series,
    drops: dropsOf(),
    passedOver: frames.length - said.length,
    writes: mesh.writes,
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}

/** The type of each packet, by the name that it has in writes. */
function namesOf(frames: readonly ReplayedFrame[]): Map<number, number> {
  const names = new Map<number, number>();
  for (const { frame } of frames) {
    // As it begins in a write: behind the header of a segment.
    const head = headOf(Uint8Array.of(0xc0, ...frame.subarray(0, 64)), false);
    if (head !== null) names.set(head.name, frame[1]);
  }
  return names;
}

function typesOf(
  names: ReadonlyMap<number, number>,
  reached: Map<number, Set<number>>,
  writes: Map<number, number>,
  nodes: number,
): ReplayedType[] {
  const types = new Map<number, ReplayedType>();
  for (const [name, type] of names) {
    const row = types.get(type) ?? {
      type: typeName(type),
      packets: 0,
      reachedPercent: 0,
      writes: 0,
    };
    const share = (100 * (reached.get(name)?.size ?? 0)) / nodes;
    row.reachedPercent = (row.reachedPercent * row.packets + share) / (row.packets + 1);
    row.packets++;
    row.writes += writes.get(name) ?? 0;
    types.set(type, row);
  }
  return [...types.values()];
}

/** What one link's two ends say to each other means nothing anywhere else. */
function isReplayable(frame: Uint8Array): boolean {
  const packet = new PacketView();
  return packet.read(frame, FRAME_MAX) === null && !isLinkScoped(packet.type);
}

/** A neighbour that says what it was given, each thing at its time, and hears nothing. */
class Player implements SimNode {
  private readonly frames: readonly ReplayedFrame[];
  private readonly epochMs: Millis;
  private link: Link | null = null;
  private said = 0;

  /** Its clock shows `epochMs` at 0. */
  constructor(frames: readonly ReplayedFrame[], epochMs: Millis) {
    this.frames = [...frames].sort((one, other) => one.unixMs - other.unixMs);
    this.epochMs = epochMs;
  }

  step(input: SimInput | Tick, now: Millis): readonly SimOutput[] {
    const out: LinkOutput[] = [];
    if (input.kind === 'opened') this.link = new Link(LINK, HELLO, now);
    if (this.link === null) return [];
    if (input.kind === 'received') {
      out.push(...this.link.step({ kind: 'received', bytes: input.bytes }, now));
    } else if (input.kind === 'sent') out.push(...this.link.step({ kind: 'sent' }, now));
    else out.push(...this.link.step(TICK, now));
    for (; this.dueAt() <= now; this.said++) {
      const bytes = this.frames[this.said].frame.slice();
      const priority = priorityOf(bytes[1]);
      out.push(...this.link.step({ kind: 'send', bytes, priority }, now));
    }
    return out.flatMap((output) =>
      output.kind === 'write' ? [{ kind: 'write', link: 0, bytes: output.bytes } as const] : [],
    );
  }

  deadline(): Millis {
    return this.link === null ? Infinity : Math.min(this.link.deadline(), this.dueAt());
  }

  private dueAt(): Millis {
    if (this.said >= this.frames.length) return Infinity;
    return this.frames[this.said].unixMs - this.epochMs;
  }
}

const LINK = {
  id: Uint8Array.of(0x70, 0x6c, 0x61, 0x79, 0, 0, 0, 1),
  payloadMax: PAYLOAD_MAX,
  frameMax: FRAME_MAX,
  window: 4,
  packetsMax: 10_000,
  bytesMax: 64 * 1024 * 1024,
  crc: crc32,
};
const HELLO = {
  version: OUR_VERSION,
  role: RELAY,
  features: MESH,
  frameMax: FRAME_MAX,
  name: new Uint8Array(0),
  unixMs: null,
  board: new Uint8Array(0),
  token: new Uint8Array(0),
};
