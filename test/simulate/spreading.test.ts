/**
 * What a broadcast costs between nodes that hear each other, and that it reaches all of them (WIRE §29),
 * whoever else is among them. In soak in the mesh that is promised: 1,000 nodes.
 */
import { describe, expect, it } from 'vitest';
import type { SpreadingOptions } from '../../tools/simulate/spreading.ts';
import { spreading } from '../../tools/simulate/spreading.ts';
import { simulatedCrypto } from '../../tools/simulate/simulated-crypto.ts';
import { crypto } from '../protocol/trust/ports.ts';
import { SOAK } from '../seed.ts';

const LONG_MS = 1_800_000;

const MESH: SpreadingOptions = {
  crypto: simulatedCrypto(crypto),
  seed: 7,
  nodes: 100,
  degree: 8,
  manner: 'spread',
  lossPercent: 5,
  ttl: 40,
  messages: 20,
  perSecond: 2,
  warmMs: 15_000,
};

const SMALL = { nodes: 40, messages: 10 };
/** Nobody compares histories: what arrives was passed on, or mended. */
const UNCOMPARED = { reconcile: { everyMs: 1e9, settleMs: 1e9 } };

describe('broadcasts between nodes', () => {
  it('reach everybody where nothing is lost, with few copies', () => {
    const { delivery, duplicates, frames, flooding } = spreading({
      ...MESH,
      ...SMALL,
      lossPercent: 0,
    });
    expect(delivery).toBe(1);
    expect(duplicates).toBeLessThan(0.4);
    expect(frames.messages).toBeLessThan(0.3 * flooding);
  });

  it('reach everybody where much is lost, for less than half of flooding', () => {
    const { delivery, total, flooding, p99Ms } = spreading(MESH);
    expect(delivery).toBeGreaterThanOrEqual(0.999);
    expect(total).toBeLessThan(0.45 * flooding);
    expect(p99Ms).toBeLessThan(20_000);
  });

  it.each([0, 5])('cost flooding what is reckoned for it, with %i %% lost', (lossPercent) => {
    const plain = { reconcile: null, asksForHistory: false };
    const options = { ...MESH, ...SMALL, lossPercent };
    const flooded = spreading({ ...options, manner: 'flooded', station: plain });
    const spread = spreading(options);
    expect([flooded.delivery, spread.delivery]).toEqual([1, 1]);
    expect(flooded.total).toBe(flooded.flooding);
    expect(spread.flooding).toBe(flooded.total);
  });

  it('reach all who are left after a tenth fell silent and nobody noticed yet', () => {
    const { delivery } = spreading({ ...MESH, ...SMALL, lossPercent: 0, deadPercent: 10 });
    expect(delivery).toBe(1);
  });

  it('reach all who hang together without those who say they pass on, and never do', () => {
    const { delivery, part } = spreading({ ...MESH, ...SMALL, mutePercent: 10 });
    expect(part).toBe(36);
    expect(delivery).toBeGreaterThanOrEqual(0.99);
  });

  it('reach phones and boards among them, who hear of none of this', () => {
    const { delivery, frames, flooding } = spreading({ ...MESH, ...SMALL, plainPercent: 30 });
    expect(delivery).toBe(1);
    expect(frames.messages).toBeLessThan(0.6 * flooding);
  });

  it('are not spoken of to those who take no part', () => {
    const { frames } = spreading({ ...MESH, nodes: 12, degree: 6, plainPercent: 95 });
    expect(frames.spread).toBe(0);
    const { frames: among } = spreading({ ...MESH, nodes: 12, degree: 6 });
    expect(among.spread).toBeGreaterThan(0);
  });

  it('get as far as flooded ones do on what hops they have', () => {
    const few = { nodes: 60, messages: 40, perSecond: 8, lossPercent: 0, ttl: 4 };
    const short = { ...MESH, ...few, station: UNCOMPARED };
    const flooded = spreading({ ...short, manner: 'suppressed' });
    const spread = spreading(short);
    expect(flooded.delivery).toBeLessThan(0.9);
    expect(spread.delivery).toBeGreaterThan(flooded.delivery - 0.02);
  });

  it.skipIf(!SOAK)(
    'reach 99.9 % of 1,000 nodes for at most 60 % of flooding',
    { timeout: LONG_MS },
    () => {
      const { delivery, total, flooding } = spreading({
        ...MESH,
        ...{ nodes: 1000, messages: 60, perSecond: 1 },
      });
      expect(delivery).toBeGreaterThanOrEqual(0.999);
      expect(total).toBeLessThan(0.6 * flooding);
    },
  );
});
