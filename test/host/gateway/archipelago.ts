/**
 * Archipelago: islands of three, two gateways with somebody between them, and the lines of a topology.
 */
import type { GatewayConfig } from '../../../host/gateway/gateway.ts';
import { FRAME_MAX, PacketView, TTL_AT } from '../../../protocol/core/packet.ts';
import type { Millis } from '../../../protocol/core/machine.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { person } from '../../protocol/trust/people.ts';
import type { Member } from './federation.ts';
import { addressOf, Federation } from './federation.ts';
import type { Edge } from './topologies.ts';
import { islandOf } from './topologies.ts';

/** Gateways 0 and 1 are on the first island, first and last of its three; and so on. */
export function archipelago(
  edges: Edge[],
  count: number,
  differs: Partial<GatewayConfig> = {},
): { federation: Federation; islands: Member[][] } {
  const federation = new Federation();
  const gateways = Array.from({ length: count * 2 }, (_, at) => {
    const dialled = edges.filter(([a]) => a === at).map(([, b]) => b);
    const awaited = edges.filter(([, b]) => b === at).map(([a]) => a);
    const lines = [
      ...dialled.map((to) => ({ node: person(to + 1).id, address: addressOf(to + 1) })),
      ...awaited.map((by) => ({ node: person(by + 1).id, address: null })),
    ];
    return federation.add(at + 1, lines, differs);
  });
  const islands = Array.from({ length: count }, (_, at) => {
    const [one, other] = gateways.filter((_, gateway) => islandOf(gateway) === at);
    const between = federation.add(at + 11);
    federation.join(one, 1, between, 0);
    federation.join(between, 1, other, 0);
    return [one, between, other];
  });
  return { federation, islands };
}

/** Names of packets that the gateways of an island injected from then on, each as often as it was. */
export function injectedOn(island: Member[], from: Millis, until: Millis = Infinity): string[] {
  const all = island.flatMap(({ injected }) => injected);
  return all.filter(({ at }) => at >= from && at < until).map(({ bytes }) => nameOf(bytes));
}

/** All but what changes from hop to hop. */
function nameOf(bytes: Uint8Array): string {
  const packet = new PacketView();
  packet.read(bytes, FRAME_MAX);
  const name = packet.frame();
  name[TTL_AT] = 0;
  return toHex(name);
}
