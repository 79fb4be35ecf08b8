/**
 * Failure: the settings of when a node has failed, how the mesh is looked after, and what is tried for
 * nodes that were lost (DEFAULTS §3). What is usual, and how far it may be changed, is said by those who
 * go by it; a file says times in seconds.
 */
import type { Care, ResilienceSettings } from '../resilience/settings.ts';
import { ALONE_TIMES, CARE_DEFAULTS, RESILIENCE_DEFAULTS } from '../resilience/settings.ts';
import { TUNING_LIMITS } from '../types.ts';
import type { Setting } from './rules.ts';
import { group, setting, whole } from './rules.ts';

const { pace, phi, confirmMs } = RESILIENCE_DEFAULTS;

export const failure = group(
  {
    heartbeat: tunable('heartbeatMs', 1000, pace.intervalMs, {
      help: 'seconds between two heartbeats of a link',
      examples: [5],
    }),
    missed: tunable('missed', 1, pace.missedMax, {
      help: 'heartbeats without a word after which a link is let go',
      examples: [4],
    }),
    phi: tunable('phi', 1, phi, {
      help: 'how sure it must be that a node is silent before it is suspected: 1 errs once in ten, 8 once in a hundred million',
      examples: [6],
    }),
    confirm: tunable('confirmMs', 1000, confirmMs, {
      help: `seconds after which one that is suspected has failed, if no other node hears it; ${ALONE_TIMES} times that where no other can be asked`,
      examples: [60],
    }),
  },
  'when a node has failed; the API may change it while the bridge runs, until the file says something else',
);

export const healing = group(
  {
    check: setting(whole(1, 300), CARE_DEFAULTS.checkMs / 1000, {
      help: 'seconds between two looks at how well the mesh does',
      examples: [10],
    }),
    together: setting(whole(10, 3600), CARE_DEFAULTS.togetherMs / 1000, {
      help: 'seconds within which peers must fall silent to be taken for one part that was cut off',
      examples: [120],
    }),
    merge: setting(whole(60, 86_400), CARE_DEFAULTS.mergeMs / 1000, {
      help: 'seconds that what such a part brings back is waited for at most',
      examples: [600],
    }),
    retry: setting(whole(5, 3600), CARE_DEFAULTS.retryMs / 1000, {
      help: 'seconds between two attempts to have a lost node back',
      examples: [120],
    }),
    attempts: setting(whole(1, 100), CARE_DEFAULTS.attemptsMax, {
      help: 'attempts, after which it is given up',
      examples: [10],
    }),
  },
  'how the mesh is looked after, and what is tried for nodes that were lost',
);

type Failure = ReturnType<(typeof failure)['read']>;
type Healing = ReturnType<(typeof healing)['read']>;

export function resilienceSettingsOf(found: Failure, tended: Healing): ResilienceSettings {
  return {
    pace: { intervalMs: found.heartbeat * 1000, missedMax: found.missed },
    phi: found.phi,
    confirmMs: found.confirm * 1000,
    care: careOf(tended),
  };
}

function careOf({ check, together, merge, retry, attempts }: Healing): Care {
  return {
    checkMs: check * 1000,
    togetherMs: together * 1000,
    mergeMs: merge * 1000,
    retryMs: retry * 1000,
    attemptsMax: attempts,
  };
}

/** What the API may tune as well, and as far; a file says it in units of `unit`. */
function tunable(
  name: keyof typeof TUNING_LIMITS,
  unit: number,
  usual: number,
  told: Parameters<typeof setting<number>>[2],
): Setting<number> {
  const [least, most] = TUNING_LIMITS[name];
  return setting(whole(least / unit, most / unit), usual / unit, told);
}
