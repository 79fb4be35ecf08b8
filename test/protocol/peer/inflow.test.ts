/**
 * What a line brings faster than it may: it goes on in slices, in order, and none of it is lost.
 */
import { describe, expect, it } from 'vitest';
import { Budget } from '../../../protocol/peer/budget.ts';
import { Inflow, SLICE_BYTES, WAITING_BYTES_MAX } from '../../../protocol/peer/inflow.ts';

const OWN = { bytesPerSecond: 10_000, burstBytes: 16_000 };
const ALL = { bytesPerSecond: 1_000_000, burstBytes: 1_000_000 };

describe('what a line brings', () => {
  it('goes on at once, whole, within its budget', () => {
    const inflow = flowing();
    inflow.bring(bytes(16_000));
    expect(inflow.take(0)).toEqual(bytes(16_000));
    expect(inflow.take(0)).toBeNull();
    expect(inflow.readyAt(0)).toBe(0);
  });

  it('goes on in slices beyond it, each when the one before is paid for', () => {
    const inflow = flowing();
    inflow.bring(bytes(40_000));
    expect(inflow.take(0)).toEqual(bytes(16_000));
    expect(inflow.take(0)).toEqual(bytes(SLICE_BYTES, 16_000));
    expect(inflow.take(0)).toBeNull();
    const paidAt = inflow.readyAt(0);
    expect(paidAt).toBe(Math.ceil(SLICE_BYTES / 10));
    expect(inflow.take(paidAt - 1)).toBeNull();
    expect(inflow.take(paidAt)).toEqual(bytes(SLICE_BYTES, 16_000 + SLICE_BYTES));
  });

  it('is all there in the end, in its order, at the pace that it may have', () => {
    const inflow = flowing();
    for (let part = 0; part < 10; part++) inflow.bring(bytes(5000, part * 5000));
    const taken: number[] = [];
    let now = 0;
    for (; taken.length < 50_000; now++) {
      for (let some = inflow.take(now); some !== null; some = inflow.take(now)) taken.push(...some);
    }
    expect(taken).toEqual([...bytes(50_000)]);
    expect(now).toBeGreaterThan(((50_000 - 16_000 - SLICE_BYTES) * 1000) / 10_000);
  });

  it('pays for all lines, too', () => {
    const all = new Budget({ bytesPerSecond: 1000, burstBytes: 3000 }, Infinity, 0);
    const [one, other] = [flowing(all), flowing(all)];
    one.bring(bytes(3000));
    expect(one.take(0)).toHaveLength(3000);
    other.bring(bytes(SLICE_BYTES + 1));
    expect(other.take(0)).toHaveLength(SLICE_BYTES);
    expect(one.readyAt(0)).toBe(SLICE_BYTES);
  });

  it('waits for nothing where more waits than the limit', () => {
    const inflow = flowing();
    inflow.bring(bytes(16_000));
    inflow.take(0);
    inflow.bring(bytes(WAITING_BYTES_MAX + 3 * SLICE_BYTES));
    let taken = 0;
    for (let some = inflow.take(0); some !== null; some = inflow.take(0)) taken += some.length;
    expect(taken).toBe(3 * SLICE_BYTES);
  });

  it('is given whole where the line ends', () => {
    const inflow = flowing();
    inflow.bring(bytes(17_000));
    inflow.bring(bytes(4000, 17_000));
    inflow.take(0);
    const rest = inflow.rest();
    expect(rest.flatMap((some) => [...some])).toEqual([...bytes(5000, 16_000)]);
    expect(inflow.take(1_000_000)).toBeNull();
  });
});

function flowing(all: Budget = new Budget(ALL, Infinity, 0)): Inflow {
  return new Inflow(new Budget(OWN, Infinity, 0), all);
}

/** Numbered from `first`. */
function bytes(count: number, first = 0): Uint8Array {
  return Uint8Array.from({ length: count }, (_, at) => (first + at) & 255);
}
