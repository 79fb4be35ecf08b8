/**
 * Radio: an air between small nodes as they see it (DEVICE.md): advertisements that those who scan
 * may hear, one link in and a few out, segments that arrive in order, and a link that dies some
 * seconds after its end has gone. It stands in for the driver of each node. One seed, one history.
 */
import { assert } from '../../protocol/core/assert.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import type { Millis, Tick } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import type { NodeConfig, NodeInput, NodeOutput } from '../../protocol/core/node.ts';
import { Node } from '../../protocol/core/node.ts';
import type { Due } from '../../protocol/core/schedule.ts';
import { Schedule } from '../../protocol/core/schedule.ts';
import type { Settings } from '../../protocol/core/settings.ts';
import { makeSeenHash } from '../../protocol/trust/seen-hash.ts';
import { seededRandom } from './random.ts';
import type { Edge } from './world.ts';
import { nodeId } from './world.ts';

export type RadioOptions = {
  seed: number;
  nodes: number;
  /** Who is in reach of whom. */
  edges: Edge[];
  settings?: Settings;
  /** Advertisements lost, of a hundred. */
  lossPercent?: number;
  config?: Partial<NodeConfig>;
};

/** Within it all advertise for the first time. */
const FIRST_MS = 1000;
const CONNECT_MS = 400;
/** Until a radio believes that the other end is gone. */
const SUPERVISION_MS = 4000;
const SEGMENT_MS = 15;
/** What a BLE link takes: the smallest MTU, 53, leaves so much (DEVICE.md). */
const PAYLOAD_MAX = 49;
const RSSI = -70;

/** One end of a link; `open` is shared by both. */
type End = { node: number; link: number; air: { isOpen: boolean } };

type Event = Due &
  (
    | { kind: 'advert'; node: number }
    | { kind: 'dialled'; node: number; link: number; target: number }
    | { kind: 'lost'; node: number; link: number }
    | { kind: 'input'; node: number; input: NodeInput; air: { isOpen: boolean } }
  );

type Station = {
  node: Node;
  isAlive: boolean;
  isScanning: boolean;
  advert: { bytes: Uint8Array; connectable: boolean } | null;
  /** By link: who is at the other end. */
  ends: (End | null)[];
};

/** What a node of a button's size is given. */
export const SMALL: Omit<NodeConfig, 'id'> = {
  board: 'puck',
  outMax: 2,
  wires: 0,
  frameMax: 512,
  seenMax: 64,
  waitingMax: 8,
  senderSets: 8,
  window: 16,
  packetsMax: 12,
  bytesMax: 2048,
  announcesMax: 4,
  counter: 0,
};

export class Radio {
  now: Millis = 0;
  /** Links dialled and opened, and closed for whatever reason. */
  opened = 0;
  closed = 0;
  readonly stations: Station[] = [];
  private readonly reach: number[][];
  private readonly random: (below: number) => number;
  private readonly lossPercent: number;
  private readonly events = new Schedule<Event>();
  private readonly watch: (node: number, output: NodeOutput) => void;

  constructor(options: RadioOptions, watch: (node: number, output: NodeOutput) => void = () => {}) {
    this.watch = watch;
    this.random = seededRandom(options.seed);
    this.lossPercent = options.lossPercent ?? 20;
    this.reach = reachOf(options.nodes, options.edges);
    for (let node = 0; node < options.nodes; node++) {
      const chance = seededRandom(options.seed * 65_537 + node);
      const ports = {
        random: chance,
        hash: makeSeenHash(chance(2 ** 32), chance(2 ** 32)),
        crc: crc32,
        hmac: checksums,
        draw: () => new Uint8Array(16),
      };
      const config = { ...SMALL, ...options.config, id: nodeId(node + 1) };
      const slot = { index: 1, generation: 0, fields: new Uint8Array(0) };
      this.stations.push({
        node: new Node(config, options.settings ?? [], slot, ports, 0),
        isAlive: true,
        isScanning: false,
        advert: null,
        ends: Array.from({ length: 1 + config.outMax }, () => null),
      });
      this.add(this.random(FIRST_MS), { kind: 'advert', node });
    }
  }

  /** Lets things happen until `until`. */
  run(until: Millis): void {
    for (;;) {
      let at = this.events.nextAt();
      let first = -1;
      this.stations.forEach(({ node, isAlive }, index) => {
        if (!isAlive || node.deadline() >= at) return;
        at = node.deadline();
        first = index;
      });
      if (at > until) break;
      this.now = Math.max(this.now, at);
      if (first >= 0) this.step(first, TICK);
      else this.happen(this.events.take());
    }
    this.now = until;
  }

  /** A node loses its power: its neighbours find out in time. */
  kill(node: number): void {
    const station = this.stations[node];
    station.isAlive = false;
    station.isScanning = false;
    station.advert = null;
    for (const end of station.ends) {
      if (!end?.air.isOpen) continue;
      end.air.isOpen = false;
      this.lose(end.node, end.link, SUPERVISION_MS);
    }
    station.ends.fill(null);
  }

  /** A node says something to all. */
  feed(node: number, input: NodeInput): void {
    this.step(node, input);
  }

  /** The nodes alive, in the meshes their links form. */
  meshes(): number[][] {
    const alive = this.stations.flatMap(({ isAlive }, node) => (isAlive ? [node] : []));
    return componentsOf(alive, (node) =>
      this.stations[node].ends.flatMap((end) => (end?.air.isOpen ? [end.node] : [])),
    );
  }

  /** The nodes alive, in the meshes that reach allows. */
  possible(): number[][] {
    const alive = this.stations.flatMap(({ isAlive }, node) => (isAlive ? [node] : []));
    return componentsOf(alive, (node) => this.reach[node].filter((to) => alive.includes(to)));
  }

  private happen(event: Event): void {
    switch (event.kind) {
      case 'advert': {
        const { isAlive, node } = this.stations[event.node];
        if (!isAlive) return;
        this.advertise(event.node);
        this.add(node.advertiseMs + this.random(10), { kind: 'advert', node: event.node });
        break;
      }
      case 'dialled':
        this.connect(event.node, event.link, event.target);
        break;
      case 'lost':
        this.stations[event.node].ends[event.link] = null;
        this.step(event.node, { kind: 'closed', link: event.link });
        break;
      case 'input':
        if (event.air.isOpen) this.step(event.node, event.input);
        break;
    }
  }

  private advertise(from: number): void {
    const { advert } = this.stations[from];
    if (advert === null) return;
    for (const to of this.reach[from]) {
      const { isScanning, isAlive } = this.stations[to];
      if (!isAlive || !isScanning || this.random(100) < this.lossPercent) continue;
      this.step(to, { kind: 'sighted', address: String(from), rssi: RSSI, bytes: advert.bytes });
    }
  }

  private connect(from: number, link: number, to: number): void {
    const source = this.stations[from];
    const target = this.stations[to];
    if (!source.isAlive) return;
    assert(source.ends[link] === null, 'a node dials over a link that is free');
    const isFree = target.isAlive && target.advert?.connectable && target.ends[0] === null;
    if (!isFree || !this.reach[from].includes(to)) {
      this.step(from, { kind: 'closed', link });
      return;
    }
    const air = { isOpen: true };
    source.ends[link] = { node: to, link: 0, air };
    target.ends[0] = { node: from, link, air };
    this.opened++;
    this.step(to, { kind: 'opened', link: 0, payloadMax: PAYLOAD_MAX });
    if (air.isOpen) this.step(from, { kind: 'opened', link, payloadMax: PAYLOAD_MAX });
  }

  private step(index: number, input: NodeInput | Tick): void {
    const station = this.stations[index];
    if (!station.isAlive) return;
    for (const output of station.node.step(input, this.now)) {
      this.watch(index, output);
      this.perform(index, station, output);
    }
  }

  private perform(index: number, station: Station, output: NodeOutput): void {
    switch (output.kind) {
      case 'write': {
        const end = station.ends[output.link];
        // It left for an end that is gone.
        if (!end) return;
        const { air } = end;
        const received: NodeInput = { kind: 'received', link: end.link, bytes: output.bytes };
        this.add(SEGMENT_MS, { kind: 'input', node: end.node, input: received, air });
        const sent: NodeInput = { kind: 'sent', link: output.link };
        this.add(SEGMENT_MS, { kind: 'input', node: index, input: sent, air });
        break;
      }
      case 'connect':
        this.add(CONNECT_MS + this.random(CONNECT_MS), {
          kind: 'dialled',
          node: index,
          link: output.link,
          target: Number(output.address),
        });
        break;
      case 'disconnect': {
        const end = station.ends[output.link];
        // It is coming to its end already.
        if (!end?.air.isOpen) return;
        end.air.isOpen = false;
        this.lose(index, output.link, SEGMENT_MS);
        this.lose(end.node, end.link, SEGMENT_MS);
        break;
      }
      case 'advertise':
        station.advert = { bytes: output.bytes, connectable: output.connectable };
        break;
      case 'scan':
        station.isScanning = output.on;
        break;
      default:
        break;
    }
  }

  /** An end of a link finds that it is no more. */
  private lose(node: number, link: number, afterMs: Millis): void {
    this.closed++;
    this.add(afterMs, { kind: 'lost', node, link });
  }

  private add(afterMs: Millis, event: DistributiveOmit<Event, keyof Due>): void {
    this.events.add({ ...event, dueAt: this.now + afterMs, order: 0 } as Event);
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Stands in for HMAC where nobody forges. */
function checksums(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const mac = new Uint8Array(32);
  new DataView(mac.buffer).setUint32(0, crc32(bytes) ^ crc32(key));
  return mac;
}

/** By node, from 0, who is in its reach. */
function reachOf(nodes: number, edges: Edge[]): number[][] {
  const reach = Array.from({ length: nodes }, (): number[] => []);
  for (const { a, b } of edges) {
    reach[a - 1].push(b - 1);
    reach[b - 1].push(a - 1);
  }
  return reach;
}

/** What hangs together, each part and the parts in the order of their first member. */
export function componentsOf(nodes: number[], next: (node: number) => number[]): number[][] {
  const parts: number[][] = [];
  const found = new Set<number>();
  for (const start of nodes) {
    if (found.has(start)) continue;
    const part = [start];
    found.add(start);
    for (const node of part) {
      for (const to of next(node)) {
        if (found.has(to)) continue;
        found.add(to);
        part.push(to);
      }
    }
    parts.push(part.sort((a, b) => a - b));
  }
  return parts;
}
