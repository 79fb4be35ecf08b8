/**
 * Stock: what comparing of histories (WIRE §20) has shown of messages of some time, for whoever gives
 * account of it. What is not known counts for nothing: where it was not compared, more may be lacking.
 * What was let go cannot be compared; over lines it is told of by id (see Tally).
 */
import type { Reconciliation } from './reconcile.ts';
import { hasAgreed } from './reconcile.ts';
import type { Span, Tally } from './tally.ts';
import { isWhole } from './tally.ts';

export type Comparisons = Pick<Reconciliation, 'wanted' | 'sides' | 'history'>;

/** What is known of what was said in a span, over links that lead to those who said it. */
export type Stock = {
  /** Told of by id since it began, and never here. */
  lacking: number;
  /** Said in it, and asked of us over those links. */
  given: number;
  /**
   * Over each of those links all of it was compared since, and nothing differed, or was told of by id;
   * or the one up to some moment, and the other from there on.
   */
  isCompared: boolean;
};

/** `comparisons` are null where nothing ever is. */
export function takeStock(
  comparisons: Comparisons | null,
  span: Span,
  links: readonly number[],
): Stock {
  const { since, from, until } = span;
  if (comparisons === null) return { lacking: 0, given: 0, isCompared: false };
  const { wanted, sides, history } = comparisons;
  const lacking = new Set<string>();
  for (const [name, { toldAt }] of wanted) {
    if (toldAt >= since && !history.knows(name)) lacking.add(name);
  }
  // What we cannot name ourselves may have been here.
  const tallyOf = (link: number): Tally | undefined =>
    history.namedFrom > from ? undefined : sides.get(link)?.tallies.get(from);
  const given = new Set<string>();
  for (const link of links) {
    for (const [name, timestamp] of sides.get(link)?.given ?? []) {
      if (timestamp >= from && timestamp <= until) given.add(name);
    }
    for (const name of tallyOf(link)?.lacking ?? []) {
      if (!history.knows(name)) lacking.add(name);
    }
  }
  const isAlike = (link: number): boolean => {
    const side = sides.get(link);
    const tally = tallyOf(link);
    const comparedFrom = side !== undefined && hasAgreed(side, span) ? side.agreedFrom : Infinity;
    const toldTo = tally !== undefined && isWhole(tally) ? tally.to.time : from;
    return Math.min(comparedFrom, until + 1) <= toldTo;
  };
  const isCompared = links.length > 0 && links.every(isAlike);
  return { lacking: lacking.size, given: given.size, isCompared };
}
