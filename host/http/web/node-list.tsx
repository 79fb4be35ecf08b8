/**
 * Node list: everybody on the map in words, island by island; the way to them without a mouse.
 */
import { useState } from 'preact/hooks';
import type { MapNode, MapView, PeerView } from '../views.ts';
import { Chunked } from './chunked.tsx';
import { Lamp, Search } from './parts.tsx';
import { hashOf } from './route.ts';
import { ago, distanceOf, kindOf, plural, shortId } from './words.ts';

/** From this many on a filter is offered. */
const FILTER_FROM = 12;

type Props = { map: MapView; peers: PeerView[]; now: number };

export function NodeList({ map, peers, now }: Props) {
  const [filter, setFilter] = useState('');
  const known = new Map(peers.map((peer) => [peer.id, peer]));
  const total = map.islands.reduce((sum, { nodes }) => sum + nodes.length, 0);
  const wanted = filter.trim().toLowerCase();
  const isWanted = ({ id, name }: MapNode): boolean =>
    name.toLowerCase().includes(wanted) || id.startsWith(wanted);
  return (
    <section class="nodes">
      {total >= FILTER_FROM && (
        <Search what="Find a node by name or id" text={filter} change={setFilter} />
      )}
      {map.islands.map(({ id, isHere, nodes }, at) => {
        const shown = nodes.filter(isWanted).sort(byRank);
        if (shown.length === 0) return null;
        return (
          <section key={id}>
            <h2>
              {isHere ? 'This island' : islandName(nodes, at)}{' '}
              <small>{plural(nodes.length, 'node')}</small>
            </h2>
            <Chunked
              rows={shown}
              draw={(node) => (
                <NodeRow key={node.id} node={node} peer={known.get(node.id)} now={now} />
              )}
            />
          </section>
        );
      })}
    </section>
  );
}

/** An island is called after its gateway. */
export function islandName(nodes: MapNode[], at: number): string {
  const gateway = nodes.find(({ kind }) => kind === 'gateway');
  return gateway === undefined
    ? `Island ${at + 1}`
    : `Island of ${gateway.name || shortId(gateway.id)}`;
}

type RowProps = { node: MapNode; peer: PeerView | undefined; now: number };

function NodeRow({ node, peer, now }: RowProps) {
  const far = peer === undefined ? kindOf(node.kind) : distanceOf(peer);
  return (
    <li>
      <a href={hashOf('map', node.id)}>
        <Lamp is={node.isReachable ? 'on' : 'off'}>
          <span class="name">{node.name || shortId(node.id)}</span>
        </Lamp>
        {peer?.hasAlarm && <em class="bad">other keys</em>}
        {peer?.isDenied && <em>blocked</em>}
        <small>
          {node.kind === 'self' ? 'this bridge' : node.isReachable ? far : lastSeen(peer, now)}
        </small>
      </a>
    </li>
  );
}

function lastSeen(peer: PeerView | undefined, now: number): string {
  return peer === undefined ? 'out of reach' : ago(peer.lastSeenAt, now);
}

const RANK: Record<MapNode['kind'], number> = { self: 0, gateway: 1, peer: 2, relay: 3 };

function byRank(a: MapNode, b: MapNode): number {
  return (
    Number(b.isReachable) - Number(a.isReachable) ||
    RANK[a.kind] - RANK[b.kind] ||
    (a.name < b.name ? -1 : Number(a.name > b.name))
  );
}
