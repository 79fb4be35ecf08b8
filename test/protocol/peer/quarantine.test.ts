/**
 * Quarantine (DEFAULTS §2): what is said by whom a person, or whoever watches the neighbours, keeps
 * apart goes on to others, is not shown and not answered here, and comes once he is let in again.
 */
import { describe, expect, it } from 'vitest';
import {
  ENCRYPTED,
  encodePacket,
  MESSAGE,
  PING,
  plainPacket,
  PONG,
  RECONCILE,
  REQUEST_SYNC,
} from '../../../protocol/core/packet.ts';
import type { Judge } from '../../../protocol/peer/judge.ts';
import {
  BYTES_PER_SENDER_MAX,
  KEPT_MS,
  PACKETS_PER_SENDER_MAX,
  Quarantine,
  SENDERS_MAX,
} from '../../../protocol/peer/quarantine.ts';
import { LIMITS_MAX, nameOf } from '../../../protocol/trust/pins.ts';
import type { StationConfig } from '../../../protocol/peer/settings.ts';
import type { Station } from '../../../protocol/peer/station.ts';
import { encodePing } from '../../../protocol/wire/ping.ts';
import { withTtl } from '../../packets.ts';
import { announceOf, messageOf, person } from '../trust/people.ts';
import { filled } from '../wire/given.ts';
import type { Phone } from './village.ts';
import { phoneOf, stationOf, timeIn, Village } from './village.ts';

describe('somebody whom a person keeps apart', () => {
  it('is passed on and not shown, and is shown in order once he is allowed', () => {
    const { village, station, speaker, listener } = square();
    expect(station.pins.quarantine(speaker.identity.id)).toBe(true);
    const texts = [1, 2, 3].map((i) => say(village, speaker, i));
    village.pass(1000);
    expect(village.told(station, 'message')).toEqual([]);
    expect(listener.ofType(MESSAGE)).toHaveLength(3);
    station.pins.allow(speaker.identity.id);
    village.tell(station, { kind: 'release', id: speaker.identity.id });
    expect(village.told(station, 'message').map(({ text }) => text)).toEqual(texts);
    village.tell(station, { kind: 'release', id: speaker.identity.id });
    expect(village.told(station, 'message')).toHaveLength(3);
    const last = say(village, speaker, 4);
    village.pass(1000);
    expect(village.told(station, 'message').at(-1)?.text).toBe(last);
  });

  it('is not answered, and his private packets wait', () => {
    const { village, station, speaker } = square();
    const { id } = speaker.identity;
    station.pins.quarantine(id);
    const direct = (type: number, payload: Uint8Array): void => {
      const fields = plainPacket(type, 7, timeIn(village) + type, id, payload);
      village.write(speaker, 0, encodePacket({ ...fields, recipient: person(1).id }));
    };
    direct(PING, encodePing({ nonce: filled(8, 1), originTtl: 7 }));
    direct(ENCRYPTED, filled(40, 2));
    village.pass(1000);
    expect(speaker.ofType(PONG)).toEqual([]);
    expect(delivered(village, station)).toEqual([]);
    expect(station.snapshot(village.now).drops['quarantined']).toBe(2);
    village.tell(station, { kind: 'release', id });
    // A ping of then is of no use now.
    expect(delivered(village, station)).toEqual([ENCRYPTED]);
    expect(speaker.ofType(PONG)).toEqual([]);
  });

  it('is history for others all the same, who would offer it again and again', () => {
    const { village, station, speaker } = square();
    station.pins.quarantine(speaker.identity.id);
    const texts = [1, 2, 3].map((i) => say(village, speaker, i));
    village.pass(5000);
    expect(station.snapshot(village.now).historySize).toBe(3);
    const late = stationOf(village, 2);
    village.join(station, 3, late, 0, 'node');
    village.pass(30_000);
    expect(village.told(station, 'message')).toEqual([]);
    expect(village.told(late, 'message').map(({ text }) => text)).toEqual(texts);
  });

  it('is compared with what a neighbour has as soon as the words of anybody else would be', () => {
    // Nothing but this wakes the reception meanwhile.
    const hourMs = 3_600_000;
    const announces = { isolatedMs: hourMs, connectedMs: hourMs, crowdedMs: hourMs };
    const quiet = { announces, asksForHistory: false };
    const { village, station, speaker } = square(undefined, quiet);
    village.join(station, 3, stationOf(village, 2, quiet), 0, 'node');
    station.pins.quarantine(speaker.identity.id);
    village.pass(300_000);
    village.tell(station, { kind: 'tap', isOn: true });
    // The two have agreed by now, and after this they would leave it at that for a minute.
    while (firstAt(village, station, RECONCILE) === Infinity) village.pass(1000);
    village.pass(12_000);
    village.forget();
    const saidAt = village.now;
    say(village, speaker, 1);
    village.pass(10_000);
    // Of the two, this one is to begin: its neighbour would wait for half as long again.
    expect(firstAt(village, station, RECONCILE) - saidAt).toBeLessThan(6000);
  });

  it('has nothing shown twice once he is allowed, though it came twice', () => {
    const { village, station, speaker } = square();
    const { id } = speaker.identity;
    const words = messageOf(speaker.identity, timeIn(village));
    village.write(speaker, 0, words);
    // Longer than the relay remembers it.
    village.pass(660_000);
    station.pins.quarantine(id);
    village.write(speaker, 0, withTtl(words, 0));
    village.pass(1000);
    expect(station.snapshot(village.now).drops).toMatchObject({ quarantined: 1 });
    station.pins.allow(id);
    village.tell(station, { kind: 'release', id });
    expect(village.told(station, 'message')).toHaveLength(1);
  });

  it('is still seen to be there, so that a person can decide', () => {
    const { village, station, speaker } = square();
    station.pins.quarantine(speaker.identity.id);
    village.pass(70_000);
    village.write(speaker, 0, announceOf(speaker.identity, { timestamp: timeIn(village) }));
    village.pass(100);
    expect(station.snapshot(village.now).peers.map(({ name }) => name)).toContain('somebody');
  });

  it('who is turned away after all is dropped, and what waited with him', () => {
    const { village, station, speaker, listener } = square();
    const { id } = speaker.identity;
    station.pins.quarantine(id);
    say(village, speaker, 1);
    village.pass(1000);
    station.pins.deny(id);
    expect(station.pins.isQuarantined(id)).toBe(false);
    say(village, speaker, 2);
    village.pass(1000);
    expect(listener.ofType(MESSAGE)).toHaveLength(1);
    village.tell(station, { kind: 'release', id });
    expect(village.told(station, 'message')).toEqual([]);
  });

  it('is kept apart and turned away after a restart as before', () => {
    const [kept, denied, slow] = [person(40), person(41), person(42)];
    const village = new Village();
    const limits = [{ id: slow.id, perMinute: 5 }];
    const decisions = { denied: [denied.id], quarantined: [kept.id], limits };
    const { pins } = stationOf(village, 1, { decisions });
    expect([kept, denied, slow].map(({ id }) => pins.isDenied(id))).toEqual([false, true, false]);
    expect(pins.isQuarantined(kept.id)).toBe(true);
    expect(pins.limitOf(slow.id)).toBe(5);
  });
});

it('whoever watches the neighbours may keep somebody apart as well, and let him in', () => {
  const apart = new Set<string>();
  const judge = { isQuarantined: (bytes: Uint8Array, at: number) => apart.has(nameOf(bytes, at)) };
  const { village, station, speaker } = square(judge);
  apart.add(nameOf(speaker.identity.id));
  say(village, speaker, 1);
  village.pass(500);
  expect(village.told(station, 'message')).toEqual([]);
  apart.clear();
  say(village, speaker, 2);
  village.pass(500);
  expect(village.told(station, 'message')).toHaveLength(1);
});

describe('what is kept aside', () => {
  it('is bounded for each sender, in packets and bytes: the oldest goes', () => {
    const pen = new Quarantine();
    for (let i = 0; i < PACKETS_PER_SENDER_MAX + 5; i++) pen.keep('ada', packet(100, i));
    const kept = pen.release('ada', 0);
    expect(kept).toHaveLength(PACKETS_PER_SENDER_MAX);
    expect(kept[0].bytes[99]).toBe(5);
    for (let i = 0; i < 10; i++) pen.keep('ada', packet(10_000, i));
    const large = pen.release('ada', 0);
    expect(large).toHaveLength(Math.floor(BYTES_PER_SENDER_MAX / 10_000));
    expect(large.at(-1)?.bytes[9_999]).toBe(9);
  });

  it('is bounded in senders: the first of them goes', () => {
    const pen = new Quarantine();
    for (let i = 0; i <= SENDERS_MAX; i++) pen.keep(`sender ${i}`, packet(50, i));
    expect(pen.size).toBe(SENDERS_MAX);
    expect(pen.release('sender 0', 0)).toEqual([]);
    expect(pen.release('sender 1', 0)).toHaveLength(1);
  });

  it('is kept for a day', () => {
    const pen = new Quarantine();
    pen.keep('ada', packet(50, 1));
    pen.keep('ada', { ...packet(50, 2), keptAt: 1 });
    expect(pen.release('ada', KEPT_MS).map(({ bytes }) => bytes[49])).toEqual([2]);
  });
});

describe('a peer with a rate of his own', () => {
  it('says as many messages a minute as he was given, more or fewer than others', () => {
    for (const [perMinute, heard] of [
      [5, 5],
      [null, 60],
      [200, 100],
    ] as const) {
      const { village, station, speaker } = square();
      expect(station.pins.limit(speaker.identity.id, perMinute)).toBe(true);
      for (let i = 0; i < 100; i++) say(village, speaker, i);
      village.pass(500);
      expect(village.told(station, 'message')).toHaveLength(heard);
    }
  });

  it('is heard no more often where others have what he said in their history', () => {
    for (const [perMinute, heard] of [
      [5, 5],
      [null, 100],
    ] as const) {
      const { village, station, speaker, listener } = square();
      expect(station.pins.limit(speaker.identity.id, perMinute)).toBe(true);
      // A phone that says who it is is asked for what it has.
      const timestamp = timeIn(village);
      village.write(listener, 0, announceOf(listener.identity, { timestamp }));
      village.pass(10_000);
      expect(listener.ofType(REQUEST_SYNC)).not.toHaveLength(0);
      for (let i = 0; i < 100; i++) {
        const said = messageOf(speaker.identity, timeIn(village) + i);
        village.write(listener, 0, withTtl(said, 0));
      }
      village.pass(500);
      expect(village.told(station, 'message')).toHaveLength(heard);
    }
  });

  it('gets it while there is room for such peers', () => {
    const { pins } = square().station;
    for (let i = 0; i < LIMITS_MAX; i++) expect(pins.limit(idOf(i), 60)).toBe(true);
    expect(pins.limit(idOf(LIMITS_MAX), 60)).toBe(false);
    expect(pins.limit(idOf(3), 70)).toBe(true);
    expect(pins.limit(idOf(3), null)).toBe(true);
    expect(pins.limit(idOf(LIMITS_MAX), 60)).toBe(true);
  });
});

function square(judge?: Judge, differs: Partial<StationConfig> = {}) {
  const village = new Village();
  const station = stationOf(village, 1, differs, judge);
  const [listener, speaker] = [phoneOf(village, 20), phoneOf(village, 30)];
  village.join(station, 0, listener, 0, 'phone');
  village.join(station, 1, speaker, 0, 'phone');
  village.write(speaker, 0, announceOf(speaker.identity, { timestamp: timeIn(village) }));
  village.pass(100);
  return { village, station, listener, speaker };
}

/** When it first said something of that type, as far as it was tapped. */
function firstAt(village: Village, station: Station, type: number): number {
  for (const { resident, output, at } of village.tape) {
    if (resident !== station || output.kind !== 'tapped') continue;
    if (output.frame.way === 'sent' && output.frame.bytes[1] === type) return at;
  }
  return Infinity;
}

/** Returns the text. */
function say(village: Village, speaker: Phone, i: number): string {
  const timestamp = timeIn(village) + i;
  village.write(speaker, 0, messageOf(speaker.identity, timestamp));
  return `message ${timestamp}`;
}

function delivered(village: Village, station: Station): number[] {
  return village.tape.flatMap(({ resident, output }) =>
    resident === station && output.kind === 'deliver' ? [output.packet.type] : [],
  );
}

function packet(size: number, mark: number) {
  const bytes = filled(size, MESSAGE);
  bytes[size - 1] = mark;
  return { link: 0, bytes, ttl: 7, isVerified: true, keptAt: 0 };
}

function idOf(number: number): Uint8Array {
  const id = filled(8, 9);
  new DataView(id.buffer).setUint32(0, number);
  return id;
}
