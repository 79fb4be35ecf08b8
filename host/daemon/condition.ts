/**
 * Condition: how a bridge and the mesh around it do, as `hopline status` tells it: health by category,
 * the parts that can fail alone, and what is wrong.
 */
import type { ConditionAnswer } from '../../device/pi/relay-service.ts';
import type { BridgeSnapshot } from '../bridge.ts';

export function conditionOf(
  { components, resilience }: BridgeSnapshot,
  problems: string[],
): ConditionAnswer {
  return {
    health: resilience?.health.map(({ category, score }) => ({ category, score })) ?? null,
    components: components.map(({ name, state, health }) => ({
      name,
      state,
      why: health.state === 'well' ? null : health.why,
    })),
    problems,
  };
}
