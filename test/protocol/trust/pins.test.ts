/**
 * First come, first pinned (WIRE §5), what raises an alarm, and who never makes way (RELIABILITY S2,
 * S3, S4).
 */
import { describe, expect, it } from 'vitest';
import type { Crypto } from '../../../protocol/trust/crypto.ts';
import type { Identity } from '../../../protocol/trust/identity.ts';
import { ALARMS_MAX, Pins, PINS_DEFAULTS } from '../../../protocol/trust/pins.ts';
import { AnnounceView } from '../../../protocol/wire/announce-view.ts';
import { encodeAnnounce } from '../../../protocol/wire/announce.ts';
import { runs } from '../../seed.ts';
import { filled, join } from '../wire/given.ts';
import { person } from './people.ts';
import { crypto } from './ports.ts';

const [alice, bob, mallory] = [person(1), person(2), person(3)];

describe('a peer met for the first time', () => {
  it('is pinned with both keys, and known from then on', () => {
    const pins = new Pins(crypto);
    expect(pins.find(alice.id)).toBeNull();
    expect(meet(pins, alice)).toBe('new');
    expect(pins.find(alice.id)).toMatchObject({
      id: alice.id,
      noiseKey: alice.noiseKey,
      signingKey: alice.signingKey,
      standing: 'seen',
      proven: false,
    });
    expect(meet(pins, alice)).toBe('known');
    expect(pins.alarmCount).toBe(0);
  });

  it('is found wherever its id lies in a frame', () => {
    const pins = new Pins(crypto);
    meet(pins, alice);
    const frame = new Uint8Array(30);
    frame.set(alice.id, 14);
    expect(pins.find(frame, 14)?.signingKey).toEqual(alice.signingKey);
    expect(pins.find(frame, 13)).toBeNull();
    for (let bit = 0; bit < 64; bit++) {
      const other = alice.id.slice();
      other[bit >> 3] ^= 1 << (bit & 7);
      expect(pins.find(other)).toBeNull();
    }
  });

  it('is judged without being remembered, when only asked', () => {
    const pins = new Pins(crypto);
    expect(pins.judge(alice.id, alice.noiseKey, alice.signingKey)).toBe('new');
    expect(pins.find(alice.id)).toBeNull();
    meet(pins, alice);
    expect(pins.judge(alice.id, alice.noiseKey, bob.signingKey)).toBe('second-key');
    expect(pins.alarmCount).toBe(0);
  });

  it.each([
    ['a Noise key that hashes to another id', alice.id, mallory.noiseKey, alice.signingKey],
    ['no Noise key', alice.id, new Uint8Array(0), alice.signingKey],
    ['an empty Noise key', alice.id, new Uint8Array(32), alice.signingKey],
    ['a short Noise key', alice.id, alice.noiseKey.subarray(1), alice.signingKey],
    ['no signing key', alice.id, alice.noiseKey, new Uint8Array(0)],
    ['an empty signing key', alice.id, alice.noiseKey, new Uint8Array(32)],
    ['a signing key of low order', alice.id, alice.noiseKey, filled(32, 0).fill(1, 0, 1)],
    ['a signing key that is not canonical', alice.id, alice.noiseKey, filled(32, 0xff)],
  ])('is not pinned with %s', (_, id, noiseKey, signingKey) => {
    const pins = new Pins(crypto);
    expect(pins.meet(id, noiseKey, signingKey)).toMatch(/^(not-its-id|weak-key)$/);
    expect(pins.find(id)).toBeNull();
    expect(pins.alarmCount).toBe(0);
  });

  it('is kept in bytes of its own', () => {
    const pins = new Pins(crypto);
    const frame = new Uint8Array(100);
    frame.set(alice.noiseKey, 10);
    frame.set(alice.signingKey, 50);
    pins.meet(alice.id, frame.subarray(10, 42), frame.subarray(50, 82));
    frame.fill(0);
    expect(pins.find(alice.id)?.noiseKey).toEqual(alice.noiseKey);
    expect(pins.find(alice.id)?.noiseKey.buffer.byteLength).toBe(32);
    expect(meet(pins, alice)).toBe('known');
  });
});

describe('a second key for a known id', () => {
  it('raises an alarm and changes nothing: the victim’s Noise key in an attacker’s name (S2)', () => {
    const pins = new Pins(crypto);
    meet(pins, alice);
    expect(pins.meet(alice.id, alice.noiseKey, mallory.signingKey)).toBe('second-key');
    expect(pins.find(alice.id)?.signingKey).toEqual(alice.signingKey);
    expect(pins.takeAlarms()).toEqual([
      {
        pinned: pins.find(alice.id),
        noiseKey: alice.noiseKey,
        signingKey: mallory.signingKey,
      },
    ]);
    expect(pins.takeAlarms()).toEqual([]);
    expect(pins.alarmCount).toBe(1);
  });

  it('comes to nothing after an empty one: key, empty, other key - the first stays (S3)', () => {
    const pins = new Pins(crypto);
    meet(pins, alice);
    for (const empty of [new Uint8Array(0), new Uint8Array(32)]) {
      expect(pins.meet(alice.id, alice.noiseKey, empty)).toBe('weak-key');
      expect(pins.meet(alice.id, empty, alice.signingKey)).toBe('weak-key');
    }
    expect(pins.meet(alice.id, alice.noiseKey, mallory.signingKey)).toBe('second-key');
    expect(pins.find(alice.id)?.signingKey).toEqual(alice.signingKey);
  });

  it('is told from a colliding Noise key: eight bytes of a hash are not many', () => {
    // SHA-256 without its last 24 bytes of meaning: every key has the same id.
    const colliding: Crypto = { ...crypto, sha256: () => filled(32, 4) };
    const pins = new Pins(colliding);
    const id = filled(8, 4);
    expect(pins.meet(id, alice.noiseKey, alice.signingKey)).toBe('new');
    expect(pins.meet(id, mallory.noiseKey, alice.signingKey)).toBe('second-key');
    expect(pins.meet(id, mallory.noiseKey, mallory.signingKey)).toBe('second-key');
    expect(pins.find(id)?.noiseKey).toEqual(alice.noiseKey);
    expect(pins.alarmCount).toBe(2);
  });

  it('is told of a fixed number of times, and counted beyond', () => {
    const pins = new Pins(crypto);
    meet(pins, alice);
    for (let i = 0; i < ALARMS_MAX + 9; i++) pins.meet(alice.id, alice.noiseKey, bob.signingKey);
    expect(pins.takeAlarms()).toHaveLength(ALARMS_MAX);
    expect(pins.alarmCount).toBe(ALARMS_MAX + 9);
  });

  it('takes the place of a rumour when the Noise key’s holder names it in a session', () => {
    const pins = new Pins(crypto);
    pins.meet(alice.id, alice.noiseKey, mallory.signingKey);
    expect(pins.prove(alice.noiseKey, alice.signingKey)).toBe('new');
    expect(pins.find(alice.id)).toMatchObject({ signingKey: alice.signingKey, proven: true });
    expect(pins.takeAlarms()).toHaveLength(1);
    // From here on only the proven key counts, in the open and in sessions.
    expect(pins.meet(alice.id, alice.noiseKey, mallory.signingKey)).toBe('second-key');
    expect(pins.prove(alice.noiseKey, mallory.signingKey)).toBe('second-key');
    expect(pins.find(alice.id)?.signingKey).toEqual(alice.signingKey);
  });

  it.each(['contacted', 'verified', 'trusted'] as const)(
    'does not take the place of one that a person %s, even in a session',
    (standing) => {
      const pins = new Pins(crypto);
      meet(pins, alice);
      pins.keep(alice.id, standing);
      expect(pins.prove(alice.noiseKey, mallory.signingKey)).toBe('second-key');
      expect(pins.find(alice.id)).toMatchObject({ signingKey: alice.signingKey, standing });
      expect(pins.takeAlarms()).toHaveLength(1);
    },
  );
});

describe('a key named in a session', () => {
  it('is proven, and so is what was a rumour until then', () => {
    const pins = new Pins(crypto);
    expect(pins.prove(alice.noiseKey, alice.signingKey)).toBe('new');
    meet(pins, bob);
    pins.keep(bob.id, 'verified');
    expect(pins.prove(bob.noiseKey, bob.signingKey)).toBe('known');
    expect(pins.find(alice.id)).toMatchObject({ proven: true, standing: 'seen' });
    expect(pins.find(bob.id)).toMatchObject({ proven: true, standing: 'verified' });
    expect(pins.prove(alice.noiseKey, new Uint8Array(32))).toBe('weak-key');
    expect(pins.find(alice.id)?.signingKey).toEqual(alice.signingKey);
    expect(pins.prove(mallory.noiseKey, new Uint8Array(32))).toBe('weak-key');
    expect(pins.find(mallory.id)).toBeNull();
    expect(pins.alarmCount).toBe(0);
  });
});

describe('the room for pins', () => {
  it('belongs to whom a person keeps: 1 M made-up ids push out none of them (S4)', () => {
    const pins = new Pins(crypto);
    const kept = [alice, bob, mallory];
    for (const who of kept) meet(pins, who);
    pins.keep(alice.id, 'contacted');
    pins.keep(bob.id, 'verified');
    pins.keep(mallory.id, 'trusted');
    const key = new Uint8Array(32);
    const view = new DataView(key.buffer);
    for (let i = 1; i <= runs(20_000, 1_000_000); i++) {
      view.setUint32(0, i);
      expect(pins.meet(crypto.sha256(key), key, alice.signingKey) === 'new').toBe(true);
    }
    expect(pins.all()).toHaveLength(PINS_DEFAULTS.seenMax + kept.length);
    for (const who of kept) expect(pins.find(who.id)?.signingKey).toEqual(who.signingKey);
    for (const who of kept) expect(meet(pins, who)).toBe('known');
    expect(pins.meet(alice.id, alice.noiseKey, mallory.signingKey)).toBe('second-key');
  });

  it('goes to the stranger heard last when it is full', () => {
    const pins = new Pins(crypto, { seenMax: 2, keptMax: 1, deniedMax: 1 });
    meet(pins, alice);
    meet(pins, bob);
    meet(pins, alice);
    meet(pins, mallory);
    expect(pins.find(bob.id)).toBeNull();
    expect(pins.find(alice.id)).not.toBeNull();
  });

  it('is refused to one more kept peer than fits, and given back with one let go', () => {
    const pins = new Pins(crypto, { seenMax: 9, keptMax: 1, deniedMax: 1 });
    meet(pins, alice);
    meet(pins, bob);
    expect(pins.keep(mallory.id, 'trusted')).toBe(false);
    expect(pins.keep(alice.id, 'contacted')).toBe(true);
    expect(pins.keep(bob.id, 'trusted')).toBe(false);
    expect(pins.find(bob.id)?.standing).toBe('seen');
    expect(pins.keep(alice.id, 'trusted')).toBe(true);
    expect(pins.keep(alice.id, 'seen')).toBe(true);
    expect(pins.keep(bob.id, 'trusted')).toBe(true);
    expect(pins.all()).toHaveLength(2);
  });

  it('is given back with a kept peer who is forgotten', () => {
    const pins = new Pins(crypto, { seenMax: 9, keptMax: 1, deniedMax: 1 });
    meet(pins, alice);
    meet(pins, bob);
    pins.keep(alice.id, 'trusted');
    pins.forget(alice.id);
    expect(pins.keep(bob.id, 'trusted')).toBe(true);
  });

  it('is told of in order: whom a person keeps as he kept them, strangers as last heard', () => {
    const pins = new Pins(crypto);
    const others = [4, 5].map(person);
    for (const who of [alice, bob, mallory, ...others]) meet(pins, who);
    pins.keep(bob.id, 'contacted');
    pins.keep(alice.id, 'verified');
    pins.keep(bob.id, 'trusted');
    for (const who of [mallory, bob]) meet(pins, who);
    pins.prove(bob.noiseKey, bob.signingKey);
    const ids = pins.all().map(({ id }) => id);
    expect(ids).toEqual([bob, alice, ...others, mallory].map((who) => who.id));
  });

  it('is the same after a restart', () => {
    const pins = new Pins(crypto);
    for (const who of [alice, bob, mallory]) meet(pins, who);
    pins.keep(bob.id, 'verified');
    pins.prove(alice.noiseKey, alice.signingKey);
    const again = new Pins(crypto);
    for (const pin of pins.all()) again.restore(pin);
    expect(again.all()).toEqual(pins.all());
  });

  it('is empty for an id that a person forgets', () => {
    const pins = new Pins(crypto);
    meet(pins, alice);
    meet(pins, mallory);
    pins.keep(alice.id, 'verified');
    pins.forget(alice.id);
    pins.forget(mallory.id);
    expect(pins.find(alice.id)).toBeNull();
    expect(pins.find(mallory.id)).toBeNull();
    expect(pins.meet(alice.id, alice.noiseKey, bob.signingKey)).toBe('new');
  });
});

describe('an id turned away', () => {
  it('stays so until it is let in again, known or not', () => {
    const pins = new Pins(crypto, { seenMax: 9, keptMax: 9, deniedMax: 2 });
    expect(pins.isDenied(alice.id)).toBe(false);
    expect(pins.deny(alice.id)).toBe(true);
    expect(pins.deny(bob.id)).toBe(true);
    expect(pins.deny(mallory.id)).toBe(false);
    expect(pins.deny(alice.id)).toBe(true);
    expect([alice, bob, mallory].map((who) => pins.isDenied(who.id))).toEqual([true, true, false]);
    pins.allow(alice.id);
    expect(pins.isDenied(alice.id)).toBe(false);
    expect(pins.deny(mallory.id)).toBe(true);
  });
});

describe('what a known peer may say', () => {
  const rate = { perSecond: 1, burst: 2 };

  it('is counted for each by itself, and comes back with time', () => {
    const pins = new Pins(crypto);
    for (const who of [alice, bob]) meet(pins, who);
    const take = (who: Identity, now: number): boolean =>
      pins.take(join(filled(3, 1), who.id), 3, rate, now);
    expect([5, 5, 5].map((now) => take(alice, now))).toEqual([true, true, false]);
    expect(take(bob, 5)).toBe(true);
    // Whatever a person thinks of him, and wherever his row has moved.
    pins.keep(alice.id, 'verified');
    for (let i = 10; i < 60; i++) meet(pins, person(i));
    expect([6, 1005, 1005].map((now) => take(alice, now))).toEqual([false, true, false]);
  });

  it('begins anew with whoever takes the place of another', () => {
    const pins = new Pins(crypto, { seenMax: 1, keptMax: 1, deniedMax: 1 });
    meet(pins, alice);
    const say = (who: Identity): boolean[] =>
      [1, 1, 1].map((now) => pins.take(who.id, 0, rate, now));
    expect(say(alice)).toEqual([true, true, false]);
    meet(pins, bob);
    expect(say(bob)).toEqual([true, true, false]);
    // Nobody is charged for what is not known of him.
    expect(say(alice)).toEqual([true, true, true]);
  });
});

describe('an announce', () => {
  it('is judged as its keys are, wherever they and its sender lie', () => {
    const pins = new Pins(crypto, { seenMax: 2, keptMax: 1, deniedMax: 1 });
    for (const who of [alice, bob]) meet(pins, who);
    const keys = [alice, bob, mallory].flatMap(({ noiseKey, signingKey }) => [
      noiseKey,
      signingKey,
    ]);
    keys.push(new Uint8Array(32));
    for (const { id } of [alice, bob, mallory]) {
      for (const noiseKey of keys) {
        for (const signingKey of keys) {
          const judged = pins.judgeAnnounce(
            join(filled(3, 1), id),
            3,
            showing(noiseKey, signingKey),
          );
          expect(judged).toBe(pins.judge(id, noiseKey, signingKey));
        }
      }
    }
  });

  it('is by nobody known where one bit of a key is another', () => {
    const pins = new Pins(crypto);
    meet(pins, alice);
    expect(pins.judgeAnnounce(alice.id, 0, showing(alice.noiseKey, alice.signingKey))).toBe(
      'known',
    );
    for (let bit = 0; bit < 512; bit++) {
      const keys = join(alice.noiseKey, alice.signingKey);
      keys[bit >> 3] ^= 1 << (bit & 7);
      const announce = showing(keys.subarray(0, 32), keys.subarray(32));
      expect(pins.judgeAnnounce(alice.id, 0, announce), `bit ${bit}`).not.toBe('known');
    }
  });

  it('keeps its sender from being the one silent longest', () => {
    const pins = new Pins(crypto, { seenMax: 2, keptMax: 1, deniedMax: 1 });
    for (const who of [alice, bob, alice, mallory]) {
      const announce = showing(who.noiseKey, who.signingKey);
      const meeting = pins.judgeAnnounce(who.id, 0, announce);
      pins.meetAnnounce(who.id, 0, announce, meeting);
    }
    expect(pins.all().map(({ id }) => id)).toEqual([alice.id, mallory.id]);
    expect(pins.find(mallory.id)?.signingKey).toEqual(mallory.signingKey);
  });
});

function showing(noiseKey: Uint8Array, signingKey: Uint8Array): AnnounceView {
  const said = { name: 'x', neighbours: [], capabilities: null, geohash: null, extras: [] };
  const announce = new AnnounceView();
  expect(announce.read(encodeAnnounce({ ...said, noiseKey, signingKey }))).toBeNull();
  return announce;
}

function meet(pins: Pins, who: Identity): string {
  return pins.meet(who.id, who.noiseKey, who.signingKey);
}
