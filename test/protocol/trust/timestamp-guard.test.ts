/**
 * No two packets of one sender share a millisecond and their first 64 payload bytes (WIRE §12 iii).
 */
import { describe, expect, it } from 'vitest';
import {
  AHEAD_MAX_MS,
  BEGINNINGS_MAX,
  TimestampGuard,
} from '../../../protocol/trust/timestamp-guard.ts';
import { runs, SEED, xorshift } from '../../seed.ts';
import { filled } from '../wire/given.ts';

describe('the timestamp guard', () => {
  it('leaves packets that differ their millisecond, however many', () => {
    const guard = new TimestampGuard();
    for (let i = 0; i < 5000; i++)
      expect(guard.stamp(1000, filled(3, i).fill(i >> 8, 1))).toBe(1000);
  });

  it('moves equal ones apart, and follows the clock again as soon as it can', () => {
    const guard = new TimestampGuard();
    const said = [1000, 1000, 1000, 1001, 1010, 1010].map((now) => guard.stamp(now, filled(9, 1)));
    expect(said).toEqual([1000, 1001, 1002, 1003, 1010, 1011]);
  });

  it('looks at 64 bytes and no further, as the phones do', () => {
    const guard = new TimestampGuard();
    const [a, b, c] = [filled(80, 1), filled(80, 1), filled(80, 1)];
    b[64] = 2;
    c[63] = 2;
    expect([a, b, c].map((payload) => guard.stamp(5, payload))).toEqual([5, 6, 5]);
    expect(guard.stamp(5, filled(64, 1))).toBe(7);
    expect(guard.stamp(5, filled(63, 1))).toBe(5);
  });

  it('holds when the clock is set back', () => {
    const guard = new TimestampGuard();
    expect(guard.stamp(9000, filled(4, 1))).toBe(9000);
    expect(guard.stamp(5000, filled(4, 1))).toBe(9001);
  });

  it('goes on from the time that is right once a clock was far ahead', () => {
    const guard = new TimestampGuard();
    guard.stamp(604_800_000, filled(4, 1));
    expect(guard.stamp(5000, filled(4, 1))).toBe(5000);
    expect(guard.stamp(5000, filled(4, 1))).toBe(5001);
    guard.stamp(5000 + AHEAD_MAX_MS - 1, filled(4, 1));
    expect(guard.stamp(5000, filled(4, 1))).toBe(5000 + AHEAD_MAX_MS);
  });

  it('gives no pair twice, whatever is said when', () => {
    const draw = xorshift(SEED);
    for (let run = 0; run < runs(20, 2000); run++) {
      const guard = new TimestampGuard();
      const used = new Set<string>();
      let now = 1000;
      for (let i = 0; i < 500; i++) {
        now += draw(3);
        const payload = filled(draw(3), draw(4));
        const pair = `${guard.stamp(now, payload)} ${payload.join()}`;
        expect(used.has(pair)).toBe(false);
        used.add(pair);
      }
    }
  });

  it('remembers a fixed number of beginnings, the latest', () => {
    const guard = new TimestampGuard();
    const payload = (i: number): Uint8Array => Uint8Array.of(i, i >> 8);
    for (let i = 0; i < BEGINNINGS_MAX; i++) guard.stamp(100, payload(i));
    expect(guard.stamp(100, payload(0))).toBe(101);
    guard.stamp(100, payload(BEGINNINGS_MAX));
    expect(guard.stamp(100, payload(2))).toBe(101);
    expect(guard.stamp(100, payload(1))).toBe(100);
  });
});
