/**
 * The score of a mesh, category by category, and when it is worth a warning (DEFAULTS §3).
 */
import { describe, expect, it } from 'vitest';
import type { HealthCategory } from '../../../host/events.ts';
import type { Figures } from '../../../host/resilience/health.ts';
import { Health, HYSTERESIS, WARNING_BELOW } from '../../../host/resilience/health.ts';

describe('the health of a mesh', () => {
  it('is unknown in all categories at first, and no reason to warn', () => {
    const health = new Health();
    expect(health.check(figures({}))).toEqual([]);
    expect(health.views().map(({ score, level }) => [score, level])).toEqual(
      new Array(4).fill([null, 'good']),
    );
    expect(health.network).toBe(1);
  });

  it.each([
    ['connectivity', { watched: 4, present: 4 }, 1],
    ['connectivity', { watched: 4, present: 1 }, 0.25],
    ['connectivity', { watched: 2, present: 2, cutOff: 3, about: 1 }, 0.25],
    ['latency', { roundTripMs: 40 }, 1],
    ['latency', { roundTripMs: 1581 }, 0.5],
    ['latency', { roundTripMs: 60_000 }, 0],
    ['throughput', { toSend: 100, overflowed: 0 }, 1],
    ['throughput', { toSend: 100, overflowed: 60 }, 0.4],
    ['stability', { beats: 12, missed: 0 }, 1],
    ['stability', { beats: 10, missed: 2, upsets: 1 }, 0.55],
    ['stability', { beats: 10, missed: 0, upsets: 9 }, 0],
  ] as [HealthCategory, Partial<Figures>, number][])(
    'has a %s for %j: %d',
    (category, seen, score) => {
      const health = new Health();
      health.check(figures(seen));
      expect(scoreOf(health, category)).toBeCloseTo(score, 3);
    },
  );

  it('takes nothing for known of too few packets', () => {
    const health = new Health();
    health.check(figures({ toSend: 3, overflowed: 3 }));
    expect(scoreOf(health, 'throughput')).toBeNull();
  });

  it('warns below 0.7 and below 0.3, once each, and is well again a little above', () => {
    const health = new Health();
    const told = (present: number): string[] =>
      health
        .check(figures({ watched: 100, present }))
        .map(({ category, level }) => `${category} ${level}`);
    expect(told(100)).toEqual([]);
    expect(told(70)).toEqual([]);
    expect(told(69)).toEqual(['connectivity warning']);
    expect(told(68)).toEqual([]);
    expect(told(100 * (WARNING_BELOW + HYSTERESIS) - 1)).toEqual([]);
    expect(told(29)).toEqual(['connectivity critical']);
    expect(told(34)).toEqual([]);
    expect(told(35)).toEqual(['connectivity warning']);
    expect(told(75)).toEqual(['connectivity good']);
    expect(told(70)).toEqual([]);
  });

  it('says in words what it comes from', () => {
    const health = new Health();
    const [change] = health.check(figures({ watched: 4, present: 1, cutOff: 2, about: 8 }));
    expect(change.why).toBe('3 of 4 neighbours are silent, 2 peers are cut off');
    const [one] = new Health().check(figures({ watched: 4, present: 1, cutOff: 1, about: 8 }));
    expect(one.why).toMatch(/ silent, 1 peer is cut off$/);
  });

  it('forgets what upset it within minutes', () => {
    const health = new Health();
    health.check(figures({ beats: 4, upsets: 4 }));
    expect(scoreOf(health, 'stability')).toBe(0);
    for (let n = 0; n < 60; n++) health.check(figures({ beats: 4 }));
    expect(scoreOf(health, 'stability')).toBeGreaterThan(0.95);
  });

  it('is, of the whole, the mean of what is known', () => {
    const health = new Health();
    health.check(figures({ watched: 2, present: 1, roundTripMs: 10 }));
    expect(health.network).toBe(0.75);
  });
});

function figures(seen: Partial<Figures>): Figures {
  const nobody = { watched: 0, present: 0, cutOff: 0, about: 0, roundTripMs: null };
  return { ...nobody, toSend: 0, overflowed: 0, beats: 0, missed: 0, upsets: 0, ...seen };
}

function scoreOf(health: Health, wanted: HealthCategory): number | null {
  return health.views().find(({ category }) => category === wanted)!.score;
}
