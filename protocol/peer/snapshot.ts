/**
 * Snapshot: a station as a person sees it, in plain values that survive JSON. Ids are hex, and what is
 * unknown is null.
 */
import type { Millis } from '../core/machine.ts';
import type { Mode } from '../core/version.ts';
import type { Capability } from '../wire/capabilities.ts';
import { namedCapabilities } from '../wire/capabilities.ts';
import { idsInHex, toHex } from '../wire/hex.ts';
import type { Medium } from './contract.ts';
import { onOurIsland } from './island.ts';
import type { Hop } from './links.ts';
import type { Links } from './links.ts';
import type { Peer, Peers } from './peers.ts';

export type Snapshot = {
  id: string;
  name: string;
  uptimeMs: Millis;
  /** Null without a clock. */
  unixMs: number | null;
  /** Nodes of our island, as far as we know. */
  islandSize: number;
  links: LinkSnapshot[];
  peers: PeerSnapshot[];
  /** Messages held for those who come later. */
  historySize: number;
  /** Unix ms: of what was said before, some had to make way. 0 where nothing had. */
  historyFrom: number;
  heard: number;
  sent: number;
  /** Packets that were for us, too. */
  delivered: number;
  /** By reason, of all links that are or were, and of none. */
  drops: Record<string, number>;
};

export type LinkSnapshot = {
  link: number;
  medium: Medium;
  way: 'in' | 'out' | 'wire' | 'line' | 'client';
  /** Null until it is known. */
  mode: Mode | null;
  peer: string | null;
  /** As its hello or announce says. */
  name: string | null;
  rssi: number | null;
  /** Bytes of one write; null where that is no limit. */
  payloadMax: number | null;
  roundTripMs: Millis | null;
  openMs: Millis;
  /** Since anything was heard over it. */
  silentMs: Millis;
  /** Of this number, since the start. */
  heard: number;
  sent: number;
  drops: Record<string, number>;
};

export type PeerSnapshot = {
  id: string;
  name: string;
  link: number;
  /** At the far end of that link, be it a line. */
  isDirect: boolean;
  /** Whether it is on our island, as far as announces show it: by radio and wires, without a line. */
  isHere: boolean;
  hops: number | null;
  silentMs: Millis;
  neighbours: string[];
  /** What its announce says it can do, of what has a name (WIRE §5). */
  capabilities: Capability[];
};

export function linkSnapshots(
  links: Links,
  peers: Peers,
  outMax: number,
  now: Millis,
): LinkSnapshot[] {
  return links.open().map((link) => {
    const hop = links.at(link)!;
    const { counts } = links;
    const { mode, roundTripMs } = hop.machine;
    return {
      link,
      medium: hop.medium,
      way: wayOf(hop, link, outMax),
      mode,
      peer: hop.peer === null ? null : toHex(hop.peer),
      name: nameOn(hop, peers),
      rssi: hop.rssi === 0 ? null : hop.rssi,
      payloadMax: hop.payloadMax === 0 ? null : hop.payloadMax,
      roundTripMs: roundTripMs < 0 ? null : roundTripMs,
      openMs: now - hop.openedAt,
      silentMs: now - hop.heardAt,
      heard: counts.heard(link),
      sent: counts.sent(link),
      drops: counts.drops(link),
    };
  });
}

function wayOf({ medium }: Hop, link: number, outMax: number): LinkSnapshot['way'] {
  if (medium === 'line' || medium === 'wire' || medium === 'client') return medium;
  return link === 0 ? 'in' : link <= outMax ? 'out' : 'wire';
}

export function peerSnapshots(links: Links, peers: Peers, now: Millis): PeerSnapshot[] {
  const near = links.open().flatMap((link) => {
    const { medium, peer } = links.at(link)!;
    return medium === 'line' || peer === null ? [] : [peer];
  });
  const all = peers.all();
  const here = onOurIsland(all, near, now - peers.reachableMs);
  return all.map((peer) => peerSnapshot(peer, here.has(peer), now));
}

function peerSnapshot(peer: Peer, isHere: boolean, now: Millis): PeerSnapshot {
  const { id, name, link, isDirect, hops, heardAt, neighbours, capabilities } = peer;
  return {
    id: toHex(id),
    name,
    link,
    isDirect,
    isHere,
    hops,
    silentMs: now - heardAt,
    neighbours: idsInHex(neighbours),
    capabilities: namedCapabilities(capabilities ?? 0n),
  };
}

/** What its announce says, or its hello: names are for people, and may be anything. */
export function nameOn(hop: Hop, peers: Peers): string | null {
  const announced = hop.peer === null ? null : peers.find(hop.peer);
  if (announced !== null) return announced.name;
  return hop.hello === null ? null : new TextDecoder().decode(hop.hello.name);
}
