/**
 * The parts of a gateway that keep something, each with its limit: what was said lately, the budget of
 * the air, who was carried for, and who else is a gateway.
 */
import { describe, expect, it } from 'vitest';
import { Budget, BUDGET_DEFAULTS } from '../../../protocol/peer/budget.ts';
import { Carriage, CARRIED_FOR_MAX } from '../../../host/gateway/carriage.ts';
import {
  GATEWAY_TIMEOUT_MS,
  Gateways,
  GATEWAYS_MAX,
  RIVALS_MAX,
  SETTLING_MS,
} from '../../../host/gateway/gateways.ts';
import type { Recent } from '../../../host/gateway/recent.ts';
import { RECENT_BYTES_MAX, RECENT_MAX, RecentPackets } from '../../../host/gateway/recent.ts';
import { DAY_MS } from '../../../host/types.ts';
import { BACKGROUND, CRITICAL, HIGH, NORMAL } from '../../../protocol/core/queue.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { MemoryArchive } from '../../../tools/simulate/archive.ts';
import { filled } from '../../protocol/wire/given.ts';

describe('what was said lately', () => {
  it('is given in its order, but not to whom it came from, and not when it is old', () => {
    const recent = new RecentPackets();
    recent.add(said(1, { priority: BACKGROUND }), 0);
    recent.add(said(2, { priority: CRITICAL, from: 'anna' }), 0);
    recent.add(said(3, { priority: NORMAL, staleAt: 500 }), 0);
    recent.add(said(4, { priority: HIGH }), 0);
    expect(recent.for('anna', 499).map(numberOf)).toEqual([1, 3, 4]);
    expect(recent.for('ben', 500).map(numberOf)).toEqual([1, 2, 4]);
    recent.add(said(5), 1000);
    expect(recent.size).toBe(1);
  });

  it('has a limit of packets, where the oldest of the least urgent goes', () => {
    const recent = new RecentPackets();
    recent.add(said(0, { priority: HIGH }), 0);
    for (let i = 1; i <= RECENT_MAX; i++) recent.add(said(i), 0);
    expect(recent.size).toBe(RECENT_MAX);
    expect(recent.for('', 0).map(numberOf).slice(0, 2)).toEqual([0, 2]);
  });

  it('has a limit of bytes', () => {
    const recent = new RecentPackets();
    for (let i = 0; i < 5; i++) recent.add(said(i, { size: RECENT_BYTES_MAX / 2 }), 0);
    expect(recent.size).toBe(2);
  });
});

describe('a budget', () => {
  it('keeps what was earned when it is changed, up to the new burst', () => {
    const budget = new Budget({ bytesPerSecond: 100, burstBytes: 1000 }, 0, 0);
    budget.change({ bytesPerSecond: 10, burstBytes: 300 }, 2000);
    expect(budget.levelAt(2000)).toBe(200);
    expect(budget.levelAt(7000)).toBe(250);
    budget.change({ bytesPerSecond: 10, burstBytes: 100 }, 7000);
    expect(budget.levelAt(7000)).toBe(100);
  });

  it('is a burst, and then so much a second', () => {
    const budget = new Budget(BUDGET_DEFAULTS, Infinity, 0);
    expect(budget.readyAt(16_000, 0)).toBe(0);
    budget.spend(16_000, 0);
    expect(budget.readyAt(500, 0)).toBe(250);
    expect(budget.readyAt(500, 200)).toBe(250);
    expect(budget.levelAt(60_000)).toBe(16_000);
  });

  it('lets through what costs more than a burst once it is full, and is in debt then', () => {
    const budget = new Budget(BUDGET_DEFAULTS, Infinity, 0);
    expect(budget.readyAt(40_000, 0)).toBe(0);
    budget.spend(40_000, 0);
    expect(budget.levelAt(0)).toBe(-24_000);
    expect(budget.readyAt(40_000, 0)).toBe(20_000);
  });

  it('goes on where it was left, and earns for the time between', () => {
    const budget = new Budget(BUDGET_DEFAULTS, 100, 0);
    expect(budget.levelAt(0)).toBe(100);
    budget.earn(1000, 0);
    expect(budget.levelAt(0)).toBe(2100);
    budget.earn(-5000, 0);
    expect(budget.levelAt(0)).toBe(2100);
    budget.earn(60_000, 0);
    expect(budget.levelAt(0)).toBe(16_000);
  });
});

describe('what was carried', () => {
  const noon = 20_000 * DAY_MS + DAY_MS / 2;

  it('goes on from what is stored of the day, and is written when it is more', () => {
    const archive = new MemoryArchive();
    const [who, day] = [filled(8, 1), 20_000];
    archive.commit([{ kind: 'carried', who, day, packets: 3, bytes: 300 }]);
    const carriage = new Carriage(archive.ledger);
    expect(carriage.count(who, 50, noon)).toEqual([]);
    carriage.count(who, 50, noon);
    expect(carriage.write()).toEqual([{ kind: 'carried', who, day, packets: 5, bytes: 400 }]);
    expect(carriage.write()).toEqual([]);
  });

  it('begins anew with the day, and what is left of the old one is written', () => {
    const carriage = new Carriage(new MemoryArchive().ledger);
    const who = filled(8, 1);
    carriage.count(who, 50, noon);
    const left = carriage.count(who, 70, noon + DAY_MS);
    expect(left).toEqual([{ kind: 'carried', who, day: 20_000, packets: 1, bytes: 50 }]);
    expect(carriage.write()).toMatchObject([{ day: 20_001, packets: 1, bytes: 70 }]);
  });

  it('is counted by name for so many, and for the rest together', () => {
    const carriage = new Carriage(new MemoryArchive().ledger);
    for (let i = 0; i < CARRIED_FOR_MAX + 10; i++) carriage.count(idOf(i), 1, noon);
    const writes = carriage.write();
    expect(writes).toHaveLength(CARRIED_FOR_MAX + 1);
    expect(writes.at(-1)).toMatchObject({ who: new Uint8Array(8), packets: 10, bytes: 10 });
  });
});

describe('gateways', () => {
  const advert = { lines: [idOf(99)], lineCount: 1, busySeconds: 0 };

  it('take turns with us when they are on our island and have lines', () => {
    const gateways = new Gateways(idOf(0));
    gateways.hear(idOf(1), advert, 1, 0);
    gateways.hear(idOf(2), advert, null, 0);
    gateways.hear(idOf(3), { ...advert, lines: [], lineCount: 0 }, 1, 0);
    expect(gateways.rivals).toEqual([idOf(1)]);
    expect(gateways.all(0).map(({ isHere }) => isHere)).toEqual([true, true, false]);
    gateways.proveHere(idOf(2), 0);
    expect(gateways.rivals.map(toHex).sort()).toEqual([idOf(1), idOf(2)].map(toHex).sort());
    expect(gateways.hear(idOf(0), advert, 1, 0), 'we ourselves').toBe(false);
  });

  it('say something new once', () => {
    const gateways = new Gateways(idOf(0));
    expect(gateways.hear(idOf(1), advert, null, 0)).toBe(true);
    expect(gateways.hear(idOf(1), advert, null, 1)).toBe(false);
    expect(gateways.hear(idOf(1), advert, 3, 2)).toBe(true);
    expect(gateways.hear(idOf(1), { ...advert, busySeconds: 5 }, 3, 3)).toBe(true);
    expect(gateways.busyMs(idOf(1))).toBe(5000);
  });

  it('are forgotten after three adverts that did not come, and wake us for it once', () => {
    const gateways = new Gateways(idOf(0));
    gateways.hear(idOf(1), advert, 1, 0);
    gateways.hear(idOf(2), advert, 1, 1000);
    gateways.hear(idOf(1), advert, null, 2000);
    expect(gateways.deadline()).toBe(GATEWAY_TIMEOUT_MS);
    expect(gateways.expire(GATEWAY_TIMEOUT_MS)).toEqual([]);
    expect(gateways.rivals).toEqual([idOf(2)]);
    expect(gateways.deadline()).toBe(GATEWAY_TIMEOUT_MS + 1000);
    expect(gateways.expire(GATEWAY_TIMEOUT_MS + 1000)).toEqual([idOf(2)]);
    expect(gateways.expire(GATEWAY_TIMEOUT_MS + 2000)).toEqual([idOf(1)]);
    expect(gateways.deadline()).toBe(Infinity);
  });

  it('have a limit, where one of another island makes room first', () => {
    const gateways = new Gateways(idOf(0));
    gateways.hear(idOf(1), advert, 1, 0);
    for (let i = 2; i <= GATEWAYS_MAX + 50; i++) gateways.hear(idOf(i), advert, null, 0);
    expect(gateways.all(0)).toHaveLength(GATEWAYS_MAX);
    expect(gateways.isHere(idOf(1), 0)).toBe(true);
  });

  it('keep us waiting for a few of them at most', () => {
    const gateways = new Gateways(idOf(0));
    for (let i = 1; i <= 50; i++) gateways.hear(idOf(i), advert, 1, 0);
    expect(gateways.rivals).toHaveLength(RIVALS_MAX);
  });

  it('make what comes during a change wait, and nothing overtakes it', () => {
    const gateways = new Gateways(idOf(0));
    expect(gateways.settledAt(0)).toBe(0);
    gateways.lineUp(idOf(9), 10_000);
    const at = [10_000, 10_500, 11_500, 12_000, 13_000].map((cameAt) => gateways.settledAt(cameAt));
    expect(at).toEqual([11_000, 11_500, 12_000, 12_000, 13_000]);
    expect(SETTLING_MS).toBe(2000);
  });
});

function said(number: number, some: Partial<Recent> & { size?: number } = {}): Recent {
  const bytes = new Uint8Array(some.size ?? 8);
  new DataView(bytes.buffer).setUint32(0, number);
  const { priority = NORMAL, from = null, staleAt = 1000 } = some;
  return { bytes, priority, from, staleAt };
}

function numberOf({ bytes }: Recent): number {
  return new DataView(bytes.buffer).getUint32(0);
}

function idOf(number: number): Uint8Array {
  const id = filled(8, 1);
  new DataView(id.buffer).setUint32(0, number);
  return id;
}
