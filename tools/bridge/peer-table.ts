/**
 * Peer table: peers as a person looks them over.
 */
import type { PeerView } from '../../host/http/views.ts';
import { printable } from '../../protocol/printable.ts';
import { age, tableOf } from '../relay/words.ts';

/** Those in reach first; among them, and among the others, the one heard last. */
export function peerTable(peers: PeerView[], now: number): string[] {
  const sorted = [...peers].sort(
    (a, b) => Number(b.isReachable) - Number(a.isReachable) || b.lastSeenAt - a.lastSeenAt,
  );
  const rows = sorted.map((peer) => [
    printable(peer.name),
    peer.id,
    placeOf(peer),
    standingOf(peer),
    peer.session === 'live' ? 'sealed' : '',
    `${age(Math.max(0, now - peer.lastSeenAt))} ago`,
  ]);
  return tableOf(['name', 'id', 'where', 'standing', 'session', 'heard'], rows);
}

export function placeOf({ isReachable, isHere, isDirect, hops }: PeerView): string {
  if (!isReachable) return 'out of reach';
  if (!isHere) return 'over a line';
  if (isDirect) return 'here';
  return hops === null ? 'on the island' : `${hops} hop${hops === 1 ? '' : 's'}`;
}

export function standingOf({ standing, isDenied, isQuarantined, hasAlarm }: PeerView): string {
  const judged = isDenied ? 'blocked' : isQuarantined ? 'quarantined' : standing;
  const words = [judged, ...(hasAlarm ? ['KEY CHANGED'] : [])];
  return words.join(', ');
}
