/**
 * Seeds: many small meshes in which everything goes wrong that the seed says, and the laws that hold in
 * all of them. A failure prints its seed and what it drew; the same seed fails alike everywhere.
 * HOPLINE_SEEDS=10000 runs so many, from 1 on; HOPLINE_SEEDS=5001-10000 runs these, beside others elsewhere.
 */
import { describe, expect, it } from 'vitest';
import { allFaults } from '../../tools/simulate/faults.ts';
import { simulatedCrypto } from '../../tools/simulate/simulated-crypto.ts';
import { runScenario } from '../../tools/simulate/run.ts';
import { describeScenario, drawScenario } from '../../tools/simulate/scenario.ts';
import { crypto } from '../protocol/trust/ports.ts';
import { runs, SOAK } from '../seed.ts';

const cheap = simulatedCrypto(crypto);
const TIME = { timeout: 3_600_000 };
const QUARTER_MS = 15 * 60_000;
/** 116: what was said to a strict node ahead of an announce was never shown. */
const ONCE_BROKEN = [116];
const [FIRST, LAST] = rangeOf(process.env['HOPLINE_SEEDS'] ?? String(runs(40, 200)));

describe('a mesh in which everything goes wrong', () => {
  it(`keeps its laws, and recovers, for seeds ${FIRST} to ${LAST}`, TIME, () => {
    const broken: string[] = [];
    for (let seed = FIRST; seed <= LAST; seed++) {
      const scenario = drawScenario({ seed });
      const { breach } = runScenario(scenario, { crypto: cheap });
      if (breach === null) continue;
      const { law, at, node, what } = breach;
      broken.push(`${describeScenario(scenario)}\n  ${law} at ${at} ms, node ${node}: ${what}`);
    }
    expect(broken.join('\n')).toBe('');
  });

  it.each(ONCE_BROKEN)('keeps them for seed %i, which broke one once', TIME, (seed) => {
    expect(runScenario(drawScenario({ seed }), { crypto: cheap }).breach).toBeNull();
  });

  it('keeps them for a quarter of an hour of everything at once', TIME, () => {
    for (let seed = 10; seed < 10 + runs(1, 60); seed++) {
      const wishes = { seed, nodes: 16, faults: allFaults(), safeMs: QUARTER_MS };
      const { breach } = runScenario(drawScenario(wishes), { crypto: cheap });
      expect(breach, `seed ${seed}`).toBeNull();
    }
  });

  it.runIf(SOAK)('keeps them for an hour of floods, in which one was broken once', TIME, () => {
    const wishes = { seed: 7, nodes: 40, topology: 'geometric' as const, safeMs: 4 * QUARTER_MS };
    const scenario = drawScenario({ ...wishes, faults: allFaults() });
    expect(runScenario(scenario, { crypto: cheap }).breach).toBeNull();
  });

  it('is the same twice for the same seed', () => {
    const hashes = [4, 4, 2].map(
      (seed) => runScenario(drawScenario({ seed }), { crypto: cheap }).hash,
    );
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[0]).not.toBe(hashes[2]);
  });
});

/** `200`, or `201-400`. */
function rangeOf(text: string): [first: number, last: number] {
  const [, first = '1', last] = /^(?:(\d+)-)?(\d+)$/.exec(text) ?? [];
  if (last === undefined) throw new Error(`HOPLINE_SEEDS is a number or a range, and not ${text}`);
  return [Number(first), Number(last)];
}
