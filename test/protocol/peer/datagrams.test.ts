/**
 * Lines over UDP (WIRE §24): what is said over them arrives once, whole and in order, whatever the
 * network does to datagrams; and strangers, who may send whatever they like from any address, change
 * nothing and are sent nothing to speak of.
 */
import { describe, expect, it } from 'vitest';
import { INTERVAL_MS } from '../../../protocol/core/heartbeat.ts';
import { COOKIE_SECRET_MS } from '../../../protocol/peer/datagram-door.ts';
import {
  ANSWER,
  COOKIE,
  COOKIE_REPLY_SIZE,
  DATA,
  DATAGRAM_MAX,
  datagramOf,
  indexOf,
  OPENING,
  OPENING_SIZE,
  PROOF,
} from '../../../protocol/peer/datagrams.ts';
import { HANDSHAKE_MAX_MS } from '../../../protocol/peer/peer-line.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { runs, SEED, xorshift } from '../../seed.ts';
import { person } from '../trust/people.ts';
import { BAD_AIR, DatagramNet, GOOD_AIR, packetOf } from './datagram-net.ts';
import type { Datagram, DatagramEnd } from './datagram-net.ts';

const [alice, bob] = [person(1), person(2)];
const [A, B] = ['192.0.2.1:1', '192.0.2.2:2'];
const STRANGER = '198.51.100.7:7';

describe('two peers over datagrams', () => {
  it('know each other by proof, and pass packets both ways', () => {
    const { net, a, b } = connected();
    a.say(packetOf(1));
    b.say(packetOf(2));
    net.run(50);
    expect(b.heard).toEqual([packetOf(1)]);
    expect(a.heard).toEqual([packetOf(2)]);
    const [view] = a.trunks.snapshot();
    expect(view).toMatchObject({ id: bob.id, state: 'up', address: `udp://${B}` });
  });

  it('pack what waits into few datagrams, none longer than every network takes', () => {
    const { net, a, b } = connected();
    const before = net.seen.length;
    const packets = Array.from({ length: 100 }, (_, at) => packetOf(at));
    const large = packetOf(7, 60_000);
    a.say(...packets, large);
    net.run(5000);
    expect(b.heard.map(toHex)).toEqual([...packets, large].map(toHex));
    const sizes = net.seen.slice(before).map(({ bytes }) => bytes.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(DATAGRAM_MAX);
    // 67 kB need 62 of them; half as many tell what arrived.
    expect(sizes.length).toBeLessThan(110);
  });

  it.each(Array.from({ length: runs(4, 400) }, (_, at) => SEED + at))(
    'hear everything once and in order over a network that loses, doubles and reorders: seed %i',
    (seed) => {
      const { net, a, b } = connected(BAD_AIR, seed);
      // A first try at a line may have been given up, at one end after the other took it for up.
      const downs = [[...a.downs], [...b.downs]];
      const random = xorshift(seed);
      const [said, answered] = [0, 1].map((first) =>
        Array.from({ length: 200 }, (_, at) => packetOf(2 * at + first, 20 + random(1500))),
      );
      for (let at = 0; at < said.length; at += 10) {
        a.say(...said.slice(at, at + 10));
        b.say(...answered.slice(at, at + 10));
        net.run(random(100));
      }
      net.run(240_000, () => b.heard.length >= 200 && a.heard.length >= 200);
      expect(b.heard.map(toHex), `seed ${seed}`).toEqual(said.map(toHex));
      expect(a.heard.map(toHex), `seed ${seed}`).toEqual(answered.map(toHex));
      expect([a.downs, b.downs]).toEqual(downs);
    },
  );

  it('come together although any message of the handshake is lost', () => {
    for (const type of [OPENING, COOKIE, ANSWER, PROOF, DATA]) {
      const net = new DatagramNet(SEED);
      const [a, b] = [net.add(A, alice), net.add(B, bob)];
      let isLost = false;
      net.lets = ({ bytes }) => isLost || bytes[0] !== type || !(isLost = true);
      a.calls(B, bob);
      net.run(5000);
      expect([a.up.size, b.up.size], `type ${type}`).toEqual([1, 1]);
    }
  });

  it('need no second sending where nothing is lost, however much is said', () => {
    const { net, a, b } = connected({ ...GOOD_AIR, fastestMs: 20, slowestMs: 20 });
    const packets = Array.from({ length: 3000 }, (_, at) => packetOf(at, 900));
    a.say(...packets);
    net.run(60_000, () => b.heard.length === packets.length);
    expect(b.heard.length).toBe(3000);
    expect(b.drops).toEqual({});
    // Slow at first, then 512 a round trip: 2,500 pieces in some ten of them.
    expect(net.now).toBeLessThan(1500);
  });

  it('are not taken for slow where their limits are wide', () => {
    const wide = { bytesPerSecond: 1e8, burstBytes: 1e8 };
    const way = { line: wide, all: wide };
    const { net, a, b } = apart({ limits: { inbound: way, outbound: way } });
    b.calls(A, alice);
    net.run(1000);
    for (let second = 0; second < 5; second++) {
      b.say(...Array.from({ length: 50 }, (_, at) => packetOf(at, 1000)));
      net.run(1000);
    }
    expect(a.heard.length).toBe(250);
    expect(b.drops).toEqual({});
  });

  it('take half of a way, not all of it, when it loses what is too much', () => {
    const { net, a, b } = connected();
    const [rate, room] = [100_000, 20_000];
    let [level, at] = [0, 0];
    // A way of 100 kB a second, with room for 20 kB.
    net.lets = ({ to, bytes }) => {
      if (to !== B) return true;
      level = Math.max(0, level - ((net.now - at) * rate) / 1000);
      at = net.now;
      if (level + bytes.length > room) return false;
      level += bytes.length;
      return true;
    };
    const packets = Array.from({ length: 2000 }, (_, number) => packetOf(number, 1000));
    a.say(...packets);
    const [from, began] = [net.seen.length, net.now];
    net.run(120_000, () => b.heard.length === packets.length);
    expect(b.heard.length).toBe(2000);
    // 20 s at the full rate of the way.
    expect(net.now - began).toBeLessThan(60_000);
    const sent = net.seen.slice(from).filter(({ to }) => to === B).length;
    expect(sent).toBeLessThan(1.35 * 2000);
  });

  it('notice that the other is gone by its silence, and come together again', () => {
    const { net, a, b } = connected();
    net.lets = () => false;
    net.run(4 * INTERVAL_MS);
    expect([a.up.size, b.up.size]).toEqual([0, 0]);
    expect(a.downs).toEqual(['it stopped answering']);
    net.lets = () => true;
    net.run(120_000, () => a.up.size === 1 && b.up.size === 1);
    a.say(packetOf(5));
    net.run(100);
    expect(b.heard).toEqual([packetOf(5)]);
  });

  it('come together at once when one has begun anew, though the other does not know that it was gone', () => {
    const { net, a, b } = connected();
    net.add(A, alice).calls(B, bob);
    const before = net.now;
    net.run(1000, () => b.downs.length > 0);
    expect(b.downs).toEqual(['another line']);
    expect(net.now - before).toBeLessThan(200);
    expect([a.up.size, b.up.size]).toEqual([1, 1]);
  });

  it('learn at once when the other hangs up', () => {
    const { net, a, b } = connected();
    b.feed({ kind: 'leave' });
    net.run(11);
    expect(a.up.size).toBe(0);
    expect(a.downs).toEqual(['hung-up']);
  });

  it('keep their line when the address of one is another', () => {
    const { net, a, b } = connected();
    net.move(a, '203.0.113.9:999');
    b.say(packetOf(1));
    net.run(100);
    expect(a.heard).toEqual([]);
    a.say(packetOf(2));
    net.run(2000);
    expect(b.heard).toEqual([packetOf(2)]);
    expect(a.heard).toEqual([packetOf(1)]);
    expect([a.downs, b.downs]).toEqual([[], []]);
    expect(b.trunks.snapshot()[0].address).toBe('udp://203.0.113.9:999');
  });

  it('stay where the newest came from, whatever comes late from where one was', () => {
    const { net, a, b } = connected();
    const late: Datagram[] = [];
    net.lets = (datagram) => datagram.to !== B || late.push(datagram) < 0;
    a.say(packetOf(1));
    net.lets = () => true;
    net.move(a, '203.0.113.9:999');
    a.say(packetOf(2));
    net.run(100);
    b.take(A, late[0].bytes);
    expect(b.heard).toEqual([packetOf(1), packetOf(2)]);
    expect(b.trunks.snapshot()[0].address).toBe('udp://203.0.113.9:999');
  });

  it('beat, so that routers between them keep their way', () => {
    const { net, a } = connected();
    net.run(35_000);
    expect(
      net.seen.filter(({ from, bytes }) => from === A && bytes[0] === DATA).length,
    ).toBeGreaterThan(3);
    expect(a.trunks.snapshot()[0].roundTripMs).toBeGreaterThanOrEqual(20);
  });
});

describe('who opens a line', () => {
  it('is told nobody answers where nobody is', () => {
    const net = new DatagramNet(SEED);
    const a = net.add(A, alice);
    a.calls(B, bob);
    net.run(HANDSHAKE_MAX_MS + 1);
    expect(a.drops).toEqual({ unanswered: 1 });
    expect(a.trunks.snapshot()[0].why).toContain('UDP does not get through');
    // At 0, 0.5, 1.5, 3.5 and 7.5 s.
    expect(net.seen.length).toBe(5);
  });

  it('is told that it is not let in', () => {
    const { net, a, b } = apart({ admit: () => false });
    a.calls(B, bob);
    net.run(400);
    expect([a.up.size, b.up.size]).toEqual([0, 0]);
    expect(b.drops).toMatchObject({ 'not-allowed': 1 });
    expect(a.drops).toMatchObject({ 'not-let-in': 1 });
    expect(a.trunks.snapshot()[0].why).toContain('not on its list');
  });

  it('does not stay with another than it looked for', () => {
    const { net, a, b } = apart();
    a.calls(B, person(3));
    net.run(400);
    expect(a.drops).toMatchObject({ 'wrong-node': 1 });
    expect(b.up.size).toBe(0);
  });

  it('costs nothing before it has shown that it is where it says: no line, and less than it sent', () => {
    const { net, b } = apart();
    for (let count = 0; count < 1000; count++) {
      const opening = xorshifted(OPENING_SIZE, count);
      opening[0] = OPENING;
      b.take(`198.51.100.${count % 256}:${1 + count}`, opening);
    }
    expect(b.lineCount).toBe(0);
    expect(net.seen.length).toBe(1000);
    expect(COOKIE_REPLY_SIZE).toBeLessThan(OPENING_SIZE);
    expect(net.seen.every(({ bytes }) => bytes.length === COOKIE_REPLY_SIZE)).toBe(true);
  });

  it('is let in with a cookie of its own address alone, for two to four minutes', () => {
    const { net, a, b } = connected();
    const opening = net.seen.filter(({ bytes }) => bytes[0] === OPENING)[1];
    a.feed({ kind: 'routes', routes: [] });
    net.run(1000);
    expect(b.lineCount).toBe(0);
    const replay = (from: string): number => {
      b.take(from, opening.bytes);
      const lines = b.lineCount;
      net.run(HANDSHAKE_MAX_MS + 1);
      return lines;
    };
    expect(replay(STRANGER)).toBe(0);
    expect(replay(A)).toBe(1);
    net.run(COOKIE_SECRET_MS);
    expect(replay(A)).toBe(1);
    net.run(COOKIE_SECRET_MS);
    expect(replay(A)).toBe(0);
  });

  it('gets one line, and one answer each, for the same opening said many times', () => {
    const { net, a, b } = apart();
    a.calls(B, bob);
    net.lets = ({ bytes }) => bytes[0] !== ANSWER;
    net.run(50);
    const opening = net.seen.filter(({ bytes }) => bytes[0] === OPENING)[1];
    for (let count = 0; count < 10; count++) b.take(A, opening.bytes);
    expect(b.lineCount).toBe(1);
    expect(net.seen.filter(({ bytes }) => bytes[0] === ANSWER).length).toBe(11);
  });
});

it('a peer who says his messages under other types gets nowhere, and brings nobody down', () => {
  const { net, a, b } = apart();
  net.lets = (datagram) => {
    const { from, to, bytes } = datagram;
    if (from !== A || bytes[0] !== PROOF) return true;
    // His proof, where an answer would stand: it would open.
    b.take(from, datagramOf(ANSWER, [indexOf(bytes), 0], bytes.subarray(5)));
    b.take(to, Uint8Array.of(COOKIE, ...bytes.subarray(1, 21)));
    return true;
  };
  a.calls(B, bob);
  net.run(1000);
  expect(b.drops).toEqual({ 'out-of-turn': 2 });
  expect([a.up.size, b.up.size]).toEqual([1, 1]);
});

describe('a stranger on the way', () => {
  it('gets nowhere by sending again what was sent', () => {
    const { net, a, b } = connected();
    a.say(packetOf(1), packetOf(2));
    b.say(packetOf(3));
    net.run(100);
    const seen = [...net.seen];
    const up = [...b.up];
    for (const { from, to, bytes } of seen) end(to, { a, b }).take(from, bytes);
    for (const { to, bytes } of seen) end(to, { a, b }).take(STRANGER, bytes);
    net.run(HANDSHAKE_MAX_MS + 1);
    expect([a.heard, b.heard]).toEqual([[packetOf(3)], [packetOf(1), packetOf(2)]]);
    expect(b.drops['replayed']).toBeGreaterThan(2);
    expect([...b.up]).toEqual(up);
    expect(b.trunks.snapshot()[0].address).toBe(`udp://${A}`);
  });

  it('gets nowhere by changing a bit, or by cutting', () => {
    const { net, a, b } = connected();
    const kept: Datagram[] = [];
    net.lets = (datagram) => datagram.to !== B || kept.push(datagram) < 0;
    a.say(packetOf(1));
    net.run(10);
    const { bytes } = kept[0];
    for (let bit = 8 * 5; bit < bytes.length * 8; bit++) {
      const forged = new Uint8Array(bytes);
      forged[bit >> 3] ^= 1 << (bit & 7);
      b.take(STRANGER, forged);
    }
    for (let size = 0; size < bytes.length; size++) b.take(STRANGER, bytes.subarray(0, size));
    expect(b.heard).toEqual([]);
    expect(Object.keys(b.drops).sort()).toEqual(['bad-size', 'bad-tag', 'replayed', 'too-far']);
    const dropped = Object.values(b.drops).reduce((sum, count) => sum + count, 0);
    expect(dropped).toBe(bytes.length * 8 - 8 * 5 + bytes.length);
    expect(b.trunks.snapshot()[0].address).toBe(`udp://${A}`);
    b.take(A, bytes);
    expect(b.heard).toEqual([packetOf(1)]);
  });

  it('does not end a handshake by what it says into it', () => {
    const { net, a, b } = apart();
    const forge = ({ from, to, bytes }: Datagram): void => {
      const forged = new Uint8Array(bytes);
      forged[bytes.length - 1] ^= 1;
      end(to, { a, b }).take(from, forged);
      end(to, { a, b }).take(from, bytes.subarray(0, bytes.length - 1));
      for (const type of [COOKIE, ANSWER, PROOF, DATA]) {
        const other = new Uint8Array(bytes);
        other[0] = type;
        if (type !== bytes[0]) end(to, { a, b }).take(from, other);
      }
    };
    net.lets = (datagram) => {
      // A forged message 1 is a line of its own, and a forged cookie is asked for again.
      if (datagram.bytes[0] === ANSWER || datagram.bytes[0] === PROOF) forge(datagram);
      return true;
    };
    a.calls(B, bob);
    net.run(5000);
    expect([a.up.size, b.up.size]).toEqual([1, 1]);
    expect(a.drops['bad-tag']).toBeGreaterThan(0);
    expect(b.drops['bad-tag']).toBeGreaterThan(0);
    expect(b.drops['out-of-turn']).toBeGreaterThan(0);
  });

  it.each([
    ['nothing', [], 'bad-size'],
    ['no type that there is', [9, 0, 0, 0, 0], 'bad-type'],
    ['too much', new Uint8Array(DATAGRAM_MAX + 1).fill(DATA), 'bad-size'],
    ['half an opening', [OPENING, 0, 0, 0, 1], 'bad-size'],
    ['something for no line', [DATA, 0, 0, 0, 77, 1, 2, 3], 'no-line'],
  ])('who says %s is dropped', (_, bytes, reason) => {
    const { b } = connected();
    b.take(STRANGER, Uint8Array.from(bytes));
    expect(b.drops).toEqual({ [reason]: 1 });
  });

  it('who floods a line makes its share no larger, and the line goes on after', () => {
    const share = { bytesPerSecond: 10_000, burstBytes: 20_000 };
    const { net, a, b } = apart({
      limits: { inbound: { line: share, all: share }, outbound: { line: share, all: share } },
    });
    a.calls(B, bob);
    net.run(1000);
    a.say(...Array.from({ length: 60 }, (_, at) => packetOf(at, 1000)));
    net.run(1000);
    expect(b.drops['over-share']).toBeGreaterThan(0);
    expect(b.heard.length).toBeLessThan(40);
    net.run(60_000, () => b.heard.length === 60);
    expect(b.heard.length).toBe(60);
  });
});

function apart(extra: Parameters<DatagramNet['add']>[2] = {}, air = GOOD_AIR, seed = SEED) {
  const net = new DatagramNet(seed, air);
  return { net, a: net.add(A, alice), b: net.add(B, bob, extra) };
}

/** Two peers with a line. */
function connected(air = GOOD_AIR, seed = SEED): ReturnType<typeof apart> {
  const made = apart({}, air, seed);
  made.a.calls(B, bob);
  made.net.run(60_000, () => made.a.up.size === 1 && made.b.up.size === 1);
  made.net.run(200);
  expect(made.a.up.size, `seed ${seed}`).toBe(1);
  return made;
}

function end(address: string, { a, b }: { a: DatagramEnd; b: DatagramEnd }): DatagramEnd {
  return address === a.address ? a : b;
}

function xorshifted(size: number, seed: number): Uint8Array {
  const random = xorshift(seed + 1);
  return Uint8Array.from({ length: size }, () => random(256));
}
