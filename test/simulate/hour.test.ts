/**
 * A large mesh lives its everyday, and in parts it lives the very same one.
 */
import { describe, expect, it } from 'vitest';
import { pureCrypto } from '../../protocol/trust/pure-crypto.ts';
import type { HourFigures, HourOptions } from '../../tools/simulate/hour.ts';
import { Hour, LATENCY_MS, sumOf } from '../../tools/simulate/hour.ts';
import { simulatedCrypto } from '../../tools/simulate/simulated-crypto.ts';

const OPTIONS: HourOptions = {
  seed: 5,
  nodes: 24,
  degree: 8,
  // Long enough for some to leave and come back, and for everybody's second announce.
  lastsMs: 420_000,
  crypto: simulatedCrypto(pureCrypto),
};

describe('an hour of a mesh', () => {
  it('is the same in one part, in two and in three', () => {
    const whole = new Hour(OPTIONS);
    whole.runUntil(OPTIONS.lastsMs);
    expect(whole.figures.heard).toBeGreaterThan(0);
    for (const parts of [2, 3]) expect(inParts(parts)).toEqual(whole.figures);
  });

  it('is another with another seed', () => {
    const some = { ...OPTIONS, nodes: 10, lastsMs: 120_000 };
    const traces = [5, 6].map((seed) => {
      const hour = new Hour({ ...some, seed });
      hour.runUntil(some.lastsMs);
      return hour.figures.trace;
    });
    expect(traces[0]).not.toEqual(traces[1]);
  });
});

/** Side by side: each runs for a latency, and is told then what the others wrote meanwhile. */
function inParts(parts: number): HourFigures {
  const hours = Array.from({ length: parts }, (_, part) => new Hour(OPTIONS, { part, parts }));
  for (;;) {
    const at = Math.min(...hours.map((hour) => hour.nextAt()));
    if (at === Infinity) return sumOf(hours.map(({ figures }) => figures));
    for (const hour of hours) hour.runUntil(at + LATENCY_MS - 1);
    const written = hours.map((hour) => hour.takeCrossings());
    for (const hour of hours) for (const crossings of written) hour.cross(crossings);
  }
}
