/**
 * A deep queue does what a SendQueue does, faster.
 */
import { describe, expect, it } from 'vitest';
import { SendQueue } from '../../../protocol/core/queue.ts';
import { DeepQueue } from '../../../protocol/peer/deep-queue.ts';
import { runs, SEED, xorshift } from '../../seed.ts';

describe('a deep queue', () => {
  it('gives and drops what a plain one does, in the same order', () => {
    const next = xorshift(SEED);
    for (let round = 0; round < runs(20, 1000); round++) {
      const [deep, plain] = [new DeepQueue(3000, 100_000), new SendQueue(3000, 100_000)];
      // Longer and longer for a while, then shorter.
      for (let i = 0; i < 12_000; i++) {
        if (next(10) < (i < 6000 ? 7 : 3)) {
          const bytes = new Uint8Array(next(60));
          const priority = next(4);
          expect(deep.add(bytes, priority)).toBe(plain.add(bytes, priority));
        } else if (deep.take() !== plain.take()) expect.fail(`seed ${SEED}, round ${round}`);
      }
      expect(deep.length()).toBe(plain.length());
    }
  });
});
