/**
 * Island: which of the peers are on ours. Peers who name each other as neighbours are on one, and it is
 * ours when it has one at the far end of a link of ours that is no line, or when word of all of them
 * came without one. Others may be on it, whom a gateway brought here first.
 */
import type { Millis } from '../core/machine.ts';
import { ID_SIZE } from '../core/packet.ts';
import { nameOf } from '../trust/pins.ts';
import type { Peer } from './peers.ts';

/** `near`: ids at the far ends of links. Word of a peer came without a line if later than `since`. */
export function onOurIsland(
  peers: readonly Peer[],
  near: readonly Uint8Array[],
  since: Millis,
): Set<Peer> {
  const nearby = new Set(near.map((id) => nameOf(id)));
  const here = new Set<Peer>();
  for (const island of islandsOf(peers)) {
    const isOurs =
      island.some(({ id }) => nearby.has(nameOf(id))) ||
      island.every(({ heardHereAt }) => heardHereAt > since);
    if (isOurs) for (const peer of island) here.add(peer);
  }
  return here;
}

/** Peers in groups that neighbours hold together. */
function islandsOf(peers: readonly Peer[]): Peer[][] {
  const known = new Map(peers.map((peer) => [nameOf(peer.id), peer]));
  const ways = waysOf(known);
  const met = new Set<string>();
  const islands: Peer[][] = [];
  for (const first of known.keys()) {
    const island: Peer[] = [];
    const toVisit = [first];
    for (let key = toVisit.pop(); key !== undefined; key = toVisit.pop()) {
      if (met.has(key)) continue;
      met.add(key);
      const peer = known.get(key);
      if (peer !== undefined) island.push(peer);
      toVisit.push(...(ways.get(key) ?? []));
    }
    if (island.length > 0) islands.push(island);
  }
  return islands;
}

/** From each to those it names or is named by, known or not. */
function waysOf(known: ReadonlyMap<string, Peer>): Map<string, string[]> {
  const ways = new Map<string, string[]>();
  const join = (from: string, to: string): void => {
    const others = ways.get(from);
    if (others === undefined) ways.set(from, [to]);
    else others.push(to);
  };
  for (const [key, { neighbours }] of known) {
    for (let at = 0; at < neighbours.length; at += ID_SIZE) {
      const other = nameOf(neighbours, at);
      join(key, other);
      join(other, key);
    }
  }
  return ways;
}
