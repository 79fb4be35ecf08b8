/**
 * Reputation (DEFAULTS §2): -1000 to 1000, from 100, and back to 100 by itself.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  DECAY_EVERY_MS,
  Reputation,
  REPUTATION_MAX,
  REPUTATION_MIN,
  REPUTATION_START,
} from '../../../host/neighbours/reputation.ts';
import { hold } from '../../seed.ts';

const moves = fc.array(
  fc.record({ by: fc.integer({ min: -3000, max: 3000 }), afterMs: fc.nat(600_000) }),
  { maxLength: 50 },
);

it('begins where a stranger is, and moves by what is seen', () => {
  const reputation = new Reputation(0);
  expect(reputation.at(0)).toBe(REPUTATION_START);
  reputation.move(-30, 0);
  expect(reputation.at(0)).toBe(70);
  reputation.move(50, 1);
  expect(reputation.at(1)).toBe(120);
});

it('stays a whole number within its bounds, whatever happens', () => {
  hold(
    fc.property(moves, (all) => {
      const reputation = new Reputation(0);
      let now = 0;
      for (const { by, afterMs } of all) {
        now += afterMs;
        reputation.move(by, now);
        const score = reputation.at(now);
        expect(Number.isInteger(score)).toBe(true);
        expect(score).toBeGreaterThanOrEqual(REPUTATION_MIN);
        expect(score).toBeLessThanOrEqual(REPUTATION_MAX);
      }
    }),
    100,
    5000,
  );
});

it('comes back to where it began, from either side and never beyond', () => {
  hold(
    fc.property(moves, fc.nat(3_600_000), (all, waitMs) => {
      const reputation = new Reputation(0);
      let now = 0;
      for (const { by, afterMs } of all) reputation.move(by, (now += afterMs));
      const before = reputation.at(now);
      const after = reputation.at(now + waitMs);
      const steps = Math.abs(before - REPUTATION_START) - Math.abs(after - REPUTATION_START);
      expect(Math.sign(after - REPUTATION_START) * Math.sign(before - REPUTATION_START)).not.toBe(
        -1,
      );
      expect(steps).toBeGreaterThanOrEqual(0);
      expect(steps).toBeLessThanOrEqual(Math.ceil(waitMs / DECAY_EVERY_MS));
      expect(reputation.at(now + waitMs + 1100 * DECAY_EVERY_MS)).toBe(REPUTATION_START);
    }),
    100,
    5000,
  );
});

it('is the same however often it is asked for meanwhile', () => {
  hold(
    fc.property(moves, fc.array(fc.nat(100_000), { maxLength: 20 }), (all, looks) => {
      const [often, once] = [new Reputation(0), new Reputation(0)];
      let now = 0;
      for (const { by, afterMs } of all) {
        for (const look of looks) if (look < afterMs) often.at(now + look);
        now += afterMs;
        often.move(by, now);
        once.move(by, now);
      }
      expect(often.at(now)).toBe(once.at(now));
    }),
    100,
    5000,
  );
});

it('is as at first once a person says so', () => {
  const reputation = new Reputation(0);
  reputation.move(-5000, 0);
  reputation.clear(7);
  expect(reputation.at(7)).toBe(REPUTATION_START);
});
