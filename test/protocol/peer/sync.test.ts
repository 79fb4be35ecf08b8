/**
 * History both ways, with a peer that asks and answers as the phones do (WIRE §9), and what those get
 * who only pretend (RELIABILITY S16).
 */
import { describe, expect, it } from 'vitest';
import {
  ANNOUNCE,
  FLAGS_AT,
  FRAGMENT,
  IS_ANSWER,
  MESSAGE,
  plainPacket,
  REQUEST_SYNC,
} from '../../../protocol/core/packet.ts';
import { HISTORY_LIMITS } from '../../../protocol/peer/history.ts';
import type { Station } from '../../../protocol/peer/station.ts';
import { ASK_MS, PACES } from '../../../protocol/peer/sync.ts';
import type { Identity } from '../../../protocol/trust/identity.ts';
import { buildFilter, filterNumber, filterNumbers, syncId } from '../../../protocol/wire/gcs.ts';
import type { Packet } from '../../../protocol/wire/packet.ts';
import { openPacket } from '../../../protocol/wire/packet.ts';
import type { RequestSync } from '../../../protocol/wire/request-sync.ts';
import {
  decodeRequestSync,
  encodeRequestSync,
  syncTypes,
} from '../../../protocol/wire/request-sync.ts';
import { splitFrame } from '../../../protocol/wire/fragment.ts';
import { withTtl } from '../../packets.ts';
import { announceOf, messageOf, person } from '../trust/people.ts';
import { crypto } from '../trust/ports.ts';
import { EPOCH, phoneOf, stationOf, timeIn, Village } from './village.ts';
import type { Phone } from './village.ts';

describe('a station that is asked for history', () => {
  it('answers with the original packets, announces first, TTL 0 and marked as answers', () => {
    const { village, asker, texts } = gathering();
    ask(village, asker, []);
    village.pass(2000);
    const answers = asker.heard.filter(({ packet }) => packet.isAnswer);
    expect(answers.every(({ packet }) => packet.ttl === 0)).toBe(true);
    const kinds = answers.map(({ packet }) => packet.type);
    expect(kinds.lastIndexOf(ANNOUNCE)).toBeLessThan(kinds.indexOf(MESSAGE));
    const said = answers.filter(({ packet }) => packet.type === MESSAGE);
    expect(said.map(({ packet }) => text(packet))).toEqual(texts);
    // As its author sealed it, but for two bytes that no signature covers.
    const original = said[0].bytes.slice();
    original[2] = 7;
    original[FLAGS_AT] &= ~IS_ANSWER;
    expect(original).toEqual(messageOf(person(10), EPOCH + 1000));
  });

  it('leaves out what the filter names, and what was not asked for', () => {
    const { village, asker, heard } = gathering();
    ask(village, asker, heard.slice(0, 3), { types: syncTypes(['message']) });
    village.pass(2000);
    const answers = asker.heard.filter(({ packet }) => packet.isAnswer);
    expect(answers.map(({ packet }) => packet.type)).toEqual([MESSAGE, MESSAGE]);
    asker.heard.length = 0;
    ask(village, asker, [], { types: syncTypes(['file', 'board']) });
    village.pass(2000);
    expect(asker.heard.filter(({ packet }) => packet.isAnswer)).toEqual([]);
    ask(village, asker, [], { types: syncTypes(['message']), since: EPOCH + 3000 });
    village.pass(2000);
    expect(asker.heard.filter(({ packet }) => packet.isAnswer)).toHaveLength(3);
  });

  it('answers eight requests in thirty seconds, and then again', () => {
    const { village, station, asker } = gathering();
    const answered = (): number => asker.heard.filter(({ packet }) => packet.isAnswer).length;
    let rounds = 0;
    for (let i = 0; i < PACES.phone.answersMax + 3; i++) {
      const before = answered();
      ask(village, asker, []);
      village.pass(1000);
      if (answered() > before) rounds++;
    }
    expect(rounds).toBe(PACES.phone.answersMax);
    expect(drops(station, village)).toMatchObject({ 'request-flooding': 3 });
    village.pass(30_000);
    const before = answered();
    ask(village, asker, []);
    village.pass(1000);
    expect(answered()).toBeGreaterThan(before);
  });

  it('cuts an old packet that does not fit one write, for that link alone', () => {
    const { village, station, asker, author } = gathering();
    const payload = new TextEncoder().encode('x'.repeat(700));
    const large = messageOf(author.identity, timeIn(village), { payload });
    village.write(author, 0, large);
    village.pass(500);
    asker.heard.length = 0;
    ask(village, asker, []);
    village.pass(2000);
    const pieces = asker.ofType(FRAGMENT);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.every(({ ttl, isAnswer }) => ttl === 0 && isAnswer)).toBe(true);
    expect(asker.heard.every(({ bytes }) => bytes.length <= 512)).toBe(true);
    // Passing it on was not for a relay to do in pieces.
    expect(drops(station, village)).toMatchObject({ 'over-limit': 1 });
  });
});

describe('S16: a station that is asked by somebody it need not believe', () => {
  const cases: [string, string, (rig: Gathering) => Uint8Array][] = [
    ['without a signature', 'unsigned', ({ asker, village }) => unsigned(asker.identity, village)],
    ['by somebody it never met', 'unknown-sender', ({ village }) => request(village, person(66))],
    [
      'with a signature that does not hold',
      'bad-signature',
      ({ asker, village }) => {
        const forged = request(village, asker.identity);
        forged[forged.length - 1] ^= 1;
        return forged;
      },
    ],
    [
      'over the link of another',
      'not-its-link',
      ({ author, village }) => request(village, author.identity),
    ],
    [
      'with a TTL that would carry it on',
      'link-scope',
      ({ asker, village }) => {
        const far = request(village, asker.identity);
        far[2] = 3;
        return far;
      },
    ],
    [
      'with one that is two minutes old',
      'stale',
      ({ asker, village }) => {
        const old = request(village, asker.identity);
        village.pass(121_000);
        return old;
      },
    ],
  ];
  for (const [how, reason, make] of cases) {
    it(`answers nothing when asked ${how}`, () => {
      const rig = gathering();
      const { village, station, asker } = rig;
      const bytes = make(rig);
      asker.heard.length = 0;
      village.write(asker, 0, bytes);
      village.pass(3000);
      expect(asker.heard.filter(({ packet }) => packet.isAnswer)).toEqual([]);
      expect(drops(station, village)).toHaveProperty(reason, 1);
    });
  }

  it('answers a request once, however often it is recorded and played', () => {
    const { village, station, asker } = gathering();
    const bytes = request(village, asker.identity);
    for (let i = 0; i < 20; i++) village.write(asker, 0, bytes);
    village.pass(3000);
    const first = asker.heard.filter(({ packet }) => packet.isAnswer).length;
    expect(first).toBeGreaterThan(0);
    expect(drops(station, village)).toMatchObject({ 'request-replayed': 19 });
  });

  it('R16: answers again once a clock that was ahead is right', () => {
    const { village, station, asker } = gathering();
    const AHEAD_MS = 600_000;
    village.tell(station, { kind: 'clock', offsetMs: EPOCH + AHEAD_MS });
    village.write(asker, 0, laterBy(AHEAD_MS, request(village, asker.identity), asker.identity));
    village.pass(3000);
    village.tell(station, { kind: 'clock', offsetMs: EPOCH });
    asker.heard.length = 0;
    village.write(asker, 0, request(village, asker.identity));
    village.pass(3000);
    expect(asker.heard.filter(({ packet }) => packet.isAnswer).length).toBeGreaterThan(0);
    expect(drops(station, village)).not.toHaveProperty('request-replayed');
  });

  it('answers none that comes in fragments, from wherever', () => {
    const { village, station, asker } = gathering();
    const hidden = request(village, asker.identity);
    const cut = splitFrame(hidden, new Uint8Array(8).fill(4), 60);
    asker.heard.length = 0;
    for (const piece of cut.ok ? cut.value : []) village.write(asker, 0, withTtl(piece, 5));
    village.pass(3000);
    expect(asker.heard.filter(({ packet }) => packet.isAnswer)).toEqual([]);
    expect(drops(station, village)).toMatchObject({ 'link-scope': 1 });
  });

  it('is not louder than those nobody vouches for, whatever they ask', () => {
    const { village, station, asker } = gathering();
    const before = station.snapshot(village.now);
    let bytesIn = 0;
    for (let i = 0; i < 500; i++) {
      const bytes = request(village, person(1000 + i));
      bytesIn += bytes.length;
      village.write(asker, 0, bytes);
    }
    const heard = asker.heard.length;
    village.pass(3000);
    const bytesOut = asker.heard.slice(heard).reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(station.snapshot(village.now).heard - before.heard).toBeGreaterThanOrEqual(500);
    expect(bytesOut).toBeLessThanOrEqual(bytesIn);
  });
});

describe('a station that lacks history', () => {
  it('asks a phone soon after meeting it, and every thirty seconds after that', () => {
    const { village, asker } = gathering();
    village.pass(3 * ASK_MS);
    const requests = asker.heard.filter(({ packet }) => packet.type === REQUEST_SYNC);
    expect(requests.length).toBeGreaterThanOrEqual(3);
    for (const { packet } of requests) {
      expect(packet).toMatchObject({ ttl: 0, sender: person(1).id });
      expect(packet.signature).not.toBe(null);
    }
    const gaps = requests.slice(1).map(({ at }, i) => at - requests[i].at);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(ASK_MS);
  });

  it('asks nobody where it is told so', () => {
    const village = new Village();
    const station = stationOf(village, 1, { asksForHistory: false });
    const phone = phoneOf(village, 10);
    village.join(station, 0, phone, 0, 'phone');
    village.write(phone, 0, announceOf(phone.identity, { timestamp: timeIn(village) }));
    village.pass(2 * ASK_MS);
    expect(phone.ofType(ANNOUNCE).length).toBeGreaterThan(0);
    expect(phone.ofType(REQUEST_SYNC)).toEqual([]);
  });

  it('asks with a filter of what it holds', () => {
    const village = new Village();
    const station = stationOf(village, 1);
    const phone = phoneOf(village, 20);
    village.join(station, 0, phone, 0, 'phone');
    village.write(phone, 0, announceOf(phone.identity, { timestamp: timeIn(village) }));
    village.write(phone, 0, messageOf(phone.identity, timeIn(village)));
    village.pass(10_000);
    const asked = phone.ofType(REQUEST_SYNC).map(({ payload }) => decodeRequestSync(payload));
    expect(asked[0].ok).toBe(true);
    const held = asked[0].ok ? asked[0].value : null;
    const numbers = filterNumbers(held!.p, held!.m, held!.filter);
    const message = openPacket(messageOf(phone.identity, EPOCH));
    const id = syncId(crypto, (message as { packet: Packet }).packet);
    expect(numbers).toContain(filterNumber(crypto, id, held!.m));
  });

  it('takes old packets as answers, tells them as history, and passes them no further', () => {
    const { village, station, other, asker } = answering();
    expect(village.told(station, 'message')).toMatchObject([
      { text: 'message 1699996400000', isHistory: true, isVerified: true },
    ]);
    expect(other.ofType(MESSAGE)).toEqual([]);
    // Once more, from the same phone: it is known.
    village.write(asker, 0, asAnswer(messageOf(person(20), EPOCH - 3_600_000)));
    village.pass(500);
    expect(village.told(station, 'message')).toHaveLength(1);
  });

  it('S18: takes nobody for present by an old announce, though it asked', () => {
    const { village, station, asker } = answering();
    const seen = village.told(station, 'peer-seen').length;
    const old = announceOf(person(50), { timestamp: timeIn(village) - 600_000 });
    village.write(asker, 0, asAnswer(old));
    village.pass(500);
    expect(village.told(station, 'peer-seen')).toHaveLength(seen);
    expect(drops(station, village)).not.toHaveProperty('stale');
  });

  it('S11: takes nothing old that it did not ask for, whatever its flags say', () => {
    const { village, station, other } = answering();
    // Nobody has announced himself there, so nobody was asked.
    village.write(other, 0, asAnswer(messageOf(person(20), EPOCH - 3_500_000)));
    village.write(other, 0, messageOf(person(20), EPOCH - 3_500_000));
    village.pass(500);
    expect(village.told(station, 'message')).toHaveLength(1);
    expect(drops(station, village)).toMatchObject({ stale: 2 });
  });

  it('takes old words of a stranger when they are given again, once it knows him', () => {
    const { village, station, asker } = answering();
    const [stranger, words] = [person(50), asAnswer(messageOf(person(50), EPOCH - 3_500_000))];
    village.write(asker, 0, words);
    village.pass(500);
    expect(drops(station, village)).toMatchObject({ 'unknown-sender': 1 });
    village.write(asker, 0, asAnswer(announceOf(stranger, { timestamp: EPOCH - 3_500_001 })));
    village.write(asker, 0, words);
    village.pass(500);
    expect(village.told(station, 'message').slice(1)).toMatchObject([
      { sender: stranger.id, isHistory: true, isVerified: true },
    ]);
  });

  it('R16: takes what seemed too old while its clock was ahead, once that is right', () => {
    const { village, station, asker } = answering();
    const words = asAnswer(messageOf(person(20), EPOCH - 3_500_000));
    village.tell(station, { kind: 'clock', offsetMs: EPOCH + HISTORY_LIMITS.ageMs });
    village.write(asker, 0, words);
    village.pass(500);
    expect(village.told(station, 'message')).toHaveLength(1);
    village.tell(station, { kind: 'clock', offsetMs: EPOCH });
    village.write(asker, 0, words);
    village.pass(500);
    expect(village.told(station, 'message')).toHaveLength(2);
  });

  it('learns from another station what was said before it came', () => {
    const { village, station, texts } = gathering();
    const late = stationOf(village, 2);
    village.join(station, 3, late, 0, 'node');
    village.pass(180_000);
    const told = village.told(late, 'message');
    expect(told.map((message) => message.text)).toEqual(texts);
    expect(new Set(told.map(({ id }) => id)).size).toBe(texts.length);
  });
});

type Gathering = ReturnType<typeof gathering>;

/** An author has said five things; somebody came later. */
function gathering(): {
  village: Village;
  station: Station;
  author: Phone;
  asker: Phone;
  texts: string[];
  heard: Packet[];
} {
  const village = new Village();
  const station = stationOf(village, 1);
  const author = phoneOf(village, 10);
  village.join(station, 0, author, 0, 'phone');
  village.write(author, 0, announceOf(author.identity, { timestamp: timeIn(village) }));
  const texts: string[] = [];
  const heard: Packet[] = [];
  for (let i = 1; i <= 5; i++) {
    village.pass(1000);
    const frame = messageOf(author.identity, timeIn(village));
    village.write(author, 0, frame);
    const opened = openPacket(frame);
    if (opened.ok) heard.push(opened.packet);
    texts.push(`message ${timeIn(village)}`);
  }
  village.pass(5000);
  const asker = phoneOf(village, 20);
  village.join(station, 1, asker, 0, 'phone');
  village.write(asker, 0, announceOf(asker.identity, { timestamp: timeIn(village) }));
  village.pass(500);
  return { village, station, author, asker, texts, heard };
}

/** A phone was asked, and has answered with a message an hour old; another link is there. */
function answering(): { village: Village; station: Station; asker: Phone; other: Phone } {
  const village = new Village();
  const station = stationOf(village, 1);
  const [asker, other] = [phoneOf(village, 20), phoneOf(village, 21)];
  village.join(station, 0, asker, 0, 'phone');
  village.join(station, 1, other, 0, 'phone');
  village.write(asker, 0, announceOf(asker.identity, { timestamp: timeIn(village) }));
  village.pass(2000);
  expect(asker.ofType(REQUEST_SYNC)).toHaveLength(1);
  village.write(asker, 0, asAnswer(messageOf(asker.identity, EPOCH - 3_600_000)));
  village.pass(500);
  return { village, station, asker, other };
}

function ask(
  village: Village,
  asker: Phone,
  holding: Packet[],
  differs: Partial<RequestSync> = {},
): void {
  village.write(asker, 0, request(village, asker.identity, holding, differs));
}

/** As an iPhone asks. */
function request(
  village: Village,
  who: Identity,
  holding: Packet[] = [],
  differs: Partial<RequestSync> = {},
): Uint8Array {
  const ids = holding.map((packet) => syncId(crypto, packet));
  const { p, m, bytes } = buildFilter(crypto, ids, 400, 0.01);
  const payload = encodeRequestSync({
    ...{ p, m, filter: bytes, types: syncTypes(['announce', 'message']) },
    ...{ since: null, fragmentIds: [] },
    ...differs,
  });
  return who.sealPacket(plainPacket(REQUEST_SYNC, 0, timeIn(village), who.id, payload));
}

function laterBy(ms: number, frame: Uint8Array, who: Identity): Uint8Array {
  const opened = openPacket(frame);
  if (!opened.ok) throw new Error(opened.reason);
  const { type, timestamp, payload } = opened.packet;
  return who.sealPacket(plainPacket(type, 0, timestamp + ms, who.id, payload));
}

function unsigned(who: Identity, village: Village): Uint8Array {
  const signed = request(village, who);
  const bare = signed.slice(0, signed.length - 64);
  bare[FLAGS_AT] = 0;
  return bare;
}

function asAnswer(frame: Uint8Array): Uint8Array {
  const answer = frame.slice();
  answer[2] = 0;
  answer[FLAGS_AT] |= IS_ANSWER;
  return answer;
}

function text(packet: Packet): string {
  return new TextDecoder().decode(packet.payload);
}

function drops(station: Station, village: Village): Record<string, number> {
  return station.snapshot(village.now).drops;
}
