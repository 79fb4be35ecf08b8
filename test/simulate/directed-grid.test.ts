/**
 * What routes are for, on a square of real bridges: packets for one node cost less than a tenth of
 * flooding and arrive as surely, and a way that is cut is replaced within a second.
 */
import { describe, expect, it } from 'vitest';
import { DirectedGrid } from '../../tools/simulate/directed-grid.ts';
import { simulatedCrypto } from '../../tools/simulate/simulated-crypto.ts';
import { crypto } from '../protocol/trust/ports.ts';
import { runs, SEED } from '../seed.ts';

const NODES = runs(49, 400);
const TIME = { timeout: 1_800_000 };

describe(`${NODES} bridges in a square, seed ${SEED}`, () => {
  const cheap = simulatedCrypto(crypto);
  let grid: DirectedGrid;

  it('answer each other with less than a tenth of what flooding costs', TIME, () => {
    grid = new DirectedGrid({ seed: SEED, nodes: NODES, crypto: cheap, strategy: 'shortest' });
    const { asked, answered, transmissions } = grid.traffic(30);
    expect(answered).toBe(asked);
    // A flood crosses each edge once at least; and a ping is answered.
    expect(transmissions * 10).toBeLessThan(asked * 2 * grid.edges);
  });

  it('go around a link that is cut within a second, and lose nothing', TIME, () => {
    for (let cut = 0; cut < runs(2, 20); cut++) {
      const { rerouteMs, ...rest } = grid.cut();
      expect(rerouteMs).toBeLessThan(1000);
      expect(rest).toEqual({ late: 0, lost: 0, unconfirmed: 0 });
    }
  });
});
