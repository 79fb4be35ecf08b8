/**
 * A large mesh lives its everyday, and in parts it lives the very same one.
 */
import { describe, expect, it } from 'vitest';
import { pureCrypto } from '../../protocol/trust/pure-crypto.ts';
import { ledgerMemory } from '../../tools/bench/mesh-ledger.ts';
import { HourPart } from '../../tools/bench/mesh-part.ts';
import type { HourFigures, HourOptions } from '../../tools/simulate/hour.ts';
import { Hour, sumOf } from '../../tools/simulate/hour.ts';
import { seededRandom } from '../../tools/simulate/random.ts';
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

/** Beside each other as in threads: whoever need not wait may be next. */
function inParts(parts: number): HourFigures {
  const memory = ledgerMemory(parts);
  const random = seededRandom(parts);
  const all = Array.from(
    { length: parts },
    (_, part) => new HourPart(OPTIONS, { part, parts }, memory),
  );
  for (;;) {
    const some = all.filter((part) => !part.isOver && !part.waits);
    if (some.length === 0) return sumOf(all.map(({ figures }) => figures));
    const part = some[random(some.length)];
    for (let slices = random(20); slices >= 0 && !part.isOver && !part.waits; slices--) part.live();
  }
}
