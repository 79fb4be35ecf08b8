/**
 * The replay window against WireGuard's own cases, against a plain set, and where numbers end (S12).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readU64 } from '../../../protocol/core/bytes.ts';
import {
  COUNTER_END,
  PHONE_WINDOW,
  ReplayWindow,
  UDP_WINDOW,
} from '../../../protocol/trust/replay.ts';
import { hold } from '../../seed.ts';
import { vectors } from '../../vectors.ts';
import { hex } from '../wire/given.ts';

const WIREGUARD = vectors('replay-window/wireguard-replay.json');

describe('the replay window', () => {
  it.skipIf(WIREGUARD === null)('answers as WireGuard, step by step (S12)', () => {
    type Step = { counter: string; accept: boolean };
    const given = JSON.parse(WIREGUARD!) as {
      windowSize: number;
      rejectAfterMessages: string;
      main: Step[];
    };
    expect(given.windowSize).toBe(UDP_WINDOW);
    // WireGuard's counters end below 2^64, ours below 2^53: the last thousands are moved there.
    const end = BigInt(given.rejectAfterMessages);
    const ours = (counter: bigint): number =>
      counter < 1n << 40n ? Number(counter) : COUNTER_END + Number(counter - end);
    const window = new ReplayWindow(UDP_WINDOW);
    expect(given.main.length).toBe(34);
    for (const [i, { counter, accept }] of given.main.entries()) {
      expect(window.accept(ours(BigInt(counter))), `step ${i}, ${counter}`).toBe(accept);
    }
  });

  const W = UDP_WINDOW;
  const up = (from: number, to: number): number[] => range(from, to);
  const down = (from: number, to: number): number[] => range(to, from).reverse();
  for (const [what, accepted, refused] of [
    ['1 to W, then 0, and 0 again', [...up(1, W), 0], [0]],
    ['2 to W + 1, then 1, and 0', [...up(2, W + 1), 1], [0]],
    ['W + 1 down to 1', down(W + 1, 1), []],
    ['W + 2 down to 2, and 0', down(W + 2, 2), [0]],
    ['W down to 1, then W + 1, and 0', [...down(W, 1), W + 1], [0]],
    ['W down to 1, then 0, and W + 1', [...down(W, 1), 0, W + 1], []],
  ] as const) {
    it(`answers as WireGuard to ${what} (S12)`, () => {
      const window = new ReplayWindow(W);
      expect(accepted.filter((counter) => !window.accept(counter))).toEqual([]);
      expect(refused.filter((counter) => window.accept(counter))).toEqual([]);
    });
  }

  it('keeps for phones the newest 1,024 counters, and not one more (WIRE §8)', () => {
    const window = new ReplayWindow(PHONE_WINDOW);
    expect(window.accept(5000)).toBe(true);
    expect(window.isFresh(5000 - 1024)).toBe(false);
    expect(window.isFresh(5000 - 1023)).toBe(true);
  });

  it('opens no old counter again after 0 to 999, as the apps do for seven of them (S12)', () => {
    const window = new ReplayWindow(PHONE_WINDOW);
    for (let counter = 0; counter < 1000; counter++) expect(window.accept(counter)).toBe(true);
    for (let counter = 0; counter < 1000; counter++) expect(window.accept(counter)).toBe(false);
  });

  it('takes one late message at every distance, as the apps do not', () => {
    for (let late = 1; late <= PHONE_WINDOW; late++) {
      const window = new ReplayWindow(PHONE_WINDOW);
      for (let counter = 0; counter <= 2000; counter++) {
        if (counter !== 2000 - late) window.accept(counter);
      }
      expect(window.accept(2000 - late), `${late} late`).toBe(true);
      expect(window.accept(2000 - late), `${late} late, again`).toBe(false);
    }
  });

  it.each([1, 31, 32, 33, 63, 64, 1023, 8128])(
    'of %i agrees with a set that forgets nothing, wherever it starts',
    (size) => {
      const start = fc.constantFrom(0, 1000, 2 ** 31 - 40, 2 ** 32 - 40, COUNTER_END - 30000);
      const jump = fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: -size - 2, max: 40 }) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 * size + 64 }) },
      );
      hold(
        fc.property(start, fc.array(jump, { maxLength: 80 }), (from, jumps) => {
          const window = new ReplayWindow(size);
          const met = new Set<number>();
          let newest = -1;
          for (const step of jumps) {
            const counter = Math.max(newest, from) + step;
            const fresh =
              counter >= 0 &&
              counter < COUNTER_END &&
              !met.has(counter) &&
              counter >= newest - size;
            expect(window.isFresh(counter)).toBe(fresh);
            expect(window.accept(counter)).toBe(fresh);
            if (!fresh) continue;
            met.add(counter);
            newest = Math.max(newest, counter);
          }
        }),
        100,
        5000,
      );
    },
  );

  it('moves nothing when only asked', () => {
    const window = new ReplayWindow(64);
    window.accept(10);
    expect(window.isFresh(1_000_000)).toBe(true);
    expect(window.isFresh(9)).toBe(true);
    expect(window.accept(9)).toBe(true);
  });

  it('refuses what is no counter, however large the u64 on the air (S12)', () => {
    const window = new ReplayWindow(UDP_WINDOW);
    for (const counter of [-1, NaN, Infinity, COUNTER_END, COUNTER_END + 1, 2 ** 63, 2 ** 64]) {
      expect(window.isFresh(counter)).toBe(false);
      expect(window.accept(counter)).toBe(false);
    }
    for (const onAir of ['ffffffffffffffff', '0020000000000000', '8000000000000001']) {
      expect(window.accept(readU64(hex(onAir), 0))).toBe(false);
    }
    expect(window.accept(COUNTER_END - 1)).toBe(true);
    expect(window.accept(COUNTER_END - 1)).toBe(false);
    expect(window.accept(COUNTER_END - 1 - UDP_WINDOW)).toBe(true);
    expect(window.accept(COUNTER_END - 2 - UDP_WINDOW)).toBe(false);
  });
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
