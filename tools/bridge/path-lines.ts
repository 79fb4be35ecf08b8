/**
 * Path lines: the ways that packets may take to a peer, as a person reads them.
 */
import type { PathView, PeerView, RouteView } from '../../host/http/views.ts';
import { shunWords } from '../../host/routing/path.ts';
import { doesOf, switchOf } from '../../host/http/web/words.ts';
import { printable } from '../../protocol/printable.ts';
import { many, tableOf } from '../relay/words.ts';
import { fullTime } from './paints.ts';

export function pathLines(path: PathView, peers: PeerView[]): string[] {
  const { flooded, routes, unsuited, strategy, lastSwitch, switches, nodesKnown, does } = path;
  const peer = peers.find(({ id }) => id === path.id);
  const shunned = peer ? shunWords(path.id, peer.isDenied, peer.isQuarantined) : null;
  const lines: string[] = shunned === null ? [] : [shunned];
  if (flooded !== null) lines.push(`packets to ${path.id} are flooded: ${flooded}`);
  if (unsuited !== null) lines.push(`${strategy} does not suit, and shortest is used: ${unsuited}`);
  if (routes.length > 0) lines.push(...tableOf(HEADINGS, routes.map((route) => rowOf(route, peers)))); // prettier-ignore
  if (lastSwitch !== null) {
    const { at, reason } = lastSwitch;
    lines.push(`switched ${many(switches, 'time')}, last at ${fullTime(at)}: ${switchOf(reason)}`);
  }
  if (doesOf(does) !== '') lines.push(doesOf(does));
  lines.push(`strategy ${strategy}; ${many(nodesKnown, 'other node')} known`);
  return lines;
}

const HEADINGS = ['taken', 'hops', 'cost', 'arrives', 'over', 'why'];

function rowOf(route: RouteView, peers: PeerView[]): (string | number)[] {
  const { via, cost, reliability, why, isChosen } = route;
  const names = via.map((id) => printable(peers.find((peer) => peer.id === id)?.name || id));
  const arrives = `${Math.round(reliability * 100)} %`;
  return [isChosen ? 'yes' : '', via.length, Math.round(cost), arrives, names.join(' > '), why];
}
