/**
 * Stations that lines join: what crosses them, who is on which island, and what is told of it.
 */
import { describe, expect, it } from 'vitest';
import { ENCRYPTED, MESSAGE, TTL_AT } from '../../../protocol/core/packet.ts';
import type { StationOutput } from '../../../protocol/peer/contract.ts';
import type { Station } from '../../../protocol/peer/station.ts';
import { REACHABLE_MS } from '../../../protocol/peer/peers.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { announceOf, messageOf, person } from '../trust/people.ts';
import { LINE_HELLO, phoneOf, stationOf, timeIn, Village } from './village.ts';

/** The first line of a station as `stationOf` makes it: after six links out and four wires. */
const LINE = 11;

describe('a station with a line', () => {
  it('settles on it at once, with who is there', () => {
    const { village, here } = twoIslands();
    expect(village.told(here, 'link-settled')).toMatchObject([
      { link: LINE, medium: 'line', mode: 'full', id: person(2).id, name: 'relay 2' },
    ]);
    const [line] = here.snapshot(village.now).links.filter(({ medium }) => medium === 'line');
    expect(line).toMatchObject({ link: LINE, way: 'line', peer: toHex(person(2).id), rssi: null });
  });

  it('takes news of the same line for news, and another peer for another line', () => {
    const { village, here } = twoIslands();
    const lined = { kind: 'lined', link: LINE, mode: 'limited', hello: LINE_HELLO } as const;
    village.tell(here, { ...lined, id: person(2).id, roundTripMs: 42 });
    expect(here.snapshot(village.now).links).toMatchObject([{ mode: 'limited', roundTripMs: 42 }]);
    expect(village.told(here, 'link-closed')).toEqual([]);
    village.tell(here, { ...lined, id: person(3).id });
    expect(village.told(here, 'link-closed')).toEqual([{ kind: 'link-closed', link: LINE }]);
    expect(village.told(here, 'link-settled')).toHaveLength(2);
  });

  it('carries public and private words both ways, each once', () => {
    const { village, here, there } = twoIslands();
    const [anna, ben] = [phoneAt(village, here, 10), phoneAt(village, there, 11)];
    village.pass(1000);
    village.write(anna, 0, messageOf(anna.identity, timeIn(village)));
    village.tell(here, { kind: 'say', text: 'hello over there' });
    village.pass(1000);
    expect(ben.ofType(MESSAGE)).toHaveLength(2);
    expect(village.told(there, 'message')).toHaveLength(2);
    const draft = { type: ENCRYPTED, payload: new Uint8Array(40), isSigned: false };
    village.tell(there, { kind: 'send', draft: { ...draft, recipient: person(1).id } });
    village.tell(there, { kind: 'send', draft: { ...draft, recipient: anna.identity.id } });
    village.pass(1000);
    expect(delivered(village, here, ENCRYPTED)).toBe(1);
    expect(anna.ofType(ENCRYPTED)).toHaveLength(1);
  });

  it('puts nothing of a line on the air until it is injected, and tells of it', () => {
    const { village, here, there } = twoIslands();
    village.gateways.clear();
    const [anna, ben] = [phoneAt(village, here, 10), phoneAt(village, there, 11)];
    village.pass(1000);
    village.write(anna, 0, messageOf(anna.identity, timeIn(village)));
    village.pass(1000);
    expect(ben.ofType(MESSAGE)).toEqual([]);
    const passed = passedBy(village, there).filter(({ bytes }) => bytes[1] === MESSAGE);
    expect(passed).toMatchObject([{ link: LINE, isVerified: true }]);
    expect(passedBy(village, here).filter(({ link }) => link === -1)).not.toEqual([]);
    const { bytes } = passed[0];
    expect(bytes[TTL_AT]).toBe(5);
    expect(there.lacking(bytes)).toBe(1);
    village.tell(there, { kind: 'inject', bytes });
    village.pass(100);
    // The line and the air at its end are one hop.
    expect(ben.ofType(MESSAGE).map(({ ttl }) => ttl)).toEqual([6]);
    expect(there.lacking(bytes)).toBe(0);
  });

  it('tells of nothing that goes further when it has no lines', () => {
    const village = new Village();
    const station = stationOf(village, 1);
    phoneAt(village, station, 10);
    village.tell(station, { kind: 'say', text: 'hello' });
    village.pass(1000);
    expect(passedBy(village, station)).toEqual([]);
  });

  it('names those at the ends of lines as no neighbours, and is not alone with them', () => {
    const { village, here, there } = twoIslands();
    const anna = phoneAt(village, here, 10);
    village.pass(60_000);
    const announces = anna.heard.filter(
      ({ packet }) => packet.type === 1 && packet.sender.join() === person(1).id.join(),
    );
    expect(announces.length).toBeLessThan(7);
    const seen = there.snapshot(village.now).peers.find(({ name }) => name === 'relay 1')!;
    expect(seen).toMatchObject({ isDirect: true, isHere: false, link: LINE, hops: 1 });
    expect(seen.neighbours).toEqual([toHex(anna.identity.id)]);
  });

  it('knows who is on its island, and misses those beyond lines a minute after the last is down', () => {
    const { village, here, there } = twoIslands();
    const anna = phoneAt(village, here, 10);
    phoneAt(village, there, 11);
    village.pass(500);
    const isHere = (): Record<string, boolean> =>
      Object.fromEntries(
        here.snapshot(village.now).peers.map(({ id, isHere: is }) => [id.slice(0, 4), is]),
      );
    const name = (number: number): string => toHex(person(number).id).slice(0, 4);
    expect(isHere()).toEqual({ [name(10)]: true, [name(2)]: false, [name(11)]: false });
    village.pass(40_000);
    village.cut(here, LINE);
    village.pass(REACHABLE_MS - 1000);
    const left = (): Uint8Array[] => village.told(here, 'peer-left').map(({ id }) => id);
    expect(left()).toEqual([anna.identity.id]);
    village.pass(2000);
    expect(left()).toHaveLength(3);
  });

  it('says what it said itself, and who announced himself, as it was signed', () => {
    const { village, here, there } = twoIslands();
    village.pass(5000);
    village.tell(here, { kind: 'say', text: 'hello' });
    village.pass(500);
    const [said] = village.told(here, 'said');
    const [heard] = village.told(there, 'message');
    expect(said).toMatchObject({ text: 'hello', device: null, id: heard.id });
    expect(heard.frame!.subarray(3)).toEqual(said.frame.subarray(3));
    expect(village.told(there, 'announced')).toMatchObject([
      { id: person(1).id, name: 'relay 1', capabilities: 64n, neighbours: new Uint8Array(0) },
    ]);
  });
});

/** Two stations that are gateways, each alone on its island, and a line between them. */
function twoIslands(): { village: Village; here: Station; there: Station } {
  const village = new Village();
  const [here, there] = [1, 2].map((number) => stationOf(village, number, { lines: 2 }));
  village.gateways.add(here).add(there);
  village.line(here, LINE, there, LINE);
  return { village, here, there };
}

function phoneAt(village: Village, station: Station, number: number) {
  const phone = phoneOf(village, number);
  village.join(station, 0, phone, 0, 'phone');
  village.write(phone, 0, announceOf(phone.identity, { timestamp: timeIn(village) }));
  return phone;
}

function passedBy(village: Village, station: Station) {
  return village.tape.flatMap(({ resident, output }) =>
    resident === station && output.kind === 'passed' ? [output] : [],
  );
}

function delivered(village: Village, station: Station, type: number): number {
  const isIt = (output: StationOutput): boolean =>
    output.kind === 'deliver' && output.packet.type === type;
  return village.tape.filter(({ resident, output }) => resident === station && isIt(output)).length;
}
