/**
 * Settings: when a node is suspected, and when it is taken for failed (DEFAULTS §3). All of them can be
 * changed while the bridge runs.
 */
import type { Pace } from '../../protocol/core/paced-heartbeat.ts';
import { PACE } from '../../protocol/core/paced-heartbeat.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import type { Tuning } from '../types.ts';
import { TUNING_LIMITS } from '../types.ts';
import { HEALING_MAX_MS, TOGETHER_MS } from './partitions.ts';
import { ATTEMPT_EVERY_MS, ATTEMPTS_MAX } from './recovery.ts';

const CHECK_EVERY_MS = 5000;
/** Where nobody else can be asked, one that is suspected must be silent so many times longer. */
export const ALONE_TIMES = 6;

export type ResilienceSettings = {
  /** How often we beat, and after how many intervals without a word a link is let go. */
  pace: Pace;
  /** A node is suspected at this phi. */
  phi: number;
  /** One that is suspected is taken for failed after so long, if nobody else has word of it. */
  confirmMs: Millis;
  care: Care;
};

/** How the mesh is looked after; the owner's alone to change. */
export type Care = {
  /** Between two looks at how well the mesh does. */
  checkMs: Millis;
  /** Peers that fall silent within it may be one partition. */
  togetherMs: Millis;
  /** What a partition brings back is waited for no longer. */
  mergeMs: Millis;
  /** Between two attempts to have a node back, and how many there are. */
  retryMs: Millis;
  attemptsMax: number;
};

export const CARE_DEFAULTS: Care = {
  checkMs: CHECK_EVERY_MS,
  togetherMs: TOGETHER_MS,
  mergeMs: HEALING_MAX_MS,
  retryMs: ATTEMPT_EVERY_MS,
  attemptsMax: ATTEMPTS_MAX,
};

export const RESILIENCE_DEFAULTS: ResilienceSettings = {
  pace: PACE,
  phi: 8,
  confirmMs: 30_000,
  care: CARE_DEFAULTS,
};

/** The settings as changed, or the name of what may not be so. */
export function tuned(
  before: ResilienceSettings,
  tuning: Tuning,
): ResilienceSettings | keyof Tuning {
  const { pace, phi, confirmMs, care } = before;
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
    care,
  };
}
