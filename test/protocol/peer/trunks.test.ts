/**
 * Lines between peers over the internet (WIRE §24): two or more ends on a wire made of arrays, which
 * can be cut, and strangers who say whatever they like.
 */
import { describe, expect, it } from 'vitest';
import { INTERVAL_MS } from '../../../protocol/core/heartbeat.ts';
import { LEAF } from '../../../protocol/core/hello.ts';
import { MESSAGE, plainPacket, encodePacket } from '../../../protocol/core/packet.ts';
import { NORMAL } from '../../../protocol/core/queue.ts';
import { OUR_VERSION } from '../../../protocol/core/version.ts';
import { HANDSHAKE_MAX_MS } from '../../../protocol/peer/peer-line.ts';
import { lineHello } from '../../../protocol/peer/line-hello.ts';
import { MESSAGE_MAX, RECORD_LINK_DEFAULTS } from '../../../protocol/peer/record-link.ts';
import { framed } from '../../../protocol/peer/records.ts';
import {
  DIAL_MAX_MS,
  REDIAL_MAX_MS,
  Trunks,
  TRUNKS_DEFAULTS,
} from '../../../protocol/peer/trunks.ts';
import type {
  TrunkLimits,
  TrunksConfig,
  TrunksInput,
  TrunksOutput,
} from '../../../protocol/peer/trunks.ts';
import type { Identity } from '../../../protocol/trust/identity.ts';
import { Pins } from '../../../protocol/trust/pins.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { SEED, xorshift } from '../../seed.ts';
import { person, secretsFrom } from '../trust/people.ts';
import { crypto } from '../trust/ports.ts';
import { filled } from '../wire/given.ts';

const [alice, bob, carol] = [person(1), person(2), person(3)];
const [smaller, larger] = [alice, bob].sort((a, b) => (toHex(a.id) < toHex(b.id) ? -1 : 1));

describe('what people are shown of lines', () => {
  it('is who is there, or why nobody is', () => {
    const net = new Net();
    const a = net.add('a', alice, { allowed: [bob] });
    const b = net.add('b', bob);
    const c = net.add('c', carol);
    b.feed({
      kind: 'routes',
      routes: [
        { address: 'a', id: alice.id },
        { address: 'c', id: alice.id },
        { address: 'nowhere', id: null },
      ],
    });
    c.calls('a', alice);
    net.run(1000);
    expect(b.machine.snapshot()).toMatchObject([
      { id: alice.id, address: 'a', state: 'up', isDialled: true, why: null },
      { id: alice.id, state: 'down', why: expect.stringContaining('another node') },
      { id: null, address: 'nowhere', state: 'down', why: 'nobody there', upAt: null },
    ]);
    expect(a.machine.snapshot()).toMatchObject([{ id: bob.id, state: 'up', isDialled: false }]);
    const [refused] = c.machine.snapshot();
    expect(refused).toMatchObject({ state: 'down', why: expect.stringContaining('on its list') });
    net.run(INTERVAL_MS + 100);
    expect(a.machine.snapshot()[0].roundTripMs).toBeGreaterThanOrEqual(0);
  });
});

describe('a line that breaks as soon as it is up', () => {
  it.each([
    ['after a word: it broke', true, 'it broke'],
    ['before any: it is not wanted', false, 'on its list'],
  ])('%s', (_, isLetIn, why) => {
    const net = new Net();
    const [a, b] = [net.add('a', alice), net.add('b', bob)];
    a.calls('b', bob);
    net.run(1000);
    if (isLetIn) b.say(message(1));
    net.run(100);
    net.cut();
    expect(a.machine.snapshot()).toMatchObject([
      { state: 'down', why: expect.stringContaining(why) },
    ]);
  });
});

describe('two ends', () => {
  it('know each other by proof, and pass packets both ways', () => {
    const net = new Net();
    const [a, b] = [net.add('a', alice), net.add('b', bob)];
    a.calls('b', bob);
    net.run(1000);
    expect(a.up()).toEqual([toHex(bob.id)]);
    expect(b.up()).toEqual([toHex(alice.id)]);
    a.say(message(1));
    b.say(message(2));
    net.run(100);
    expect(b.heard).toEqual([message(1)]);
    expect(a.heard).toEqual([message(2)]);
  });

  it('keep ten thousand packets in order and whole', () => {
    const net = new Net();
    const [a, b] = [net.add('a', alice), net.add('b', bob)];
    a.calls('b', null);
    net.run(1000);
    const packets = Array.from({ length: 10_000 }, (_, at) => message(at));
    for (let at = 0; at < packets.length; at += 500) {
      for (const packet of packets.slice(at, at + 500)) a.say(packet);
      net.run(50);
    }
    expect(b.heard.map(toHex)).toEqual(packets.map(toHex));
    expect(a.drops).toEqual({});
  });

  it('keep one line when each dials the other: that of the smaller id', () => {
    const net = new Net();
    const [a, b] = [net.add('a', smaller), net.add('b', larger)];
    a.calls('b', larger);
    b.calls('a', smaller);
    net.run(300_000);
    expect(net.lines()).toEqual(['a>b']);
    expect([a.up().length, b.up().length]).toEqual([1, 1]);
    // And no line is made and given up over and over.
    expect(net.dials).toBeLessThan(20);
  });

  it('find each other again whenever the line breaks', () => {
    const net = new Net();
    const [a, b] = [net.add('a', alice), net.add('b', bob)];
    a.calls('b', bob);
    for (let cut = 0; cut < 20; cut++) {
      net.run(45_000);
      expect([a.up().length, b.up().length]).toEqual([1, 1]);
      net.cut();
      expect(a.up()).toEqual([]);
    }
    // A line that had been steady is dialled again within two seconds.
    net.run(45_000);
    net.cut();
    net.run(2000);
    expect(a.up()).toHaveLength(1);
  });

  it('notice a line that died without a word within thirty seconds', () => {
    const net = new Net();
    const [a, b] = [net.add('a', alice), net.add('b', bob)];
    a.calls('b', bob);
    net.run(5000);
    net.isSwallowing = true;
    net.run(31_000);
    expect([a.up(), b.up()]).toEqual([[], []]);
    expect(a.drops['silent']).toBe(1);
  });

  it('tell the other what changed about them', () => {
    const net = new Net();
    const [a, b] = [net.add('a', alice), net.add('b', bob)];
    a.calls('b', bob);
    net.run(1000);
    a.feed({ kind: 'hello', hello: { ...HELLO, name: new TextEncoder().encode('hill') } });
    net.run(100);
    const said = b.ups.map(({ hello }) => new TextDecoder().decode(hello.name));
    expect(said).toEqual(['somebody', 'hill']);
  });

  it('do not send what the other says it does not take', () => {
    const net = new Net();
    const [a, b] = [net.add('a', alice), net.add('b', bob, { frameMax: 600 })];
    a.calls('b', bob);
    net.run(1000);
    a.say(filled(601, 2));
    a.say(filled(600, 2));
    net.run(100);
    expect(b.heard).toEqual([filled(600, 2)]);
    expect(a.drops).toEqual({ 'over-limit': 1 });
  });
});

describe('a peer that is not there', () => {
  it('is dialled for ever, ever more rarely, up to once a minute or two', () => {
    const net = new Net();
    net.add('a', alice).calls('nowhere', bob);
    net.run(3_600_000);
    expect(net.dials).toBeGreaterThanOrEqual(3_600_000 / (2 * REDIAL_MAX_MS));
    expect(net.dials).toBeLessThanOrEqual(10 + 3_600_000 / REDIAL_MAX_MS);
  });

  it('is given up by the dial when the adapter never answers', () => {
    const net = new Net();
    const a = net.add('a', alice);
    net.isDeaf = true;
    a.calls('b', bob);
    net.run(DIAL_MAX_MS + 10);
    expect(a.hungUp).toEqual([1]);
    expect(a.machine.snapshot()).toMatchObject([{ why: 'nobody answers there' }]);
  });

  it('is not dialled once it is no longer wanted, and its line ends', () => {
    const net = new Net();
    const [a] = [net.add('a', alice), net.add('b', bob)];
    a.calls('b', bob);
    net.run(1000);
    a.feed({ kind: 'routes', routes: [] });
    net.run(120_000);
    expect(net.dials).toBe(1);
    expect(a.up()).toEqual([]);
  });
});

describe('whoever else opens a line', () => {
  it.each([
    { what: 'is somebody else than was dialled', who: carol, reason: 'wrong-node' },
    { what: 'is this end itself', who: alice, reason: 'wrong-node' },
  ])('is let go when it $what', ({ who, reason }) => {
    const net = new Net();
    const a = net.add('a', alice);
    net.add('b', who);
    a.calls('b', bob);
    net.run(1000);
    expect(a.up()).toEqual([]);
    expect(a.drops[reason]).toBeGreaterThan(0);
  });

  it('is let go when it is not on the list', () => {
    const net = new Net();
    const a = net.add('a', alice, { allowed: [bob] });
    const c = net.add('c', carol);
    c.calls('a', alice);
    net.run(1000);
    expect(a.up()).toEqual([]);
    expect(a.drops).toMatchObject({ 'not-allowed': expect.any(Number) });
  });

  it('takes no room among those whose keys are known unless it is let in', () => {
    const net = new Net();
    const a = net.add('a', alice, { allowed: [bob] });
    net.add('c', carol).calls('a', alice);
    net.add('b', bob).calls('a', alice);
    net.run(1000);
    expect(a.pins.all().map(({ id, proven }) => [toHex(id), proven])).toEqual([
      [toHex(bob.id), true],
    ]);
  });

  it('is let in by a token that it was given, said once it knows who is there', () => {
    const net = new Net();
    const secret = filled(16, 9);
    const a = net.add('a', alice, { allowed: [bob], token: secret });
    const [c, d] = [net.add('c', carol), net.add('d', person(4))];
    c.feed({ kind: 'routes', routes: [{ address: 'a', id: alice.id, token: secret }] });
    d.feed({ kind: 'routes', routes: [{ address: 'a', id: alice.id, token: filled(16, 8) }] });
    net.run(1000);
    expect(a.up()).toEqual([toHex(carol.id)]);
    expect(a.ups[0].hello.token).toEqual(secret);
    // What was said before only they have heard who proved to be the one that was meant.
    const b = net.add('b', bob, { token: secret });
    c.feed({ kind: 'routes', routes: [{ address: 'b', id: alice.id, token: secret }] });
    net.run(1000);
    expect(b.tokens.map(toHex)).not.toContain(toHex(secret));
  });

  it('is let go when it is taken off the list, or blocked', () => {
    const net = new Net();
    const allowed = [bob, carol];
    const a = net.add('a', alice, { allowed });
    net.add('b', bob).calls('a', alice);
    net.add('c', carol).calls('a', alice);
    net.run(1000);
    expect(a.up()).toHaveLength(2);
    allowed.pop();
    a.feed({ kind: 'routes', routes: [] });
    expect(a.up()).toEqual([toHex(bob.id)]);
    a.pins.deny(bob.id);
    a.feed({ kind: 'routes', routes: [] });
    expect(a.up()).toEqual([]);
  });

  it.each([
    { what: 'says nothing', says: [], after: HANDSHAKE_MAX_MS, reason: 'too-slow' },
    { what: 'never ends', says: [framed(filled(31, 1))], after: 0, reason: 'too-short' },
    {
      what: 'announces more than a handshake needs',
      says: [framed(filled(MESSAGE_MAX + 1, 1))],
      after: 0,
      reason: 'too-long',
    },
    {
      what: 'has a key of low order',
      says: [framed(filled(32, 0))],
      after: 0,
      reason: 'low-order',
    },
  ])('is let go when it $what', ({ says, after, reason }) => {
    const net = new Net();
    const a = net.add('a', alice);
    a.feed({ kind: 'opened', line: 2, address: 'stranger:1' });
    for (const bytes of says) a.feed({ kind: 'received', line: 2, bytes });
    net.run(after + 1);
    expect(a.drops).toEqual({ [reason]: 1 });
    expect(a.hungUp).toEqual([2]);
  });

  it('cannot take the place of others by opening many: S19', () => {
    const net = new Net();
    const [a, b] = [net.add('a', alice), net.add('b', bob)];
    const next = xorshift(SEED);
    for (let line = 2; line <= 20_000; line += 2) {
      a.feed({ kind: 'opened', line, address: `host${next(1000)}:1` });
      net.flush();
    }
    expect(a.shaking()).toBeLessThanOrEqual(TRUNKS_DEFAULTS.shakingMax);
    b.calls('a', alice);
    net.run(1000);
    expect(b.up()).toEqual([toHex(alice.id)]);
  });

  it('has no more than eight lines of one host that prove nothing', () => {
    const net = new Net();
    const a = net.add('a', alice);
    for (let line = 2; line <= 20; line += 2) a.feed({ kind: 'opened', line, address: 'one:1' });
    expect(a.hungUp).toEqual([18, 20]);
    expect(a.drops).toEqual({ 'too-many-shaking': 2 });
  });

  it('cannot have more than half of all lines', () => {
    const net = new Net();
    const a = net.add('a', alice, { linesMax: 4 });
    const callers = [2, 3, 4].map((number) => net.add(`c${number}`, person(number + 10)));
    for (const caller of callers) caller.calls('a', alice);
    net.run(400);
    expect(a.up()).toHaveLength(2);
    expect(a.drops['too-many-lines']).toBeGreaterThan(0);
  });
});

const { frameMax } = RECORD_LINK_DEFAULTS;
const HELLO = lineHello({ version: OUR_VERSION, role: LEAF, features: 0, frameMax }, 'somebody');

const MUCH = { bytesPerSecond: 1e9, burstBytes: 1e9 };
const UNLIMITED: TrunkLimits = {
  inbound: { line: MUCH, all: MUCH },
  outbound: { line: MUCH, all: MUCH },
};

describe('a line that brings more than its share', () => {
  const inbound = {
    line: { bytesPerSecond: 1000, burstBytes: 4000 },
    all: { bytesPerSecond: 2500, burstBytes: 20_000 },
  };
  const limits = { ...UNLIMITED, inbound };

  it('is not read until it has paid for it, and others are', () => {
    const net = new Net();
    const [a, b] = [net.add('a', alice, { limits }), net.add('b', bob)];
    const c = net.add('c', carol);
    b.calls('a', alice);
    c.calls('a', alice);
    net.run(10_000);
    for (let count = 0; count < 400; count++) b.say(message(count));
    c.say(message(1));
    net.run(5);
    expect(a.held.length).toBe(1);
    const heldAt = net.now;
    expect(a.heard.length).toBeLessThan(200);
    net.run(60_000);
    expect(a.held).toEqual([]);
    expect(a.letGoAt - heldAt).toBeGreaterThan(1000);
    expect(a.heard).toHaveLength(401);
  });

  it('is heard to its last word when it ends meanwhile', () => {
    const net = new Net();
    const [a, b] = [net.add('a', alice, { limits }), net.add('b', bob)];
    b.calls('a', alice);
    net.run(10_000);
    for (let count = 0; count < 400; count++) b.say(message(count));
    net.run(5);
    expect(a.heard.length).toBeLessThan(400);
    for (const line of [...a.held]) a.feed({ kind: 'closed', line, why: 'gone' });
    expect(a.heard).toHaveLength(400);
  });

  it('pays for all, too, when all of them are too much', () => {
    const net = new Net();
    const tight = { ...inbound, all: { bytesPerSecond: 100, burstBytes: 3000 } };
    const [a, b] = [
      net.add('a', alice, { limits: { ...limits, inbound: tight } }),
      net.add('b', bob),
    ];
    b.calls('a', alice);
    net.run(10_000);
    for (let count = 0; count < 400; count++) b.say(message(count));
    net.run(5);
    expect(a.held.length).toBe(1);
  });
});

describe('lines that share what may leave', () => {
  const outbound = { line: MUCH, all: { bytesPerSecond: 10_000, burstBytes: 2000 } };
  const limits = { ...UNLIMITED, outbound };

  it('have it by turns, and who is told little does not wait for those who are told much', () => {
    const net = new Net();
    const a = net.add('a', alice, { limits });
    const [b, c, d] = [bob, carol, person(4)].map((who, at) => net.add(`${at}`, who));
    for (const end of [b, c, d]) end.calls('a', alice);
    net.run(10_000);
    const [toB, toC, toD] = a.numbers();
    for (let count = 0; count < 2000; count++) {
      a.say(message(count), toB);
      a.say(message(count), toC);
      if (count % 200 === 0) a.say(message(count), toD);
      if (count % 200 === 0) net.run(500);
      // What is told the third is there before the next word.
      if (count % 200 === 0) expect(d.heard).toHaveLength(count / 200 + 1);
    }
    net.run(5000);
    expect(b.heard.length).toBeGreaterThan(200);
    expect(b.heard.length).toBeLessThan(2000);
    expect(Math.abs(b.heard.length - c.heard.length)).toBeLessThan(60);
    expect(a.machine.traffic.waits).toBeGreaterThan(10);
    const [{ sent, waiting }] = a.machine.snapshot();
    expect(sent).toBeGreaterThan(10_000);
    expect(waiting).toBeGreaterThan(0);
  });

  it('are not overtaken by the one that is told something just then', () => {
    const net = new Net();
    const a = net.add('a', alice, { limits });
    const [b, c] = [bob, carol].map((who, at) => net.add(`${at}`, who));
    for (const end of [b, c]) end.calls('a', alice);
    net.run(10_000);
    for (let ms = 0; ms < 3000; ms++) {
      for (const line of a.numbers()) a.say(message(ms), line);
      net.run(1);
    }
    expect(b.heard.length).toBeGreaterThan(100);
    expect(Math.abs(b.heard.length - c.heard.length)).toBeLessThan(60);
  });

  it('may have more from now on, and what waited leaves', () => {
    const net = new Net();
    const [a, b] = [net.add('a', alice, { limits }), net.add('b', bob)];
    b.calls('a', alice);
    net.run(10_000);
    for (let count = 0; count < 2000; count++) a.say(message(count));
    net.run(1000);
    expect(b.heard.length).toBeLessThan(400);
    a.feed({ kind: 'limits', limits: UNLIMITED });
    net.run(10);
    expect(b.heard).toHaveLength(2000);
  });

  it('are read by turns, too, where all of them bring more than they may', () => {
    const net = new Net();
    const inbound = { line: MUCH, all: { bytesPerSecond: 10_000, burstBytes: 2000 } };
    const a = net.add('a', alice, { limits: { ...UNLIMITED, inbound } });
    const [b, c] = [net.add('b', bob), net.add('c', carol)];
    for (const end of [b, c]) end.calls('a', alice);
    net.run(10_000);
    for (let count = 0; count < 1000; count++) for (const end of [b, c]) end.say(message(count));
    net.run(5000);
    const [one, other] = a.machine.snapshot().map(({ received }) => received);
    expect(one).toBe(other);
    const half = a.heard.length / 2;
    const ofEach = new Map<string, number>();
    for (const bytes of a.heard) ofEach.set(toHex(bytes), (ofEach.get(toHex(bytes)) ?? 0) + 1);
    // Both say the same words in the same order: what both have brought was heard twice.
    const twice = [...ofEach.values()].filter((count) => count === 2).length;
    expect(twice).toBeGreaterThan(half * 0.8);
    expect(a.heard.length).toBeLessThan(1900);
  });
});

function message(number: number): Uint8Array {
  const payload = new TextEncoder().encode(`message ${number}`);
  return encodePacket(plainPacket(MESSAGE, 7, number, alice.id, payload));
}

function isOn(list: Identity[] | undefined, id: Uint8Array): boolean {
  return list === undefined || list.some((one) => toHex(one.id) === toHex(id));
}

type Extra = {
  limits?: TrunkLimits;
  allowed?: Identity[];
  token?: Uint8Array;
  linesMax?: number;
  frameMax?: number;
};

/** One end: a machine, what it said to the people above, and its ends of wires. */
class End {
  readonly heard: Uint8Array[] = [];
  readonly ups: (TrunksOutput & { kind: 'up' })[] = [];
  readonly drops: Record<string, number> = {};
  readonly hungUp: number[] = [];
  /** Lines that it would not have read now. */
  readonly held: number[] = [];
  letGoAt = 0;
  /** Those it was asked to judge somebody by. */
  readonly tokens: Uint8Array[] = [];
  readonly machine: Trunks;
  readonly pins = new Pins(crypto);
  private readonly lines = new Map<number, string>();
  private readonly net: Net;
  private openedCount = 0;
  private shakingCount = new Set<number>();

  constructor(net: Net, who: Identity, extra: Extra, seed: number) {
    this.net = net;
    const config: TrunksConfig = {
      ...TRUNKS_DEFAULTS,
      linesMax: extra.linesMax ?? TRUNKS_DEFAULTS.linesMax,
      admit: (id, token) => {
        this.tokens.push(token);
        const isInvited = extra.token !== undefined && toHex(token) === toHex(extra.token);
        return isInvited || isOn(extra.allowed, id);
      },
      ...(extra.limits === undefined ? {} : { limits: extra.limits }),
      link: { ...RECORD_LINK_DEFAULTS, frameMax: extra.frameMax ?? RECORD_LINK_DEFAULTS.frameMax },
    };
    const hello = { ...HELLO, frameMax: config.link.frameMax };
    const random = xorshift(SEED + seed);
    const draw = secretsFrom(seed);
    const ports = { crypto, identity: who, pins: this.pins, random, draw };
    this.machine = new Trunks(ports, config, hello);
  }

  calls(address: string, who: Identity | null): void {
    this.feed({ kind: 'routes', routes: [{ address, id: who?.id ?? null }] });
  }

  up(): string[] {
    return [...this.lines.values()];
  }

  shaking(): number {
    return this.shakingCount.size;
  }

  /** Of the lines that are up, the one that came first first. */
  numbers(): number[] {
    return [...this.lines.keys()];
  }

  /** To everyone, or over one line. */
  say(bytes: Uint8Array, only?: number): void {
    for (const line of this.lines.keys())
      if (only === undefined || only === line)
        this.feed({ kind: 'send', line, bytes, priority: NORMAL });
  }

  nextOpened(): number {
    return 2 * ++this.openedCount + 100_000;
  }

  feed(input: TrunksInput | { kind: 'tick' }): void {
    if (input.kind === 'opened') this.shakingCount.add(input.line);
    for (const output of this.machine.step(input, this.net.now)) this.perform(output);
  }

  private perform(output: TrunksOutput): void {
    switch (output.kind) {
      case 'up':
        this.ups.push(output);
        this.lines.set(output.line, toHex(output.neighbour.id));
        this.shakingCount.delete(output.line);
        break;
      case 'down':
        this.lines.delete(output.line);
        break;
      case 'heard':
        this.heard.push(output.bytes);
        break;
      case 'drop':
        this.drops[output.reason] = (this.drops[output.reason] ?? 0) + 1;
        break;
      case 'hangUp':
        this.hungUp.push(output.line);
        this.shakingCount.delete(output.line);
        this.net.hangUp(this, output.line);
        break;
      case 'dial':
        this.net.dial(this, output.line, output.address);
        break;
      case 'write':
        this.net.write(this, output.line, output.bytes);
        break;
      case 'hold':
        this.held.push(output.line);
        break;
      case 'go':
        this.held.splice(this.held.indexOf(output.line), 1);
        this.letGoAt = this.net.now;
        break;
    }
  }
}

type Wire = { name: string; ends: [End, End]; numbers: [number, number] };

/** Wires between ends, in steps of a millisecond; what is written arrives in the next. */
class Net {
  now = 0;
  dials = 0;
  /** What is written never arrives, and nobody is told. */
  isSwallowing = false;
  /** Dials are never answered. */
  isDeaf = false;
  private readonly ends = new Map<string, End>();
  private wires: Wire[] = [];
  private due: (() => void)[] = [];

  add(name: string, who: Identity, extra: Extra = {}): End {
    const end = new End(this, who, extra, this.ends.size + 1);
    this.ends.set(name, end);
    return end;
  }

  lines(): string[] {
    return this.wires.map(({ name }) => name);
  }

  run(ms: number): void {
    const until = this.now + ms;
    while (this.now < until) {
      this.flush();
      for (const end of this.ends.values()) {
        if (this.now >= end.machine.deadline()) end.feed({ kind: 'tick' });
      }
      // Nothing happens before the next deadline, unless something is on its way.
      const next = Math.min(until, ...[...this.ends.values()].map((end) => end.machine.deadline()));
      this.now = this.due.length > 0 ? this.now + 1 : Math.max(this.now + 1, next);
    }
  }

  dial(from: End, number: number, address: string): void {
    this.dials++;
    if (this.isDeaf) return;
    const to = this.ends.get(address);
    const name = `${[...this.ends].find(([, end]) => end === from)![0]}>${address}`;
    this.due.push(() => {
      if (to === undefined) return from.feed({ kind: 'closed', line: number, why: 'nobody there' });
      const theirs = to.nextOpened();
      this.wires.push({ name, ends: [from, to], numbers: [number, theirs] });
      to.feed({ kind: 'opened', line: theirs, address: `${name}:1` });
      from.feed({ kind: 'opened', line: number, address });
    });
  }

  write(from: End, number: number, bytes: Uint8Array): void {
    const found = this.find(from, number);
    if (found === null) return;
    const { wire, side } = found;
    this.due.push(() => {
      from.feed({ kind: 'sent', line: number });
      if (this.isSwallowing || !this.wires.includes(wire)) return;
      const [line, to] = [wire.numbers[1 - side]!, wire.ends[1 - side]!];
      to.feed({ kind: 'received', line, bytes });
    });
  }

  hangUp(end: End, number: number): void {
    const found = this.find(end, number);
    if (found !== null && !this.isSwallowing) this.end(found.wire);
    else this.due.push(() => end.feed({ kind: 'closed', line: number, why: 'hung up' }));
  }

  /** Every wire breaks at once. */
  cut(): void {
    for (const wire of [...this.wires]) this.end(wire);
    this.flush();
  }

  /** What is on its way arrives. */
  flush(): void {
    const { due } = this;
    this.due = [];
    for (const act of due) act();
  }

  private end(wire: Wire): void {
    this.wires = this.wires.filter((other) => other !== wire);
    this.due.push(() => {
      wire.ends.forEach((end, side) => {
        end.feed({ kind: 'closed', line: wire.numbers[side]!, why: 'it broke' });
      });
    });
  }

  private find(end: End, number: number): { wire: Wire; side: number } | null {
    for (const wire of this.wires) {
      const side = wire.ends.findIndex((at, index) => at === end && wire.numbers[index] === number);
      if (side >= 0) return { wire, side };
    }
    return null;
  }
}
