/**
 * Tally: what whoever is at the far end of a line ever had of a time of which one of the two does not
 * hold all any more, or in which they were never found alike (WIRE §20, 0xE5). Comparing is silent of
 * that time, and what was let go there for lack of room or of age would be missed by nobody. So its ids
 * are asked for, the newest first, and those that were never here are counted as lost.
 *
 *   asking --page--> asking --page that goes all the way down--> whole
 *                       '---- nothing older can be named, or it is too much ----> cut short
 */
import type { Millis } from '../core/machine.ts';
import type { Bound, Page } from '../wire/reconcile.ts';
import { compareBounds } from '../wire/reconcile.ts';

/** Ids that were never here, of one tally; with more it is cut short. */
export const LACKING_MAX = 4096;
/** Tallies of one link; then the one asked for longest ago is forgotten. */
export const TALLIES_MAX = 16;

/** A time that somebody takes stock of. */
export type Span = {
  /** When it began, by our own clock; and from when until when, in Unix ms, as senders' clocks say. */
  since: Millis;
  from: number;
  until: number;
  /** Of comparisons, only those count that went so far. */
  comparedTo: number;
  /** Nothing of it has come for so long that what is lacking is not on its way. */
  isSettled: boolean;
};

export type Tally = {
  readonly from: Bound;
  readonly to: Bound;
  /** What is older was not told yet. */
  rest: Bound;
  isCutShort: boolean;
  /** In hex. */
  readonly lacking: Set<string>;
};

/** `from` and `to` in Unix ms. */
export function beginTally(from: number, to: number): Tally {
  const bounds = { from: { time: from, name: '' }, to: { time: to, name: '' } };
  return { ...bounds, rest: bounds.to, isCutShort: false, lacking: new Set() };
}

/** True where more is to be asked for. A page that was not asked for, or comes twice, changes nothing. */
export function takePage(tally: Tally, page: Page, isKnown: (name: string) => boolean): boolean {
  if (tally.isCutShort || isWhole(tally) || compareBounds(page.to, tally.rest) !== 0) return false;
  const lacking = page.names.filter((name) => !isKnown(name));
  const isTooMuch = tally.lacking.size + lacking.length > LACKING_MAX;
  tally.isCutShort = isTooMuch || compareBounds(page.from, page.to) === 0;
  if (tally.isCutShort) return false;
  for (const name of lacking) tally.lacking.add(name);
  tally.rest = page.from;
  return !isWhole(tally);
}

export function isWhole({ from, rest }: Tally): boolean {
  return compareBounds(rest, from) <= 0;
}
