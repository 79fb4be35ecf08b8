/**
 * Hop lines: who answered a trace. The nodes on the way to the peer stand together, it itself last; where
 * the trace went everywhere, the others that heard it stand apart, each with the node it heard it from.
 */
import type { HopView } from '../../protocol/peer/hop-view.ts';
import { tableOf } from './words.ts';

const HEADINGS = ['hop', 'node', 'name', 'over', 'dBm', 'ms'];

type Row = (string | number | null)[];

/** `nameOf`: printable, and empty for who has none. */
export function hopLines(
  target: string,
  hops: HopView[],
  nameOf: (id: string) => string,
): string[] {
  const end = hops.find(({ id }) => id === target);
  const way = end === undefined ? [] : [...end.via, target];
  const rowOf = (id: string, at: number): Row => {
    const hop = hops.find((each) => each.id === id);
    const { medium = null, rssi = null, roundTripMs = null } = hop ?? {};
    return [
      (hop?.distance ?? at) + 1,
      id,
      nameOf(id),
      medium,
      rssi,
      roundTripMs && Math.round(roundTripMs),
    ];
  };
  const others = hops
    .filter(({ id }) => !way.includes(id))
    .sort((a, b) => a.distance - b.distance)
    .map(({ id, distance, via }) => [...rowOf(id, distance), fromWhom(via, nameOf)]);
  const lines = way.length === 0 ? [] : tableOf(HEADINGS, way.map(rowOf));
  if (others.length === 0) return lines;
  const table = tableOf([...HEADINGS, 'heard it from'], others);
  if (way.length === 0) return ['it was not reached; these heard the trace:', ...table];
  const apart = 'no single way was taken; these heard the trace, too:';
  return ['the way by which it was reached:', ...lines, '', apart, ...table];
}

function fromWhom(via: string[], nameOf: (id: string) => string): string {
  const before = via.at(-1);
  return before === undefined ? 'here' : nameOf(before) || before;
}
