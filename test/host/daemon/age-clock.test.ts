/**
 * By which clock what is kept grows old, and what a clock that is set wrong costs: nothing (RELIABILITY
 * R16).
 */
import { describe, expect, it } from 'vitest';
import { AgeClock, DOUBT_MS } from '../../../host/daemon/age-clock.ts';
import { DAY_MS } from '../../../host/types.ts';
import { MemoryArchive } from '../../../tools/simulate/archive.ts';
import { limits, NOW, said } from '../store/builders.ts';

const MINUTE_MS = 60_000;
const WEEK_MS = 7 * DAY_MS;

describe('an age clock', () => {
  it('goes as the clock of the wall does, however little the two agree on a second', () => {
    const ages = new AgeClock(NOW, NOW, 0);
    for (let now = 0; now < DAY_MS; now += MINUTE_MS) {
      const wall = NOW + Math.floor(now * 1.001);
      expect(ages.at(wall, now)).toBe(wall);
    }
  });

  it('believes a jump ahead after an hour, and one back at once', () => {
    const ages = new AgeClock(NOW, NOW, 0);
    expect(ages.at(NOW + WEEK_MS, 0)).toBe(NOW);
    expect(ages.at(NOW + WEEK_MS + DOUBT_MS - 1, DOUBT_MS - 1)).toBe(NOW + DOUBT_MS - 1);
    const believed = NOW + WEEK_MS + DOUBT_MS;
    expect(ages.at(believed, DOUBT_MS)).toBe(believed);
    expect(ages.at(NOW + DOUBT_MS, DOUBT_MS)).toBe(NOW + DOUBT_MS);
  });

  it('doubts anew after it was right', () => {
    const ages = new AgeClock(NOW, NOW, 0);
    ages.at(NOW + WEEK_MS, 0);
    ages.at(NOW + MINUTE_MS, MINUTE_MS);
    ages.at(NOW + WEEK_MS, 2 * MINUTE_MS);
    const now = DOUBT_MS + MINUTE_MS;
    expect(ages.at(NOW + WEEK_MS + now, now)).toBe(NOW + now);
  });
});

describe('what is kept for a week', () => {
  it.each([
    ['while it runs', NOW],
    ['before it starts', NOW + WEEK_MS],
  ])('outlasts a clock that is a week ahead from %s, and goes in its time', (_, wall) => {
    const archive = new MemoryArchive(limits({ messageAgeMs: WEEK_MS }));
    archive.commit([said({ heardAt: NOW - DAY_MS, id: 'a' }), said({ heardAt: NOW, id: 'b' })]);
    const ages = new AgeClock(NOW, wall, 0);
    const count = (unixMs: number, now: number): number => {
      archive.trim(ages.at(unixMs, now));
      return archive.messages.usage().count;
    };
    expect(count(NOW + WEEK_MS, MINUTE_MS)).toBe(2);
    expect(count(NOW + 2 * MINUTE_MS, 2 * MINUTE_MS)).toBe(2);
    // It was away for so long indeed.
    for (let now = 3 * MINUTE_MS; now < DOUBT_MS; now += MINUTE_MS) {
      expect(count(NOW + WEEK_MS - DAY_MS + now, now)).toBe(2);
    }
    expect(count(NOW + WEEK_MS - DAY_MS + 2 * DOUBT_MS, 2 * DOUBT_MS)).toBe(1);
  });
});
