/**
 * A link's handshake binds each end's signing key to that handshake (WIRE §24, RELIABILITY S1). The
 * adversary here is active: he has keys of his own, sits on the wire, and may say anything.
 */
import { describe, expect, it } from 'vitest';
import type { LinkFlaw } from '../../../protocol/trust/binding.ts';
import {
  boundBytes,
  hearPeerState,
  HELLO_MAX,
  LINK_PROLOGUE,
  LinkHandshake,
} from '../../../protocol/trust/binding.ts';
import type { Identity } from '../../../protocol/trust/identity.ts';
import type { Handshake, Role } from '../../../protocol/trust/noise.ts';
import { Pins } from '../../../protocol/trust/pins.ts';
import { verify } from '../../../protocol/trust/signature.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { encodePeerState } from '../../../protocol/wire/peer-state.ts';
import { SEED, xorshift } from '../../seed.ts';
import { filled, join } from '../wire/given.ts';
import { person, secretsFrom } from './people.ts';
import { crypto } from './ports.ts';

const [alice, bob, mallory] = [person(1), person(2), person(3)];
const NOTHING = new Uint8Array(0);

describe('two ends of a link', () => {
  it('know each other’s keys and hello after three messages, and share a session', () => {
    const [a, b] = [link(alice, 'initiator', { hello: filled(9, 1) }), link(bob, 'responder')];
    expect(b.read(a.write()!)).toBeNull();
    expect(a.read(b.write()!)).toBeNull();
    expect(a.neighbour).toEqual(neighbour(bob, filled(3, 7)));
    expect(b.neighbour).toBeNull();
    expect(b.read(a.write()!)).toBeNull();
    expect(b.neighbour).toEqual(neighbour(alice, filled(9, 1)));
    expect(a.isFinished && b.isFinished).toBe(true);
    const sealed = a.split().sealing.seal(NOTHING, filled(5, 5));
    expect(b.split().opening.open(NOTHING, sealed)).toEqual(filled(5, 5));
  });

  it('show nothing of themselves to who only listens', () => {
    const [a, b] = [link(alice, 'initiator'), link(bob, 'responder')];
    const wire: Uint8Array[] = [];
    for (const [from, to] of [
      [a, b],
      [b, a],
      [a, b],
    ]) {
      wire.push(from.write()!);
      expect(to.read(wire.at(-1)!)).toBeNull();
    }
    const heard = wire.map(toHex).join(' ');
    for (const who of [alice, bob]) {
      expect(heard).not.toContain(toHex(who.signingKey));
      expect(heard).not.toContain(toHex(who.noiseKey));
    }
  });

  it('take the longest hello there is', () => {
    const hello = filled(HELLO_MAX, 5);
    const [a, b] = [link(alice, 'initiator'), link(bob, 'responder', { hello })];
    expect(run(a, b)).toEqual({ first: null, second: null });
    expect(a.neighbour?.hello).toEqual(hello);
    expect(() => link(bob, 'responder', { hello: filled(HELLO_MAX + 1, 5) })).toThrow('fits');
  });

  it('pin what they proved, once they let each other in', () => {
    const pins = new Pins(crypto);
    const a = link(alice, 'initiator', { pins });
    run(a, link(bob, 'responder'));
    expect(pins.find(bob.id)).toBeNull();
    a.pin();
    expect(pins.find(bob.id)).toMatchObject({ signingKey: bob.signingKey, proven: true });
  });

  it('sign as the document says: "hopline/1", the role, the hash', () => {
    const hash = filled(32, 0x5a);
    const prefix = '686f706c696e652f31';
    expect(toHex(LINK_PROLOGUE)).toBe(prefix);
    expect(toHex(boundBytes('initiator', hash))).toBe(`${prefix}00${toHex(hash)}`);
    expect(toHex(boundBytes('responder', hash))).toBe(`${prefix}01${toHex(hash)}`);
  });
});

describe('a man in the middle with keys of his own (S1)', () => {
  it('is refused by both ends where each wants the other', () => {
    // Toward Alice he plays the responder, toward Bob the initiator, as himself.
    const a = link(alice, 'initiator', { wanted: bob.id });
    const b = link(bob, 'responder', { wanted: alice.id });
    expect(run(a, link(mallory, 'responder')).first).toBe('wrong-node');
    expect(run(link(mallory, 'initiator'), b).second).toBe('wrong-node');
    expect(a.neighbour ?? b.neighbour).toBeNull();
  });

  it('is refused by both ends when he shows the other’s signing key over his own Noise key', () => {
    const forged = (as: Identity) => (hash: Uint8Array, role: Role) =>
      join(as.signingKey, mallory.sign(boundBytes(role, hash)), filled(3, 7));
    expect(runAgainst(link(alice, 'initiator'), puppet(mallory, 'responder'), forged(bob))).toBe(
      'bad-binding',
    );
    expect(runAgainst(link(bob, 'responder'), puppet(mallory, 'initiator'), forged(alice))).toBe(
      'bad-binding',
    );
  });

  it('is refused by both ends when he carries the true signatures across', () => {
    // He has a true handshake with each: he sees their signatures, over those other hashes.
    const fromBob = introductionOf(link(bob, 'responder'), puppet(mallory, 'initiator'));
    const fromAlice = introductionOf(link(alice, 'initiator'), puppet(mallory, 'responder'));
    expect(fromBob.subarray(0, 32)).toEqual(bob.signingKey);
    expect(fromAlice.subarray(0, 32)).toEqual(alice.signingKey);
    const [a, b] = [link(alice, 'initiator'), link(bob, 'responder')];
    expect(runAgainst(a, puppet(mallory, 'responder'), () => fromBob)).toBe('bad-binding');
    expect(runAgainst(b, puppet(mallory, 'initiator'), () => fromAlice)).toBe('bad-binding');
  });

  it('is refused when he hands an end its own introduction back', () => {
    // The role is signed: what Alice says as initiator is not what a responder would say.
    const own = (hash: Uint8Array): Uint8Array =>
      join(alice.signingKey, alice.sign(boundBytes('initiator', hash)));
    expect(runAgainst(link(alice, 'initiator'), puppet(mallory, 'responder'), own)).toBe(
      'bad-binding',
    );
  });

  it('is refused as a second key by those who know the true one (S2)', () => {
    // Somebody stole Bob's Noise secret but not his signing secret.
    const thief = puppet(bob, 'responder');
    const pins = new Pins(crypto);
    pins.prove(bob.noiseKey, bob.signingKey);
    const his = (hash: Uint8Array): Uint8Array =>
      join(mallory.signingKey, mallory.sign(boundBytes('responder', hash)));
    expect(runAgainst(link(alice, 'initiator', { pins }), thief, his)).toBe('identity-clash');
    expect(pins.find(bob.id)?.signingKey).toEqual(bob.signingKey);
    expect(pins.takeAlarms()).toHaveLength(1);
  });

  it('gains nothing from a message that carries nothing, too much, or a key nobody owns', () => {
    const weak = filled(32, 0);
    for (const [payload, flaw] of [
      [NOTHING, 'bad-payload'],
      [filled(95, 1), 'bad-payload'],
      [filled(96 + HELLO_MAX + 1, 1), 'bad-payload'],
      [filled(96, 1), 'bad-binding'],
      // Under the key of low order every equation holds with S = 0 and R of low order.
      [join(weak, weak, filled(32, 0)), 'identity-clash'],
    ] as const) {
      const a = link(alice, 'initiator');
      expect(runAgainst(a, puppet(mallory, 'responder'), () => payload)).toBe(flaw);
      expect(a.neighbour).toBeNull();
    }
    expect(verify(crypto, join(weak, filled(32, 0)), filled(9, 9), weak)).toBe(true);
  });
});

describe('a phone in a session', () => {
  it('proves its signing key by naming it there, against any rumour (S1)', () => {
    const pins = new Pins(crypto);
    // Mallory was first to announce Bob's Noise key, with his own signing key.
    pins.meet(bob.id, bob.noiseKey, mallory.signingKey);
    const body = encodePeerState({ capabilities: 0x29n, signingKey: bob.signingKey, features: 0 });
    expect(hearPeerState(pins, bob.noiseKey, body)).toEqual({
      ok: true,
      state: { capabilities: 0x29n, signingKey: bob.signingKey, features: 0 },
    });
    expect(pins.find(bob.id)).toMatchObject({ signingKey: bob.signingKey, proven: true });
    expect(pins.takeAlarms()).toHaveLength(1);
  });

  it('is refused with a second key, a weak one, or words that make no sense', () => {
    const pins = new Pins(crypto);
    pins.prove(bob.noiseKey, bob.signingKey);
    const says = (signingKey: Uint8Array): Uint8Array =>
      encodePeerState({ capabilities: 0n, signingKey, features: 0 });
    for (const [body, reason] of [
      [says(mallory.signingKey), 'identity-clash'],
      [says(new Uint8Array(32)), 'identity-clash'],
      [filled(3, 9), 'unknown-version'],
      [NOTHING, 'unknown-version'],
    ] as const) {
      expect(hearPeerState(pins, bob.noiseKey, body)).toEqual({ ok: false, reason });
    }
    expect(pins.find(bob.id)?.signingKey).toEqual(bob.signingKey);
    expect(hearPeerState(pins, bob.noiseKey, says(bob.signingKey)).ok).toBe(true);
  });
});

describe('an end that refused', () => {
  it('reads no more, says no more, and has no keys', () => {
    const a = link(alice, 'initiator', { wanted: bob.id });
    run(a, link(mallory, 'responder'));
    expect(a.read(filled(200, 1))).toBe('out-of-turn');
    expect(() => a.write()).toThrow('nobody goes on with a link that was refused');
    expect(() => a.split()).toThrow('a link begins when its other end is known');
  });

  it('is one that met itself, a denied node, or a first message with a payload', () => {
    expect(run(link(alice, 'initiator'), link(alice, 'responder')).first).toBe('wrong-node');
    const pins = new Pins(crypto);
    pins.deny(bob.id);
    expect(run(link(alice, 'initiator', { pins }), link(bob, 'responder')).first).toBe('denied');
    const talkative = puppet(mallory, 'initiator').write(filled(3, 3))!;
    expect(link(bob, 'responder').read(talkative)).toBe('bad-payload');
  });
});

describe('an end that reads what was damaged', () => {
  it('stays as it was, and takes the true message afterwards', () => {
    const draw = xorshift(SEED);
    const [a, b] = [link(alice, 'initiator'), link(bob, 'responder')];
    for (const [from, to] of [
      [a, b],
      [b, a],
      [a, b],
    ]) {
      const message = from.write()!;
      for (let i = 0; i < 20 && message.length > 32; i++) {
        const damaged = message.slice();
        damaged[draw(damaged.length)] ^= 1 << draw(8);
        expect(['bad-tag', 'low-order']).toContain(to.read(damaged));
        expect(to.neighbour).toBeNull();
      }
      expect(to.read(message)).toBeNull();
    }
    expect(a.isFinished && b.isFinished).toBe(true);
  });

  it('does not answer a key of low order (S23)', () => {
    const b = link(bob, 'responder');
    expect(b.read(new Uint8Array(32))).toBeNull();
    expect(b.write()).toBeNull();
  });
});

type Options = { pins?: Pins; hello?: Uint8Array; wanted?: Uint8Array };
let drawn = 0;

function link(who: Identity, role: Role, options: Options = {}): LinkHandshake {
  const pins = options.pins ?? new Pins(crypto);
  const hello = options.hello ?? filled(3, 7);
  const ephemeral = secretsFrom(++drawn)();
  const ports = { crypto, identity: who, pins };
  return new LinkHandshake(ports, role, ephemeral, hello, options.wanted ?? null);
}

/** A bare handshake whose payloads the adversary writes himself. */
function puppet(who: Identity, role: Role): Handshake {
  return who.handshake(role, LINK_PROLOGUE, secretsFrom(++drawn)());
}

/** Runs a handshake as far as both go along; what each found wrong. */
function run(
  a: LinkHandshake,
  b: LinkHandshake,
): { first: LinkFlaw | null; second: LinkFlaw | null } {
  expect(b.read(a.write()!)).toBeNull();
  const first = a.read(b.write()!);
  return { first, second: first === null ? b.read(a.write()!) : null };
}

/** What an honest end finds wrong with an adversary who introduces himself so. */
function runAgainst(
  honest: LinkHandshake,
  adversary: Handshake,
  introduction: (hash: Uint8Array, role: Role) => Uint8Array,
): LinkFlaw | null {
  const payload = (hash: Uint8Array): Uint8Array => introduction(hash, adversary.role);
  if (adversary.role === 'responder') {
    adversary.read(honest.write()!);
    return honest.read(adversary.write(payload)!);
  }
  expect(honest.read(adversary.write(NOTHING)!)).toBeNull();
  adversary.read(honest.write()!);
  return honest.read(adversary.write(payload)!);
}

/** What an honest end tells somebody who plays along. */
function introductionOf(honest: LinkHandshake, adversary: Handshake): Uint8Array {
  if (adversary.role === 'initiator') {
    honest.read(adversary.write(NOTHING)!);
  } else {
    adversary.read(honest.write()!);
    const own = (hash: Uint8Array): Uint8Array =>
      join(mallory.signingKey, mallory.sign(boundBytes('responder', hash)));
    expect(honest.read(adversary.write(own)!)).toBeNull();
  }
  const read = adversary.read(honest.write()!);
  return read.ok ? read.payload : NOTHING;
}

function neighbour(who: Identity, hello: Uint8Array): object {
  return { id: who.id, noiseKey: who.noiseKey, signingKey: who.signingKey, hello };
}
