/**
 * Connector: one node's part in making a mesh, step by step. That twenty of them make one is shown in
 * test/simulate/islands.test.ts.
 */
import { describe, expect, it } from 'vitest';
import type { ConnectorOutput } from '../../../protocol/core/connector.ts';
import { Connector, MESH_SIZE, SIGHT_SIZE } from '../../../protocol/core/connector.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import { id } from '../../packets.ts';
import { SEED, xorshift } from '../../seed.ts';

const FREE = 16 | (2 << 5);

describe('a node alone', () => {
  it('advertises who it is, that it may be dialled, and scans', () => {
    expect(connector().step(TICK, 0)).toEqual([
      { kind: 'tell', mesh: mesh(5, 1, 0, 1) },
      { kind: 'advertise', bytes: sight(5, 5, 1, 1 | FREE), connectable: true },
      { kind: 'scan', on: true },
    ]);
  });

  it('dials a node of another island, once', () => {
    const node = settled();
    expect(node.step(sighted(7, 7, 1, FREE), 1000)).toEqual([]);
    expect(node.deadline()).toBe(1500);
    expect(connects(node.step(TICK, 1500))).toEqual([{ kind: 'connect', link: 1, address: 'a7' }]);
    node.step(sighted(8, 8, 1, FREE), 1600);
    expect(connects(node.step(TICK, 2600))).toEqual([]);
  });

  for (const [what, bytes] of [
    ['itself', sight(5, 9, 1, FREE)],
    ['its own island', sight(7, 5, 1, FREE)],
    ['what cannot be dialled', sight(7, 7, 1, 2 << 5)],
    ['another maker', Uint8Array.of(0, ...sight(7, 7, 1, FREE).subarray(1))],
    ['an advertisement cut short', sight(7, 7, 1, FREE).subarray(0, 19)],
  ] as const) {
    it(`does not dial ${what}`, () => {
      const node = settled();
      node.step({ kind: 'sighted', address: 'x', rssi: -70, bytes }, 1000);
      expect(connects(node.step(TICK, 3000))).toEqual([]);
    });
  }

  it('knows how loud each neighbour is: as when it dialled it, or was heard last', () => {
    const node = settled();
    node.step(sighted(7, 7, 1, FREE), 1000);
    node.step(TICK, 2500);
    node.step({ kind: 'opened', link: 1 }, 3000);
    expect(node.rssi).toEqual([0, -57, 0]);
    node.step({ kind: 'told', link: 1, id: id(7), mesh: mesh(5, 2, 1, 1) }, 3000);
    node.step({ ...sighted(7, 5, 2, 0), rssi: -80 }, 4000);
    expect(node.rssi).toEqual([0, -80, 0]);
    node.step({ kind: 'opened', link: 0 }, 5000);
    expect(node.rssi).toEqual([0, -80, 0]);
  });

  it('lets a node be that it could not dial, longer each time', () => {
    const node = settled();
    const dials: number[] = [];
    for (let now = 1000; now < 120_000; now += 500) {
      if (connects(node.step(sighted(7, 7, 1, FREE), now)).length === 0) continue;
      dials.push(now);
      node.step({ kind: 'closed', link: 1 }, now);
    }
    const pauses = dials.slice(1).map((at, index) => at - dials[index]);
    expect(pauses.length).toBeGreaterThan(1);
    expect([...pauses].sort((a, b) => a - b)).toEqual(pauses);
  });

  it('gives up a dial that nobody answers', () => {
    const node = settled();
    node.step(sighted(7, 7, 1, FREE), 1000);
    node.step(TICK, 1500);
    expect(node.step(TICK, 11_500)).toContainEqual({ kind: 'disconnect', link: 1 });
  });
});

describe('a node with a parent', () => {
  it('takes the name of its island and tells it on, one hop further', () => {
    const node = settled();
    const told = adopt(node, 3, mesh(2, 9, 4, 9));
    expect(told).toContainEqual({ kind: 'tell', mesh: mesh(2, 9, 5, 1) });
    expect(told).toContainEqual({
      kind: 'advertise',
      bytes: sight(5, 2, 9, 1 | (2 << 5)),
      connectable: false,
    });
  });

  it('is the root of its own again when the parent goes', () => {
    const node = settled();
    adopt(node, 3, mesh(2, 9, 4, 9));
    node.step({ kind: 'closed', link: 0 }, 6000);
    expect(node.step(TICK, 7000)).toContainEqual({ kind: 'tell', mesh: mesh(5, 1, 0, 1) });
  });

  for (const [what, told] of [
    ['its own name', mesh(5, 9, 4, 9)],
    ['a name from too far away', mesh(2, 9, 64, 9)],
  ] as const) {
    it(`leaves one that brings ${what}`, () => {
      const node = settled();
      node.step({ kind: 'opened', link: 0 }, 5000);
      expect(node.step({ kind: 'told', link: 0, id: id(3), mesh: told }, 5000)).toContainEqual({
        kind: 'disconnect',
        link: 0,
      });
    });
  }

  it('leaves it for a better island only after patience, and not for a worse one', () => {
    for (const [size, leaves] of [
      [30, true],
      [3, false],
    ] as const) {
      const node = settled();
      adopt(node, 3, mesh(2, 9, 4, 9));
      const at: number[] = [];
      for (let now = 10_000; now < 60_000 && at.length === 0; now += 1000) {
        const out = node.step(sighted(7, 7, size, 2 << 5), now);
        if (out.some(({ kind }) => kind === 'disconnect')) at.push(now);
      }
      expect(at.length > 0).toBe(leaves);
      if (leaves) expect(at[0]).toBeGreaterThanOrEqual(15_000);
    }
  });
});

it('of two links between two nodes, the one the smaller dialled is kept', () => {
  for (const [other, link] of [
    [7, 0],
    [3, 1],
  ]) {
    const node = settled();
    node.step({ kind: 'opened', link: 1 }, 1000);
    node.step({ kind: 'told', link: 1, id: id(other), mesh: null }, 1000);
    node.step({ kind: 'opened', link: 0 }, 1000);
    const out = node.step({ kind: 'told', link: 0, id: id(other), mesh: null }, 1000);
    expect(out).toContainEqual({ kind: 'disconnect', link });
  }
});

it('the size of branches goes up', () => {
  const node = settled();
  for (const link of [1, 2]) {
    node.step({ kind: 'opened', link }, 1000);
    node.step({ kind: 'told', link, id: id(6 + link), mesh: mesh(5, 2, 1, 3 + link) }, 1000);
  }
  expect(node.step(TICK, 2000)).toContainEqual({ kind: 'tell', mesh: mesh(5, 10, 0, 10) });
});

it('on battery it scans an eighth of its duty, and with nothing found an eighth of that', () => {
  const parts = [false, true].map((onBattery) => {
    const node = connector({ onBattery, scanDuty: 50 });
    return [scanned(node, 0, 60_000), scanned(node, 120_000, 1_400_000)];
  });
  const ratios = [parts[0][0], parts[1][0], parts[0][1], parts[1][1]];
  for (const [at, part] of [1 / 2, 1 / 16, 1 / 16, 1 / 128].entries()) {
    expect(ratios[at] / part, `${ratios}`).toBeGreaterThan(0.7);
    expect(ratios[at] / part, `${ratios}`).toBeLessThan(1.4);
  }
});

it('whatever is heard, nothing throws and the links it dials are its own', () => {
  const random = xorshift(SEED);
  const node = connector();
  for (let now = 0; now < 2_000_000; now += 100) {
    const bytes = Uint8Array.from({ length: random(24) }, () => random(256));
    if (random(2) === 0) bytes.set([0x48, 0x4c].slice(0, bytes.length));
    node.step({ kind: 'sighted', address: 'x', rssi: -70, bytes }, now);
    const link = random(3);
    const told = random(2) === 0 ? null : bytes;
    if (random(5) === 0) node.step({ kind: 'opened', link }, now);
    if (random(5) === 0) node.step({ kind: 'told', link, id: id(random(4)), mesh: told }, now);
    if (random(5) === 0) node.step({ kind: 'closed', link }, now);
    for (const output of connects(node.step(TICK, now))) expect([1, 2]).toContain(output.link);
  }
  expect(node.deadline()).toBeGreaterThan(0);
});

function connector(differs: { onBattery?: boolean; scanDuty?: number } = {}): Connector {
  const config = { id: id(5), role: 1, outMax: 2, scanDuty: 100, onBattery: false, ...differs };
  return new Connector(config, (below) => below >> 1, 0);
}

function settled(): Connector {
  const node = connector();
  node.step(TICK, 0);
  return node;
}

function adopt(node: Connector, parent: number, told: Uint8Array): ConnectorOutput[] {
  node.step({ kind: 'opened', link: 0 }, 4000);
  node.step({ kind: 'told', link: 0, id: id(parent), mesh: told }, 4000);
  return node.step(TICK, 5000);
}

/** The part of the time between two moments in which it scans. */
function scanned(node: Connector, from: number, until: number): number {
  let onAt = -1;
  let total = 0;
  for (let now = from; now < until; now += 100) {
    for (const output of node.step(TICK, now)) {
      if (output.kind !== 'scan') continue;
      if (output.on) onAt = now;
      else if (onAt >= 0) total += now - onAt;
    }
  }
  return total / (until - from);
}

function connects(outputs: ConnectorOutput[]) {
  return outputs.filter((output) => output.kind === 'connect');
}

function sighted(node: number, island: number, size: number, flags: number) {
  const bytes = sight(node, island, size, flags);
  return { kind: 'sighted' as const, address: `a${node}`, rssi: -50 - node, bytes };
}

function sight(node: number, island: number, size: number, flags: number): Uint8Array {
  const bytes = Uint8Array.of(0x48, 0x4c, flags, ...id(node), ...id(island), size);
  expect(bytes).toHaveLength(SIGHT_SIZE);
  return bytes;
}

function mesh(island: number, size: number, hops: number, branch: number): Uint8Array {
  const bytes = Uint8Array.of(...id(island), size, hops, branch);
  expect(bytes).toHaveLength(MESH_SIZE);
  return bytes;
}
