/**
 * Phi, against its definition in the paper (Hayashibara et al. 2004, section 4): figures of the normal
 * tail computed elsewhere to forty digits, and the area under the density added up by hand.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arrivals, ODD_MAX, SAMPLES_MIN, WINDOW_MAX } from '../../../host/resilience/arrivals.ts';
import { tailExponent, zOfExponent } from '../../../host/resilience/normal.ts';
import { hold, SEED, xorshift } from '../../seed.ts';

const Z_8 = zOfExponent(8);

describe('how unlikely a value is', () => {
  it.each([
    [-3, 0.000586649313790066],
    [-1, 0.075026012957818023],
    [0, 0.301029995663981195],
    [0.5, 0.510691989265240774],
    [1, 0.7995455414919705],
    [1.9, 1.541867588887111566],
    [2, 1.643016080140937047],
    [2.1, 1.748011065688938006],
    [3, 2.869699035929369077],
    [4, 4.499334907556478864],
    [5, 6.542645672390654496],
    [6, 9.005864327476704209],
    [8, 15.20614255101715455],
    [10, 23.11805340548607589],
    [20, 88.56009534307559192],
    [38, 315.5397897039625078],
    [100, 2173.871542869034376],
    [1000, 217150.6400419943862],
  ])('is, at %d deviations, 10 to the power of minus %d', (z, exponent) => {
    expect(Math.abs(tailExponent(z) - exponent)).toBeLessThan(1e-9 * Math.max(1, exponent));
  });

  it('is a number wherever it is asked, and grows with the distance', () => {
    let before = 0;
    for (let z = -50; z < 1e6; z = z < 40 ? z + 0.125 : z * 1.5) {
      const exponent = tailExponent(z);
      expect(Number.isFinite(exponent), `at ${z}`).toBe(true);
      expect(exponent, `at ${z}`).toBeGreaterThanOrEqual(before);
      before = exponent;
    }
  });

  it('tells at which distance it is so unlikely', () => {
    for (const exponent of [0.31, 1, 2, 8, 16, 300, 5000]) {
      expect(tailExponent(zOfExponent(exponent))).toBeCloseTo(exponent, 9);
    }
  });
});

describe('phi', () => {
  it('is -log10 of the chance that a heartbeat comes later than now', () => {
    hold(
      fc.property(
        fc.array(fc.integer({ min: 6000, max: 14_000 }), { minLength: SAMPLES_MIN, maxLength: 40 }),
        fc.integer({ min: 0, max: 30_000 }),
        (intervals, sinceMs) => {
          const { arrivals, now } = after(intervals);
          const mean = intervals.reduce((sum, ms) => sum + ms, 0) / intervals.length;
          const variance = intervals.reduce((sum, ms) => sum + (ms - mean) ** 2, 0);
          const deviation = Math.max(Math.sqrt(variance / intervals.length), mean / 4);
          const later = areaAbove(sinceMs, mean, deviation);
          if (later < 1e-11) return;
          expect(arrivals.phi(now + sinceMs)).toBeCloseTo(-Math.log10(later), 4);
        },
      ),
      50,
      1000,
    );
  });

  it('accrues while nothing comes, and a heartbeat takes it back', () => {
    const { arrivals, now } = after(new Array<number>(20).fill(10_000));
    const values = [0, 5000, 10_000, 15_000, 20_000, 25_000].map((ms) => arrivals.phi(now + ms));
    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(values[2]).toBeCloseTo(0.301, 3);
    expect(values[5]).toBeGreaterThan(8);
    arrivals.hear(0, now + 25_000);
    expect(arrivals.phi(now + 26_000)).toBeLessThan(0.01);
  });

  it('knows beforehand when it will be reached', () => {
    const { arrivals, now } = after([9000, 11_000, 10_500, 9500, 14_000, 8000, 30_000]);
    for (const threshold of [1, 3, 8, 16]) {
      const at = arrivals.reaches(zOfExponent(threshold));
      expect(at).toBeGreaterThan(now);
      expect(arrivals.phi(at)).toBeCloseTo(threshold, 6);
    }
  });

  it('errs as seldom as it says, on a link whose intervals are normal', () => {
    const random = xorshift(SEED);
    const normal = (): number => {
      let sum = -6;
      for (let n = 0; n < 12; n++) sum += random(1000) / 1000;
      return sum;
    };
    const z = zOfExponent(2);
    const arrivals = new Arrivals(10_000, 0);
    let [now, errors, rounds] = [0, 0, 0];
    for (; rounds < 20_000; rounds++) {
      const next = now + Math.max(1, 10_000 + 4000 * normal());
      if (rounds > WINDOW_MAX && next > arrivals.reaches(z)) errors++;
      now = next;
      arrivals.hear(0, now);
    }
    // One in a hundred at phi 2; a window of 200 is itself an estimate.
    expect(errors / rounds).toBeGreaterThan(0.005);
    expect(errors / rounds).toBeLessThan(0.02);
  });
});

describe('a window of arrivals', () => {
  it('begins with what is expected, and forgets what is long past', () => {
    const arrivals = new Arrivals(10_000, 0);
    arrivals.hear(0, 0);
    expect(arrivals.meanMs).toBe((4 * 10_000) / 5);
    let now = 0;
    for (let n = 0; n < WINDOW_MAX; n++) arrivals.hear(0, (now += 12_000));
    expect(arrivals.meanMs).toBe(12_000);
  });

  it('tells what a link loses from how slowly its far end beats', () => {
    const arrivals = new Arrivals(10_000, 0);
    let now = 0;
    for (let n = 0; n < 60; n++)
      arrivals.hear(n % 3 === 0 ? 1 : 0, (now += n % 3 === 0 ? 20_000 : 10_000));
    expect(arrivals.intervalMs).toBeCloseTo(10_000, 6);
    expect(arrivals.meanMs).toBeCloseTo(13_333, 0);
    expect(arrivals.lossPerMille).toBe(250);
  });

  it('learns another pace of the far end from four heartbeats, and is not misled by fewer', () => {
    for (const [otherMs, before] of [
      [60_000, 11_500],
      [2000, 9700],
    ] as const) {
      const { arrivals, now } = after(new Array<number>(100).fill(10_000));
      for (let n = 1; n < ODD_MAX; n++) arrivals.hear(0, now + n * otherMs);
      expect(Math.abs(arrivals.intervalMs - before)).toBeLessThan(200);
      arrivals.hear(0, now + ODD_MAX * otherMs);
      expect(arrivals.intervalMs).toBe(otherMs);
    }
  });

  it('does not count the time without a link as an interval, nor the first of a new one', () => {
    const { arrivals, now } = after(new Array<number>(10).fill(10_000));
    arrivals.pause();
    arrivals.hear(0, now + 3_600_000);
    arrivals.hear(0, now + 3_600_003);
    expect(arrivals.meanMs).toBe(10_000);
    arrivals.hear(0, now + 3_612_003);
    expect(arrivals.meanMs).toBeCloseTo(10_181.8, 1);
  });

  it('takes other traffic for a sign of life, and not for an interval', () => {
    const { arrivals, now } = after(new Array<number>(10).fill(10_000));
    const before = arrivals.reaches(Z_8);
    arrivals.touch(now + 7000);
    expect(arrivals.reaches(Z_8)).toBe(before + 7000);
    arrivals.touch(now + 3000);
    expect(arrivals.reaches(Z_8)).toBe(before + 7000);
    arrivals.hear(0, now + 10_000);
    expect(arrivals.meanMs).toBe(10_000);
  });
});

function after(intervals: readonly number[]): { arrivals: Arrivals; now: number } {
  const arrivals = new Arrivals(10_000, 0);
  let now = 0;
  for (const interval of intervals) arrivals.hear(0, (now += interval));
  return { arrivals, now };
}

/** By Simpson's rule, of the density as the paper writes it. */
function areaAbove(from: number, mean: number, deviation: number): number {
  const until = mean + deviation * 12;
  const strips = 4000;
  const width = (until - from) / strips;
  const density = (x: number): number =>
    Math.exp(-((x - mean) ** 2) / (2 * deviation ** 2)) / (deviation * Math.sqrt(2 * Math.PI));
  let area = density(from) + density(until);
  for (let n = 1; n < strips; n++) area += density(from + n * width) * (n % 2 === 0 ? 2 : 4);
  return (area * width) / 3;
}
