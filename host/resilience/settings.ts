/**
 * Settings: when a node is suspected, and when it is taken for failed (DEFAULTS §3). All of them can be
 * changed while the bridge runs.
 */
import type { Pace } from '../../protocol/core/paced-heartbeat.ts';
import { PACE } from '../../protocol/core/paced-heartbeat.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import type { Tuning } from '../types.ts';
import { TUNING_LIMITS } from '../types.ts';

export type ResilienceSettings = {
  /** How often we beat, and after how many intervals without a word a link is let go. */
  pace: Pace;
  /** A node is suspected at this phi. */
  phi: number;
  /** One that is suspected is taken for failed after so long, if nobody else has word of it. */
  confirmMs: Millis;
};

export const RESILIENCE_DEFAULTS: ResilienceSettings = { pace: PACE, phi: 8, confirmMs: 30_000 };

/** The settings as changed, or the name of what may not be so. */
export function tuned(
  before: ResilienceSettings,
  tuning: Tuning,
): ResilienceSettings | keyof Tuning {
  const { pace, phi, confirmMs } = before;
  const { intervalMs, missedMax } = pace;
  const wanted = { heartbeatMs: intervalMs, missed: missedMax, phi, confirmMs, ...tuning };
  for (const [name, [least, most]] of Object.entries(TUNING_LIMITS)) {
    const value = wanted[name as keyof Tuning];
    const isWhole = name === 'phi' || Number.isInteger(value);
    if (!isWhole || !(value >= least && value <= most)) return name as keyof Tuning;
  }
  return {
    pace: { intervalMs: wanted.heartbeatMs, missedMax: wanted.missed },
    phi: wanted.phi,
    confirmMs: wanted.confirmMs,
  };
}
