/**
 * Mail for those who are away (WIRE §10): who carries it, how much of it, and that it arrives once,
 * whichever ways it comes.
 */
import { describe, expect, it } from 'vitest';
import { GRACE_MS } from '../../../host/peer/contract.ts';
import { COURIERS_MAX, LETTERS_PER_COURIER } from '../../../host/peer/mail.ts';
import {
  HAND_OVERS_MAX,
  HAND_OVER_EVERY_MS,
  MAIL_LIFE_MS,
  Satchel,
  SATCHEL_LIMITS,
} from '../../../host/peer/satchel.ts';
import type { SatchelLimits } from '../../../host/peer/satchel.ts';
import type { HeldPacket } from '../../../host/types.ts';
import { DAY_MS } from '../../../host/types.ts';
import { COURIER } from '../../../protocol/core/packet.ts';
import { REACHABLE_MS } from '../../../protocol/peer/peers.ts';
import { capabilities } from '../../../protocol/wire/capabilities.ts';
import type { Courier } from '../../../protocol/wire/courier.ts';
import { courierTag, decodeCourier, encodeCourier } from '../../../protocol/wire/courier.ts';
import type { Packet } from '../../../protocol/wire/packet.ts';
import { encodeText } from '../../../protocol/wire/text.ts';
import { person } from '../../protocol/trust/people.ts';
import { crypto } from '../../protocol/trust/ports.ts';
import { filled, hex } from '../../protocol/wire/given.ts';
import type { Villager } from './hamlet.ts';
import { EPOCH, Hamlet, toward } from './hamlet.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('a letter to somebody who is away', () => {
  it('is carried by a friend who meets him, though the two never meet', () => {
    const { hamlet, ann, ben, carrier } = apart();
    const name = ann.tell(ben, 'by hand');
    hamlet.pass(100);
    expect(carrier.archive.held.usage('peer', null).count).toBe(1);
    expect(ann.sent.filter(({ type }) => type === COURIER)).toMatchObject([{ isSigned: true }]);
    hamlet.cut(ann, carrier);
    hamlet.join(carrier, ben);
    hamlet.pass(100);
    expect(ben.heardFrom(ann)).toEqual(['by hand']);
    // Nobody who carries it can read it, and nobody has confirmed it yet.
    expect(carrier.messages()).toEqual([]);
    expect(ann.stateOf(name)).toBe('waiting');
    hamlet.cut(carrier, ben);
    hamlet.join(ann, ben);
    hamlet.pass(MINUTE_MS);
    expect(ann.stateOf(name)).toBe('delivered');
    expect(ben.heardFrom(ann)).toEqual(['by hand']);
    expect(ben.drops('known')).toBeLessThan(2);
    expect(ben.archive.outbox.all()).toEqual([]);
  });

  it('is given to whoever comes later, and when its peer leaves before he confirms it', () => {
    const { hamlet, ann, ben, carrier } = apart();
    hamlet.cut(ann, carrier);
    hamlet.pass(2 * REACHABLE_MS);
    ann.tell(ben, 'later');
    hamlet.join(ann, carrier);
    hamlet.pass(100);
    expect(held(carrier)).toBe(1);
    // Here, and gone again.
    hamlet.tamper = (packet) => (toward(packet, ben) ? null : packet);
    hamlet.join(ann, ben);
    ann.tell(ben, 'never heard');
    hamlet.cut(ann, ben);
    hamlet.pass(2 * REACHABLE_MS);
    expect(held(carrier)).toBe(2);
  });

  it('is given to friends first, then to gateways, to strangers never, and to few', () => {
    const hamlet = new Hamlet();
    const [ann, ben] = [hamlet.move(1), hamlet.move(2)];
    const friends = [3, 4].map((number) => hamlet.move(number));
    const gateways = [5, 6].map((number) => {
      const gateway = hamlet.move(number);
      gateway.capabilities = capabilities(['gateway']);
      return gateway;
    });
    const stranger = hamlet.move(7);
    hamlet.pass(100);
    for (const friend of friends) ann.ask({ kind: 'stand', peer: friend.id, standing: 'verified' });
    leave(hamlet, ben);
    ann.tell(ben, 'by hand');
    hamlet.pass(HOUR_MS);
    const carriers = [...friends, ...gateways, stranger].map(held);
    expect(carriers.slice(0, 2)).toEqual([1, 1]);
    expect(carriers.reduce((sum, count) => sum + count)).toBe(COURIERS_MAX);
    expect(held(stranger)).toBe(0);
  });

  it('waits its turn: one courier is given so many at once', () => {
    const { hamlet, ann, ben, carrier } = apart();
    for (let n = 0; n < LETTERS_PER_COURIER + 5; n++) ann.tell(ben, `${n}`);
    hamlet.pass(100);
    expect(held(carrier)).toBe(LETTERS_PER_COURIER);
    hamlet.cut(ann, carrier);
    hamlet.pass(HOUR_MS);
    hamlet.join(ann, carrier);
    hamlet.pass(100);
    expect(held(carrier)).toBe(LETTERS_PER_COURIER + 5);
  });

  it('is nothing its carrier can forge, change, or address to another', () => {
    const { hamlet, ann, ben, carrier } = apart();
    ann.tell(ben, 'by hand');
    const [{ payload }] = ann.sent.filter(({ type }) => type === COURIER);
    const envelope = envelopeOf(payload);
    const changed = envelope.ciphertext.slice();
    changed[60] ^= 1;
    const day = Math.floor((EPOCH + hamlet.now) / DAY_MS);
    for (const [what, differs, reason] of [
      ['changed', { ciphertext: changed }, 'mail-unopenable'],
      ['expired', { expiry: EPOCH + hamlet.now }, 'mail-expired'],
      ['to a prekey', { prekeyId: 1 }, 'mail-prekey'],
    ] as const) {
      receive(hamlet, ben, carrier, { ...envelope, ...differs });
      expect(ben.drops(reason), what).toBe(1);
    }
    const tag = courierTag(crypto, carrier.identity.noiseKey, day);
    receive(hamlet, carrier, ann, { ...envelope, tag });
    expect(carrier.drops('mail-unopenable')).toBe(1);
    expect([...ben.messages(), ...carrier.messages()]).toEqual([]);
  });

  it('is shown once, however often it is brought, and not of whom was turned away', () => {
    const { hamlet, ann, ben, carrier } = apart();
    ann.tell(ben, 'by hand');
    const [{ payload }] = ann.sent.filter(({ type }) => type === COURIER);
    for (let n = 0; n < 3; n++) {
      receive(hamlet, ben, carrier, envelopeOf(payload));
      ben.restart();
    }
    expect(ben.heardFrom(ann)).toEqual(['by hand']);
    expect(ben.kept).toHaveLength(1);
    ben.ask({ kind: 'deny', peer: ann.id });
    ann.tell(ben, 'another');
    const last = ann.sent.filter(({ type }) => type === COURIER).at(-1)!;
    receive(hamlet, ben, carrier, envelopeOf(last.payload));
    expect(ben.heardFrom(ann)).toEqual(['by hand']);
    expect(ben.drops('denied')).toBeGreaterThan(0);
  });
});

describe('mail of others', () => {
  it('is kept across a restart, and handed over a few times, ten minutes apart', () => {
    const { hamlet, ann, ben, carrier } = apart();
    ann.tell(ben, 'by hand');
    hamlet.pass(100);
    hamlet.cut(ann, carrier);
    carrier.restart();
    const given = (): number =>
      carrier.sent.filter(({ type, recipient }) => type === COURIER && recipient === ben.id).length;
    for (let times = 1; times <= HAND_OVERS_MAX + 2; times++) {
      hamlet.join(carrier, ben);
      hamlet.pass(100);
      expect(given()).toBe(Math.min(times, HAND_OVERS_MAX));
      hamlet.cut(carrier, ben);
      hamlet.pass(HAND_OVER_EVERY_MS / 2);
      hamlet.join(carrier, ben);
      hamlet.pass(100);
      expect(given()).toBe(Math.min(times, HAND_OVERS_MAX));
      hamlet.cut(carrier, ben);
      hamlet.pass(HAND_OVER_EVERY_MS / 2);
    }
    expect(held(carrier)).toBe(0);
  });

  it.each([false, true])('R16: waits, whatever a clock says that is wrong (anew: %s)', (isAnew) => {
    const { hamlet, ann, ben, carrier } = apart();
    ann.tell(ben, 'by hand');
    hamlet.pass(100);
    hamlet.cut(ann, carrier);
    if (isAnew) carrier.restart();
    carrier.feed({ kind: 'clock', offsetMs: EPOCH + 7 * DAY_MS });
    carrier.archive.trim(EPOCH + 7 * DAY_MS + hamlet.now);
    // Whoever comes meanwhile is given nothing, and makes it let go of nothing.
    hamlet.join(carrier, ann);
    hamlet.pass(GRACE_MS / 2);
    expect(held(carrier)).toBe(1);
    carrier.feed({ kind: 'clock', offsetMs: EPOCH });
    hamlet.join(carrier, ben);
    hamlet.pass(100);
    expect(ben.heardFrom(ann)).toEqual(['by hand']);
  });

  it('is let go of when its day is over, also when most of that was before a restart', () => {
    const { hamlet, ann, ben, carrier } = apart();
    ann.tell(ben, 'by hand');
    hamlet.pass(DAY_MS - GRACE_MS);
    carrier.restart();
    hamlet.pass(GRACE_MS - MINUTE_MS);
    carrier.feed({ kind: 'clock', offsetMs: EPOCH });
    expect(held(carrier)).toBe(1);
    hamlet.pass(2 * MINUTE_MS);
    carrier.feed({ kind: 'clock', offsetMs: EPOCH });
    expect(held(carrier)).toBe(0);
  });

  it('is not taken unsigned, nor when it is no envelope', () => {
    const { hamlet, ann, carrier } = apart();
    const envelope = mailTo(9);
    const packet = packetOf(ann, carrier, encodeCourier(envelope));
    carrier.feed({ kind: 'delivered', packet, link: 0, isVerified: false });
    expect(carrier.drops('mail-unsigned')).toBe(1);
    const broken = packetOf(ann, carrier, hex('010010ab'));
    carrier.feed({ kind: 'delivered', packet: broken, link: 0, isVerified: true });
    expect(carrier.drops('mail-malformed')).toBe(1);
    expect(held(carrier)).toBe(0);
    expect(hamlet.now).toBeGreaterThan(0);
  });
});

describe('a satchel', () => {
  const now = EPOCH;
  const [kept, stranger] = [person(20).id, person(21).id];

  for (const [reason, limits, first, refused, isStranger] of [
    ['mail-full', { count: 2 }, [1, 2], 3, false],
    ['mail-full', { bytes: 250 }, [1, 2], 3, false],
    ['mail-full-for-recipient', { countOfTag: 2 }, [1, 1], 1, false],
    ['mail-full-for-recipient', { bytesOfTag: 250 }, [1, 1], 1, false],
    ['mail-full-of-sender', { ofKept: 2 }, [1, 2], 3, false],
    ['mail-full-of-sender', { ofStranger: 2 }, [1, 2], 3, true],
    ['mail-full-of-strangers', { ofStrangers: 2 }, [1, 2], 3, true],
  ] as [string, Partial<SatchelLimits>, number[], number, boolean][]) {
    it(`takes no more than ${JSON.stringify(limits)}: ${reason}`, () => {
      const satchel = new Satchel(crypto, { ...SATCHEL_LIMITS, ...limits });
      const giver = isStranger ? stranger : kept;
      for (const to of first)
        expect(satchel.take(mailTo(to), giver, isStranger, 0, now)).toBeTypeOf('object');
      expect(satchel.take(mailTo(refused), giver, isStranger, 0, now)).toBe(reason);
      // What expired makes room.
      const later = now + MAIL_LIFE_MS;
      expect(satchel.expire(MAIL_LIFE_MS, later)).toHaveLength(first.length);
      const mail = mailTo(refused, later + 1);
      expect(satchel.take(mail, giver, isStranger, MAIL_LIFE_MS, later)).toBeTypeOf('object');
      expect(satchel.usage.count).toBe(1);
    });
  }

  it('takes nothing twice, nothing expired, and nothing that lasts longer than a day', () => {
    const satchel = new Satchel(crypto);
    const mail = mailTo(1);
    expect(satchel.take(mail, kept, false, 0, now)).toBeTypeOf('object');
    expect(satchel.take(mail, kept, false, 0, now)).toBe('mail-known');
    expect(satchel.take(mailTo(2, now), kept, false, 0, now)).toBe('mail-expired');
    const late = now + MAIL_LIFE_MS + 3_600_001;
    expect(satchel.take(mailTo(2, late), kept, false, 0, now)).toBe('mail-too-lasting');
  });

  it('finds mail by the tags of three days, and nobody else’s', () => {
    const satchel = new Satchel(crypto);
    const ben = person(2);
    const today = Math.floor(now / DAY_MS);
    const days = [-2, -1, 0, 1, 2].map((ago) => courierTag(crypto, ben.noiseKey, today + ago));
    for (const tag of days) {
      satchel.take({ ...mailTo(2), tag, ciphertext: tag }, kept, false, 0, now);
    }
    expect(satchel.handOver(person(3).noiseKey, 0, now).envelopes).toEqual([]);
    const { envelopes } = satchel.handOver(ben.noiseKey, 0, now);
    expect(envelopes.map(({ tag }) => tag)).toEqual(days.slice(1, 4));
  });

  it('is as full after a restart as before', () => {
    const limits = { ...SATCHEL_LIMITS, ofStranger: 1 };
    const satchel = new Satchel(crypto, limits);
    const mail = mailTo(1);
    const { packet } = satchel.take(mail, stranger, true, 0, now) as { packet: HeldPacket };
    const again = new Satchel(crypto, limits);
    again.restore([packet], () => false, 0);
    expect(again.usage).toEqual(satchel.usage);
    expect(again.take(mail, kept, false, 0, now)).toBe('mail-known');
    expect(again.take(mailTo(2), stranger, true, 0, now)).toBe('mail-full-of-sender');
  });
});

/** Ann and Ben, who do not meet, and a friend of hers between them. */
function apart(): { hamlet: Hamlet; ann: Villager; ben: Villager; carrier: Villager } {
  const hamlet = new Hamlet();
  const [ann, ben, carrier] = [hamlet.move(1), hamlet.move(2), hamlet.move(3)];
  hamlet.pass(100);
  ann.ask({ kind: 'stand', peer: carrier.id, standing: 'trusted' });
  carrier.ask({ kind: 'stand', peer: ann.id, standing: 'contacted' });
  hamlet.cut(ann, ben);
  hamlet.cut(ben, carrier);
  hamlet.pass(2 * REACHABLE_MS);
  return { hamlet, ann, ben, carrier };
}

function leave(hamlet: Hamlet, who: Villager): void {
  who.isAway = true;
  hamlet.pass(2 * REACHABLE_MS);
}

function held(who: Villager): number {
  return who.archive.held.usage('peer', null).count;
}

function receive(hamlet: Hamlet, who: Villager, from: Villager, envelope: Courier): void {
  hamlet.replay(packetOf(from, who, encodeCourier(envelope)), who);
  hamlet.pass(1);
}

function envelopeOf(payload: Uint8Array): Courier {
  const decoded = decodeCourier(payload);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.value;
}

let drawn = 0;

/** Mail of 120 bytes, each another. */
function mailTo(number: number, expiry = EPOCH + MAIL_LIFE_MS): Courier {
  const ciphertext = filled(120, 1);
  ciphertext.set(encodeText(`${++drawn}`));
  return { tag: filled(16, number), expiry, ciphertext, copies: 1, prekeyId: null };
}

function packetOf(from: Villager, to: Villager, payload: Uint8Array): Packet {
  return {
    version: 1,
    type: COURIER,
    ttl: 7,
    timestamp: EPOCH,
    sender: from.id,
    recipient: to.id,
    isBroadcast: false,
    route: [],
    isAnswer: false,
    payload,
    signature: null,
  };
}
