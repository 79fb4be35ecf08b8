/**
 * Rules: all that is held about the repository itself, in the order in which a reader would ask.
 */
import { citations, kept } from './citations.ts';
import { cycles, doors, reach } from './doors.ts';
import { packages } from './packages.ts';
import { device, purity } from './purity.ts';
import { errors, headers, names, places, programs, tests, titles, top } from './texts.ts';
import type { Rule } from './tree.ts';

export const RULES: Record<string, Rule> = {
  programs,
  top,
  doors,
  cycles,
  reach,
  packages,
  purity,
  device,
  headers,
  names,
  titles,
  places,
  tests,
  errors,
  citations,
  kept,
};
