/**
 * What a broadcast costs between nodes that hear each other, and that it reaches all of them (WIRE §29).
 * In soak in the mesh that is promised: 1,000 nodes.
 */
import { describe, expect, it } from 'vitest';
import type { SpreadingOptions } from '../../tools/simulate/spreading.ts';
import { spreading } from '../../tools/simulate/spreading.ts';
import { simulatedCrypto } from '../../tools/simulate/simulated-crypto.ts';
import { crypto } from '../protocol/trust/ports.ts';
import { SOAK } from '../seed.ts';

const LONG_MS = 600_000;

const MESH: SpreadingOptions = {
  crypto: simulatedCrypto(crypto),
  seed: 7,
  nodes: 100,
  degree: 8,
  manner: 'spread',
  lossPercent: 5,
  ttl: 40,
  messages: 20,
  perSecond: 1,
  warmMs: 20_000,
};

const SMALL = { nodes: 40, messages: 5 };

describe('broadcasts between nodes', () => {
  it('reach everybody where nothing is lost, with few copies', () => {
    const { delivery, duplicates, frames, flooding } = spreading({
      ...MESH,
      ...SMALL,
      lossPercent: 0,
    });
    expect(delivery).toBe(1);
    expect(duplicates).toBeLessThan(0.45);
    expect(frames.messages).toBeLessThan(0.3 * flooding);
  });

  it('reach nearly everybody where much is lost, for less than half of flooding', () => {
    const { delivery, total, flooding, p99Ms } = spreading(MESH);
    expect(delivery).toBeGreaterThanOrEqual(0.999);
    expect(total).toBeLessThan(0.5 * flooding);
    expect(p99Ms).toBeLessThan(20_000);
  });

  it('reach all who are left after a tenth fell silent and nobody noticed yet', () => {
    const { delivery } = spreading({ ...MESH, ...SMALL, lossPercent: 0, deadPercent: 10 });
    expect(delivery).toBe(1);
  });

  it.skipIf(!SOAK)(
    'reach 99.9 % of 1,000 nodes for at most 60 % of flooding',
    { timeout: LONG_MS },
    () => {
      const { delivery, total, flooding } = spreading({ ...MESH, nodes: 1000, messages: 60 });
      expect(delivery).toBeGreaterThanOrEqual(0.999);
      expect(total).toBeLessThan(0.6 * flooding);
    },
  );
});
