/**
 * A line whose way is too narrow: it is offered less at the first sign, more again without one, and
 * neither our own pauses nor a way that is merely long are taken for a sign.
 */
import { describe, expect, it } from 'vitest';
import {
  Congestion,
  CUT,
  PACE_MIN,
  RISE,
  SETTLE_MS,
  TRIP_SLOW_MS,
  WRITE_SLOW_MS,
} from '../../../protocol/peer/congestion.ts';
import { runs, SEED, xorshift } from '../../seed.ts';

const CEILING = 1_000_000;

describe('a write that does not leave', () => {
  it('cuts the pace below what got through, once it is late', () => {
    const way = new Congestion(CEILING, 0);
    way.wrote(50_000, 0);
    expect(way.deadline()).toBe(WRITE_SLOW_MS);
    way.step(WRITE_SLOW_MS - 1);
    expect(way.isSlowed).toBe(false);
    way.step(WRITE_SLOW_MS);
    expect(way.pace).toBe((CUT * 50_000 * 1000) / WRITE_SLOW_MS);
  });

  it('counts with all that lies before it', () => {
    const way = new Congestion(CEILING, 0);
    for (let count = 0; count < 4; count++) way.wrote(20_000, 0);
    way.sent(200);
    way.step(way.deadline());
    expect(way.pace).toBe((CUT * 40_000 * 1000) / WRITE_SLOW_MS);
  });

  it('cuts again each second until it leaves, and never below the least', () => {
    const way = new Congestion(CEILING, 0);
    way.wrote(50_000, 0);
    const paces: number[] = [];
    for (let at = WRITE_SLOW_MS; at < 60_000; at++) {
      if (at < way.deadline()) continue;
      way.step(at);
      paces.push(way.pace);
    }
    expect(way.cuts).toBeGreaterThan(50);
    expect(paces.every((pace, index) => index === 0 || pace <= paces[index - 1])).toBe(true);
    expect(way.pace).toBe(PACE_MIN);
  });

  it('is none of the way where it was us who were away', () => {
    const way = new Congestion(CEILING, 0);
    for (let count = 0; count < 4; count++) way.wrote(20_000, 0);
    way.step(3 * WRITE_SLOW_MS);
    for (let count = 0; count < 4; count++) {
      way.sent(3 * WRITE_SLOW_MS + 10);
      way.step(3 * WRITE_SLOW_MS + 10);
    }
    expect(way.isSlowed).toBe(false);
    expect(way.deadline()).toBe(Infinity);
  });
});

describe('a round trip that grew', () => {
  it('cuts the pace below what was offered meanwhile, and lets it not rise while it lasts', () => {
    const way = new Congestion(CEILING, 0);
    way.beat(40, 0, 10_000);
    carry(way, 400_000, 10_000);
    way.beat(2 * 40 + TRIP_SLOW_MS + 1, 0, 20_000);
    expect(way.pace).toBe(CUT * 40_000);
    way.step(20_000 + SETTLE_MS);
    expect(way.pace).toBe(CUT * 40_000);
    way.beat(45, 0, 30_000);
    way.step(30_000 + SETTLE_MS);
    expect(way.pace).toBeGreaterThan(CUT * 40_000);
  });

  it('is no sign where it is no more than twice the shortest and a bit, however long that is', () => {
    const way = new Congestion(CEILING, 0);
    for (const [beat, trip] of [2000, 4000, 2000 * 2 + TRIP_SLOW_MS].entries()) {
      carry(way, 400_000, beat * 10_000);
      way.beat(trip, 0, (beat + 1) * 10_000);
    }
    expect(way.isSlowed).toBe(false);
  });

  it('is no sign to whoever sends next to nothing', () => {
    const way = new Congestion(CEILING, 0);
    way.beat(40, 0, 10_000);
    carry(way, 1000, 10_000);
    way.beat(5000, 0, 20_000);
    expect(way.isSlowed).toBe(false);
  });

  it('is measured against ways of now: after ten minutes the longer one is the usual one', () => {
    const way = new Congestion(CEILING, 0);
    const cutsAt = new Map<number, number>();
    for (let at = 10_000; at <= 720_000; at += 10_000) {
      carry(way, 400_000, at - 10_000);
      way.beat(at < 20_000 ? 10 : 1000, 0, at);
      cutsAt.set(at, way.cuts);
    }
    expect(cutsAt.get(290_000)).toBeGreaterThan(20);
    expect(cutsAt.get(720_000)).toBe(cutsAt.get(640_000));
  });
});

it('heartbeats that are lost are a sign, too', () => {
  const way = new Congestion(CEILING, 0);
  carry(way, 400_000, 0);
  way.beat(-1, 1, 10_000);
  expect(way.pace).toBe(CUT * 40_000);
});

describe('without a sign', () => {
  it('the pace rises evenly at first, then ever faster, up to the ceiling and no further', () => {
    const way = cutTo(10_000);
    const knee = 10_000 / CUT;
    const paces = pacesOf(way, 200);
    const back = paces.findIndex((pace) => pace >= knee) + 1;
    expect(back).toBe(Math.ceil((1 - CUT) / RISE));
    paces.slice(0, back).forEach((pace, at) => {
      expect(pace).toBeCloseTo(10_000 + (at + 1) * knee * RISE);
    });
    expect(Math.max(...paces)).toBe(CEILING);
    const seconds = paces.indexOf(CEILING) + 1;
    expect(seconds).toBeGreaterThan(60);
    expect(seconds).toBeLessThan(120);
    expect(way.deadline()).toBe(Infinity);
    expect(way.cuts).toBe(0);
  });

  it('it is soon where it was before a pause, however far down that took it', () => {
    const way = new Congestion(CEILING, 0);
    let now = 0;
    const carryOn = (): void => {
      way.wrote(40_000, now);
      now += 100;
      way.step(now);
      way.sent(now);
    };
    while (now < 5000) carryOn();
    way.wrote(40_000, now);
    for (const until = now + 4000; now < until; now += 10) if (now >= way.deadline()) way.step(now);
    way.sent(now);
    expect(way.pace).toBeLessThan(20_000);
    const back = now + 35_000;
    while (now < back) carryOn();
    expect(way.pace).toBeGreaterThan(300_000);
  });

  it('and the pace stays within its bounds, whatever the way does', () => {
    const random = xorshift(SEED);
    for (let run = 0; run < runs(5, 400); run++) {
      const way = new Congestion(CEILING, 0);
      let out = 0;
      for (let at = 0; at < 30_000; at += 1 + random(200)) {
        const act = random(4);
        if (act === 0 && out < 4) {
          way.wrote(1 + random(65_000), at);
          out++;
        } else if (act === 1 && out > 0) {
          way.sent(at);
          out--;
        } else if (act === 2) way.beat(random(5000), random(2), at);
        way.step(at);
        expect(way.pace, `seed ${SEED}, run ${run}`).toBeGreaterThanOrEqual(PACE_MIN);
        expect(way.pace).toBeLessThanOrEqual(CEILING);
        expect(way.deadline(), 'it does not spin').toBeGreaterThan(at);
      }
    }
  });

  it('follows the owner, up and down', () => {
    const clear = new Congestion(CEILING, 0);
    clear.limit(2 * CEILING);
    expect(clear.pace).toBe(2 * CEILING);
    const slowed = cutTo(10_000);
    slowed.limit(2 * CEILING);
    expect(slowed.pace).toBe(10_000);
    slowed.limit(8000);
    expect([slowed.pace, slowed.isSlowed]).toEqual([8000, false]);
  });
});

/** What was written and has left at once. */
function carry(way: Congestion, bytes: number, now: number): void {
  way.wrote(bytes, now);
  way.sent(now);
}

function cutTo(pace: number): Congestion {
  const way = new Congestion(CEILING, 0);
  way.wrote((pace / CUT) * (WRITE_SLOW_MS / 1000), 0);
  way.step(WRITE_SLOW_MS);
  way.sent(WRITE_SLOW_MS);
  expect(way.pace).toBeCloseTo(pace);
  return way;
}

/** After each of so many steps. */
function pacesOf(way: Congestion, steps: number): number[] {
  return Array.from({ length: steps }, () => {
    const at = way.deadline();
    if (at < Infinity) way.step(at);
    return way.pace;
  });
}
