/**
 * Theorem: whatever bytes come as a handshake, a link's introduction, a session's message or a whole
 * packet at the door, trust answers with a value or a reason. It never throws, it believes nobody
 * whose secret was not used, and what it had before it still has.
 */
import { expect, it } from 'vitest';
import { ENCRYPTED, PacketView } from '../../protocol/core/packet.ts';
import { ADMISSION_DEFAULTS, TrustAdmission } from '../../protocol/trust/admission.ts';
import { LINK_PROLOGUE, LinkHandshake } from '../../protocol/trust/binding.ts';
import { Pins } from '../../protocol/trust/pins.ts';
import { SESSION_LIMITS, Sessions } from '../../protocol/trust/session.ts';
import { announceOf, messageOf, person, secretsFrom } from '../protocol/trust/people.ts';
import { crypto } from '../protocol/trust/ports.ts';
import { filled } from '../protocol/wire/given.ts';
import { STORM_MS, storm } from './storm.ts';

const [alice, bob, mallory] = [person(1), person(2), person(3)];
const NOTHING = new Uint8Array(0);
/** So generous that the judge is met and not the limit. */
const AMPLE = { perSecond: 1000, burst: 100_000 };

it('sessions stand every storm, and the live one goes on', { timeout: STORM_MS }, () => {
  const [a, b] = [sessionsOf(1), sessionsOf(2)];
  const messages = [...openBetween(a, b), ...[0, 1, 40].map((size) => sealed(a, size))];
  const others = [bob, mallory].map((who) =>
    who.handshake('initiator', NOTHING, secretsFrom(5)()).write(NOTHING)!,
  );
  let now = 0;
  let reopened = 0;
  storm([...messages, ...others], (bytes, next) => {
    now += next(20_000);
    const peer = next(3) === 0 ? alice.id : filled(8, next(6));
    const kind = next(3) === 0 ? 'handshake' : 'encrypted';
    const out = b.step({ kind, peer, link: next(8), payload: bytes }, now);
    bytes.fill(0x55);
    for (const one of out) {
      if (one.kind === 'established') throw new Error('believed somebody');
    }
    const { live, incoming, early } = b.counts();
    if (live > 1 || incoming > SESSION_LIMITS.incoming || early > 32) throw new Error('grown');
    // A day ends the session by itself; a new one is opened then.
    if (live === 0) {
      openBetween(a, b, now);
      reopened++;
    }
    const payload = sealed(a, 8, now);
    const heard = b.step({ kind: 'encrypted', peer: alice.id, payload }, now);
    if (!heard.some((one) => one.kind === 'received')) throw new Error('the session is gone');
  });
  expect(reopened).toBeGreaterThan(0);
});

it('a link’s handshake stands every storm, and believes nobody', { timeout: STORM_MS }, () => {
  const pins = new Pins(crypto);
  const draw = secretsFrom(9);
  const honest = (): LinkHandshake =>
    new LinkHandshake({ crypto, identity: alice, pins }, 'initiator', draw(), NOTHING, null);
  const puppet = mallory.handshake('responder', LINK_PROLOGUE, draw());
  let link = honest();
  puppet.read(link.write()!);
  const second = puppet.write(filled(120, 1))!;
  storm([second, second.slice(0, 96), filled(96, 7)], (bytes) => {
    const flaw = link.read(bytes);
    bytes.fill(0x55);
    if (flaw === null || link.neighbour !== null) throw new Error('believed somebody');
    if (flaw !== 'bad-binding' && flaw !== 'bad-payload') return;
    // Mallory's own message fits the first handshake only; it ended that one.
    link = honest();
    link.write();
  });
  expect(pins.all()).toEqual([]);
});

it('admission stands every storm, and pins nobody anew', { timeout: STORM_MS }, () => {
  const pins = new Pins(crypto);
  pins.meet(alice.id, alice.noiseKey, alice.signingKey);
  const rates = { perLinkAndSender: AMPLE, unverified: AMPLE, messages: AMPLE, others: AMPLE };
  const limits = { linksMax: 32, ttlMax: 7 };
  const door = new TrustAdmission(crypto, pins, limits, { ...ADMISSION_DEFAULTS, ...rates }, 3);
  const view = new PacketView();
  const genuine = [announceOf(alice), messageOf(alice, 1), messageOf(alice, 2, { type: 0xe4 })];
  const forged = announceOf(mallory, { noiseKey: alice.noiseKey });
  const reasons = new Set<string>();
  let now = 0;
  storm([...genuine, forged, messageOf(bob, 3)], (bytes) => {
    now += 20;
    if (view.read(bytes, 1 << 20) !== null) return;
    const before = bytes.slice();
    const reason = door.admit(view, 0, now);
    if (reason !== null) reasons.add(reason);
    if (Buffer.compare(before, bytes) !== 0) throw new Error('changed the packet');
    bytes.fill(0x55);
  });
  expect(pins.find(alice.id)?.signingKey).toEqual(alice.signingKey);
  expect(pins.all()).toHaveLength(1);
  expect([...reasons].sort()).toEqual(
    expect.arrayContaining(['bad-payload', 'bad-signature', 'identity-clash', 'unsigned']),
  );
});

function sessionsOf(seed: number): Sessions {
  const who = seed === 1 ? alice : bob;
  return new Sessions(crypto, who, new Pins(crypto), secretsFrom(seed), seed);
}

/** Opens a session between Alice and Bob; returns the three messages. */
function openBetween(a: Sessions, b: Sessions, now = 0): Uint8Array[] {
  a.step({ kind: 'close', peer: bob.id }, now);
  const said: Uint8Array[] = [];
  let out = a.step({ kind: 'open', peer: bob.id }, now);
  for (let i = 0; i < 3; i++) {
    const sent = out.find((one) => one.kind === 'transmit');
    if (sent === undefined) throw new Error('nothing was sent');
    said.push(sent.payload);
    const [to, from] = i % 2 === 0 ? [b, alice] : [a, bob];
    out = to.step({ kind: 'handshake', peer: from.id, link: 31, payload: sent.payload }, now);
  }
  return said;
}

function sealed(from: Sessions, size: number, now = 0): Uint8Array {
  const out = from.step({ kind: 'seal', peer: bob.id, plaintext: filled(size, 4) }, now);
  const sent = out.find((one) => one.kind === 'transmit' && one.type === ENCRYPTED);
  if (sent?.kind !== 'transmit') throw new Error('nothing was sealed');
  return sent.payload;
}
