/**
 * Map: the islands that a bridge knows of, who is on them, and what joins them, as far as announces and
 * adverts tell.
 */
import { toHex } from '../../protocol/wire/hex.ts';
import type { BridgeSnapshot } from '../bridge.ts';
import type { MapNode, MapView } from '../http/views.ts';

type Nodes = Map<string, MapNode>;
type Joint = MapView['links'][number];

/** `nameOf` knows people who are not heard just now. */
export function mapOf(
  snapshot: BridgeSnapshot,
  nameOf: (id: Uint8Array) => string | null,
): MapView {
  const { station, gateway } = snapshot;
  const here: Nodes = new Map();
  const away: Nodes = new Map();
  here.set(station.id, { id: station.id, name: station.name, kind: 'self', isReachable: true });
  for (const { id, isHere } of gateway.gateways) {
    const node = { id: toHex(id), name: nameOf(id) ?? '', kind: 'gateway' as const };
    (isHere ? here : away).set(node.id, { ...node, isReachable: true });
  }
  for (const { peer, name, medium } of station.links) {
    if (peer === null || here.has(peer) || away.has(peer)) continue;
    const kind = medium === 'line' ? 'gateway' : 'relay';
    const node: MapNode = { id: peer, name: name ?? '', kind, isReachable: true };
    (medium === 'line' ? away : here).set(peer, node);
  }
  for (const { id, name, isHere } of station.peers) {
    const known = here.get(id) ?? away.get(id);
    if (known !== undefined) known.name = name;
    // Who is known by his link alone was taken for a relay, and has keys.
    if (known?.kind === 'relay') known.kind = 'peer';
    const node: MapNode = { id, name, kind: 'peer', isReachable: true };
    if (known === undefined) (isHere ? here : away).set(id, node);
  }
  const links = linksOf(snapshot, new Set([...here.keys(), ...away.keys()]));
  const ours = { id: station.id, isHere: true, nodes: [...here.values()] };
  return { self: station.id, islands: [ours, ...islandsOf(away, snapshot, links)], links };
}

function linksOf({ station, gateway, lines }: BridgeSnapshot, known: Set<string>): Joint[] {
  const joints = new Map<string, Joint>();
  const join = (from: string, to: string, kind: Joint['kind'], isUp: boolean): void => {
    if (from === to || !known.has(from) || !known.has(to)) return;
    const [a, b] = from < to ? [from, to] : [to, from];
    const before = joints.get(`${a} ${b}`);
    // What we see ourselves comes first, and is not overruled by hearsay.
    if (before === undefined) joints.set(`${a} ${b}`, { a, b, kind, isUp });
  };
  for (const { peer, medium } of station.links) {
    if (peer === null) continue;
    const kind = medium === 'line' ? 'line' : medium === 'wire' ? 'wire' : 'radio';
    join(station.id, peer, kind, true);
  }
  for (const { id, state } of lines) {
    if (id !== null) join(station.id, toHex(id), 'line', state === 'up');
  }
  for (const { id, lines: ends } of gateway.gateways) {
    for (const end of ends) join(toHex(id), toHex(end), 'line', true);
  }
  for (const { id, neighbours } of station.peers) {
    for (const neighbour of neighbours) join(id, neighbour, 'radio', true);
  }
  return [...joints.values()];
}

/** Those who are away, in groups that radio holds together; who is alone is with his gateway. */
function islandsOf(away: Nodes, { station }: BridgeSnapshot, links: Joint[]): MapView['islands'] {
  const group = new Map<string, string>([...away.keys()].map((id) => [id, id]));
  const rootOf = (id: string): string => {
    const next = group.get(id)!;
    return next === id ? id : rootOf(next);
  };
  const join = (a: string, b: string): void => void group.set(rootOf(a), rootOf(b));
  const joined = new Set<string>();
  for (const { a, b, kind } of links) {
    if (kind === 'line' || !away.has(a) || !away.has(b)) continue;
    join(a, b);
    joined.add(a).add(b);
  }
  const farEnds = new Map(station.links.map(({ link, peer }) => [link, peer]));
  for (const { id, link } of station.peers) {
    const end = farEnds.get(link) ?? null;
    const isLone = away.get(id)?.kind === 'peer' && !joined.has(id);
    if (isLone && end !== null && away.has(end)) join(id, end);
  }
  const islands = new Map<string, MapNode[]>();
  for (const [id, node] of away) {
    const root = rootOf(id);
    islands.set(root, [...(islands.get(root) ?? []), node]);
  }
  return [...islands.values()].map((nodes) => ({ id: nameOfIsland(nodes), isHere: false, nodes }));
}

/** Its first gateway, or its first node: the same at each look. */
function nameOfIsland(nodes: MapNode[]): string {
  const gateways = nodes.filter(({ kind }) => kind === 'gateway');
  const ids = (gateways.length > 0 ? gateways : nodes).map(({ id }) => id);
  return ids.sort()[0];
}
