/**
 * Radio: small nodes around each other. It stands in for their drivers, and the ether for their
 * radios. One seed, one history.
 */
import { crc32 } from '../../protocol/core/crc32.ts';
import type { Millis, Tick } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import type { NodeConfig, NodeInput, NodeOutput } from '../../protocol/core/node.ts';
import { Node } from '../../protocol/core/node.ts';
import type { Settings } from '../../protocol/core/settings.ts';
import { makeSeenHash } from '../../protocol/trust/seen-hash.ts';
import { Ether } from '../../tools/simulate/ether.ts';
import { seededRandom } from '../../tools/simulate/random.ts';
import type { Edge } from '../../tools/simulate/world.ts';
import { nodeId } from '../../tools/simulate/world.ts';

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

/** What a BLE link takes: the smallest MTU, 53, leaves so much (DEVICE.md). */
const PAYLOAD_MAX = 49;

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
  readonly ether: Ether;
  readonly nodes: Node[] = [];
  private readonly watch: (node: number, output: NodeOutput) => void;

  constructor(options: RadioOptions, watch: (node: number, output: NodeOutput) => void = () => {}) {
    this.watch = watch;
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
      this.nodes.push(new Node(config, options.settings ?? [], slot, ports, 0));
    }
    const { seed, edges, lossPercent } = options;
    this.ether = new Ether(
      {
        seed,
        edges,
        radios: options.nodes,
        linksMax: 1 + (options.config?.outMax ?? SMALL.outMax),
        payloadMax: PAYLOAD_MAX,
        ...(lossPercent === undefined ? {} : { lossPercent }),
        advertiseMs: (node) => this.nodes[node].advertiseMs,
      },
      0,
      (node, news) => this.feed(node, news),
    );
  }

  get now(): Millis {
    return this.ether.now;
  }

  /** Lets things happen until `until`. */
  run(until: Millis): void {
    const { ether } = this;
    for (;;) {
      let at = ether.nextAt();
      let first = -1;
      this.nodes.forEach((node, index) => {
        if (!ether.isAlive(index) || node.deadline() >= at) return;
        at = node.deadline();
        first = index;
      });
      if (at > until) break;
      ether.now = Math.max(ether.now, at);
      if (first >= 0) this.feed(first, TICK);
      else ether.happen();
    }
    ether.now = until;
  }

  /** A node says something to all, or its radio tells it something. */
  feed(index: number, input: NodeInput | Tick): void {
    if (!this.ether.isAlive(index)) return;
    for (const output of this.nodes[index].step(input, this.now)) {
      this.watch(index, output);
      switch (output.kind) {
        case 'write':
        case 'connect':
        case 'disconnect':
        case 'advertise':
        case 'scan':
          this.ether.order(index, output);
      }
    }
  }
}

/** Stands in for HMAC where nobody forges. */
function checksums(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const mac = new Uint8Array(32);
  new DataView(mac.buffer).setUint32(0, crc32(bytes) ^ crc32(key));
  return mac;
}
