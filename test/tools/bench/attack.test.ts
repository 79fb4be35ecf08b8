/**
 * The attack area measures what it says, whatever the machine is busy with: here only what does not
 * depend on its speed.
 */
import { describe, expect, it } from 'vitest';
import { attack } from '../../../tools/bench/attack.ts';

const EXTENT = { seconds: 0.3, replays: 2000, senders: 2000 };

describe('bench attack', () => {
  it('gives its five figures, and no replay was delivered', async () => {
    const results = await attack(1, () => {}, EXTENT);
    const figures = Object.fromEntries(results.map(({ name, value }) => [name, value]));
    expect(Object.keys(figures)).toEqual([
      'flood.honest_delivery',
      'flood.p99_ratio',
      'flood.amplification',
      'replay.delivered',
      'senders.rss_mb',
    ]);
    expect(figures['replay.delivered']).toBe(0);
    expect(figures['flood.amplification']).toBeLessThanOrEqual(1);
    expect(figures['flood.honest_delivery']).toBeGreaterThan(50);
  });
});
