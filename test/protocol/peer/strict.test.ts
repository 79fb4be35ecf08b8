/**
 * An island whose nodes are strict (DEFAULTS §2): who shows work, or is kept by a person, is met and
 * heard; strangers pass through, and nobody sees them.
 */
import { describe, expect, it } from 'vitest';
import { ANNOUNCE, MESSAGE } from '../../../protocol/core/packet.ts';
import { STATION_DEFAULTS } from '../../../protocol/peer/settings.ts';
import type { Station } from '../../../protocol/peer/station.ts';
import { decodeAnnounce } from '../../../protocol/wire/announce.ts';
import { STAMP_FIELD } from '../../../protocol/trust/stamp.ts';
import { announceOf, messageOf, person } from '../trust/people.ts';
import { stampedAnnounce } from './stamped.ts';
import { phoneOf, stationOf, timeIn, Village } from './village.ts';

const STRICT = { admission: { ...STATION_DEFAULTS.admission, level: 'strict' as const } };

describe('an island of strict stations', () => {
  it('meets and hears everybody whose announces are stamped', () => {
    const { village, stations } = row(4, (i) => ({ ...STRICT, stamps: i < 4 }));
    village.pass(60_000);
    for (const station of stations) expect(peersOf(station, village)).toHaveLength(3);
    village.tell(stations[0], { kind: 'say', text: 'good morning' });
    village.pass(2000);
    for (const station of stations.slice(1)) {
      expect(village.told(station, 'message')).toMatchObject([{ isVerified: true }]);
    }
  });

  it('passes on whoever shows no work, and sees nothing of him', () => {
    const { village, stations } = row(4, (i) => ({
      ...(i < 3 ? STRICT : {}),
      stamps: i !== 0,
    }));
    village.pass(60_000);
    const [silent, near, further, open] = stations;
    const names = (station: Station): string[] => peersOf(station, village).sort();
    expect(names(near)).toEqual(['relay 3', 'relay 4']);
    expect(names(further)).toEqual(['relay 2', 'relay 4']);
    // Two strict nodes further on, one that asks for nothing meets him.
    expect(names(open)).toEqual(['relay 1', 'relay 2', 'relay 3']);
    village.tell(silent, { kind: 'say', text: 'does anybody see me?' });
    village.pass(2000);
    expect(village.told(near, 'message')).toEqual([]);
    expect(village.told(further, 'message')).toEqual([]);
    expect(village.told(open, 'message')).toMatchObject([{ isVerified: true }]);
    expect(near.snapshot(village.now).drops['stamp-missing']).toBeGreaterThan(0);
  });
});

describe('a strict station', () => {
  it('shows a phone that a person keeps, though phones make no stamps', () => {
    const { village, station, phone } = door();
    const { id, noiseKey, signingKey } = phone.identity;
    station.pins.meet(id, noiseKey, signingKey);
    village.write(phone, 0, announceOf(phone.identity, { timestamp: timeIn(village) }));
    village.pass(100);
    expect(peersOf(station, village)).toEqual([]);
    expect(station.pins.keep(id, 'trusted')).toBe(true);
    village.write(phone, 0, announceOf(phone.identity, { timestamp: timeIn(village) }));
    village.pass(100);
    expect(peersOf(station, village)).toEqual(['somebody']);
  });

  it('pins nobody for an announce without a stamp, and so shows none of his words', () => {
    for (const bits of [null, 8]) {
      const { village, station, phone } = door();
      const who = person(60);
      village.write(phone, 0, stampedAnnounce(who, timeIn(village), bits));
      village.pass(50);
      village.write(phone, 0, messageOf(who, timeIn(village)));
      village.pass(50);
      expect(station.pins.find(who.id) === null).toBe(bits === null);
      expect(village.told(station, 'message')).toHaveLength(bits === null ? 0 : 1);
    }
  });

  it('says stamped announces, which phones read', () => {
    const { village, phone } = door();
    village.pass(5000);
    const announce = decodeAnnounce(phone.ofType(ANNOUNCE)[0].payload);
    expect(announce).toMatchObject({ ok: true, value: { name: 'relay 1' } });
    expect(announce.ok && announce.value.extras.map(({ type }) => type)).toEqual([STAMP_FIELD]);
  });

  it('lets in from strangers what they may say at once, and no more', () => {
    const { village, station, phone, listener } = door();
    for (let i = 0; i < 30; i++) {
      village.write(phone, 0, messageOf(person(500 + i), timeIn(village) + i));
    }
    village.pass(900);
    expect(listener.ofType(MESSAGE)).toHaveLength(10);
    expect(station.snapshot(village.now).drops['unknown-sender']).toBe(30);
  });
});

function door() {
  const village = new Village();
  const station = stationOf(village, 1, { ...STRICT, stamps: true });
  const [listener, phone] = [phoneOf(village, 20), phoneOf(village, 30)];
  village.join(station, 0, listener, 0, 'phone');
  village.join(station, 1, phone, 0, 'phone');
  village.pass(100);
  return { village, station, listener, phone };
}

function row(count: number, differs: (i: number) => Parameters<typeof stationOf>[2]) {
  const village = new Village();
  const stations = Array.from({ length: count }, (_, i) => stationOf(village, i + 1, differs(i)));
  for (let i = 1; i < count; i++) village.join(stations[i - 1], 1, stations[i], 0, 'node');
  return { village, stations };
}

function peersOf(station: Station, village: Village): string[] {
  return station.snapshot(village.now).peers.map(({ name }) => name);
}
