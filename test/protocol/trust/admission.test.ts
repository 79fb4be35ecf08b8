/**
 * What a node with keys lets in, in which order it asks, and what that costs an attacker
 * (RELIABILITY §1, DEFAULTS §2). Where the promise is one of the whole node, a relay is around it.
 */
import { describe, expect, it } from 'vitest';
import type { PacketFields } from '../../../protocol/core/packet.ts';
import {
  ANNOUNCE,
  CHANNEL,
  CONTROL,
  COURIER,
  ENCRYPTED,
  encodePacket,
  FILE,
  FRAGMENT,
  GATEWAY,
  GOSSIP,
  HANDSHAKE,
  HEARTBEAT,
  HELLO,
  HOP_FILE,
  LEAVE,
  LINK_STATE,
  LOCATE,
  MESSAGE,
  NOTE,
  NOTED,
  PacketView,
  PING,
  plainPacket,
  PONG,
  RECEIPT,
  RECONCILE,
  REQUEST_SYNC,
  ROOM,
  TRACE,
  TTL_AT,
  VOICE,
} from '../../../protocol/core/packet.ts';
import type { DropReason, RelayOutput } from '../../../protocol/core/relay.ts';
import { Relay, RELAY_DEFAULTS } from '../../../protocol/core/relay.ts';
import type { AdmissionConfig } from '../../../protocol/trust/admission.ts';
import { ADMISSION_DEFAULTS, TrustAdmission } from '../../../protocol/trust/admission.ts';
import type { Crypto } from '../../../protocol/trust/crypto.ts';
import type { Identity } from '../../../protocol/trust/identity.ts';
import { Pins } from '../../../protocol/trust/pins.ts';
import { makeSeenHash } from '../../../protocol/trust/seen-hash.ts';
import { filled } from '../wire/given.ts';
import { announceOf, messageOf, person } from './people.ts';
import { crypto } from './ports.ts';

const [alice, bob, mallory, stranger] = [person(1), person(2), person(3), person(4)];
const LEVELS = ['permissive', 'moderate', 'strict'] as const;
const MUST_BE_SIGNED = [MESSAGE, LEAVE, FILE, VOICE, REQUEST_SYNC, LINK_STATE, GOSSIP].concat([
  ...[RECONCILE, CHANNEL, ROOM, RECEIPT, GATEWAY],
]);
const UNSIGNED_BY_DESIGN = [HANDSHAKE, ENCRYPTED, FRAGMENT];
const JUDGED_OTHERWISE = [COURIER, PING, PONG, HELLO, CONTROL, HEARTBEAT].concat(
  [HOP_FILE, TRACE, NOTE, NOTED, LOCATE],
  [0x23, 0x24, 0x25, 0x28, 0x7f, 0xff],
);

describe('a packet of a known sender', () => {
  it.each(MUST_BE_SIGNED)('of type %i must be signed, and verify', (type) => {
    const node = gate();
    const good = messageOf(alice, 1, { type });
    expect(node.hear(good)).toBeNull();
    expect(node.admission.isVerified(good)).toBe(true);
    const forged = forge(messageOf(alice, 2, { type }));
    expect(node.hear(forged)).toBe('bad-signature');
    expect(node.admission.isVerified(forged)).toBe(false);
    expect(node.hear(unsigned(alice, type))).toBe('unsigned');
    // Signed by somebody else in her name.
    const fields = plainPacket(type, 7, 3, alice.id, filled(9, 3));
    expect(node.hear(mallory.sealPacket(fields))).toBe('bad-signature');
  });

  it('is told from what others passed on, when it does not hold', () => {
    const node = gate();
    const reasons = [7, 6, 1, 0].map((ttl) => node.hear(forge(messageOf(alice, ttl, { ttl }))));
    expect(reasons).toEqual(['bad-signature', 'forged', 'forged', 'bad-signature']);
    // Of an announce, which brings its key, whoever passed it on could have known.
    const announce = forge(announceOf(stranger));
    announce[TTL_AT] = 6;
    expect(node.hear(announce)).toBe('bad-signature');
  });

  it.each([
    ['in a mesh of more hops', 40, [40, 39, 7, 0]],
    ['in one of fewer than the phones have', 3, [7, 6, 3, 0]],
  ] as const)('is told from it by the hops that it begins with %s', (_, ttlMax, ttls) => {
    const node = gate({}, ttlMax);
    const reasons = ttls.map((ttl) => node.hear(forge(messageOf(alice, ttl, { ttl }))));
    expect(reasons).toEqual(['bad-signature', 'forged', 'forged', 'bad-signature']);
  });

  it('is told from what others passed on, when there is more of it than may be', () => {
    const once = { perSecond: 1, burst: 1 };
    const node = gate({ messages: once });
    const reasons = [7, 7, 6, 1, 0].map((ttl, at) => node.hear(messageOf(alice, at, { ttl })));
    expect(reasons).toEqual([null, 'flooding', 'flooded', 'flooded', 'flooding']);
    // And where nothing more is verified, whether it would hold or not.
    const tired = gate({ failures: once });
    tired.hear(forge(messageOf(alice, 1, { ttl: 6 })));
    const announce = announceOf(alice);
    announce[TTL_AT] = 6;
    const unasked = [messageOf(alice, 2, { ttl: 6 }), announce, messageOf(alice, 3, { ttl: 7 })];
    expect(unasked.map((frame) => tired.hear(frame))).toEqual(['flooded', 'flooded', 'flooding']);
  });

  it.each(LEVELS)('is never dropped for lack of a signature it has by design (%s)', (level) => {
    for (const type of UNSIGNED_BY_DESIGN) {
      const node = gate({ level });
      expect(node.hear(unsigned(alice, type)), `type ${type}`).toBeNull();
      expect(node.hear(unsigned(stranger, type)), `type ${type}`).toBeNull();
      const badlySigned = forge(messageOf(alice, 1, { type }));
      expect(node.hear(badlySigned), `type ${type}`).toBeNull();
      expect(node.admission.isVerified(badlySigned)).toBe(false);
      expect(node.verifications).toBe(0);
    }
  });

  it.each(LEVELS)('of any other type is judged by its session or content (%s)', (level) => {
    const node = gate({ level });
    for (const type of JUDGED_OTHERWISE) {
      expect(node.hear(unsigned(alice, type)), `type ${type}`).toBeNull();
    }
    expect(node.verifications).toBe(0);
  });

  it.each(LEVELS)(
    'that is mail passes on unsigned, and is verified where it can be (%s)',
    (level) => {
      const node = gate({ level });
      const good = messageOf(alice, 1, { type: COURIER });
      expect(node.hear(good)).toBeNull();
      expect(node.admission.isVerified(good)).toBe(true);
      for (const other of [
        unsigned(alice, COURIER),
        forge(messageOf(alice, 2, { type: COURIER })),
        messageOf(stranger, 3, { type: COURIER }),
      ]) {
        expect(node.hear(other)).toBeNull();
        expect(node.admission.isVerified(other)).toBe(false);
      }
    },
  );

  it('is verified whatever a relay did to TTL, answer flag and padding', () => {
    const node = gate();
    const frame = messageOf(alice, 1);
    const relayed = new Uint8Array(frame.length + 20).fill(20);
    relayed.set(frame);
    relayed[2] = 3;
    relayed[11] |= 0x10;
    expect(node.hear(relayed)).toBeNull();
    expect(node.admission.isVerified(relayed)).toBe(true);
  });

  it('is turned away if the sender is, before anything is verified', () => {
    const node = gate();
    node.pins.deny(alice.id);
    expect(node.hear(messageOf(alice, 1))).toBe('denied');
    expect(node.hear(unsigned(alice, HANDSHAKE))).toBe('denied');
    expect(node.hear(announceOf(alice))).toBe('denied');
    expect(node.verifications).toBe(0);
  });
});

describe('a packet of a stranger', () => {
  it('is passed on unverified: relaying never waits for a key', () => {
    const node = gate();
    const frame = messageOf(stranger, 1);
    expect(node.hear(frame)).toBeNull();
    expect(node.admission.isVerified(frame)).toBe(false);
    expect(node.verifications).toBe(0);
    expect(node.hear(unsigned(stranger, MESSAGE))).toBe('unsigned');
  });

  it('has a small budget for each link under strict', () => {
    const node = gate({ level: 'strict' });
    const heard = range(30).map((i) => node.hear(messageOf(person(50 + i), i), 0));
    expect(heard.filter((reason) => reason === null)).toHaveLength(10);
    expect(heard.at(-1)).toBe('unknown-sender');
    expect(node.hear(messageOf(stranger, 1), 1)).toBeNull();
    expect(node.hear(messageOf(alice, 1), 0)).toBeNull();
    node.now += 1000;
    expect(node.hear(messageOf(stranger, 2), 0)).toBeNull();
    expect(node.hear(messageOf(stranger, 3), 0)).toBe('unknown-sender');
  });
});

it('takes another level from the owner at once', () => {
  const node = gate();
  expect(node.hear(unsigned(stranger, MESSAGE))).toBe('unsigned');
  node.admission.enforce('permissive');
  expect(node.hear(unsigned(stranger, MESSAGE))).toBeNull();
});

describe('under permissive', () => {
  it('whatever is well formed comes in, and what did not verify is not marked so', () => {
    const node = gate({ level: 'permissive' });
    const frames = [
      messageOf(alice, 1),
      forge(messageOf(alice, 2)),
      unsigned(alice, MESSAGE),
      messageOf(stranger, 3),
      unsigned(stranger, ANNOUNCE),
      forge(announceOf(stranger)),
      announceOf(mallory, { noiseKey: alice.noiseKey }),
      alice.sealPacket(plainPacket(ANNOUNCE, 7, 4, alice.id, filled(9, 9))),
    ];
    expect(frames.map((frame) => node.hear(frame))).toEqual(frames.map(() => null));
    const marks = frames.map((frame) => node.admission.isVerified(frame));
    expect(marks).toEqual([true, ...frames.slice(1).map(() => false)]);
    expect(node.pins.find(stranger.id)).toBeNull();
    expect(node.pins.find(alice.id)?.signingKey).toEqual(alice.signingKey);
  });
});

describe('an announce', () => {
  it('is verified by its own keys, pinned, and what follows by the pin', () => {
    const node = gate();
    const announce = announceOf(stranger);
    expect(node.hear(announce)).toBeNull();
    expect(node.admission.isVerified(announce)).toBe(true);
    expect(node.pins.find(stranger.id)?.signingKey).toEqual(stranger.signingKey);
    expect(node.hear(forge(messageOf(stranger, 2)))).toBe('bad-signature');
  });

  it('is refused with the victim’s Noise key and the attacker’s signature (S2)', () => {
    const node = gate();
    // Alice is pinned. Mallory shows her Noise key with his signing key, and signs it properly.
    expect(node.hear(announceOf(mallory, { noiseKey: alice.noiseKey }))).toBe('identity-clash');
    expect(node.pins.find(alice.id)?.signingKey).toEqual(alice.signingKey);
    expect(node.pins.takeAlarms()).toMatchObject([{ signingKey: mallory.signingKey }]);
    // With her signing key too, his signature is not hers.
    const both = { noiseKey: alice.noiseKey, signingKey: alice.signingKey };
    expect(node.hear(announceOf(mallory, both))).toBe('bad-signature');
  });

  it('is refused when its Noise key belongs to another id (S2)', () => {
    const node = gate();
    const announce = announceOf(stranger);
    announce.set(bob.id, 14);
    expect(node.hear(bob.signFrame(announce))).toBe('identity-clash');
    expect(node.pins.find(stranger.id)).toBeNull();
    expect(node.verifications).toBe(0);
  });

  it('raises no alarm that nobody signed', () => {
    const node = gate();
    const damaged = forge(announceOf(mallory, { noiseKey: alice.noiseKey }));
    expect(node.hear(damaged)).toBe('bad-signature');
    expect(node.pins.alarmCount).toBe(0);
  });

  it.each([
    ['carries no announce', stranger.sealPacket(announceFields(filled(9, 9))), 'bad-payload'],
    ['carries an empty signing key (S3)', withEmptyKey(), 'bad-payload'],
    ['is not signed', unsigned(stranger, ANNOUNCE), 'unsigned'],
    ['has a bad signature', forge(announceOf(stranger)), 'bad-signature'],
    ['inflates to more than any announce', bomb(), 'bad-payload'],
  ])('is refused, and pins nobody, when it %s', (_, frame, reason) => {
    const node = gate();
    expect(node.hear(frame)).toBe(reason);
    expect(node.pins.find(stranger.id)).toBeNull();
  });

  it('of a newcomer is paid for by its link', () => {
    const node = gate({ unverified: { perSecond: 1, burst: 5 } });
    const heard = range(9).map((i) => node.hear(announceOf(person(50 + i))));
    expect(heard.filter((reason) => reason === null)).toHaveLength(5);
    expect(heard.at(-1)).toBe('flooding');
    expect(node.verifications).toBe(5);
    // Those that are known go on, and other links do not notice.
    expect(node.hear(announceOf(alice))).toBeNull();
    expect(node.hear(announceOf(person(70)), 1)).toBeNull();
  });
});

describe('the order of the questions (RELIABILITY §1)', () => {
  it('asks the bucket of link and claimed sender first: nothing else is spent then', () => {
    const node = gate({ perLinkAndSender: { perSecond: 1, burst: 3 } });
    const heard = range(6).map((i) => node.hear(forge(messageOf(alice, i))));
    expect(heard).toEqual([
      ...range(3).map(() => 'bad-signature'),
      ...range(3).map(() => 'flooding'),
    ]);
    expect(node.verifications).toBe(3);
    // The same sender over another link, and another sender over this one, are as free as before.
    expect(node.hear(messageOf(alice, 9), 1)).toBeNull();
    expect(node.hear(messageOf(bob, 9))).toBeNull();
  });

  it('verifies nothing more for a link that failed too often', () => {
    const node = gate();
    const heard = range(30).map((i) => node.hear(forge(messageOf(alice, i))));
    expect(heard.filter((reason) => reason === 'bad-signature')).toHaveLength(20);
    expect(heard.at(-1)).toBe('flooding');
    expect(node.hear(messageOf(bob, 1), 0)).toBe('flooding');
    expect(node.verifications).toBe(20);
    expect(node.hear(messageOf(bob, 2), 1)).toBeNull();
    node.now += 100;
    expect(node.hear(messageOf(bob, 3), 0)).toBeNull();
  });

  it('never charges a link’s failures for what verifies', () => {
    const node = gate({ messages: { perSecond: 1000, burst: 1000 } });
    for (let i = 0; i < 300; i++) expect(node.hear(messageOf(alice, i))).toBeNull();
    expect(node.hear(forge(messageOf(alice, 999)))).toBe('bad-signature');
  });

  it('charges the sender only for what verified: forging Alice does not starve Alice', () => {
    const node = gate();
    for (let i = 0; i < 300; i++) node.hear(forge(messageOf(alice, i)), 5);
    const heard = range(61).map((i) => node.hear(messageOf(alice, 1000 + i), 6));
    // Sixty messages at once and one a second are hers alone (DEFAULTS §2).
    expect(heard).toEqual([...range(60).map(() => null), 'flooding']);
    node.now += 1000;
    expect(node.hear(messageOf(alice, 2000), 6)).toBeNull();
    expect(node.hear(messageOf(alice, 2001), 6)).toBe('flooding');
  });

  it('has a purse for messages, another for the rest, and none for voices', () => {
    const node = gate();
    const say = (type: number, count: number): number =>
      range(count).filter((i) => node.hear(messageOf(alice, i, { type })) === null).length;
    expect(say(MESSAGE, 30) + say(CHANNEL, 20) + say(FILE, 20)).toBe(60);
    expect(say(GOSSIP, 80) + say(LINK_STATE, 40)).toBe(100);
    expect(say(VOICE, 150)).toBe(150);
  });

  it('remembers as many senders as it was given room for, and begins anew with the others', () => {
    const once = { perSecond: 0.001, burst: 1 };
    const node = gate({ senderSets: 1, perLinkAndSender: once });
    const say = (link: number): string | null => node.hear(messageOf(alice, node.now++), link);
    // Two sets of four at the most: of nine links one at least is forgotten.
    const links = range(9);
    expect(links.map(say)).toEqual(links.map(() => null));
    expect(links.map(say)).toContain(null);
    const roomy = gate({ perLinkAndSender: once });
    for (const link of links) roomy.hear(messageOf(alice, link), link);
    const again = links.map((link) => roomy.hear(messageOf(alice, 100 + link), link));
    expect(again).toEqual(links.map(() => 'flooding'));
  });

  it('bounds what a link brings unverified, whoever it says it is from', () => {
    const node = gate({ unverified: { perSecond: 10, burst: 50 } });
    const heard = range(80).map((i) => node.hear(unsigned(person(100 + i), FRAGMENT)));
    expect(heard.filter((reason) => reason === null)).toHaveLength(50);
    expect(heard.at(-1)).toBe('flooding');
    expect(node.hear(messageOf(alice, 1))).toBeNull();
    expect(node.hear(unsigned(stranger, FRAGMENT), 1)).toBeNull();
  });
});

describe('a relay with this at its door', () => {
  it('passes on the real packet after a forged first copy (S20)', () => {
    const relay = relayOf(gate());
    const real = messageOf(alice, 1);
    expect(relay.drops(0, forge(real.slice()))).toEqual(['bad-signature']);
    expect(relay.drops(0, forge(announceOf(stranger)))).toEqual(['bad-signature']);
    expect(relay.delivers(1, real.slice())).toBe(true);
    expect(relay.delivers(1, announceOf(stranger))).toBe(true);
    expect(relay.drops(2, real.slice())).toContain('duplicate');
  });

  it('verifies no duplicate', () => {
    const node = gate();
    const relay = relayOf(node);
    const real = messageOf(alice, 1);
    for (let i = 0; i < 50; i++) relay.hear(i % 4, real.slice());
    expect(node.verifications).toBe(1);
  });

  it('delivers an honest sender whole while another link is flooded with forgeries', () => {
    const node = gate();
    const relay = relayOf(node);
    let delivered = 0;
    let forged = 0;
    for (let ms = 0; ms < 3000; ms++) {
      relay.now = ms;
      // Ten a millisecond, in the names of those who are known here.
      for (let i = 0; i < 10; i++) {
        const frame = FORGERIES[(ms * 10 + i) % FORGERIES.length].slice();
        frame[10] = ms;
        frame[9] = ms >> 8;
        if (relay.delivers(3, frame)) forged++;
      }
      if (ms % 100 === 0 && relay.delivers(0, messageOf(alice, ms))) delivered++;
    }
    expect(forged).toBe(0);
    expect(delivered).toBe(30);
    // Of 30,000 forgeries the link could afford 20, and ten more each second.
    expect(node.verifications).toBeLessThanOrEqual(30 + 20 + 31);
  });
});

describe('a flood over one link, in a name made up for it', () => {
  it.each([
    [1, 2],
    [0, 3],
    [3, 259],
  ])('silences nobody: Alice over link %i, the flood over link %i', (own, other) => {
    const node = gate();
    // As if a link were a byte of the id, or only its last byte counted.
    const twin = new Uint8Array(alice.id);
    twin[4] ^= own ^ other;
    const frame = encodePacket(plainPacket(ENCRYPTED, 7, 1, twin, filled(20, 1)));
    for (let i = 0; i < 2000; i++) node.hear(frame, other);
    expect(node.hear(messageOf(alice, 1), own)).toBeNull();
  });
});

/** An admission that knows Alice, Bob and Mallory, with its clock and a count of what it verified. */
class Gate {
  now = 0;
  verifications = 0;
  readonly pins: Pins;
  readonly admission: TrustAdmission;
  private readonly view = new PacketView();

  constructor(differs: Partial<AdmissionConfig>, ttlMax: number) {
    const counting: Crypto = {
      ...crypto,
      acceptsFast: (signature, message, key) => {
        this.verifications++;
        return crypto.acceptsFast(signature, message, key);
      },
    };
    this.pins = new Pins(counting);
    for (const who of [alice, bob, mallory]) this.pins.meet(who.id, who.noiseKey, who.signingKey);
    this.admission = new TrustAdmission(
      counting,
      this.pins,
      { linksMax: 512, ttlMax },
      { ...ADMISSION_DEFAULTS, ...differs },
      7,
    );
  }

  hear(frame: Uint8Array, link = 0): DropReason | null {
    expect(this.view.read(frame, 1 << 20)).toBeNull();
    return this.admission.admit(this.view, link, this.now);
  }
}

function gate(differs: Partial<AdmissionConfig> = {}, ttlMax = 7): Gate {
  return new Gate(differs, ttlMax);
}

function relayOf(node: Gate) {
  const relay = new Relay(
    { ...RELAY_DEFAULTS, id: filled(8, 0x77) },
    () => 0,
    makeSeenHash(1, 2),
    node.admission,
  );
  for (let link = 0; link < 4; link++) relay.step({ kind: 'linkUp', link, air: false }, 0);
  const rig = {
    now: 0,
    hear: (link: number, bytes: Uint8Array): RelayOutput[] =>
      relay.step({ kind: 'heard', link, bytes }, rig.now),
    delivers: (link: number, bytes: Uint8Array): boolean =>
      rig.hear(link, bytes).some((out) => out.kind === 'deliver'),
    drops: (link: number, bytes: Uint8Array): string[] =>
      rig.hear(link, bytes).flatMap((out) => (out.kind === 'drop' ? [out.reason] : [])),
  };
  return rig;
}

/** The packet with another signature: one that is well formed and wrong. */
function forge(frame: Uint8Array): Uint8Array {
  const view = new PacketView();
  view.read(frame, 1 << 20);
  frame[view.signatureAt + 5] ^= 1;
  return frame;
}

/** Forged messages of everybody here, to be told apart by their timestamp. */
const FORGERIES = [alice, bob, mallory].map((who) => forge(messageOf(who, 1 << 30)));

function unsigned(who: Identity, type: number): Uint8Array {
  return encodePacket(plainPacket(type, 7, 1, who.id, filled(20, type)));
}

function announceFields(payload: Uint8Array, compressed = false): PacketFields {
  return { ...plainPacket(ANNOUNCE, 7, 1, stranger.id, payload), compressed };
}

function withEmptyKey(): Uint8Array {
  return announceOf(stranger, { signingKey: new Uint8Array(32) });
}

/** 60,000 zeros, as a stored size and a deflated run of them. */
function bomb(): Uint8Array {
  return encodePacket({
    ...announceFields(Uint8Array.of(0xea, 0x60, 0x03, 0, 0, 0), true),
    signature: filled(64, 1),
  });
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
