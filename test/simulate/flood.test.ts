/**
 * What must hold in every mesh, whatever the air does: first under loss (safety), then after the air
 * clears (liveness). A failure names its seed; the same seed is the same world, to the last step.
 */
import { describe, expect, it } from 'vitest';
import {
  ENCRYPTED,
  FRAGMENT,
  FRAME_MAX,
  HELLO,
  MESSAGE,
  PacketView,
  REQUEST_SYNC,
  TTL_AT,
} from '../../protocol/core/packet.ts';
import { isLinkScoped } from '../../protocol/core/relay.ts';
import { seededRandom } from '../../tools/simulate/random.ts';
import { geometricIsland, hopsFrom } from '../../tools/simulate/topology.ts';
import type { Edge, Step } from '../../tools/simulate/world.ts';
import { nodeId, World } from '../../tools/simulate/world.ts';
import { packet } from '../packets.ts';
import { runs, SEED } from '../seed.ts';

const WORLDS = runs(60, 3000);
const TYPES = [MESSAGE, ENCRYPTED, FRAGMENT, REQUEST_SYNC, HELLO, 0x7f, 0xe3];

describe('a mesh of relays under loss', () => {
  it('sends a packet over a link at most once each way, with a falling TTL, and nothing link-scoped', () => {
    let relayed = 0;
    for (let seed = SEED; seed < SEED + WORLDS; seed++) {
      const { steps } = chatter(seed, 30);
      const sent = new Set<string>();
      const ttlHeard = new Map<string, number>();
      for (const step of steps) {
        if (step.input.kind === 'heard') {
          const key = `${step.node} ${nameOf(step.input.bytes)}`;
          const ttl = step.input.bytes[TTL_AT];
          ttlHeard.set(key, Math.max(ttlHeard.get(key) ?? 0, ttl));
        }
        for (const output of step.outputs) {
          if (output.kind !== 'transmit' || step.input.kind === 'send') continue;
          const name = `${step.node} ${nameOf(output.bytes)}`;
          const once = `${name} on ${output.link}`;
          expect(sent.has(once), `seed ${seed}: ${once} sent twice`).toBe(false);
          sent.add(once);
          const ttl = output.bytes[TTL_AT];
          expect(ttl, `seed ${seed}: ${name}`).toBeLessThan(ttlHeard.get(name)!);
          expect(ttl).toBeGreaterThan(0);
          expect(isLinkScoped(output.bytes[1]), `seed ${seed}: ${name} left its link`).toBe(false);
        }
      }
      relayed += sent.size;
    }
    // A world may fall silent at once; that all of them do would prove nothing.
    expect(relayed).toBeGreaterThan(WORLDS * 10);
  });

  it('delivers a packet to a node at most once, and what is for one node to nobody else', () => {
    for (let seed = SEED; seed < SEED + WORLDS; seed++) {
      const { steps } = chatter(seed, 30);
      const delivered = new Set<string>();
      for (const step of steps) {
        for (const output of step.outputs) {
          if (output.kind !== 'deliver' || isLinkScoped(output.bytes[1])) continue;
          const name = `${step.node} ${nameOf(output.bytes)}`;
          expect(delivered.has(name), `seed ${seed}: ${name} delivered twice`).toBe(false);
          delivered.add(name);
          const view = read(output.bytes);
          if (view.recipientAt < 0) continue;
          const recipient = output.bytes.subarray(view.recipientAt, view.recipientAt + 8);
          expect(recipient).toEqual(nodeId(step.node));
        }
      }
    }
  });

  it('is the same world twice', () => {
    for (let seed = SEED; seed < SEED + 5; seed++) {
      expect(chatter(seed, 30).steps).toEqual(chatter(seed, 30).steps);
    }
  });
});

describe('a mesh of relays in clear air', () => {
  it('reaches every node within the hops of the TTL, and each over no more links than there are', () => {
    for (let seed = SEED; seed < SEED + WORLDS; seed++) {
      const nodes = 12;
      const { edges } = geometricIsland(nodes, seededRandom(seed));
      const reached = new Set<number>();
      let transmissions = 0;
      const world = new World({ seed, nodes, edges, relay: { ttlMax: 64 } }, (step) => {
        for (const output of step.outputs) {
          if (output.kind === 'deliver') reached.add(step.node);
          if (output.kind === 'transmit') transmissions += 1;
        }
      });
      world.say(1, packet({ sender: nodeId(1), ttl: 64 }));
      world.settle();
      expect(reached.size, `seed ${seed}`).toBe(nodes - 1);
      expect(transmissions, `seed ${seed}`).toBeLessThanOrEqual(2 * edges.length);
    }
  });

  it('goes exactly as far along a line as its TTL says', () => {
    for (let ttl = 1; ttl <= 7; ttl++) {
      const reached: number[] = [];
      const world = new World({ seed: 1, nodes: 10, edges: line(10) }, (step) => {
        if (step.outputs.some((output) => output.kind === 'deliver')) reached.push(step.node);
      });
      world.say(1, packet({ sender: nodeId(1), ttl }));
      world.settle();
      expect(reached).toEqual(Array.from({ length: ttl }, (_, hop) => hop + 2));
      expect(hopsFrom(1, 10, line(10))[ttl + 1]).toBe(ttl);
    }
  });

  it('carries nothing over dead air, and everything once it clears', () => {
    const reached = new Set<number>();
    const world = new World({ seed: 3, nodes: 6, edges: line(6) }, (step) => {
      if (step.outputs.some((output) => output.kind === 'deliver')) reached.add(step.node);
    });
    world.air.conditions = { ...world.air.conditions, lossPercent: 100 };
    world.say(1, packet({ sender: nodeId(1), timestamp: 1 }));
    world.settle();
    expect(reached.size).toBe(0);
    world.air.conditions = { ...world.air.conditions, lossPercent: 0 };
    world.say(1, packet({ sender: nodeId(1), timestamp: 2 }));
    world.settle();
    expect([...reached]).toEqual([2, 3, 4, 5, 6]);
  });

  it('passes a packet over an edge that comes up while it is under way', () => {
    const reached = new Set<number>();
    const edges = [...line(4), { a: 4, b: 5 }];
    const world = new World({ seed: 3, nodes: 5, edges }, (step) => {
      if (step.outputs.some((output) => output.kind === 'deliver')) reached.add(step.node);
    });
    world.cut(4, 5);
    world.say(1, packet({ sender: nodeId(1) }));
    world.settle(1);
    world.join({ a: 4, b: 5 });
    world.settle();
    expect(reached.has(5)).toBe(true);
  });
});

/** Eight nodes talk all at once, of everything there is, to all and to one, while links break. */
function chatter(seed: number, lossPercent: number): { steps: Step[] } {
  const random = seededRandom(seed);
  const nodes = 8;
  const { edges } = geometricIsland(nodes, random);
  const steps: Step[] = [];
  const air = { lossPercent, delayMinMs: 1, delayMaxMs: 60 };
  const relay = { ttlMax: 12, seenMax: 512 };
  const world = new World({ seed, nodes, edges, air, relay }, (step) => steps.push(step));
  for (let message = 0; message < 12; message++) {
    const from = 1 + random(nodes);
    const to = 1 + random(nodes);
    const bytes = packet({
      type: TYPES[random(TYPES.length)],
      ttl: random(13),
      timestamp: message,
      sender: nodeId(from),
      recipient: random(2) === 0 && to !== from ? nodeId(to) : null,
      payload: new Uint8Array(random(40)),
    });
    if (isLinkScoped(bytes[1])) world.inject(to, 0, bytes);
    else world.say(from, bytes);
    world.settle(world.now + random(80));
  }
  world.settle();
  return { steps };
}

function line(nodes: number): Edge[] {
  return Array.from({ length: nodes - 1 }, (_, i) => ({ a: i + 1, b: i + 2 }));
}

function read(bytes: Uint8Array): PacketView {
  const view = new PacketView();
  expect(view.read(bytes, FRAME_MAX)).toBe(null);
  return view;
}

function nameOf(bytes: Uint8Array): string {
  const view = read(bytes);
  return `${bytes[1]} ${bytes[view.senderAt + 7]}:${view.timestamp()}`;
}
