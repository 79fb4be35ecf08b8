/** What a station tells a neighbour it meets of those it knows, whatever that neighbour can do (WIRE §29). */
import { describe, expect, it } from 'vitest';
import { ANNOUNCE } from '../../../protocol/core/packet.ts';
import { HELLO_TIMEOUT_MS } from '../../../protocol/core/hello.ts';
import type { TappedFrame } from '../../../protocol/peer/contract.ts';
import type { StationConfig } from '../../../protocol/peer/settings.ts';
import type { Station } from '../../../protocol/peer/station.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { openPacket } from '../../../protocol/wire/packet.ts';
import { announceOf, person } from '../trust/people.ts';
import { phoneOf, stationOf, timeIn, Village } from './village.ts';

/** Persons: 1 and 2 are stations that meet, 10 is known to 1 alone, 11 to both. */
describe('a station that meets another', () => {
  it('gives it the announces that it lacks, and names the others', () => {
    const { village, one, two } = strangers();
    village.join(one, 1, two, 1, 'node');
    village.pass(1000);
    expect(introduced(village, two)).toEqual([1, 10]);
    expect(introduced(village, one)).toEqual([2]);
    expect(two.around.find(person(10).id)?.hops).toBe(2);
  });

  it('gives it all of them once its hello says that it knows of no names', () => {
    const { village, one, two } = strangers({ spreads: false });
    village.join(one, 1, two, 1, 'node');
    village.pass(1000);
    expect(introduced(village, two)).toEqual([1, 10, 11]);
    expect(introduced(village, one)).toEqual([2, 11]);
  });

  it('gives it all of them where it says no hello', () => {
    const { village, one } = strangers();
    village.tell(one, { kind: 'opened', link: 1, medium: 'node', payloadMax: 180, rssi: -60 });
    village.pass(HELLO_TIMEOUT_MS - 1);
    expect(sentTo(village, one, 1)).toEqual([1]);
    village.pass(1);
    expect(sentTo(village, one, 1)).toEqual([1, 10, 11]);
  });

  it('does so as well when it comes back under the same number', () => {
    const { village, one, two } = strangers();
    village.join(one, 1, two, 1, 'node');
    village.pass(1000);
    village.cut(one, 1);
    const third = stationOf(village, 3);
    village.tell(third, { kind: 'tap', isOn: true });
    village.join(one, 1, third, 1, 'node');
    village.pass(1000);
    expect(introduced(village, third)).toEqual([1, 2, 10, 11]);
  });

  it('lets what it was told by name go no further to who told it', () => {
    const { village, one, two } = strangers();
    const third = stationOf(village, 3);
    village.tell(third, { kind: 'tap', isOn: true });
    village.join(one, 2, third, 2, 'node');
    village.join(two, 2, third, 1, 'node');
    village.pass(1000);
    const senders = [1, 2].flatMap((link) => sentTo(village, third, link));
    // Both have 11, and said so before one of them gave it.
    expect(senders).not.toContain(11);
    expect(senders).toContain(10);
  });
});

/** Stations 1 and 2 that have not met, and what is heard by both on the tape. */
function strangers(differs: Partial<StationConfig> = {}): {
  village: Village;
  one: Station;
  two: Station;
} {
  const village = new Village();
  const one = stationOf(village, 1);
  const two = stationOf(village, 2, differs);
  const [known, common] = [10, 11].map((number) => phoneOf(village, number));
  village.join(one, 0, common, 0, 'phone');
  village.join(two, 0, common, 1, 'phone');
  village.join(one, 3, known, 0, 'phone');
  const timestamp = timeIn(village);
  for (const link of [0, 1])
    village.write(common, link, announceOf(common.identity, { timestamp }));
  village.write(known, 0, announceOf(known.identity, { timestamp }));
  village.pass(500);
  for (const station of [one, two]) village.tell(station, { kind: 'tap', isOn: true });
  return { village, one, two };
}

/** Of whom it heard announces since somebody looks, by number. */
function introduced(village: Village, station: Station): number[] {
  return tapped(village, station, ({ way }) => way === 'heard');
}

function sentTo(village: Village, station: Station, link: number): number[] {
  return tapped(village, station, (frame) => frame.way === 'sent' && frame.link === link);
}

function tapped(
  village: Village,
  station: Station,
  isMeant: (frame: TappedFrame) => boolean,
): number[] {
  const senders = village.tape.flatMap(({ resident, output }) => {
    if (resident !== station || output.kind !== 'tapped' || !isMeant(output.frame)) return [];
    return senderOf(output.frame.bytes);
  });
  return senders.sort((a, b) => a - b);
}

/** Whose announce it is; nobody's for any other packet. */
function senderOf(bytes: Uint8Array): number[] {
  const opened = openPacket(bytes);
  if (!opened.ok || opened.packet.type !== ANNOUNCE) return [];
  const { sender } = opened.packet;
  return [1, 2, 3, 10, 11].filter((number) => toHex(person(number).id) === toHex(sender));
}
