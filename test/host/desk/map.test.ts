/**
 * The map: who is on which island, and what joins them.
 */
import { describe, expect, it } from 'vitest';
import type { BridgeSnapshot } from '../../../host/bridge.ts';
import { mapOf } from '../../../host/desk/map.ts';
import type { LinkSnapshot, PeerSnapshot } from '../../../protocol/peer/snapshot.ts';
import { fromHex } from '../../../protocol/wire/hex.ts';

const [SELF, ADA, BEN, WIRED, FAR, CORA, DORA, EVE] = '12345678'.split('').map((n) => n.repeat(16));

describe('the map of a bridge', () => {
  it('has it alone on its island when nobody is there', () => {
    const { self, islands, links } = mapped({});
    expect([self, links]).toEqual([SELF, []]);
    expect(islands).toEqual([
      {
        id: SELF,
        isHere: true,
        nodes: [{ id: SELF, name: 'attic', kind: 'self', isReachable: true }],
      },
    ]);
  });

  it('has people, and nodes that are known by their links alone', () => {
    const { islands, links } = mapped({
      links: [link(1, 'node', ADA), link(7, 'wire', WIRED), link(2, 'phone', null)],
      peers: [peer(ADA, { neighbours: [SELF, BEN] }), peer(BEN, { link: 1 })],
    });
    expect(islands).toHaveLength(1);
    expect(islands[0].nodes.map(({ id, kind }) => [id, kind])).toEqual([
      [SELF, 'self'],
      [ADA, 'peer'],
      [WIRED, 'relay'],
      [BEN, 'peer'],
    ]);
    expect(links).toEqual([
      { a: SELF, b: ADA, kind: 'radio', isUp: true },
      { a: SELF, b: WIRED, kind: 'wire', isUp: true },
      { a: ADA, b: BEN, kind: 'radio', isUp: true },
    ]);
  });

  it('has islands behind lines, each with whom its gateway brought', () => {
    const { islands, links } = mapped({
      links: [link(9, 'line', FAR)],
      peers: [
        peer(FAR, { isHere: false, link: 9, neighbours: [CORA] }),
        peer(CORA, { isHere: false, link: 9, neighbours: [FAR] }),
        // Nobody says that he hears her.
        peer(DORA, { isHere: false, link: 9 }),
        peer(BEN, { link: 1 }),
      ],
      gateways: [
        { id: FAR, isHere: false, lines: [SELF, EVE] },
        { id: EVE, isHere: false, lines: [FAR] },
      ],
      lines: [{ id: FAR, state: 'up' }],
    });
    expect(islands.map(({ id, nodes }) => [id, nodes.map((node) => node.id).sort()])).toEqual([
      [SELF, [SELF, BEN]],
      [FAR, [FAR, CORA, DORA]],
      [EVE, [EVE]],
    ]);
    expect(links.filter(({ kind }) => kind === 'line')).toEqual([
      { a: SELF, b: FAR, kind: 'line', isUp: true },
      { a: FAR, b: EVE, kind: 'line', isUp: true },
    ]);
  });

  it('shows a line that is down while its far end is still heard of', () => {
    const { links } = mapped({
      gateways: [{ id: FAR, isHere: true, lines: [] }],
      lines: [{ id: FAR, state: 'down' }],
    });
    expect(links).toEqual([{ a: SELF, b: FAR, kind: 'line', isUp: false }]);
  });
});

type Given = {
  links?: LinkSnapshot[];
  peers?: PeerSnapshot[];
  gateways?: { id: string; isHere: boolean; lines: string[] }[];
  lines?: { id: string; state: 'up' | 'down' }[];
};

function mapped({ links = [], peers = [], gateways = [], lines = [] }: Given) {
  const snapshot = {
    station: { id: SELF, name: 'attic', links, peers },
    gateway: {
      gateways: gateways.map((gateway) => ({
        ...gateway,
        id: fromHex(gateway.id)!,
        lines: gateway.lines.map((id) => fromHex(id)!),
        ageMs: 0,
      })),
    },
    lines: lines.map((line) => ({ ...line, id: fromHex(line.id)! })),
  };
  return mapOf(snapshot as unknown as BridgeSnapshot, () => null);
}

function link(number: number, medium: LinkSnapshot['medium'], id: string | null): LinkSnapshot {
  const counts = { heard: 0, sent: 0, drops: {} };
  const unknown = { mode: null, name: null, rssi: null, payloadMax: null, roundTripMs: null };
  const way = medium === 'line' || medium === 'wire' ? medium : 'out';
  return { link: number, medium, way, peer: id, openMs: 0, silentMs: 0, ...unknown, ...counts };
}

function peer(id: string, differs: Partial<PeerSnapshot> = {}): PeerSnapshot {
  const usual = { name: id.slice(0, 2), link: 1, isDirect: false, hops: 1, silentMs: 0 };
  return { id, ...usual, isHere: true, neighbours: [], capabilities: [], ...differs };
}
