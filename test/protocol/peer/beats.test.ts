/**
 * What stations learn of the links between them: heartbeats told one by one, at a pace that can be
 * changed, and pings that go the way somebody chose.
 */
import { describe, expect, it } from 'vitest';
import { HEARTBEAT, PING } from '../../../protocol/core/packet.ts';
import type { StationOutput } from '../../../protocol/peer/contract.ts';
import type { Station } from '../../../protocol/peer/station.ts';
import { person } from '../trust/people.ts';
import { stationOf, Village } from './village.ts';

describe('a station between others', () => {
  it('tells of each heartbeat who sent it, over which link, and its round trip', () => {
    const { village, a } = triangle();
    village.pass(60_500);
    const beats = beatsOf(village, a);
    // Of two links: one as they settle, and one every ten seconds.
    expect(beats).toHaveLength(14);
    expect(beats.every(({ missed }) => missed === 0)).toBe(true);
    const ids = beats.map(({ link, id }) => [link, id[0]]);
    expect(new Set(ids.map(String))).toEqual(
      new Set([String([1, person(2).id[0]]), String([2, person(3).id[0]])]),
    );
    expect(beats.slice(4).every(({ roundTripMs }) => roundTripMs === 6)).toBe(true);
  });

  it('beats on all its links in one moment, and not in that of the others', () => {
    const { village, a, b } = triangle();
    village.pass(11_000);
    village.forget();
    village.pass(30_000);
    const [ofA, ofB] = [a, b].map((station) => beatenAt(village, station));
    expect(ofA).toHaveLength(6);
    expect(new Set(ofA).size).toBe(3);
    expect(ofB.some((at) => ofA.includes(at))).toBe(false);
  });

  it('beats at another pace from the moment it is told, on links there are and on those to come', () => {
    const { village, a, b } = triangle();
    village.pass(1000);
    village.tell(a, { kind: 'pace', pace: { intervalMs: 2000, missedMax: 3 } });
    village.forget();
    village.pass(20_000);
    expect(beatsOf(village, b).filter(({ link }) => link === 0)).toHaveLength(10);
    const d = stationOf(village, 4);
    village.join(a, 3, d, 0, 'node');
    village.forget();
    village.pass(20_000);
    expect(beatsOf(village, d).length).toBeGreaterThanOrEqual(10);
  });

  it('lets a link go that was silent for as many of its intervals as it is told', () => {
    const { village, a, b } = triangle();
    for (const station of [a, b]) {
      village.tell(station, { kind: 'pace', pace: { intervalMs: 1000, missedMax: 5 } });
    }
    village.pass(30_000);
    const { silentMs } = a.snapshot(village.now).links.find(({ link }) => link === 1)!;
    expect(silentMs).toBeLessThan(1000);
    village.mute(b, 0);
    village.forget();
    village.pass(20_000);
    const ends = village.tape.filter(
      ({ resident, output }) => resident === a && output.kind === 'disconnect' && output.link === 1,
    );
    expect(ends).toHaveLength(1);
    expect(ends[0].at - (30_000 - silentMs)).toBe(5000);
  });

  it('pings over one link alone when it is asked to, and hears it come another way round', () => {
    const { village, a, b, c } = triangle();
    village.pass(30_000);
    village.forget();
    for (const station of [b, c]) village.tell(station, { kind: 'tap', isOn: true });
    village.tell(a, { kind: 'ping', id: person(2).id, link: 2 });
    village.pass(1000);
    expect(village.told(a, 'pong')).toMatchObject([{ hops: 2 }]);
    const asked = pingsHeard(village, b);
    expect(asked).toEqual([1]);
    expect(pingsHeard(village, c)).toEqual([0]);
  });
});

/** Three, of whom each has a link to both others: a has b on 1 and c on 2, b has c on 1. */
function triangle(): { village: Village; a: Station; b: Station; c: Station } {
  const village = new Village();
  const [a, b, c] = [1, 2, 3].map((number) => stationOf(village, number));
  village.join(a, 1, b, 0, 'node');
  village.join(a, 2, c, 0, 'node');
  village.join(b, 1, c, 1, 'node');
  return { village, a, b, c };
}

type Beat = Extract<StationOutput, { kind: 'beat' }>;

function beatsOf(village: Village, station: Station): Beat[] {
  return village.tape.flatMap(({ resident, output }) =>
    resident === station && output.kind === 'beat' ? [output] : [],
  );
}

/** When it wrote a heartbeat, once for each: a segment is a byte of its own and the frame. */
function beatenAt(village: Village, station: Station): number[] {
  return village.tape.flatMap(({ resident, at, output }) =>
    resident === station && output.kind === 'write' && output.bytes[2] === HEARTBEAT ? [at] : [],
  );
}

/** Links over which pings came. */
function pingsHeard(village: Village, station: Station): number[] {
  return village.tape.flatMap(({ resident, output }) => {
    if (resident !== station || output.kind !== 'tapped') return [];
    const { link, way, bytes } = output.frame;
    return way === 'heard' && bytes[1] === PING ? [link] : [];
  });
}
