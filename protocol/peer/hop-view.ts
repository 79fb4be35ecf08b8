/**
 * Hop view: the nodes on the way that a trace took, as plain values that survive JSON, in the order in
 * which they lie.
 */
import { toHex } from '../wire/hex.ts';
import type { TracedHop } from './contract.ts';

export type HopView = {
  id: string;
  /** Nodes before it on the way. */
  distance: number;
  medium: TracedHop['medium'];
  rssi: number | null;
  roundTripMs: number | null;
  /** Ids of the nodes between us and this one, the nearest first. */
  via: string[];
};

export function hopViews(hops: readonly TracedHop[]): HopView[] {
  const views = hops.map(({ target: _, id, via, ...rest }) => {
    return { id: toHex(id), ...rest, via: via.map(toHex) };
  });
  return views.sort((a, b) => a.distance - b.distance);
}
