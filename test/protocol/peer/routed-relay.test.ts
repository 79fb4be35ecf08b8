/**
 * What a relay that knows ways promises (WIRE §27): one link where it knows one, every link where it
 * does not, and no packet lost in between.
 */
import { describe, expect, it } from 'vitest';
import {
  andVisited,
  readRouted,
  RoutePort,
  VISITED_MAX,
  withVisited,
} from '../../../protocol/peer/route-port.ts';
import {
  RoutedRelay,
  SAVED_MAX,
  SAVED_MS,
  TRIES_MAX,
} from '../../../protocol/peer/routed-relay.ts';
import { ENCRYPTED, HELLO, MESSAGE, NOTED } from '../../../protocol/core/packet.ts';
import type { RelayInput, RelayOutput } from '../../../protocol/core/relay.ts';
import { RELAY_DEFAULTS } from '../../../protocol/core/relay.ts';
import { plainHash } from '../../espruino/plain-hash.ts';
import { id, packet } from '../../packets.ts';

const ME = id(9);
const YOU = id(7);

describe('a relay that knows ways', () => {
  it('sends its own packet for one node over the link of its way', () => {
    const { relay } = relayOn([2]);
    expect(names(relay.step(say({ recipient: YOU }), 0))).toEqual(['transmit 2 by 9']);
  });

  it('sends on what it hears over the link of its way, at once, and says that it was here', () => {
    const { relay } = relayOn([2]);
    expect(names(relay.step(heard(0), 0))).toEqual(['transmit 2 by 9']);
    expect(names(relay.step(routed(0, [4, 5], { timestamp: 2 }), 0))).toEqual([
      'transmit 2 by 4 5 9',
    ]);
  });

  it('floods what it knows no way for, and what is for all', () => {
    const { relay } = relayOn([]);
    expect(names(relay.step(say({ recipient: YOU }), 0))).toEqual(ALL_PASSED);
    const { relay: other } = relayOn([2]);
    expect(names(other.step(say({}), 0))).toEqual(ALL_PASSED);
  });

  it('leaves a route of the sender to him, and notes to whoever overhears them', () => {
    const { relay } = relayOn([2]);
    expect(names(relay.step(say({ recipient: YOU, type: NOTED }), 0))).toEqual(ALL_PASSED);
    const byRoute = say({ version: 2, recipient: YOU, route: [id(4), id(5)], timestamp: 2 });
    relay.step({ kind: 'neighbour', link: 3, id: id(4) }, 0);
    expect(names(relay.step(byRoute, 0))).toEqual(['transmit 3', 'passed']);
  });

  it('never sends a packet back where it came from', () => {
    const { relay } = relayOn([0]);
    expect(names(relay.step(heard(0), 0))).toEqual([
      'transmit 1',
      'transmit 2',
      'transmit 3',
      'passed',
    ]);
  });

  it('floods on what a node with routes flooded, way or no way', () => {
    const { relay } = relayOn([2]);
    expect(names(relay.step(flooded(0), 0))).toEqual([
      'transmit 1',
      'transmit 2',
      'transmit 3',
      'passed',
    ]);
  });

  it('asks for ways around the nodes that a packet visited', () => {
    const { relay, asked } = relayOn([2]);
    relay.step(routed(0, [4, 5]), 0);
    expect(asked).toEqual([[...id(4), ...id(5)]]);
  });
});

describe('a routed packet that comes back', () => {
  it('goes another way, is counted as a loop, and is flooded everywhere after three ways', () => {
    const { relay, ways } = relayOn([1]);
    expect(names(relay.step(routed(0, [4]), 0))).toEqual(['transmit 1 by 4 9']);
    ways[0] = 2;
    expect(names(relay.step(routed(1, [4, 9, 5]), 1))).toEqual([
      'drop loop',
      'transmit 2 by 4 9 5 9',
    ]);
    ways[0] = 3;
    expect(names(relay.step(routed(2, [9, 6]), 2))).toEqual(['drop loop', 'transmit 3 by 9 6 9']);
    expect(TRIES_MAX).toBe(3);
    expect(names(relay.step(routed(3, [9, 3]), 3))).toEqual(['drop loop', ...ALL_PASSED]);
    expect(names(relay.step(routed(1, [9, 6]), 4))).toEqual(['drop duplicate']);
  });

  it('is a duplicate where it only met twice and was not here', () => {
    const { relay } = relayOn([1]);
    relay.step(routed(0, [4]), 0);
    expect(names(relay.step(routed(2, [4, 5]), 1))).toEqual(['drop duplicate']);
  });

  it('with no other way is flooded, where it came from too', () => {
    const { relay, ways } = relayOn([1]);
    relay.step(routed(0, [4]), 0);
    ways.length = 0;
    expect(names(relay.step(routed(1, [4, 9, 5]), 1))).toEqual(['drop loop', ...ALL_PASSED]);
  });

  it('goes nowhere once its hops are spent', () => {
    const { relay } = relayOn([1]);
    relay.step(routed(0, [4], { ttl: 3 }), 0);
    expect(names(relay.step(routed(1, [9], { ttl: 1 }), 1))).toEqual(['drop duplicate']);
  });
});

describe('a flood that begins on the way', () => {
  it('goes to all links where a routed packet finds no way', () => {
    const { relay } = relayOn([]);
    expect(names(relay.step(routed(0, [4]), 0))).toEqual(ALL_PASSED);
  });

  it('goes on, once, where the packet had been routed before', () => {
    const { relay } = relayOn([2]);
    relay.step(routed(0, [4]), 0);
    expect(names(relay.step(flooded(2), 1))).toEqual([
      'transmit 0',
      'transmit 1',
      'transmit 3',
      'passed',
    ]);
    expect(names(relay.step(flooded(1), 2))).toEqual(['drop duplicate']);
  });

  it('is none where a phone has the packet from elsewhere', () => {
    const { relay } = relayOn([2]);
    relay.step(routed(0, [4]), 0);
    expect(names(relay.step(heard(1), 1))).toEqual(['drop duplicate']);
  });

  it('does not reach beyond whom the packet is for', () => {
    const { relay } = relayOn([2]);
    relay.step(routed(0, [4], { recipient: ME }), 0);
    expect(names(relay.step(flooded(1, { recipient: ME }), 1))).toEqual(['drop duplicate']);
  });
});

describe('a link that closes', () => {
  it('has what left over it shortly before sent another way at once', () => {
    const { relay, ways } = relayOn([2, 3]);
    relay.step(routed(0, [4]), 0);
    relay.step(routed(0, [4], { timestamp: 2 }), SAVED_MS - 1);
    ways.shift();
    const out = relay.step({ kind: 'linkDown', link: 2 }, SAVED_MS);
    expect(names(out)).toEqual(['transmit 3 by 4 9']);
    expect(relay.step({ kind: 'linkDown', link: 1 }, SAVED_MS)).toEqual([]);
  });

  it('has it flooded, where there is no other way', () => {
    const { relay } = relayOn([2]);
    relay.step(routed(0, [4]), 0);
    const out = relay.step({ kind: 'linkDown', link: 2 }, 1);
    expect(names(out)).toEqual(['transmit 0', 'transmit 1', 'transmit 3', 'passed']);
  });

  it('has the last packets only sent again', () => {
    const { relay, ways } = relayOn([2, 3]);
    for (let at = 0; at <= SAVED_MAX; at++) relay.step(routed(0, [4], { timestamp: at + 1 }), 0);
    ways.shift();
    expect(relay.step({ kind: 'linkDown', link: 2 }, 1)).toHaveLength(SAVED_MAX);
  });
});

describe('a routed frame', () => {
  it('with something in it that no node routes is refused', () => {
    const { relay } = relayOn([2]);
    expect(names(relay.step(routed(0, [4], { recipient: null }), 0))).toEqual(['drop bad-route']);
    expect(names(relay.step(routed(0, [4], { type: HELLO, ttl: 0 }), 0))).toEqual([
      'drop bad-route',
    ]);
    const noise = { kind: 'heard', link: 0, bytes: new Uint8Array(5), visited: id(4) } as const;
    expect(names(relay.step(noise, 0))).toEqual(['drop bad-route']);
  });

  it('is read as it was written, and carries the last eight at most', () => {
    let visited = new Uint8Array(0);
    for (let node = 1; node <= VISITED_MAX + 2; node++)
      visited = new Uint8Array(andVisited(visited, id(node)));
    const frame = withVisited(packet({}), visited);
    expect(readRouted(frame)).toEqual({ visited, packet: packet({}) });
    expect([frame[1], frame[9]]).toEqual([VISITED_MAX, 3]);
  });

  it.each([
    ['nothing', []],
    ['no ids', [0x27, 0, 1]],
    ['too many ids', [0x27, 9, ...new Array(100).fill(1)]],
    ['half an id', [0x27, 1, 1, 2, 3]],
    ['a packet', [...packet({})]],
  ])('is not %s', (_, bytes) => {
    expect(readRouted(Uint8Array.from(bytes))).toBeNull();
  });
});

describe('a component that breaks over a question', () => {
  it('is asked no more, and all is flooded', () => {
    const { relay, port } = relayOn([2]);
    port.fill({
      next: () => {
        throw new Error('broken');
      },
      reach: () => 0,
      failed: () => undefined,
    });
    expect(names(relay.step(say({ recipient: YOU }), 0))).toEqual(ALL_PASSED);
    expect(port.flaw).toEqual(new Error('broken'));
    expect(names(relay.step(say({ recipient: YOU, timestamp: 2 }), 0))).toEqual(ALL_PASSED);
  });
});

const ALL_PASSED = ['transmit 0', 'transmit 1', 'transmit 2', 'transmit 3', 'passed'];

/** Four wires; `ways` are the links to take for anybody, the first that is free. */
function relayOn(ways: number[]): {
  relay: RoutedRelay;
  ways: number[];
  port: RoutePort;
  asked: number[][];
} {
  const port = new RoutePort();
  const asked: number[][] = [];
  port.fill({
    next: (_, visited, isFree) => {
      asked.push([...visited]);
      return ways.find(isFree) ?? -1;
    },
    reach: () => 0,
    failed: () => undefined,
  });
  const config = { ...RELAY_DEFAULTS, id: ME, linksMax: 4, seenMax: 256 };
  const relay = new RoutedRelay(config, () => 0, plainHash, { admit: () => null }, port);
  for (let link = 0; link < 4; link++) relay.step({ kind: 'linkUp', link, air: false }, 0);
  return { relay, ways, port, asked };
}

type Fields = NonNullable<Parameters<typeof packet>[0]>;
const ONE: Fields = { type: ENCRYPTED, recipient: YOU, sender: id(1), timestamp: 1, ttl: 7 };

function say(fields: Fields): RelayInput {
  const bytes = packet({ type: MESSAGE, sender: ME, timestamp: 1, ...fields });
  return { kind: 'send', link: -1, bytes };
}

/** From a phone. */
function heard(link: number, fields: Fields = {}): RelayInput {
  return { kind: 'heard', link, bytes: packet({ ...ONE, ...fields }), isFlooded: false };
}

function flooded(link: number, fields: Fields = {}): RelayInput {
  return { kind: 'heard', link, bytes: packet({ ...ONE, ...fields }), isFlooded: true };
}

function routed(link: number, by: number[], fields: Fields = {}): RelayInput {
  const visited = Uint8Array.from(by.flatMap((node) => [...id(node)]));
  return { kind: 'heard', link, bytes: packet({ ...ONE, ...fields }), visited };
}

function names(out: RelayOutput[]): string[] {
  return out.map((output) => {
    if (output.kind === 'drop') return `drop ${output.reason}`;
    if (output.kind !== 'transmit') return output.kind;
    const { link, visited } = output;
    if (visited === undefined) return `transmit ${link}`;
    const by = [...visited].filter((_, at) => at % 8 === 7);
    return `transmit ${link} by ${by.join(' ')}`;
  });
}
