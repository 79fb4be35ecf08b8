/**
 * The relay's promises, one per test, in the order a newcomer would ask about them.
 * Time and chance are written in each test; nothing here waits and nothing here is random.
 */
import { describe, expect, it } from 'vitest';
import {
  ANNOUNCE,
  CONTROL,
  ENCRYPTED,
  FILE,
  FRAGMENT,
  GATEWAY,
  HANDSHAKE,
  HEARTBEAT,
  HELLO,
  LINK_STATE,
  PacketView,
  REQUEST_SYNC,
  TRACE,
  TTL_AT,
  VOICE,
} from '../../../protocol/core/packet.ts';
import type { Admission, RelayConfig } from '../../../protocol/core/relay.ts';
import { Relay, RELAY_DEFAULTS } from '../../../protocol/core/relay.ts';
import { BACKGROUND, CRITICAL, NORMAL } from '../../../protocol/core/queue.ts';
import { readU64 } from '../../../protocol/core/bytes.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import { plainHash } from '../../espruino/plain-hash.ts';
import { id, packet, withTtl } from '../../packets.ts';
import { heard, isTransmit, names } from './relays.ts';

const ME = id(9);

describe('a relay that hears a new packet', () => {
  it('delivers it at once and passes it on after the wait it drew', () => {
    const relay = relayOn({ air: [0, 1] }, { draws: 5 });
    expect(names(relay.step(heard(0), 1000))).toEqual(['deliver ttl 7']);
    expect(relay.deadline()).toBe(1015);
    expect(names(relay.step(TICK, 1014))).toEqual([]);
    expect(names(relay.step(TICK, 1015))).toEqual(['transmit 1 ttl 6']);
    expect(relay.deadline()).toBe(Infinity);
  });

  it('passes it on over wires without a wait', () => {
    const relay = relayOn({ wire: [0, 1, 2] });
    expect(names(relay.step(heard(0), 0))).toEqual([
      'deliver ttl 7',
      'transmit 1 ttl 5',
      'transmit 2 ttl 5',
    ]);
  });

  it('passes it on over the wire at once and over the air later', () => {
    const relay = relayOn({ wire: [0, 1], air: [2] });
    expect(names(relay.step(heard(0), 0))).toEqual(['deliver ttl 7', 'transmit 1 ttl 5']);
    expect(names(relay.step(TICK, 100))).toEqual(['transmit 2 ttl 5']);
  });

  it('reaches links numbered beyond the first 32', () => {
    const relay = relayOn({ wire: [3, 40, 99] }, { linksMax: 128 });
    expect(names(relay.step(heard(40), 0))).toEqual([
      'deliver ttl 7',
      'transmit 3 ttl 5',
      'transmit 99 ttl 5',
    ]);
  });

  it('changes nothing of it but the TTL', () => {
    const relay = relayOn({ wire: [0, 1] });
    const bytes = packet({ signature: new Uint8Array(64).fill(5) });
    const before = bytes.slice();
    const sent = relay.step({ kind: 'heard', link: 0, bytes }, 0).find(isTransmit)!.bytes;
    before[TTL_AT] = 6;
    expect(sent).toEqual(before);
  });

  it('keeps padding and leaves other ballast behind', () => {
    const bare = packet();
    const padded = new Uint8Array(bare.length + 7).fill(7);
    padded.set(bare);
    const ballast = new Uint8Array(bare.length + 7).fill(8);
    ballast.set(bare);
    for (const [bytes, length] of [
      [padded, padded.length],
      [ballast, bare.length],
    ] as const) {
      const out = relayOn({ wire: [0, 1] }).step({ kind: 'heard', link: 0, bytes }, 0);
      expect(out.find(isTransmit)!.bytes.length).toBe(length);
    }
  });
});

describe('a relay that hears a packet again', () => {
  it('counts a duplicate, whatever its TTL, answer flag, unknown flags and padding', () => {
    const relay = relayOn({ wire: [0, 1] });
    relay.step(heard(0), 0);
    const other = new Uint8Array([...packet(), 9, 9]);
    other[2] = 3;
    other[11] |= 0xf0;
    expect(names(relay.step({ kind: 'heard', link: 1, bytes: other }, 1))).toEqual([
      'drop duplicate',
    ]);
  });

  it('does not send it where it was heard meanwhile', () => {
    const relay = relayOn({ air: [0, 1, 2] }, { draws: 0 });
    relay.step(heard(0), 0);
    relay.step(heard(2), 1);
    expect(names(relay.step(TICK, 100))).toEqual(['transmit 1 ttl 5']);
  });

  it('stays quiet when everybody has it', () => {
    const relay = relayOn({ air: [0, 1] });
    relay.step(heard(0), 0);
    relay.step(heard(1), 1);
    expect(names(relay.step(TICK, 100))).toEqual(['drop suppressed']);
  });

  it('takes it for new once it is older than the dedup age, and sooner for critical types', () => {
    const relay = relayOn({ wire: [0, 1] });
    const handshake = { type: HANDSHAKE, recipient: id(2) };
    relay.step(heard(0), 0);
    relay.step(heard(0, handshake), 0);
    expect(names(relay.step(heard(0, handshake), 300_000))).toEqual(['transmit 1 ttl 6']);
    expect(names(relay.step(heard(0), 599_999))).toEqual(['drop duplicate']);
    expect(names(relay.step(heard(0), 599_999 + 600_000))).toContain('deliver ttl 7');
  });

  it('passes on a later copy when the first had no TTL to spend', () => {
    const relay = relayOn({ wire: [0, 1, 2] });
    expect(names(relay.step(heard(0, { ttl: 1 }), 0))).toEqual([
      'deliver ttl 1',
      'drop out-of-hops',
    ]);
    expect(names(relay.step(heard(1, { ttl: 1 }), 0))).toEqual(['drop duplicate']);
    expect(names(relay.step(heard(0), 1))).toEqual(['transmit 2 ttl 5']);
    expect(names(relay.step(heard(2), 2))).toEqual(['drop duplicate']);
  });

  it('is not silenced by a forged first copy (S20)', () => {
    const forged = { signature: new Uint8Array(64).fill(1) };
    const genuine = { signature: new Uint8Array(64).fill(2) };
    const relay = relayOn({ wire: [0, 1] });
    relay.step(heard(0, forged), 0);
    expect(names(relay.step(heard(0, genuine), 0))).toContain('transmit 1 ttl 6');
    const checked = relayOn({ wire: [0, 1] }, { admit: refuseSignature(1) });
    expect(names(checked.step(heard(0, forged), 0))).toEqual(['drop bad-signature']);
    expect(names(checked.step(heard(0, genuine), 0))).toContain('transmit 1 ttl 6');
  });

  it('remembers nothing that was turned away: the same packet may come again', () => {
    let refuses = true;
    const relay = relayOn({ wire: [0, 1] }, { admit: () => (refuses ? 'flooding' : null) });
    expect(names(relay.step(heard(0), 0))).toEqual(['drop flooding']);
    refuses = false;
    expect(names(relay.step(heard(0), 1))).toEqual(['deliver ttl 7', 'transmit 1 ttl 6']);
  });

  it('asks admission once, for the first copy only', () => {
    let asked = 0;
    const relay = relayOn({ wire: [0, 1, 2] }, { admit: () => (asked++, null) });
    relay.step(heard(0), 0);
    relay.step(heard(1), 0);
    relay.step(heard(2), 0);
    expect(asked).toBe(1);
  });
});

describe('a relay that hears a packet for one node', () => {
  it('keeps what is for itself', () => {
    const relay = relayOn({ wire: [0, 1] });
    expect(names(relay.step(heard(0, { recipient: ME }), 0))).toEqual(['deliver ttl 7']);
    expect(names(relay.step(heard(1, { recipient: ME }), 0))).toEqual(['drop duplicate']);
  });

  it('passes on what is for another without looking inside', () => {
    const relay = relayOn({ wire: [0, 1] });
    expect(names(relay.step(heard(0, { recipient: id(2) }), 0))).toEqual(['transmit 1 ttl 6']);
  });

  it('treats the recipient of eight FF as everybody', () => {
    const relay = relayOn({ wire: [0, 1] });
    const everybody = new Uint8Array(8).fill(0xff);
    expect(names(relay.step(heard(0, { recipient: everybody }), 0))).toEqual([
      'deliver ttl 7',
      'transmit 1 ttl 6',
    ]);
  });
});

describe('a relay on a route', () => {
  const routed = { version: 2 as const, recipient: id(8) };

  it.each([
    ['the next hop after itself', [id(2), ME, id(3)], 3],
    ['the recipient when it is the last hop', [id(2), ME], 8],
    ['the first hop when it is not on the route', [id(3), id(4)], 3],
  ])('sends to %s alone', (_what, route, neighbour) => {
    const relay = relayOn({ wire: [0, 1, 2] });
    relay.step({ kind: 'neighbour', link: 1, id: id(neighbour) }, 0);
    expect(names(relay.step(heard(0, { ...routed, route }), 0))).toEqual(['transmit 1 ttl 6']);
  });

  it('floods when the next hop is not its neighbour, or has the packet already', () => {
    const route = [ME, id(3)];
    const relay = relayOn({ wire: [0, 1, 2] });
    expect(names(relay.step(heard(0, { ...routed, route }), 0))).toEqual([
      'transmit 1 ttl 6',
      'transmit 2 ttl 6',
    ]);
    const other = relayOn({ wire: [0, 1, 2] });
    other.step({ kind: 'neighbour', link: 0, id: id(3) }, 0);
    expect(names(other.step(heard(0, { ...routed, route }), 0))).toEqual([
      'transmit 1 ttl 6',
      'transmit 2 ttl 6',
    ]);
  });

  it('forgets who was at the end of a link that went down', () => {
    const relay = relayOn({ wire: [0, 1, 2] });
    relay.step({ kind: 'neighbour', link: 1, id: id(3) }, 0);
    relay.step({ kind: 'linkDown', link: 1 }, 0);
    relay.step({ kind: 'linkUp', link: 1, air: false }, 0);
    expect(names(relay.step(heard(0, { ...routed, route: [ME, id(3)] }), 0))).toHaveLength(2);
  });

  it('knows a packet again that it sent along its route', () => {
    const relay = relayOn({ wire: [0, 1, 2] });
    relay.step({ kind: 'neighbour', link: 1, id: id(3) }, 0);
    relay.step(heard(0, { ...routed, route: [id(3)] }), 0);
    const again = relay.step(heard(0, { ...routed, route: [id(3)] }), 1);
    expect(names(again)).toEqual(['drop duplicate']);
  });

  it('floods at the end of a route that leads to nobody in particular', () => {
    const relay = relayOn({ wire: [0, 1, 2] });
    const out = relay.step(heard(0, { version: 2, route: [ME] }), 0);
    expect(names(out)).toEqual(['deliver ttl 7', 'transmit 1 ttl 5', 'transmit 2 ttl 5']);
  });

  it('drops a route that visits a node twice', () => {
    const relay = relayOn({ wire: [0, 1] });
    const route = [id(3), id(4), id(3)];
    expect(names(relay.step(heard(0, { ...routed, route }), 0))).toEqual(['drop loop']);
  });
});

describe('what a relay never passes on', () => {
  it.each([
    ['zero', 0],
    ['everybody', 0xff],
  ])('a packet from the sender %s (S7)', (_name, byte) => {
    const out = relayOn({ wire: [0, 1] }).step(heard(0, { sender: id(byte) }), 0);
    expect(names(out)).toEqual(['drop bad-sender']);
  });

  it('its own words come back (S7)', () => {
    const relay = relayOn({ wire: [0, 1] });
    expect(names(relay.step(heard(0, { sender: ME }), 0))).toEqual(['drop own-echo']);
  });

  it.each([HELLO, CONTROL, HEARTBEAT, TRACE, REQUEST_SYNC])(
    'a link-scoped packet of type %i: delivered with TTL 0, dropped with more',
    (type) => {
      const relay = relayOn({ wire: [0, 1] });
      expect(names(relay.step(heard(0, { type, ttl: 0 }), 0))).toEqual(['deliver ttl 0']);
      expect(names(relay.step(heard(0, { type, ttl: 7 }), 0))).toEqual(['drop link-scope']);
    },
  );

  it('hears a link-scoped packet every time it is said', () => {
    const relay = relayOn({ wire: [0, 1] });
    for (let i = 0; i < 3; i++) {
      const out = relay.step(heard(0, { type: HEARTBEAT, ttl: 0 }), i);
      expect(names(out)).toEqual(['deliver ttl 0']);
    }
  });

  it('noise, which it counts by its fault', () => {
    const long = packet({ payload: new Uint8Array(600) });
    for (const [bytes, reason] of [
      [new Uint8Array(21), 'too-short'],
      [long, 'too-long'],
      [packet().fill(9, 0, 1), 'unknown-version'],
      [packet().fill(1, 12, 13), 'bad-length'],
    ] as const) {
      const out = relayOn({ wire: [0, 1] }, { frameMax: 512 }).step(
        { kind: 'heard', link: 0, bytes },
        0,
      );
      expect(names(out)).toEqual([`drop ${reason}`]);
    }
  });

  it('what does not fit the air any more, which a later copy may try again', () => {
    const relay = relayOn({ air: [0, 1] }, { waitingMax: 1 });
    relay.step(heard(0, { timestamp: 1 }), 0);
    expect(names(relay.step(heard(0, { timestamp: 2 }), 0))).toEqual([
      'deliver ttl 7',
      'drop busy',
    ]);
    expect(names(relay.step(TICK, 100))).toEqual(['transmit 1 ttl 6']);
    relay.step(heard(0, { timestamp: 2 }), 101);
    expect(names(relay.step(TICK, 200))).toEqual(['transmit 1 ttl 6']);
  });

  it('over a wire twice, when only the air had no room', () => {
    const relay = relayOn({ wire: [0, 1], air: [2] }, { waitingMax: 0 });
    expect(names(relay.step(heard(0), 0))).toEqual([
      'deliver ttl 7',
      'transmit 1 ttl 5',
      'drop busy',
    ]);
    expect(names(relay.step(heard(0), 1))).toEqual(['drop busy']);
  });

  it('what it forgot while it waited', () => {
    const relay = relayOn({ air: [0, 1] }, { seenMax: 1 });
    relay.step(heard(0, { timestamp: 1 }), 0);
    relay.step(heard(0, { timestamp: 2 }), 0);
    expect(names(relay.step(TICK, 100))).toEqual(['drop forgotten', 'transmit 1 ttl 6']);
  });
});

describe('how far a packet may still go (WIRE §12)', () => {
  const far = { ttl: 7 };
  it.each([
    ['a message among 2 neighbours', 2, far, 6],
    ['a message among 3', 3, far, 5],
    ['an announce among 5', 5, { type: ANNOUNCE }, 6],
    ['a message among 6', 6, far, 4],
    ['an announce among 6', 6, { type: ANNOUNCE }, 4],
    ['a short-lived message among 6', 6, { ttl: 3 }, 2],
    ['a directed packet among 9', 9, { type: ENCRYPTED, recipient: id(2) }, 6],
    ['a fragment among 5', 5, { type: FRAGMENT }, 6],
    ['a fragment among 6', 6, { type: FRAGMENT }, 4],
    ['voice among 6', 6, { type: VOICE }, 4],
    ['an own flooded type among 3', 3, { type: LINK_STATE }, 5],
    ['a critical one among 5', 5, { type: GATEWAY }, 6],
    ['a TTL beyond the cap', 2, { ttl: 255 }, 6],
  ])('%s', (_what, degree, differs, ttl) => {
    const links = Array.from({ length: degree }, (_, link) => link);
    const sent = relayOn({ wire: links }).step(heard(0, differs), 0).find(isTransmit)!;
    expect(sent.bytes[TTL_AT]).toBe(ttl);
  });

  it('is one hop at least, however small the cap and dense the air', () => {
    const relay = relayOn({ wire: [0, 1, 2, 3, 4, 5] }, { ttlMax: 3 });
    expect(names(relay.step(heard(0, { ttl: 3 }), 0))).toContain('transmit 1 ttl 1');
  });

  it('counts the links that are up, each once', () => {
    const relay = relayOn({ wire: [0, 1, 2] });
    relay.step({ kind: 'linkDown', link: 2 }, 0);
    relay.step({ kind: 'linkDown', link: 2 }, 0);
    expect(names(relay.step(heard(0, { timestamp: 1 }), 0))).toContain('transmit 1 ttl 6');
    relay.step({ kind: 'linkUp', link: 2, air: false }, 0);
    expect(names(relay.step(heard(0, { timestamp: 2 }), 0))).toContain('transmit 1 ttl 5');
  });

  it('is as far as the setting says between nodes that agreed on more', () => {
    const relay = relayOn({ wire: [0, 1] }, { ttlMax: 40 });
    expect(names(relay.step(heard(0, { ttl: 40 }), 0))).toContain('transmit 1 ttl 39');
  });
});

describe('how long a packet waits on the air (WIRE §12)', () => {
  it.each([
    ['a handshake', 9, { type: HANDSHAKE, recipient: id(2) }, 10, 35],
    ['a directed packet', 9, { type: ENCRYPTED, recipient: id(2) }, 20, 60],
    ['a fragment', 9, { type: FRAGMENT }, 8, 25],
    ['voice', 9, { type: VOICE }, 8, 25],
    ['a message among 2', 2, {}, 10, 40],
    ['a message among 5', 5, {}, 60, 150],
    ['a message among 9', 9, {}, 80, 180],
    ['a message among 10', 10, {}, 100, 220],
  ])('%s', (_what, degree, differs, least, most) => {
    const links = Array.from({ length: degree }, (_, link) => link);
    for (const [draws, wait] of [
      [0, least],
      [1000, most],
    ] as const) {
      const relay = relayOn({ air: links }, { draws });
      relay.step(heard(0, differs), 0);
      expect(relay.deadline()).toBe(wait);
    }
  });

  it('releases many in the order they fall due', () => {
    const waits = [17, 3, 29, 3, 11, 23, 5, 0, 30, 8];
    let drawn = 0;
    const relay = relayOn({ air: [0, 1] }, { random: () => waits[drawn++]! });
    waits.forEach((_, i) => relay.step(heard(0, { timestamp: i }), 0));
    const left: number[] = [];
    while (relay.deadline() < Infinity) {
      const at = relay.deadline();
      for (const _ of relay.step(TICK, at)) left.push(at);
    }
    expect(left).toEqual(waits.map((wait) => 10 + wait).sort((a, b) => a - b));
  });
});

describe('what one peer says to another', () => {
  it('leaves in the order in which it came, whatever was drawn; others may pass by', () => {
    const waits = [30, 3, 40, 0, 9, 1];
    let drawn = 0;
    const relay = relayOn({ air: [0, 1] }, { random: () => waits[drawn++]! });
    const flows = [
      { recipient: id(2) },
      { recipient: id(2) },
      { recipient: id(2) },
      { recipient: id(3) },
      { recipient: id(2) },
      {},
    ];
    flows.forEach((differs, i) => relay.step(heard(0, { ...differs, timestamp: i }), 0));
    const left: number[] = [];
    while (relay.deadline() < Infinity) {
      for (const out of relay.step(TICK, relay.deadline())) {
        if (out.kind === 'transmit') left.push(readU64(out.bytes, 3));
      }
    }
    expect(left).toEqual([5, 3, 0, 1, 2, 4]);
  });
});

describe('the class of what a relay transmits', () => {
  it.each([
    ['a message', {}, NORMAL],
    ['a handshake', { type: HANDSHAKE, recipient: id(2) }, CRITICAL],
    ['a fragment of a handshake', { type: FRAGMENT, payload: fragmentOf(HANDSHAKE) }, CRITICAL],
    ['a fragment of a file', { type: FRAGMENT, payload: fragmentOf(FILE) }, BACKGROUND],
    ['a fragment too short to tell', { type: FRAGMENT, payload: new Uint8Array(12) }, NORMAL],
  ])('is that of %s', (_what, differs, priority) => {
    const sent = relayOn({ wire: [0, 1] })
      .step(heard(0, differs), 0)
      .find(isTransmit)!;
    expect(sent.priority).toBe(priority);
  });
});

describe('a relay that thins broadcasts out', () => {
  it.each([
    [2, 1, {}],
    [4, 3, {}],
    [9, 4, {}],
    [17, 5, {}],
    [9, 8, { type: ANNOUNCE }],
    [9, 8, { type: FRAGMENT }],
    [9, 8, { recipient: id(2) }],
  ])('among %i links uses %i', (degree, used, differs) => {
    const links = Array.from({ length: degree }, (_, link) => link);
    const relay = relayOn({ air: links }, { thinned: true });
    relay.step(heard(0, differs), 0);
    expect(relay.step(TICK, 1000)).toHaveLength(used);
  });
});

describe('a node that speaks itself', () => {
  it('sends over every link at once and does not repeat what comes back', () => {
    const relay = relayOn({ wire: [0], air: [1] });
    const own = packet({ sender: ME });
    expect(names(relay.step({ kind: 'send', link: -1, bytes: own }, 0))).toEqual([
      'transmit 0 ttl 7',
      'transmit 1 ttl 7',
    ]);
    expect(names(relay.step({ kind: 'heard', link: 0, bytes: withTtl(own, 6) }, 1))).toEqual([
      'drop own-echo',
    ]);
  });

  it('says link-scoped things on the named link alone, if it is up', () => {
    const relay = relayOn({ wire: [0, 1] });
    const hello = packet({ type: HELLO, ttl: 0, sender: ME });
    expect(names(relay.step({ kind: 'send', link: 1, bytes: hello }, 0))).toEqual([
      'transmit 1 ttl 0',
    ]);
    expect(names(relay.step({ kind: 'send', link: 5, bytes: hello }, 0))).toEqual([]);
    expect(() => relay.step({ kind: 'send', link: -1, bytes: hello }, 0)).toThrow('names its link');
  });

  it('speaks for another as well, whose packet it then knows again', () => {
    const relay = relayOn({ wire: [0, 1] });
    relay.step({ kind: 'send', link: -1, bytes: packet() }, 0);
    expect(names(relay.step(heard(0), 1))).toEqual(['drop duplicate']);
  });

  it('sends along a route it has given the packet', () => {
    const relay = relayOn({ wire: [0, 1, 2] });
    relay.step({ kind: 'neighbour', link: 2, id: id(3) }, 0);
    const own = packet({ version: 2, sender: ME, recipient: id(4), route: [id(3)] });
    expect(names(relay.step({ kind: 'send', link: -1, bytes: own }, 0))).toEqual([
      'transmit 2 ttl 7',
    ]);
  });
});

describe('a link that comes back', () => {
  it('is a new neighbour, who has heard nothing', () => {
    const relay = relayOn({ wire: [0, 1, 2] });
    relay.step(heard(0, { ttl: 1 }), 0);
    relay.step(heard(1, { ttl: 1 }), 0);
    relay.step({ kind: 'linkDown', link: 1 }, 1);
    relay.step({ kind: 'linkUp', link: 1, air: false }, 2);
    expect(names(relay.step(heard(0), 3))).toEqual(['transmit 1 ttl 5', 'transmit 2 ttl 5']);
  });
});

describe('a link number that is used again', () => {
  it('is of the air or a wire as the new link is', () => {
    const relay = relayOn({ wire: [0], air: [1] });
    relay.step({ kind: 'linkDown', link: 1 }, 0);
    relay.step({ kind: 'linkUp', link: 1, air: false }, 0);
    expect(names(relay.step(heard(0), 0))).toEqual(['deliver ttl 7', 'transmit 1 ttl 6']);
  });
});

type Rig = Partial<RelayConfig> & {
  draws?: number;
  random?: (below: number) => number;
  admit?: Admission['admit'];
};

/** A relay with these links up. It draws `draws` of every chance, or the most there is. */
function relayOn(links: { air?: number[]; wire?: number[] }, rig: Rig = {}): Relay {
  const { draws = 0, random, admit = () => null, ...config } = rig;
  const relay = new Relay(
    { ...RELAY_DEFAULTS, id: ME, ...config },
    random ?? ((below) => Math.min(draws, below - 1)),
    plainHash,
    { admit },
  );
  for (const link of links.wire ?? []) relay.step({ kind: 'linkUp', link, air: false }, 0);
  for (const link of links.air ?? []) relay.step({ kind: 'linkUp', link, air: true }, 0);
  return relay;
}

/** The header of WIRE §7: the thirteenth byte is the type of what is carried. */
function fragmentOf(type: number): Uint8Array {
  return Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 2, type, 9, 9);
}

function refuseSignature(byte: number): Admission['admit'] {
  return (view: PacketView) =>
    view.signatureAt >= 0 && view.bytes[view.signatureAt] === byte ? 'bad-signature' : null;
}
