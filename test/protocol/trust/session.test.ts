/**
 * Sessions with phones and nodes (WIRE §8): how one begins, what it survives, and what it costs. The
 * air between the two is in each test: `deliver` hands on what one end transmits to the other.
 */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ENCRYPTED, HANDSHAKE } from '../../../protocol/core/packet.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import {
  EARLY_MAX,
  EARLY_PER_PEER_MAX,
  EARLY_SIZE_MAX,
  END_TIMEOUT_MS,
  INCOMING_PER_PEER_MAX,
} from '../../../protocol/trust/half-open.ts';
import type { Identity } from '../../../protocol/trust/identity.ts';
import { Pins } from '../../../protocol/trust/pins.ts';
import type { SessionLimits, SessionOutput } from '../../../protocol/trust/session.ts';
import {
  ANSWER_TIMEOUT_MS,
  GRACE_MS,
  HANDSHAKES_PER_MINUTE,
  LIFETIME_MS,
  REKEY_AFTER_MS,
  SESSION_LIMITS,
  Sessions,
} from '../../../protocol/trust/session.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { runs, SEED, xorshift } from '../../seed.ts';
import { filled } from '../wire/given.ts';
import { person, secretsFrom } from './people.ts';
import { crypto } from './ports.ts';

/** `low` has the lower id of the two. */
const [low, high] = [person(1), person(2)].sort((a, b) => (toHex(a.id) < toHex(b.id) ? -1 : 1));
const mallory = person(3);

describe('two ends of a session', () => {
  it('agree in three messages of 32, 96 and 64 bytes, and then talk', () => {
    const [a, b] = [end(low), end(high)];
    a.step({ kind: 'open', peer: high.id });
    const sizes = deliverAll(a, b);
    expect(sizes).toEqual([32, 96, 64]);
    expect(a.heard('established')).toMatchObject([{ peer: high.id, noiseKey: high.noiseKey }]);
    expect(b.heard('established')).toMatchObject([{ peer: low.id, noiseKey: low.noiseKey }]);
    expect(a.heard('established')[0].hash).toEqual(b.heard('established')[0].hash);
    for (let i = 0; i < 3; i++) {
      a.step({ kind: 'seal', peer: high.id, plaintext: filled(5, i) });
      b.step({ kind: 'seal', peer: low.id, plaintext: filled(6, i) });
      deliverAll(a, b);
    }
    expect(b.received()).toEqual([filled(5, 0), filled(5, 1), filled(5, 2)]);
    expect(a.received()).toEqual([filled(6, 0), filled(6, 1), filled(6, 2)]);
  });

  it('are renewed when one end asks, and talk on until then and after', () => {
    const [a, b] = live();
    for (let asked = 0; asked < 2; asked++) a.step({ kind: 'renew', peer: high.id });
    expect(talk(a, low, b, high)).toBe(true);
    expect(deliverAll(a, b).filter((size) => size >= 32)).toEqual([32, 96, 64]);
    expect(b.heard('established')).toHaveLength(2);
    expect(talk(a, low, b, high)).toBe(true);
  });

  it('number their messages in front, from 0, big-endian', () => {
    const [a, b] = live();
    for (let i = 0; i < 3; i++) {
      const out = a.step({ kind: 'seal', peer: high.id, plaintext: filled(3, i) });
      expect(out).toMatchObject([{ kind: 'transmit', peer: high.id, type: ENCRYPTED }]);
      const [{ payload }] = transmitted(out);
      expect(payload).toHaveLength(4 + 3 + 16);
      expect(toHex(payload.subarray(0, 4))).toBe(`0000000${i}`);
    }
    expect(b.counts().live).toBe(1);
  });

  it('take messages late and in any order, each once (S12)', () => {
    const [a, b] = live();
    const sealed = range(50).map((i) => sealedBy(a, high, filled(4, i)));
    const order = range(50).sort((i, j) => ((i * 37) % 50) - ((j * 37) % 50));
    for (const i of order) b.step({ kind: 'encrypted', peer: low.id, payload: sealed[i] });
    expect(b.received()).toEqual(order.map((i) => filled(4, i)));
    for (const payload of sealed) {
      expect(b.step({ kind: 'encrypted', peer: low.id, payload })).toMatchObject([
        { kind: 'refused', reason: 'replayed' },
      ]);
    }
  });

  it('open one only once, and say so only when they mean it', () => {
    const [a] = live();
    expect(a.step({ kind: 'open', peer: high.id })).toEqual([]);
    expect(a.isLive(high.id)).toBe(true);
    expect(a.step({ kind: 'close', peer: high.id })).toMatchObject([{ reason: 'asked' }]);
    expect(a.step({ kind: 'close', peer: high.id })).toEqual([]);
    expect(a.isLive(high.id)).toBe(false);
    expect(a.step({ kind: 'seal', peer: high.id, plaintext: filled(1, 1) })).toMatchObject([
      { kind: 'refused', reason: 'no-session' },
    ]);
    expect(a.step({ kind: 'open', peer: high.id })).toHaveLength(1);
    expect(a.step({ kind: 'open', peer: high.id })).toEqual([]);
  });
});

describe('two ends that open at once', () => {
  it('go on with what the lower id began, as the phones do', () => {
    const [a, b] = [end(low), end(high)];
    const [fromLow] = transmitted(a.step({ kind: 'open', peer: high.id }));
    const [fromHigh] = transmitted(b.step({ kind: 'open', peer: low.id }));
    expect(a.hearHandshake(high, fromHigh.payload)).toMatchObject([{ reason: 'crossed' }]);
    const [second] = transmitted(b.hearHandshake(low, fromLow.payload));
    const [third] = transmitted(a.hearHandshake(high, second.payload));
    b.hearHandshake(low, third.payload);
    expect(a.heard('established')).toHaveLength(1);
    expect(b.heard('established')).toHaveLength(1);
    // The call that lost is over: it neither times out nor answers.
    expect(b.counts()).toMatchObject({ outgoing: 0, incoming: 0, live: 1 });
    expect(talk(a, low, b, high)).toBe(true);
  });

  it('do not lose the higher one’s call to a forged first message', () => {
    const [a, b] = [end(low), end(high)];
    const [fromHigh] = transmitted(b.step({ kind: 'open', peer: low.id }));
    // Somebody says he is `low` and opens too. `high` answers him, and still waits for `low`.
    expect(transmitted(b.hearHandshake(low, firstOf(mallory)))).toHaveLength(1);
    const [second] = transmitted(a.hearHandshake(high, fromHigh.payload));
    const [third] = transmitted(b.hearHandshake(low, second.payload));
    a.hearHandshake(high, third.payload);
    expect(talk(a, low, b, high)).toBe(true);
  });
});

describe('a handshake that is not what it says', () => {
  it('is refused when its key belongs to another id, and the right one still gets through', () => {
    const [a, b, m] = [end(low), end(high), end(mallory)];
    const [first] = transmitted(a.step({ kind: 'open', peer: high.id }));
    // Mallory answers first, in `high`'s name, with the only key he can use: his own.
    const [his] = transmitted(m.hearHandshake(low, first.payload));
    expect(a.hearHandshake(high, his.payload)).toMatchObject([{ reason: 'wrong-key' }]);
    const [second] = transmitted(b.hearHandshake(low, first.payload));
    const [third] = transmitted(a.hearHandshake(high, second.payload));
    b.hearHandshake(low, third.payload);
    expect(talk(a, low, b, high)).toBe(true);
  });

  it('is refused at its end when the initiator is not who he claims', () => {
    const [b, m] = [end(high), end(mallory)];
    const [first] = transmitted(m.step({ kind: 'open', peer: high.id }));
    const [second] = transmitted(b.hearHandshake(low, first.payload));
    const [third] = transmitted(m.hearHandshake(high, second.payload));
    expect(b.hearHandshake(low, third.payload)).toMatchObject([{ reason: 'wrong-key' }]);
    expect(b.isLive(low.id)).toBe(false);
    expect(b.heard('established')).toEqual([]);
  });

  it('is refused when another Noise key is pinned for the id', () => {
    const pins = new Pins(crypto);
    pins.restore({
      id: high.id,
      noiseKey: mallory.noiseKey,
      signingKey: mallory.signingKey,
      standing: 'verified',
      proven: true,
    });
    const [a, b] = [end(low, pins), end(high)];
    const [first] = transmitted(a.step({ kind: 'open', peer: high.id }));
    const [second] = transmitted(b.hearHandshake(low, first.payload));
    expect(a.hearHandshake(high, second.payload)).toMatchObject([{ reason: 'wrong-key' }]);
  });

  it('is refused in our own name, in a denied one, and in sizes no message has', () => {
    const pins = new Pins(crypto);
    const a = end(low, pins);
    for (const kind of ['open', 'close'] as const) {
      expect(a.step({ kind, peer: low.id })).toMatchObject([{ reason: 'own-id' }]);
    }
    expect(a.hearHandshake(low, filled(32, 9))).toMatchObject([{ reason: 'own-id' }]);
    for (const size of [0, 1, 31, 33, 63, 65, 95, 97, 2048]) {
      expect(a.hearHandshake(high, filled(size, 9))).toMatchObject([{ reason: 'bad-size' }]);
    }
    expect(a.hearHandshake(high, filled(96, 9))).toMatchObject([{ reason: 'unexpected' }]);
    expect(a.hearHandshake(high, filled(64, 9))).toMatchObject([{ reason: 'unexpected' }]);
    expect(a.hearHandshake(high, filled(32, 0))).toMatchObject([{ reason: 'low-order' }]);
    pins.deny(high.id);
    expect(a.step({ kind: 'open', peer: high.id })).toMatchObject([{ reason: 'denied' }]);
    expect(a.hearHandshake(high, firstOf(high))).toMatchObject([{ reason: 'denied' }]);
  });

  it('changes nothing, however often garbage comes between its messages', () => {
    const draw = xorshift(SEED);
    const garbage = (to: End, from: Identity): void => {
      for (const size of [96, 64, 96, 64, 20]) {
        const payload = Uint8Array.from({ length: size }, () => draw(256));
        expect(to.hearHandshake(from, payload)).toMatchObject([{ kind: 'refused' }]);
        expect(to.step({ kind: 'encrypted', peer: from.id, payload }).length).toBeLessThan(2);
      }
    };
    const [a, b] = [end(low), end(high)];
    const [first] = transmitted(a.step({ kind: 'open', peer: high.id }));
    garbage(a, high);
    garbage(b, low);
    const [second] = transmitted(b.hearHandshake(low, first.payload));
    garbage(a, high);
    garbage(b, low);
    const [third] = transmitted(a.hearHandshake(high, second.payload));
    garbage(b, low);
    b.hearHandshake(low, third.payload);
    expect(talk(a, low, b, high)).toBe(true);
  });
});

describe('a live session', () => {
  it('goes on through garbage between every two messages, its counter unmoved (R26)', () => {
    const [a, b] = live();
    const draw = xorshift(SEED);
    for (let i = 0; i < runs(2000, 200_000); i++) {
      const payload = sealedBy(a, high, filled(8, i));
      expect(toHex(payload.subarray(0, 4))).toBe(i.toString(16).padStart(8, '0'));
      const noise = payload.slice(0, draw(2) === 0 ? payload.length : draw(payload.length));
      if (noise.length === payload.length) noise[draw(noise.length)] ^= 1 << draw(8);
      const out = b.step({ kind: 'encrypted', peer: low.id, payload: noise });
      expect(out).toMatchObject([{ kind: 'refused' }]);
      expect(b.step({ kind: 'encrypted', peer: low.id, payload })).toMatchObject([
        { kind: 'received', plaintext: filled(8, i) },
      ]);
    }
  });

  it('is not torn down by first messages, forged, replayed or never finished (S18)', () => {
    const [a, b, messages] = liveWithMessages();
    for (const payload of messages) b.hearHandshake(low, payload);
    for (const payload of messages) a.hearHandshake(high, payload);
    for (let i = 0; i < 30; i++) b.hearHandshake(low, firstOf(mallory, i));
    expect(talk(a, low, b, high)).toBe(true);
    b.advance(END_TIMEOUT_MS + 1);
    expect(b.counts()).toMatchObject({ live: 1, incoming: 0 });
    expect(b.heard('closed')).toEqual([]);
    expect(talk(a, low, b, high)).toBe(true);
  });

  it('is replaced by one that the same peer has proven, losing nothing on the way', () => {
    const [a, b] = live();
    const late = sealedBy(a, high, filled(3, 7));
    // `low` lost everything and comes again.
    const again = end(low, undefined, 77);
    again.step({ kind: 'open', peer: high.id });
    deliverAll(again, b);
    expect(b.heard('established')).toHaveLength(2);
    expect(talk(again, low, b, high)).toBe(true);
    expect(b.step({ kind: 'encrypted', peer: low.id, payload: late })).toMatchObject([
      { kind: 'received', plaintext: filled(3, 7) },
    ]);
    const tooLate = sealedBy(a, high, filled(3, 8));
    b.advance(GRACE_MS);
    expect(b.counts().replaced).toBe(0);
    expect(b.step({ kind: 'encrypted', peer: low.id, payload: tooLate })).toMatchObject([
      { kind: 'refused', reason: 'bad-tag' },
    ]);
  });

  it('opens what overtook the end of its handshake, in order and bounded', () => {
    const [a, b] = [end(low), end(high)];
    const [first] = transmitted(a.step({ kind: 'open', peer: high.id }));
    const [second] = transmitted(b.hearHandshake(low, first.payload));
    const [third] = transmitted(a.hearHandshake(high, second.payload));
    const sealed = range(EARLY_PER_PEER_MAX + 1).map((i) => sealedBy(a, high, filled(2, i)));
    for (const [i, payload] of sealed.entries()) {
      const out = b.step({ kind: 'encrypted', peer: low.id, payload });
      expect(out).toHaveLength(i < EARLY_PER_PEER_MAX ? 0 : 1);
    }
    b.hearHandshake(low, third.payload);
    expect(b.received()).toEqual(range(EARLY_PER_PEER_MAX).map((i) => filled(2, i)));
    expect(b.counts().early).toBe(0);
  });

  it('is renewed after 23 hours by the end that began it, while the old one still serves', () => {
    const [a, b] = live();
    b.advance(REKEY_AFTER_MS - 1);
    a.advance(REKEY_AFTER_MS - 1);
    expect(deliverAll(a, b)).toEqual([]);
    a.advance(1);
    b.advance(1);
    expect(a.counts()).toMatchObject({ live: 1, outgoing: 1 });
    expect(a.isLive(high.id)).toBe(true);
    expect(deliverAll(a, b)).toEqual([32, 96, 64]);
    expect(a.heard('established')).toHaveLength(2);
    expect(talk(a, low, b, high)).toBe(true);
  });

  it('is tried again later if the other end is away, and ends after 24 hours', () => {
    const [a] = live();
    for (let minute = 0; minute < 24 * 60; minute++) a.advance(60_000);
    // Two calls each ten minutes of the last hour.
    expect(a.transmissions).toBeGreaterThanOrEqual(1 + 10);
    expect(a.transmissions).toBeLessThanOrEqual(2 + 14);
    expect(a.heard('closed')).toMatchObject([{ peer: high.id, reason: 'expired' }]);
    expect(a.counts()).toMatchObject({ live: 0, outgoing: 0 });
    expect(a.now).toBe(LIFETIME_MS);
  });

  it('is the newest of a fixed number: the one silent longest makes way', () => {
    const a = end(low, undefined, 0, { ...SESSION_LIMITS, live: 3 });
    const others = range(4).map((i) => end(person(100 + i), undefined, i));
    const open = (other: End): void => {
      a.step({ kind: 'open', peer: other.who.id });
      deliverAll(a, other);
    };
    others.slice(0, 3).forEach(open);
    expect(talk(a, low, others[0], others[0].who)).toBe(true);
    expect(a.heard('closed')).toEqual([]);
    open(others[3]);
    expect(a.counts().live).toBe(3);
    expect(a.heard('closed')).toMatchObject([{ peer: others[1].who.id, reason: 'evicted' }]);
    expect(talk(a, low, others[0], others[0].who)).toBe(true);
  });
});

describe('a call', () => {
  it('is made twice, ten seconds apart, and then given up', () => {
    const a = end(low);
    a.step({ kind: 'open', peer: high.id });
    expect(a.deadline()).toBe(ANSWER_TIMEOUT_MS);
    a.advance(ANSWER_TIMEOUT_MS - 1);
    expect(a.transmissions).toBe(1);
    a.advance(1);
    expect(a.transmissions).toBe(2);
    a.advance(ANSWER_TIMEOUT_MS);
    expect(a.transmissions).toBe(2);
    expect(a.heard('closed')).toMatchObject([{ peer: high.id, reason: 'timeout' }]);
    expect(a.deadline()).toBe(Infinity);
  });

  it('uses another ephemeral key each time', () => {
    const a = end(low);
    const keys = range(3).map(() => {
      const [first] = transmitted(a.step({ kind: 'open', peer: high.id }));
      a.step({ kind: 'close', peer: high.id });
      return toHex(first.payload);
    });
    expect(new Set(keys).size).toBe(3);
  });

  it('is made ten times a minute to one peer, and no more (WIRE §8)', () => {
    const a = end(low);
    const call = (): boolean => {
      const out = a.step({ kind: 'open', peer: high.id });
      a.step({ kind: 'close', peer: high.id });
      return transmitted(out).length === 1;
    };
    expect(
      range(HANDSHAKES_PER_MINUTE + 5)
        .map(call)
        .filter(Boolean),
    ).toHaveLength(10);
    let made = 0;
    for (let i = 0; i < 6000; i++) {
      a.advance(10);
      if (call()) made++;
    }
    expect(made).toBe(10);
  });

  it('is refused beyond a fixed number under way', () => {
    const a = end(low, undefined, 0, { ...SESSION_LIMITS, outgoing: 5 });
    for (let i = 0; i < 5; i++) a.step({ kind: 'open', peer: person(50 + i).id });
    expect(a.transmissions).toBe(5);
    expect(a.step({ kind: 'open', peer: high.id })).toMatchObject([{ reason: 'busy' }]);
    a.advance(2 * ANSWER_TIMEOUT_MS);
    expect(transmitted(a.step({ kind: 'open', peer: high.id }))).toHaveLength(1);
  });
});

describe('a flood of first messages (S19)', () => {
  it('leaves a fixed number half open, and live sessions as they were', () => {
    const [a, b] = live();
    const draw = xorshift(SEED);
    const floodMs = runs(50, 20_000);
    let answered = 0;
    for (let ms = 0; ms < floodMs; ms++) {
      b.advance(1);
      a.advance(1);
      for (let i = 0; i < 10; i++) {
        const peer = Uint8Array.from({ length: 8 }, () => draw(256));
        const payload = Uint8Array.from({ length: 32 }, () => draw(256));
        const out = b.step({ kind: 'handshake', peer, link: draw(4), payload });
        answered += transmitted(out).length;
      }
      if (ms % 10 === 0) expect(talk(a, low, b, high)).toBe(true);
      expect(b.counts().incoming).toBeLessThanOrEqual(SESSION_LIMITS.incoming);
    }
    // Each link may cost 50 a second, and 100 at once.
    expect(answered).toBeLessThanOrEqual(4 * (100 + (floodMs / 1000) * 50 + 1));
    b.advance(END_TIMEOUT_MS);
    expect(b.counts()).toMatchObject({ live: 1, incoming: 0, early: 0 });
  });

  it('drops the oldest when there is no more room', () => {
    const b = end(high, undefined, 0, { ...SESSION_LIMITS, incoming: 8 });
    const called = end(low);
    const [message] = transmitted(called.step({ kind: 'open', peer: high.id }));
    const [second] = transmitted(b.hearHandshake(low, message.payload));
    for (let i = 0; i < 8; i++) b.hearHandshake(person(50 + i), firstOf(mallory, i));
    expect(b.counts().incoming).toBe(8);
    const [third] = transmitted(called.hearHandshake(high, second.payload));
    expect(b.hearHandshake(low, third.payload)).toMatchObject([{ reason: 'unexpected' }]);
  });

  it('in one peer’s name does not keep that peer out: four of each are remembered', () => {
    const [a, b] = [end(low), end(high)];
    const [first] = transmitted(a.step({ kind: 'open', peer: high.id }));
    for (let i = 0; i < 9; i++) b.hearHandshake(low, firstOf(mallory, i), 5);
    const [second] = transmitted(b.hearHandshake(low, first.payload, 6));
    for (let i = 0; i < INCOMING_PER_PEER_MAX - 1; i++) {
      expect(transmitted(b.hearHandshake(low, firstOf(mallory, 20 + i), 7))).toHaveLength(1);
    }
    expect(b.counts().incoming).toBe(INCOMING_PER_PEER_MAX);
    const [third] = transmitted(a.hearHandshake(high, second.payload));
    b.hearHandshake(low, third.payload, 6);
    expect(talk(a, low, b, high)).toBe(true);
    expect(b.counts().incoming).toBe(0);
  });

  it('is ten a minute for one peer on one link; the same again counts for nothing', () => {
    const b = end(high);
    expect(transmitted(b.hearHandshake(low, firstOf(low, 1)))).toHaveLength(1);
    expect(b.hearHandshake(low, firstOf(low, 1))).toMatchObject([{ reason: 'repeated' }]);
    let answered = 1;
    for (let i = 2; i < 40; i++) {
      answered += transmitted(b.hearHandshake(low, firstOf(low, i))).length;
    }
    expect(answered).toBe(HANDSHAKES_PER_MINUTE);
    expect(b.hearHandshake(low, firstOf(low, 99))).toMatchObject([{ reason: 'flooding' }]);
    // On another link the same peer is still welcome.
    expect(transmitted(b.hearHandshake(low, firstOf(low, 99), 1))).toHaveLength(1);
  });

  it('over one link, in a name made up for it, does not keep a peer out on another', () => {
    const b = end(high);
    // As if a link were a byte of the id.
    const twin = new Uint8Array(low.id);
    twin[4] ^= 1 ^ 2;
    for (let i = 1; i < 40; i++) {
      b.step({ kind: 'handshake', peer: twin, link: 2, payload: firstOf(low, i) });
    }
    expect(transmitted(b.hearHandshake(low, firstOf(low, 99), 1))).toHaveLength(1);
  });

  it('holds a fixed number of early messages, of a fixed size', () => {
    const b = end(high);
    const people = range(EARLY_MAX).map((i) => person(60 + i));
    for (const [i, who] of people.entries()) b.hearHandshake(who, firstOf(who), i % 32);
    const early = (who: Identity, size: number): number =>
      b.step({ kind: 'encrypted', peer: who.id, payload: filled(size, 1) }).length;
    expect(early(people[0], EARLY_SIZE_MAX + 1)).toBe(1);
    expect(people.map((who) => early(who, EARLY_SIZE_MAX)).every((out) => out === 0)).toBe(true);
    expect(early(people[0], 40)).toBe(1);
    expect(b.counts().early).toBe(EARLY_MAX);
    b.advance(END_TIMEOUT_MS);
    expect(b.counts()).toMatchObject({ early: 0, incoming: 0 });
  });
});

describe('the sessions', () => {
  it('show no key in any print (S21)', () => {
    const [a] = live();
    a.step({ kind: 'open', peer: mallory.id });
    const shown = inspect(a.machine, { depth: 12, showHidden: true, maxArrayLength: null });
    const secret = secretsFrom(0)();
    expect(shown).not.toContain(Array.from(secret.subarray(8, 16)).join(', '));
    expect(shown).toContain('live: Map');
  });

  it('are the same, fed the same', () => {
    const run = (): string => {
      const [a, b, messages] = liveWithMessages();
      const sealed = sealedBy(a, high, filled(4, 4));
      b.step({ kind: 'encrypted', peer: low.id, payload: sealed });
      return [...messages, sealed].map(toHex).join();
    };
    expect(run()).toBe(run());
  });
});

/** One end with its clock, and everything it said. */
class End {
  now = 0;
  transmissions = 0;
  readonly said: SessionOutput[] = [];
  private unsent: { peer: Uint8Array; type: number; payload: Uint8Array }[] = [];
  readonly who: Identity;
  readonly machine: Sessions;

  constructor(who: Identity, pins: Pins, seed: number, limits: SessionLimits) {
    this.who = who;
    this.machine = new Sessions(crypto, who, pins, secretsFrom(seed), seed, limits);
  }

  step(input: Parameters<Sessions['step']>[0]): SessionOutput[] {
    const out = this.machine.step(input, this.now);
    this.said.push(...out);
    const sent = transmitted(out);
    this.transmissions += sent.length;
    this.unsent.push(...sent);
    return out;
  }

  hearHandshake(from: Identity, payload: Uint8Array, link = 0): SessionOutput[] {
    return this.step({ kind: 'handshake', peer: from.id, link, payload });
  }

  /** Lets time pass, with a tick at every deadline. */
  advance(ms: number): void {
    const until = this.now + ms;
    while (this.machine.deadline() <= until) {
      this.now = Math.max(this.now, this.machine.deadline());
      this.step(TICK);
    }
    this.now = until;
  }

  deadline(): number {
    return this.machine.deadline();
  }

  isLive(peer: Uint8Array): boolean {
    return this.machine.isLive(peer);
  }

  counts(): ReturnType<Sessions['counts']> {
    return this.machine.counts();
  }

  heard<Kind extends SessionOutput['kind']>(kind: Kind): Extract<SessionOutput, { kind: Kind }>[] {
    return this.said.filter(
      (one): one is Extract<SessionOutput, { kind: Kind }> => one.kind === kind,
    );
  }

  received(): Uint8Array[] {
    return this.heard('received').map((one) => one.plaintext);
  }

  takeUnsent(): { peer: Uint8Array; type: number; payload: Uint8Array }[] {
    const unsent = this.unsent;
    this.unsent = [];
    return unsent;
  }
}

function end(
  who: Identity,
  pins: Pins = new Pins(crypto),
  seed = 0,
  limits: SessionLimits = SESSION_LIMITS,
): End {
  return new End(who, pins, seed, limits);
}

/** Two ends with a session. */
function live(): [End, End] {
  const [a, b] = liveWithMessages();
  return [a, b];
}

function liveWithMessages(): [End, End, Uint8Array[]] {
  const [a, b] = [end(low, undefined, 1), end(high, undefined, 2)];
  const messages: Uint8Array[] = [];
  a.step({ kind: 'open', peer: high.id });
  deliverAll(a, b, messages);
  return [a, b, messages];
}

/** Carries everything between the two until both are silent; returns the sizes, in order. */
function deliverAll(a: End, b: End, carried: Uint8Array[] = []): number[] {
  const sizes: number[] = [];
  for (;;) {
    const fromA = a.takeUnsent();
    const fromB = b.takeUnsent();
    if (fromA.length + fromB.length === 0) return sizes;
    for (const [from, to, sent] of [
      [a, b, fromA],
      [b, a, fromB],
    ] as const) {
      for (const { type, payload } of sent) {
        sizes.push(payload.length);
        carried.push(payload);
        if (type === HANDSHAKE) to.hearHandshake(from.who, payload);
        else to.step({ kind: 'encrypted', peer: from.who.id, payload });
      }
    }
  }
}

/** Whether each can say something that the other opens. */
function talk(a: End, aWho: Identity, b: End, bWho: Identity): boolean {
  const there = sealedBy(a, bWho, filled(7, 1));
  const back = sealedBy(b, aWho, filled(7, 2));
  const heardThere = b.step({ kind: 'encrypted', peer: aWho.id, payload: there });
  const heardBack = a.step({ kind: 'encrypted', peer: bWho.id, payload: back });
  return heardThere[0]?.kind === 'received' && heardBack[0]?.kind === 'received';
}

function sealedBy(from: End, to: Identity, plaintext: Uint8Array): Uint8Array {
  const [sent] = transmitted(from.step({ kind: 'seal', peer: to.id, plaintext }));
  return sent.payload;
}

function transmitted(
  out: SessionOutput[],
): { peer: Uint8Array; type: number; payload: Uint8Array }[] {
  return out.filter((one) => one.kind === 'transmit');
}

/** A first message of somebody, whoever it will be said to be of. */
function firstOf(who: Identity, nth = 0): Uint8Array {
  const draw = secretsFrom(1000 + nth);
  return who.handshake('initiator', new Uint8Array(0), draw()).write(new Uint8Array(0))!;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
