/**
 * What a seed draws: that everything there is comes up among a few seeds, and that what a person fixed
 * stays as he wants it.
 */
import { describe, expect, it } from 'vitest';
import { STRATEGY_NAMES } from '../../host/routing/strategy.ts';
import { SECURITY_LEVELS } from '../../protocol/trust/levels.ts';
import { NO_FAULTS } from '../../tools/simulate/faults.ts';
import type { ScenarioWishes } from '../../tools/simulate/scenario.ts';
import { drawScenario } from '../../tools/simulate/scenario.ts';

describe('a scenario', () => {
  it('is routed by any strategy, and at any level, but mostly as usual', () => {
    const drawn = Array.from({ length: 200 }, (_, seed) => drawScenario({ seed }));
    expect(new Set(drawn.map(({ policy }) => policy))).toEqual(new Set(STRATEGY_NAMES));
    expect(new Set(drawn.map(({ level }) => level))).toEqual(new Set(SECURITY_LEVELS));
    expect(drawn.filter(({ policy }) => policy === 'shortest').length).toBeGreaterThan(90);
    expect(drawn.filter(({ level }) => level === 'moderate').length).toBeGreaterThan(110);
  });

  it.each<[string, Partial<ScenarioWishes>, object]>([
    ['a policy', { policy: 'ants' }, { policy: 'ants' }],
    ['a level', { level: 'strict' }, { level: 'strict' }],
    ['what goes wrong', { faults: NO_FAULTS }, { policy: 'shortest', level: 'moderate' }],
  ])('has %s as a person fixed it', (_, wishes, fixed) => {
    for (let seed = 0; seed < 20; seed++) {
      expect(drawScenario({ seed, ...wishes })).toMatchObject(fixed);
    }
  });
});
