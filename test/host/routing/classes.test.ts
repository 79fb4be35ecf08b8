/** Classes: which strategies slow links have no room for, and what is said of it. */
import { describe, expect, it } from 'vitest';
import { SLOW_BYTES_PER_S, unsuitedToLinks } from '../../../host/routing/classes.ts';
import { STRATEGY_NAMES } from '../../../host/routing/strategy.ts';

describe('slow links', () => {
  it.each([
    ['flood', false],
    ['shortest', true],
    ['balanced', false],
    ['geographic', true],
    ['ants', false],
    ['hybrid', false],
  ] as const)('and %s: suits %s', (name, suits) => {
    expect(unsuitedToLinks(name, SLOW_BYTES_PER_S - 1) === null).toBe(suits);
    expect(unsuitedToLinks(name, SLOW_BYTES_PER_S)).toBeNull();
    expect(unsuitedToLinks(name, Infinity)).toBeNull();
  });

  it('are judged for every strategy that there is', () => {
    for (const name of STRATEGY_NAMES) expect(unsuitedToLinks(name, 0)).not.toBeUndefined();
  });

  it('are named with what they carry, and what to take', () => {
    expect(unsuitedToLinks('ants', 240)).toBe(
      'a link of ours carries 240 bytes a second, less than 1000: one packet of ten takes a longer way to look for a better; take shortest',
    );
  });
});
