/** Routing: what it tells of our links, what it learns of others', and what it answers the relay. */
import { describe, expect, it } from 'vitest';
import type { ComponentInput, ComponentOutput } from '../../../host/component.ts';
import { choiceOf } from '../../../host/routing/path.ts';
import { APART_MS, COSTS_MS, EVERY_MS, FIRST_MS, GATHER_MS } from '../../../host/routing/author.ts';
import type { RoutingConfig } from '../../../host/routing/routing.ts';
import { Routing, ROUTING_DEFAULTS, routingKind } from '../../../host/routing/routing.ts';
import { LINK_STATE } from '../../../protocol/core/packet.ts';
import { RoutePort } from '../../../protocol/peer/route-port.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import type { LinkState } from '../../../protocol/wire/link-state.ts';
import {
  decodeLinkState,
  encodeLinkState,
  IS_GATEWAY,
  KEEPS_HISTORY,
  PASSES_ON,
} from '../../../protocol/wire/link-state.ts';
import type { Packet } from '../../../protocol/wire/packet.ts';
import { id } from '../../packets.ts';
import { componentPorts } from '../registry/ports.ts';
import { TRAITS } from './maps.ts';

const ME = 1;
const UNIX_MS = 1_800_000_000_000;

describe('what routing says of us', () => {
  it('is who is at the end of our links, once our announce is everywhere', () => {
    const node = routing();
    node.up(0, 2);
    node.up(1, 3);
    expect(node.tick(FIRST_MS - 1)).toEqual([]);
    expect(node.said(node.tick(FIRST_MS))).toEqual([
      {
        ...TRAITS,
        sequence: (UNIX_MS + FIRST_MS) / 1000,
        neighbours: [neighbour(2), neighbour(3)],
      },
    ]);
  });

  it('is said again at once when a link is gone, five seconds after the last at the earliest', () => {
    const node = routing();
    node.up(0, 2);
    node.up(1, 3);
    node.tick(FIRST_MS);
    node.down(0, 1000);
    expect(node.tick(FIRST_MS + APART_MS - 1)).toEqual([]);
    const [state] = node.said(node.tick(FIRST_MS + APART_MS));
    expect(state.neighbours).toEqual([neighbour(3)]);
    expect(node.said(node.down(1, 60_000))).toEqual([]);
    node.up(1, 3, 61_000);
    expect(node.said(node.tick(61_500))).toHaveLength(1);
  });

  it('is said every hundred seconds, and what links cost half a minute after it changed', () => {
    const node = routing();
    node.up(0, 2);
    node.tick(FIRST_MS);
    node.step({ kind: 'beat', link: 0, id: id(2), roundTripMs: 80, missed: 0 }, 10_000);
    expect(node.tick(9999 + COSTS_MS)).toEqual([]);
    const [state] = node.said(node.tick(10_000 + COSTS_MS));
    expect(state.neighbours[0].cost.latencyMs).toBe(40);
    // What trembles a little is not told.
    node.step({ kind: 'beat', link: 0, id: id(2), roundTripMs: 90, missed: 0 }, 50_000);
    expect(node.said(node.tick(10_000 + COSTS_MS + EVERY_MS * 0.9 - 1))).toEqual([]);
    expect(node.said(node.tick(10_000 + COSTS_MS + EVERY_MS))).toHaveLength(1);
  });

  it('is nothing without a clock, and nothing to nobody', () => {
    const node = routing({}, null);
    node.up(0, 2);
    expect(node.tick(1000)).toEqual([]);
    expect(node.said(node.step({ kind: 'clock', offsetMs: UNIX_MS }, 1500))).toEqual([]);
    expect(node.said(node.tick(1500 + FIRST_MS))).toHaveLength(1);
    expect(routing().tick(10_000)).toEqual([]);
  });

  it('has a number that rises, whatever the clock does', () => {
    const node = routing();
    node.up(0, 2);
    const [first] = node.said(node.tick(FIRST_MS));
    node.step({ kind: 'clock', offsetMs: UNIX_MS - 1e9 }, 10_000);
    const [second] = node.said(node.tick(EVERY_MS + FIRST_MS));
    expect(second.sequence).toBe(first.sequence + 1);
  });

  it('tells what a link was measured to carry, and takes the faster one', () => {
    const node = routing();
    node.up(0, 2);
    node.up(1, 2);
    const rates = node.facts.bytesPerSecond;
    node.tick(FIRST_MS);
    [rates[0], rates[1]] = [500, 4000];
    node.step({ kind: 'beat', link: 0, id: id(2), roundTripMs: null, missed: 0 }, 10_000);
    const [state] = node.said(node.tick(10_000 + COSTS_MS));
    expect(state.neighbours[0].cost.bytesPerSecond).toBe(4000);
    node.state(2, 1, [ME]);
    expect(node.next(2)).toBe(1);
    // What changes by less than a fifth is not told.
    rates[1] = 3300;
    node.step({ kind: 'beat', link: 0, id: id(2), roundTripMs: null, missed: 0 }, 50_000);
    expect(node.said(node.tick(10_000 + COSTS_MS + EVERY_MS * 0.9 - 1))).toEqual([]);
  });

  it('leaves out who is suspected, and lines of the internet', () => {
    const node = routing();
    node.up(0, 2);
    node.up(1, 3);
    node.up(9, 4, 0, 'line');
    node.step({ kind: 'event', event: { kind: 'NodeSuspected', peer: id(2), phi: 9 } }, 100);
    const [state] = node.said(node.tick(FIRST_MS));
    expect(state.neighbours).toEqual([neighbour(3)]);
    node.step({ kind: 'event', event: { kind: 'NodeRecovered', peer: id(2), silentMs: 9 } }, 600);
    const [next] = node.said(node.tick(FIRST_MS + APART_MS));
    expect(next.neighbours).toHaveLength(2);
  });

  it('leads over who was suspected once a link to him is up anew, though nobody tells of it', () => {
    const node = routing();
    node.up(0, 2);
    node.step({ kind: 'event', event: { kind: 'NodeSuspected', peer: id(2), phi: 9 } }, 100);
    node.down(0, 200);
    node.up(0, 2, 300);
    const [state] = node.said(node.tick(300 + FIRST_MS));
    expect(state.neighbours).toEqual([neighbour(2)]);
  });

  it('counts a link that loses heartbeats as one that loses packets', () => {
    const node = routing();
    node.up(0, 2);
    for (let at = 1; at < 6; at++) {
      node.step({ kind: 'beat', link: 0, id: id(2), roundTripMs: 20, missed: 1 }, at * 10_000);
    }
    const [state] = node.said(node.tick(200_000));
    expect(state.neighbours[0].cost.lossPerMille).toBeGreaterThan(350);
  });

  it('tells what we do for others as it is when it is said', () => {
    const node = routing();
    node.up(0, 2);
    expect(node.said(node.tick(FIRST_MS))[0].capabilities).toBe(PASSES_ON);
    node.facts.capabilities = PASSES_ON | IS_GATEWAY;
    const [state] = node.said(node.tick(FIRST_MS + EVERY_MS));
    expect(state.capabilities).toBe(PASSES_ON | IS_GATEWAY);
  });

  it('is where we are and what we have left, soon after the owner said so', () => {
    const node = routing();
    node.up(0, 2);
    node.tick(FIRST_MS);
    const place = { latitude: 10, longitude: 20, altitudeM: 34, accuracyM: 5 };
    node.setUp({ place, energyPercent: 40 }, 20_000);
    const [state] = node.said(node.tick(20_000 + GATHER_MS));
    expect(state).toMatchObject({ place, energyPercent: 40 });
    // The same said again is nothing new, and who stands still is there for ever.
    node.setUp({ place: { ...place } }, 60_000);
    expect(node.said(node.tick(70_000))).toEqual([]);
    const [later] = node.said(node.tick(1_000_000));
    expect(later.place).toEqual(place);
  });

  it('is where a moving node is by now, and not after 300 s', () => {
    const place = { latitude: 0, longitude: 0, altitudeM: 0, accuracyM: 5 };
    const mobility = { kind: 'linear', northMps: 10, eastMps: 0, periodS: 0 } as const;
    const node = routing({ place, mobility });
    node.up(0, 2);
    node.tick(FIRST_MS);
    const stateAt = (now: number): LinkState => node.said(node.tick(now))[0];
    const there = stateAt(200_000);
    expect(there.place!.latitude).toBeCloseTo(2000 / 111_195, 4);
    expect(there.mobility).toEqual(mobility);
    expect(stateAt(301_000).place).toBeNull();
    node.setUp({ place: { ...place, latitude: 1 } }, 310_000);
    expect(stateAt(310_000 + GATHER_MS).place!.latitude).toBeCloseTo(1, 3);
  });

  it('names what it found when it begins', () => {
    const links = [{ link: 3, medium: 'wire', peer: toHex(id(5)) }] as never;
    const node = routing({}, UNIX_MS, { links });
    expect(node.said(node.tick(FIRST_MS))[0].neighbours).toEqual([neighbour(5)]);
  });
});

describe('what routing answers the relay', () => {
  it('is the link to the next hop, around whom the packet visited', () => {
    const node = square();
    expect(node.next(4)).toBe(0);
    expect(node.next(4, [2])).toBe(1);
    expect(node.next(4, [2, 3])).toBe(-1);
    expect(node.next(4, [], [0])).toBe(1);
    expect(node.next(2)).toBe(0);
    expect(node.next(8)).toBe(-1);
  });

  it('changes at once when a link closes, and is told of', () => {
    const node = square();
    node.next(4);
    node.tick(1000);
    expect(events(node.down(0, 2000))).toEqual(['RouteSwitched failed']);
    expect(node.next(4)).toBe(1);
  });

  it('changes at once when a neighbour is suspected', () => {
    const node = square();
    node.next(4);
    const suspected = { kind: 'NodeSuspected', peer: id(2), phi: 8 } as const;
    node.step({ kind: 'event', event: suspected }, 2000);
    expect(node.next(4)).toBe(1);
  });

  it('changes when a neighbour is kept apart, and he may carry again once he is let in', () => {
    const node = square();
    node.next(4);
    const judged = { kind: 'PeerJudged', peer: id(2), by: 'reputation' } as const;
    node.step({ kind: 'event', event: { ...judged, decision: 'quarantine' } }, 2000);
    expect(node.next(4)).toBe(1);
    node.step({ kind: 'event', event: { ...judged, decision: 'allow' } }, 3000);
    node.down(1, 4000);
    expect(node.next(4)).toBe(0);
  });

  it('stays with one of several links to a neighbour while that is up', () => {
    const node = square();
    node.up(5, 2);
    node.next(4);
    node.tick(1000);
    expect(events(node.down(0, 2000))).toEqual([]);
    expect(node.next(4)).toBe(5);
  });

  it('is another way when a packet came to nothing, and all of them when the next does', () => {
    const node = square();
    expect(node.next(4)).toBe(0);
    node.routing.failed(id(4), 1, 5000);
    expect(node.next(4)).toBe(1);
    node.routing.failed(id(4), 2, 15_000);
    expect(node.next(4, [], [], 15_000)).toBe(-1);
  });

  it('believes no state that is unsigned, malformed, old, or of another island', () => {
    const node = square();
    node.up(9, 7, 0, 'line');
    node.state(3, 9, [ME], {}, 1);
    node.state(5, 1, [ME], { isVerified: false });
    node.state(5, 1, [ME], { link: 9 });
    node.state(5, 1, [ME], { payload: Uint8Array.of(1, 2, 3) });
    node.state(2, 0, []);
    expect(node.routing.statistics()).toMatchObject({ linkStatesHeard: 4, linkStatesRefused: 4 });
    expect(node.routing.topology.node(toHex(id(5)))).toBeNull();
    expect(node.next(4, [], [], 1)).toBe(0);
  });

  it('knows phones by what they announce', () => {
    const node = square();
    const peers = [{ id: toHex(id(6)), isHere: true, silentMs: 100, neighbours: [toHex(id(2))] }];
    node.state(2, 2, [ME, 4, 6]);
    expect(node.next(6)).toBe(-1);
    const named = { id: id(6), name: '', frame: id(0), capabilities: null };
    const announced = { ...named, neighbours: id(2) };
    node.step({ kind: 'heard', event: { kind: 'announced', ...announced } }, 10);
    expect(node.next(6, [], [], 1000)).toBe(0);
    const later = routing({}, UNIX_MS, { peers: peers as never });
    later.tick(0);
    expect(later.routing.topology.node(toHex(id(6)))).not.toBeNull();
  });

  it('reaches as far as the farthest node known', () => {
    const node = square();
    expect(node.routing.reach()).toBe(2);
    node.state(4, 2, [2, 3, 5]);
    node.state(5, 2, [4]);
    expect(node.routing.reach()).toBe(3);
    expect(routing().routing.reach()).toBe(0);
  });
});

describe('what people see of it', () => {
  it('is the routes to a node, the chosen one, and why', () => {
    const node = square();
    node.next(4);
    const path = node.routing.path(id(4), 10);
    expect(path).toMatchObject({
      strategy: 'shortest',
      unsuited: null,
      flooded: null,
      lastSwitch: null,
      nodesKnown: 3,
    });
    expect(path.routes.map(({ next, hops, isChosen }) => [next, hops, isChosen])).toEqual([
      [toHex(id(2)), 2, true],
      [toHex(id(3)), 2, false],
    ]);
    node.down(0, 20);
    expect(node.routing.path(id(4), 120).lastSwitch).toEqual({ agoMs: 100, reason: 'failed' });
    expect(node.routing.path(id(4), 120).switches).toBe(1);
    expect(choiceOf(path)).toMatch(
      /^packets to it take a way of 2 hops, .* \(shortest\); another way known/,
    );
  });

  it('is what the node does for others, where it says so', () => {
    const node = square();
    expect(node.routing.path(id(4), 0).does).toEqual(['passes-on']);
    const capabilities = IS_GATEWAY | KEEPS_HISTORY;
    node.state(4, 2, [2, 3], { capabilities });
    expect(node.routing.path(id(4), 0).does).toEqual(['gateway', 'history']);
    expect(node.routing.path(id(8), 0).does).toBeNull();
  });

  it('says why packets are flooded', () => {
    const why = (node: Node, to: number): string | null => node.routing.path(id(to), 10).flooded;
    expect(why(square(), 8)).toMatch('no node of this island has told of it');
    expect(why(square({ strategy: 'flood' }), 4)).toMatch('the strategy is to flood');
    const cut = square();
    cut.state(2, 2, [ME]);
    cut.state(3, 2, [ME]);
    expect(why(cut, 4)).toMatch('no way leads there');
    const lost = square();
    lost.next(4);
    lost.routing.failed(id(4), 2, 5);
    expect(why(lost, 4)).toMatch(/came to nothing on routes; they are tried again in 60 s/);
    expect(lost.routing.path(id(4), 10).routes.every(({ isChosen }) => !isChosen)).toBe(true);
    expect(why(blocked(), 2)).toMatch('while it is blocked or kept apart');
  });

  it('says of a peer that is let in again whether the next packet takes its way', () => {
    const node = blocked();
    expect(node.next(2, [], [], 1999)).toBe(-1);
    const allowed = { kind: 'PeerJudged', peer: id(2), decision: 'allow', by: 'person' } as const;
    node.step({ kind: 'event', event: allowed }, 2000);
    const soon = node.routing.path(id(2), 2100);
    expect(soon.flooded).toMatch('is taken once nothing was sent there for 0.5 s');
    expect(soon.routes.map(({ isChosen }) => isChosen)).toEqual([false]);
    const later = node.routing.path(id(2), 2600);
    expect(later.flooded).toBeNull();
    expect(later.routes.map(({ isChosen }) => isChosen)).toEqual([true]);
    expect(node.next(2, [], [], 2600)).toBe(0);
  });

  it('says that a strategy does not suit, and what is used', () => {
    const node = square({ strategy: 'geographic' });
    expect(node.routing.health()).toEqual({
      state: 'strained',
      why: expect.stringMatching(/^geographic does not suit here, and shortest is used: we do not/),
    });
    expect(node.next(4)).toBe(0);
    expect(node.routing.path(id(4), 0).unsuited).toMatch('set a place');
    expect(square().routing.health()).toEqual({ state: 'well' });
  });

  it('goes by where we are by now while we move, and knows when it is lost', () => {
    const place = { latitude: 0, longitude: 0, altitudeM: 0, accuracyM: 0 };
    const mobility = { kind: 'linear', northMps: 0, eastMps: 10, periodS: 0 } as const;
    const node = routing({ strategy: 'geographic', place, mobility });
    node.up(0, 2);
    const at = (longitude: number) => ({ place: { ...place, longitude } });
    node.state(2, 1, [ME, 4], at(0.01));
    node.state(4, 1, [2], at(0.04));
    node.tick(0);
    expect(node.routing.path(id(4), 0).routes).toHaveLength(1);
    // Past the neighbour, who is no nearer to it than we are.
    expect(node.routing.path(id(4), 200_000).routes).toEqual([]);
    node.state(2, 2, [ME, 4], at(0.03), 300_000);
    node.state(4, 2, [2], at(0.04), 300_000);
    node.step({ kind: 'beat', link: 0, id: id(2), roundTripMs: 20, missed: 0 }, 300_001);
    expect(node.routing.path(id(4), 300_001).unsuited).toMatch('we do not know where we are');
  });

  it('says of any strategy why it would not suit as things are', () => {
    const node = square();
    const place = { latitude: 0, longitude: 0, altitudeM: 0, accuracyM: 0 };
    const why = (config: Partial<RoutingConfig>) =>
      node.routing.whyUnsuited({ ...ROUTING_DEFAULTS, ...config });
    expect(why({ strategy: 'shortest' })).toBeNull();
    expect(why({ strategy: 'balanced' })).toBeNull();
    expect(why({ strategy: 'ants' })).toMatch('4 nodes are too few');
    expect(why({ strategy: 'geographic' })).toMatch('we do not know where we are');
    // With a place of our own it is the others that say none; and what was asked changes nothing.
    expect(why({ strategy: 'geographic', place })).toMatch('3 of 4 nodes do not say');
    expect(why({ strategy: 'geographic' })).toMatch('we do not know where we are');
    expect(node.routing.path(id(4), 0).unsuited).toBeNull();
  });

  it('uses another strategy while a link is too slow for the wanted one, and says so', () => {
    const node = square({ strategy: 'balanced' });
    expect(node.routing.health().state).toBe('well');
    node.facts.bytesPerSecond[1] = 300;
    expect(node.routing.path(id(4), 0).unsuited).toMatch('carries 300 bytes a second');
    node.facts.bytesPerSecond[1] = 3000;
    expect(node.routing.path(id(4), 0).unsuited).toBeNull();
    // A wire that nobody has measured carries what its baud rate lets through.
    node.up(5, 6, 0, 'wire');
    expect(node.routing.health().state).toBe('well');
    node.setUp({ baud: 2400 }, 10);
    expect(node.routing.path(id(4), 10).unsuited).toMatch('carries 240 bytes a second');
  });

  it('takes another strategy from the owner, with all it knows of the mesh', () => {
    const node = square({ strategy: 'flood' });
    expect(node.next(4)).toBe(-1);
    node.setUp({ strategy: 'shortest' }, 10);
    expect(node.next(4, [], [], 1500)).toBe(0);
    expect(node.routing.path(id(4), 1500)).toMatchObject({ strategy: 'shortest', flooded: null });
    node.setUp({ strategy: 'geographic' }, 2000);
    expect(node.routing.health().state).toBe('strained');
  });

  it('has the figures of DEFAULTS §3', () => {
    const node = square();
    node.next(4);
    expect(node.routing.statistics()).toMatchObject({ primaryRoutes: 1, backupRoutes: 1, nodes: 4, edges: 4 }); // prettier-ignore
  });
});

it('fails where it can be told of, when it breaks over a question of the relay', () => {
  const node = routing();
  node.port.flaw = new Error('broken');
  expect(node.routing.deadline()).toBe(0);
  expect(() => node.tick(1)).toThrow('broken');
});

it('answers the relay nothing once it failed, until it is begun anew', () => {
  const node = square();
  expect(node.next(4)).toBe(0);
  node.ports.station = () => {
    throw new Error('broken');
  };
  expect(() => node.tick(node.routing.deadline() + 60_000)).toThrow('broken');
  expect(node.next(4)).toBe(-1);
});

type Node = ReturnType<typeof routing>;
type Differs = {
  isVerified?: boolean;
  link?: number;
  payload?: Uint8Array;
  capabilities?: number;
  place?: LinkState['place'];
};

/** We are 1, at a corner: 2 and 3 are our neighbours, 4 is behind both. */
function square(config: Partial<RoutingConfig> = {}): Node {
  const node = routing(config);
  node.up(0, 2);
  node.up(1, 3);
  node.state(2, 1, [ME, 4]);
  node.state(3, 1, [ME, 4]);
  node.state(4, 1, [2, 3]);
  return node;
}

/** A neighbour that packets went to, and that is turned away since. */
function blocked(): Node {
  const node = routing();
  node.up(0, 2);
  node.state(2, 1, [ME]);
  node.next(2);
  const denied = { kind: 'PeerJudged', peer: id(2), decision: 'deny', by: 'person' } as const;
  node.step({ kind: 'event', event: denied }, 5);
  return node;
}

function routing(
  config: Partial<RoutingConfig> = {},
  offsetMs: number | null = UNIX_MS,
  station: Parameters<typeof componentPorts>[0] = {},
) {
  const port = new RoutePort();
  let wanted = { ...ROUTING_DEFAULTS, ...config };
  const facts = { capabilities: PASSES_ON, bytesPerSecond: [] as number[] };
  const kind = routingKind(port, () => wanted, {
    capabilities: () => facts.capabilities,
    bytesPerSecond: (link) => facts.bytesPerSecond[link] ?? 0,
  });
  const ports = componentPorts(station);
  const made: Routing = kind.make(ports, 0);
  const step = (input: ComponentInput | { kind: 'tick' }, now: number): ComponentOutput[] =>
    made.step(input, now);
  step({ kind: 'start' }, 0);
  step({ kind: 'clock', offsetMs }, 0);
  return {
    routing: made,
    port,
    ports,
    facts,
    step,
    /** The owner's word. */
    setUp(config: Partial<RoutingConfig>, now: number) {
      wanted = { ...wanted, ...config };
      return step({ kind: 'settings' }, now);
    },
    tick: (now: number) => step({ kind: 'tick' }, now),
    up(link: number, node: number, now = 0, medium: 'node' | 'wire' | 'line' = 'node') {
      const settled = { kind: 'link-settled', link, medium, mode: 'full', id: id(node) } as const;
      return step({ kind: 'heard', event: { ...settled, name: '' } }, now);
    },
    down: (link: number, now: number) =>
      step({ kind: 'heard', event: { kind: 'link-closed', link } }, now),
    state(from: number, sequence: number, to: number[], differs: Differs = {}, now = 0) {
      const neighbours = to.map(neighbour);
      const { capabilities = PASSES_ON, place = null } = differs;
      const state = { ...TRAITS, capabilities, place, sequence, neighbours };
      const { isVerified = true, link = 0, payload = encodeLinkState(state) } = differs;
      const packet = { type: LINK_STATE, sender: id(from), payload } as Packet;
      return step({ kind: 'delivered', link, packet, isVerified }, now);
    },
    said(out: ComponentOutput[]): LinkState[] {
      return out.flatMap((output) => {
        if (output.kind !== 'send') return [];
        const decoded = decodeLinkState(output.draft.payload);
        return decoded.ok ? [decoded.value] : [];
      });
    },
    next(to: number, visited: number[] = [], taken: number[] = [], now = 0): number {
      const been = Uint8Array.from(visited.flatMap((node) => [...id(node)]));
      port.now = now;
      return port.next(id(to), been, (link) => !taken.includes(link));
    },
  };
}

function neighbour(node: number): LinkState['neighbours'][number] {
  return {
    id: id(node),
    cost: { latencyMs: 0, lossPerMille: 0, bytesPerSecond: 0, jitterMs: 0 },
  };
}

function events(out: ComponentOutput[]): string[] {
  return out.flatMap((output) => {
    if (output.kind !== 'event') return [];
    const { event } = output;
    return [event.kind === 'RouteSwitched' ? `${event.kind} ${event.reason}` : event.kind];
  });
}
