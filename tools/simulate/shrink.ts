/**
 * Shrink: makes a run that broke a law as short as it finds it: the least time, then the fewest deeds,
 * then the fewest faults with which the same law is broken still. Every try is a whole run.
 */
import type { Deed } from './deeds.ts';
import { FAULT_NAMES, NO_FAULTS } from './faults.ts';
import type { Breach } from './laws.ts';
import type { Scenario } from './scenario.ts';

export type Shrunk = { scenario: Scenario; breach: Breach; tries: number };

/** Runs that a person waits for; then it is as short as it is. */
export const TRIES_MAX = 100;

/** `run` judges a scenario; it broke a law with the one that is given. */
export function shrink(
  scenario: Scenario,
  breach: Breach,
  run: (scenario: Scenario) => Breach | null,
  triesMax: number = TRIES_MAX,
): Shrunk {
  const found: Shrunk = { scenario, breach, tries: 0 };
  const holds = (next: Scenario): boolean => {
    if (found.tries >= triesMax) return false;
    found.tries++;
    const other = run(next);
    if (other?.law !== breach.law) return false;
    found.scenario = next;
    found.breach = other;
    return true;
  };
  shorten(found, holds);
  // Mostly they have no part in it, and with deeds left out, chance has others in their place.
  holds({ ...found.scenario, faults: NO_FAULTS });
  leaveOut(found, holds);
  switchOff(found, holds);
  return found;
}

type Holds = (next: Scenario) => boolean;

/** Nothing that came after the breach has a part in it, and what was never healed need not recover. */
function shorten({ scenario, breach }: Shrunk, holds: Holds): void {
  const safeMs = breach.at + 1;
  if (safeMs >= scenario.safeMs) return;
  const deeds = scenario.deeds.filter(({ at }) => at <= safeMs);
  holds({ ...scenario, safeMs, healMs: 0, deeds });
}

/** Halves first, then smaller and smaller parts (delta debugging). */
function leaveOut(found: Shrunk, holds: Holds): void {
  let size = Math.ceil(found.scenario.deeds.length / 2);
  while (size >= 1) {
    let hasLeft = false;
    for (let from = 0; from < found.scenario.deeds.length;) {
      const rest = without(found.scenario.deeds, from, size);
      if (holds({ ...found.scenario, deeds: rest })) hasLeft = true;
      else from += size;
    }
    if (size === 1 && !hasLeft) return;
    size = size > 1 ? Math.floor(size / 2) : 1;
  }
}

function without(deeds: readonly Deed[], from: number, count: number): Deed[] {
  return deeds.filter((_, at) => at < from || at >= from + count);
}

function switchOff(found: Shrunk, holds: Holds): void {
  for (const name of FAULT_NAMES) {
    if (found.scenario.faults[name] === 0) continue;
    holds({ ...found.scenario, faults: { ...found.scenario.faults, [name]: 0 } });
  }
}
