/**
 * What lines of the internet get and give (WIRE §28): all that is heard here, and nothing that is not
 * injected; and what a cover takes out of the way of broadcasts (WIRE §29).
 */
import { describe, expect, it } from 'vitest';
import { LineRelay } from '../../../protocol/core/line-relay.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import {
  CONTROL,
  ENCRYPTED,
  FRAGMENT,
  GATEWAY,
  REQUEST_SYNC,
  TRACE,
  TTL_AT,
} from '../../../protocol/core/packet.ts';
import type { Admission, RelayConfig, RelayOutput } from '../../../protocol/core/relay.ts';
import { RELAY_DEFAULTS } from '../../../protocol/core/relay.ts';
import { plainHash } from '../../espruino/plain-hash.ts';
import { id, packet } from '../../packets.ts';
import { heard, isTransmit, names } from './relays.ts';

const ME = id(9);

describe('a relay with lines', () => {
  it('passes on over lines at once what any link brings, and says so', () => {
    const relay = relayOn({ wire: [0], air: [1], line: [2, 3] });
    expect(names(relay.step(heard(1), 0))).toEqual([
      'deliver ttl 7',
      'transmit 0 ttl 6',
      'transmit 2 ttl 6',
      'transmit 3 ttl 6',
      'passed from 1 ttl 6',
    ]);
  });

  it('passes on over lines alone what a line brings, until it is injected', () => {
    const relay = relayOn({ wire: [0], air: [1], line: [2, 3] });
    const out = relay.step(heard(2), 0);
    expect(names(out)).toEqual(['deliver ttl 7', 'transmit 3 ttl 6', 'passed from 2 ttl 6']);
    expect(relay.deadline()).toBe(Infinity);
    const { bytes } = out[2] as RelayOutput & { kind: 'passed' };
    expect(relay.lacking(bytes)).toBe(2);
    expect(names(relay.step({ kind: 'inject', bytes }, 2000))).toEqual([
      'transmit 0 ttl 6',
      'transmit 1 ttl 6',
    ]);
    expect(relay.lacking(bytes)).toBe(0);
    expect(names(relay.step({ kind: 'inject', bytes }, 2001))).toEqual(['drop suppressed']);
    expect(names(relay.step(heard(1), 2002))).toEqual(['drop duplicate']);
  });

  it('takes a second copy from a line for a duplicate', () => {
    const relay = relayOn({ wire: [0], line: [1, 2] });
    relay.step(heard(1), 0);
    expect(names(relay.step(heard(1), 1))).toEqual(['drop duplicate']);
    expect(names(relay.step(heard(2), 1))).toEqual(['drop duplicate']);
  });

  it('passes on as ever what it hears here before it was injected, and no line twice', () => {
    const relay = relayOn({ wire: [0, 1], line: [2, 3] });
    const out = relay.step(heard(2), 0);
    const { bytes } = out[2] as RelayOutput & { kind: 'passed' };
    expect(names(relay.step(heard(0, { ttl: 4 }), 1))).toEqual(['transmit 1 ttl 3']);
    expect(relay.lacking(bytes)).toBe(0);
    expect(names(relay.step({ kind: 'inject', bytes }, 2))).toEqual(['drop suppressed']);
  });

  it('injects only where it was not heard, though the copy heard had no TTL to spend', () => {
    const relay = relayOn({ wire: [0, 1], line: [2] });
    const out = relay.step(heard(2), 0);
    const { bytes } = out[1] as RelayOutput & { kind: 'passed' };
    expect(names(relay.step(heard(0, { ttl: 1 }), 1))).toEqual(['drop duplicate']);
    expect(relay.lacking(bytes)).toBe(1);
    expect(names(relay.step({ kind: 'inject', bytes }, 2))).toEqual(['transmit 1 ttl 6']);
  });

  it('lacks a packet nowhere that it has forgotten', () => {
    const relay = relayOn({ wire: [0], line: [1] }, { seenMax: 2 });
    const { bytes } = relay.step(heard(1), 0)[1] as RelayOutput & { kind: 'passed' };
    relay.step(heard(1, { timestamp: 5 }), 1);
    relay.step(heard(1, { timestamp: 6 }), 1);
    expect(relay.lacking(bytes)).toBe(0);
    expect(names(relay.step({ kind: 'inject', bytes }, 2))).toEqual(['drop suppressed']);
  });

  it('tells a hop over a line from none: the TTL counts down on each', () => {
    const relay = relayOn({ wire: [0], line: [1, 2] });
    expect(names(relay.step(heard(1, { ttl: 2 }), 0))).toEqual([
      'deliver ttl 2',
      'transmit 2 ttl 1',
      'passed from 1 ttl 1',
    ]);
    expect(names(relay.step(heard(1, { ttl: 1, timestamp: 5 }), 0))).toEqual([
      'deliver ttl 1',
      'drop out-of-hops',
    ]);
  });

  it.each([REQUEST_SYNC, TRACE, CONTROL])('passes type %i on over no line', (type) => {
    const relay = relayOn({ wire: [0], line: [1, 2] });
    for (const link of [0, 1]) {
      expect(names(relay.step(heard(link, { type, ttl: 0 }), 0))).toEqual(['deliver ttl 0']);
      expect(names(relay.step(heard(link, { type, ttl: 7 }), 0))).toEqual(['drop link-scope']);
    }
  });

  it('keeps what is for it, whichever link brings it', () => {
    const relay = relayOn({ wire: [0], line: [1, 2] });
    const mine = { type: ENCRYPTED, recipient: ME };
    expect(names(relay.step(heard(1, mine), 0))).toEqual(['deliver ttl 7']);
    expect(names(relay.step(heard(0, mine), 1))).toEqual(['drop duplicate']);
  });

  it('is not a denser island for its lines', () => {
    const lines = [10, 11, 12, 13, 14, 15];
    const relay = relayOn({ wire: [0], line: lines });
    expect(relay.step(heard(0), 0).filter(isTransmit)[0].bytes[TTL_AT]).toBe(6);
    for (const link of lines) relay.step({ kind: 'linkDown', link }, 1);
    expect(names(relay.step(heard(0, { timestamp: 5 }), 2))).toContain('passed from 0 ttl 6');
  });

  it('says its own words over lines too, and that it did', () => {
    const relay = relayOn({ wire: [0], line: [1] });
    expect(names(relay.step({ kind: 'send', link: -1, bytes: packet() }, 0))).toEqual([
      'transmit 0 ttl 7',
      'transmit 1 ttl 7',
      'passed from -1 ttl 7',
    ]);
  });

  it('judges the bytes that it passes on, whatever ballast they came with', () => {
    const judged: Uint8Array[] = [];
    const admit: Admission['admit'] = (view) => {
      judged.push(view.bytes);
      return null;
    };
    const relay = relayOn({ wire: [0], line: [1] }, {}, admit);
    const bytes = new Uint8Array([...packet(), 8, 8, 9]);
    for (const output of relay.step({ kind: 'heard', link: 0, bytes }, 0)) {
      expect(output.kind !== 'drop' && output.bytes).toBe(judged[0]);
    }
    expect(judged[0]).toHaveLength(packet().length);
  });

  it('leaves a route that goes on here to be injected along it', () => {
    const relay = relayOn({ wire: [0, 1], line: [2, 3] });
    relay.step({ kind: 'neighbour', link: 1, id: id(5) }, 0);
    relay.step({ kind: 'neighbour', link: 3, id: id(6) }, 0);
    const routed = { version: 2 as const, recipient: id(7), route: [ME, id(5)] };
    const out = relay.step(heard(2, routed), 0);
    expect(names(out)).toEqual(['passed from 2 ttl 6']);
    const { bytes } = out[0] as RelayOutput & { kind: 'passed' };
    expect(names(relay.step({ kind: 'inject', bytes }, 1))).toEqual(['transmit 1 ttl 6']);
    const over = { version: 2 as const, recipient: id(7), route: [ME, id(6)] };
    expect(names(relay.step(heard(2, over), 1))).toEqual(['transmit 3 ttl 6']);
  });

  it('is a line no longer when its number is used by another link', () => {
    const relay = relayOn({ wire: [0], line: [1] });
    relay.step({ kind: 'linkDown', link: 1 }, 0);
    relay.step({ kind: 'linkUp', link: 1, air: false }, 0);
    expect(names(relay.step(heard(1), 0))).toContain('transmit 0 ttl 6');
  });
});

describe('a relay with a cover', () => {
  it('leaves out on the air what others see to, and asks with all links that brought it', () => {
    const relay = relayOn({ air: [1, 2, 3, 4] });
    const asked = cover(relay, 1 << 3);
    relay.step(heard(1), 0);
    relay.step(heard(2), 5);
    expect(names(relay.step(TICK, 500))).toEqual(['transmit 4 ttl 5']);
    expect(asked[0]).toEqual({ open: 0, first: 1, heard: 1 << 1 });
    expect(asked.at(-1)).toEqual({
      open: (1 << 3) | (1 << 4),
      first: 1,
      heard: (1 << 1) | (1 << 2),
    });
    expect(names(relay.step(heard(3, { ttl: 5 }), 600))).toEqual(['drop duplicate']);
  });

  it('is not woken for a packet that others see to on every link', () => {
    const relay = relayOn({ air: [1, 2] });
    cover(relay, 1 << 2);
    expect(names(relay.step(heard(1), 0))).toEqual([
      'deliver ttl 7',
      'drop suppressed',
      'passed from 1 ttl 6',
    ]);
    expect(relay.deadline()).toBe(Infinity);
    expect(names(relay.step(heard(1), 1))).toEqual(['drop duplicate']);
  });

  it('is not woken for a packet once copies of it came over every link it lacks', () => {
    const relay = relayOn({ air: [1, 2, 3, 4] });
    cover(relay, 1 << 4);
    const other = { timestamp: 5 };
    relay.step(heard(1), 0);
    relay.step(heard(1, other), 1);
    expect(names(relay.step(heard(2), 2))).toEqual(['drop duplicate']);
    expect(names(relay.step(heard(3), 3))).toEqual(['drop duplicate', 'drop suppressed']);
    expect(names(relay.step(TICK, 500))).toEqual(['transmit 2 ttl 5', 'transmit 3 ttl 5']);
    expect(names(relay.step(heard(2, other), 501))).toEqual(['drop duplicate']);
  });

  it('asks nobody about what is its own, is for one peer, or is critical', () => {
    const relay = relayOn({ air: [1, 2] });
    cover(relay, ~0);
    expect(names(relay.step({ kind: 'send', link: -1, bytes: packet() }, 0))).toContain(
      'transmit 2 ttl 7',
    );
    relay.step(heard(1, { type: ENCRYPTED, recipient: id(7) }), 0);
    relay.step(heard(1, { type: GATEWAY }), 0);
    expect(names(relay.step(TICK, 500))).toEqual(['transmit 2 ttl 6', 'transmit 2 ttl 6']);
  });

  it('takes no packet that it has forgotten for the one in its place, which waits as well', () => {
    const relay = relayOn({ air: [1, 2, 3] }, { seenMax: 1 });
    cover(relay, 0);
    relay.step(heard(1), 0);
    const waited = relay.deadline();
    const sooner = { type: FRAGMENT, timestamp: 5 };
    relay.step(heard(1, sooner), 1);
    relay.step(heard(2, sooner), 2);
    expect(names(relay.step(heard(3, sooner), 3))).toEqual(['drop duplicate', 'drop suppressed']);
    expect(relay.deadline()).toBe(waited);
    expect(names(relay.step(TICK, waited))).toEqual(['drop forgotten']);
  });

  it('tells what it passed on, what copies came, and what had no further to go', () => {
    const relay = relayOn({ air: [1, 2] });
    const told: string[] = [];
    cover(relay, 0, told);
    relay.step({ kind: 'send', link: -1, bytes: packet({ sender: ME }) }, 0);
    relay.step(heard(1), 0);
    relay.step(heard(2), 0);
    relay.step(heard(2, { timestamp: 5, ttl: 1 }), 0);
    relay.step(heard(1, { sender: ME }), 0);
    relay.step(heard(1, { type: TRACE, ttl: 0 }), 0);
    relay.step(heard(1, { type: ENCRYPTED, recipient: ME }), 0);
    relay.step(heard(1, { timestamp: 5, ttl: 3 }), 0);
    relay.step({ kind: 'send', link: -1, bytes: packet({ sender: ME, timestamp: 6 }) }, 0);
    expect(told).toEqual([
      'kept -1 ttl 7',
      'kept 1 ttl 6',
      'met 1',
      'met 2',
      'met 2',
      'spent',
      'met 1',
      'kept 1 ttl 2, a later copy',
      'met 1',
      'kept -1 ttl 7',
    ]);
  });

  it('does not take an answer, which goes no further, for a packet that needs none', () => {
    const relay = relayOn({ air: [1, 2] });
    const told: string[] = [];
    cover(relay, 0, told);
    relay.step(heard(1, { ttl: 0, isAnswer: true }), 0);
    relay.step(heard(2, { ttl: 5 }), 10);
    expect(told).toEqual(['met 1', 'kept 2 ttl 4, a later copy', 'met 2']);
  });

  it('keeps nothing that an admission refuses', () => {
    const relay = relayOn({ air: [1, 2] }, {}, () => 'denied');
    const told: string[] = [];
    cover(relay, 0, told);
    relay.step(heard(1), 0);
    relay.step(heard(1, { ttl: 1 }), 0);
    expect(told).toEqual(['met 1', 'met 1']);
  });
});

/** Gives it one that covers these links, and tells what it is asked. */
function cover(relay: LineRelay, covered: number, told: string[] = []): object[] {
  const asked: object[] = [];
  relay.cover = {
    covered(open, _word, _bytes, first, heard) {
      asked.push({ open, first, heard: heard[0] });
      return covered;
    },
    kept(_low, _high, bytes, link, isFirst) {
      told.push(`kept ${link} ttl ${bytes[TTL_AT]}${isFirst ? '' : ', a later copy'}`);
    },
    met: (_low, _high, _bytes, link) => void told.push(`met ${link}`),
    spent: () => void told.push('spent'),
  };
  return asked;
}

describe('a relay with leaves', () => {
  it('hears them as it hears the air, and everybody is told', () => {
    const relay = relayOn({ wire: [0], line: [2], leaf: [4, 5] });
    expect(names(relay.step(heard(4), 0))).toEqual([
      'deliver ttl 7',
      'transmit 0 ttl 6',
      'transmit 2 ttl 6',
      'transmit 5 ttl 6',
      'passed from 4 ttl 6',
    ]);
  });

  it('gives them at once what a line brings, and once', () => {
    const relay = relayOn({ wire: [0], line: [2], leaf: [4] });
    const out = relay.step(heard(2), 0);
    expect(names(out)).toEqual(['deliver ttl 7', 'transmit 4 ttl 6', 'passed from 2 ttl 6']);
    const { bytes } = out[2] as RelayOutput & { kind: 'passed' };
    expect(relay.lacking(bytes)).toBe(1);
    expect(names(relay.step({ kind: 'inject', bytes }, 2000))).toEqual(['transmit 0 ttl 6']);
  });

  it('knows a number that was a leaf for what it is next', () => {
    const relay = relayOn({ wire: [0], line: [2], leaf: [4] });
    relay.step({ kind: 'linkDown', link: 4 }, 0);
    relay.step({ kind: 'linkUp', link: 4, air: false }, 0);
    expect(names(relay.step(heard(2), 0))).toEqual(['deliver ttl 7', 'passed from 2 ttl 6']);
  });
});

/** A relay with these links up. */
function relayOn(
  links: { air?: number[]; wire?: number[]; line?: number[]; leaf?: number[] },
  differs: Partial<RelayConfig> = {},
  admit: Admission['admit'] = () => null,
): LineRelay {
  const config = { ...RELAY_DEFAULTS, id: ME, ...differs };
  const relay = new LineRelay(config, () => 0, plainHash, { admit });
  const up = (link: number, air: boolean, line: boolean): void => {
    relay.step({ kind: 'linkUp', link, air, line }, 0);
  };
  for (const link of links.wire ?? []) up(link, false, false);
  for (const link of links.air ?? []) up(link, true, false);
  for (const link of links.line ?? []) up(link, false, true);
  for (const link of links.leaf ?? []) {
    relay.step({ kind: 'linkUp', link, air: false, leaf: true }, 0);
  }
  return relay;
}
