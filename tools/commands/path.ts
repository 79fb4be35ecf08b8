/**
 * hopline path <peer> [--data <folder>] [--json]
 *
 * How packets of a running bridge go to a peer, and why: the routes that it keeps, the one that is
 * taken, and when that last changed; or why packets are flooded.
 */
import type { PathView, PeerView, RouteView } from '../../host/http/views.ts';
import { switchOf } from '../../host/http/web/words.ts';
import { printable } from '../../protocol/printable.ts';
import { BridgeClient } from '../bridge/client.ts';
import { fullTime } from '../bridge/paints.ts';
import { DATA_OPTION } from '../bridge/data-option.ts';
import type { Command } from '../command.ts';
import { has, JSON_OPTION } from '../command.ts';
import { tableOf } from '../relay/words.ts';

export const path: Command = {
  name: 'path',
  summary: 'which way packets take to a peer, and why',
  usage: 'hopline path <peer> [--data <folder>] [--json]',
  operands: { least: 1, most: 1 },
  options: { data: DATA_OPTION, json: JSON_OPTION },
  examples: ['hopline path cellar', 'hopline path 4c0ff1cd9cd844b0'],

  async run(args, io) {
    const client = BridgeClient.of(args, io);
    const [who] = args.operands;
    const path = await client.path(who);
    if (has(args, 'json')) return io.out(JSON.stringify(path));
    const peers = await client.peers();
    for (const line of linesOf(path, peers)) io.out(line);
  },
};

export function linesOf(path: PathView, peers: PeerView[]): string[] {
  const { flooded, routes, unsuited, strategy, lastSwitch, switches, nodesKnown } = path;
  const lines: string[] = [];
  if (flooded !== null) lines.push(`packets to ${path.id} are flooded: ${flooded}`);
  if (unsuited !== null) lines.push(`${strategy} does not suit, and shortest is used: ${unsuited}`);
  if (routes.length > 0) lines.push(...tableOf(HEADINGS, routes.map((route) => rowOf(route, peers)))); // prettier-ignore
  if (lastSwitch !== null) {
    const { at, reason } = lastSwitch;
    lines.push(`switched ${switches} times, last at ${fullTime(at)}: ${switchOf(reason)}`);
  }
  lines.push(`strategy ${strategy}; ${nodesKnown} other nodes known`);
  return lines;
}

const HEADINGS = ['taken', 'hops', 'cost', 'arrives', 'over', 'why'];
function rowOf(route: RouteView, peers: PeerView[]): (string | number)[] {
  const { via, cost, reliability, why, isChosen } = route;
  const names = via.map((id) => printable(peers.find((peer) => peer.id === id)?.name || id));
  const arrives = `${Math.round(reliability * 100)} %`;
  return [isChosen ? 'yes' : '', via.length, Math.round(cost), arrives, names.join(' > '), why];
}
