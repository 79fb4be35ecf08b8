/**
 * Who is about, for how long, and who makes way; and what is counted and shown of links.
 */
import { describe, expect, it } from 'vitest';
import { ANNOUNCE, encodePlain, PacketView } from '../../../protocol/core/packet.ts';
import { Counts, REASONS_MAX } from '../../../protocol/peer/counts.ts';
import { COURTESY, Courtesy } from '../../../protocol/peer/courtesy.ts';
import { onOurIsland } from '../../../protocol/peer/island.ts';
import type { Hearing, Way } from '../../../protocol/peer/peers.ts';
import {
  Peers,
  PEERS_MAX,
  REACHABLE_BY_LINE_MS,
  REACHABLE_MS,
  TOLD_EVERY_MS,
} from '../../../protocol/peer/peers.ts';
import { Tap, TAPPED_PER_SECOND } from '../../../protocol/peer/tap.ts';
import type { Announce } from '../../../protocol/wire/announce.ts';
import { encodeAnnounce } from '../../../protocol/wire/announce.ts';
import { AnnounceView } from '../../../protocol/wire/announce-view.ts';
import { runs, SEED, xorshift } from '../../seed.ts';
import { filled } from '../wire/given.ts';

const WAY = { link: 1, isDirect: true, hops: 1, isByLine: false };
const BY_LINE = { ...WAY, isDirect: false, isByLine: true };

describe('peers', () => {
  it('are new once, and again under another name', () => {
    const peers = new Peers(PEERS_MAX, REACHABLE_MS, 0);
    expect(hear(peers, 1, { name: 'ann' }, WAY, 0)).toBe('new');
    expect(hear(peers, 1, { name: 'ann' }, WAY, 1)).toBe('known');
    expect(hear(peers, 1, { name: 'bea' }, WAY, 2)).toBe('new');
    expect(peers.all()).toHaveLength(1);
  });

  it('are missed a minute after they were last heard, by whatever they signed', () => {
    const peers = new Peers(PEERS_MAX, REACHABLE_MS, 0);
    hear(peers, 1, { name: 'ann' }, WAY, 0);
    hear(peers, 2, { name: 'bea' }, WAY, 10);
    peers.touch(filled(8, 1), 20);
    peers.touch(filled(8, 3), 20);
    expect(peers.deadline()).toBeLessThanOrEqual(10 + REACHABLE_MS);
    expect(peers.expire(9 + REACHABLE_MS)).toEqual([]);
    expect(peers.expire(10 + REACHABLE_MS)).toMatchObject([
      { reason: 'timeout', peer: { name: 'bea' } },
    ]);
    expect(peers.deadline()).toBe(20 + REACHABLE_MS);
    expect(peers.leave(filled(8, 1))).toMatchObject({ reason: 'user', peer: { name: 'ann' } });
    expect(peers.leave(filled(8, 1))).toBe(null);
    expect(peers.expire(20 + REACHABLE_MS)).toEqual([]);
    expect(peers.deadline()).toBe(Infinity);
  });

  it('are missed in the order in which they fell silent, and each in time', () => {
    const peers = new Peers(PEERS_MAX, REACHABLE_MS, 0);
    for (const number of [1, 2, 3, 4]) hear(peers, number, { name: `${number}` }, WAY, 0);
    [2, 1, 4].forEach((number, i) => peers.touch(filled(8, number), 10 + i));
    const missed = (now: number): number[] => peers.expire(now).map(({ peer }) => peer.id[0]);
    expect(missed(REACHABLE_MS)).toEqual([3]);
    expect(peers.deadline()).toBe(10 + REACHABLE_MS);
    expect(missed(11 + REACHABLE_MS)).toEqual([2, 1]);
    expect(peers.deadline()).toBe(12 + REACHABLE_MS);
  });

  it('are missed after another time where that is set, lines or none', () => {
    for (const way of [WAY, BY_LINE]) {
      const peers = new Peers(2, 900_000, 0);
      hear(peers, 1, { name: 'ann' }, way, 0);
      expect(peers.deadline()).toBe(900_000);
      expect(peers.expire(899_999)).toEqual([]);
      expect(peers.expire(900_000)).toMatchObject([{ peer: { name: 'ann' } }]);
    }
  });

  it('are missed later when only lines bring word of them', () => {
    const peers = new Peers(PEERS_MAX, REACHABLE_MS, 0);
    hear(peers, 1, { name: 'ann' }, WAY, 0);
    hear(peers, 2, { name: 'bea' }, BY_LINE, 0);
    hear(peers, 1, { name: 'ann' }, BY_LINE, 1000);
    expect(peers.expire(REACHABLE_MS + 1000)).toMatchObject([{ peer: { name: 'ann' } }]);
    expect(peers.deadline()).toBe(REACHABLE_BY_LINE_MS);
    expect(peers.expire(REACHABLE_BY_LINE_MS)).toMatchObject([{ peer: { name: 'bea' } }]);
  });

  it('are missed no later than others once no line is up any more', () => {
    const peers = new Peers(PEERS_MAX, REACHABLE_MS, 0);
    hear(peers, 1, { name: 'ann' }, BY_LINE, 0);
    hear(peers, 2, { name: 'bea' }, BY_LINE, 90_000);
    peers.sever(100_000);
    expect(peers.deadline()).toBeLessThanOrEqual(100_000 + REACHABLE_MS);
    expect(peers.expire(99_999 + REACHABLE_MS)).toEqual([]);
    // What an injected copy brings meanwhile counts from when it came.
    hear(peers, 2, { name: 'bea' }, BY_LINE, 120_000);
    expect(peers.expire(100_000 + REACHABLE_MS)).toMatchObject([{ peer: { name: 'ann' } }]);
    expect(peers.expire(120_000 + REACHABLE_MS)).toMatchObject([{ peer: { name: 'bea' } }]);
  });

  it('are waited for as ever where the line was away for a moment', () => {
    const peers = new Peers(PEERS_MAX, REACHABLE_MS, 0);
    hear(peers, 1, { name: 'ann' }, BY_LINE, 0);
    peers.sever(50_000);
    peers.join();
    expect(peers.expire(REACHABLE_BY_LINE_MS - 1)).toEqual([]);
    expect(peers.deadline()).toBe(REACHABLE_BY_LINE_MS);
    expect(peers.expire(REACHABLE_BY_LINE_MS)).toHaveLength(1);
  });

  it('are news when they are new, are renamed, and every ten minutes', () => {
    const peers = new Peers(PEERS_MAX, REACHABLE_MS, 0);
    const isNews = (name: string, now: number): boolean =>
      hear(peers, 1, { name }, WAY, now) !== 'known';
    const said = [0, 1000, TOLD_EVERY_MS - 1, TOLD_EVERY_MS, TOLD_EVERY_MS + 1];
    expect(said.map((now) => isNews('ann', now))).toEqual([true, false, false, true, false]);
    expect(isNews('bea', TOLD_EVERY_MS + 2)).toBe(true);
  });

  it('are on our island when neighbours lead to them, or no line is needed for word of them', () => {
    const peers = new Peers(PEERS_MAX, REACHABLE_MS, 0);
    const meet = (number: number, named: number[], way: typeof WAY): void => {
      const neighbours = named.map((other) => filled(8, other));
      hear(peers, number, { name: `${number}`, neighbours }, way, 0);
    };
    // 1 is next to us; 3 is beyond it, but a line was quicker.
    meet(1, [2], WAY);
    meet(2, [], WAY);
    meet(3, [2], BY_LINE);
    // Another island, of which a gateway here brought 5 before our line did.
    meet(4, [5], BY_LINE);
    meet(5, [], WAY);
    meet(6, [], BY_LINE);
    meet(7, [], WAY);
    const here = [...onOurIsland(peers.all(), [filled(8, 1)], -REACHABLE_MS)];
    expect(here.map(({ name }) => name).sort()).toEqual(['1', '2', '3', '7']);
    expect([...onOurIsland(peers.all(), [], 0)]).toEqual([]);
  });

  it('are shown as they were heard last, in values that do not change any more', () => {
    const peers = new Peers(PEERS_MAX, REACHABLE_MS, 0);
    const said = { name: 'ann', capabilities: 64n, neighbours: [filled(8, 2), filled(8, 3)] };
    hear(peers, 1, said, { ...WAY, hops: null }, 5);
    const before = peers.find(filled(8, 1));
    expect(before).toEqual({
      id: filled(8, 1),
      name: 'ann',
      link: 1,
      isDirect: true,
      hops: null,
      heardAt: 5,
      heardHereAt: 5,
      neighbours: Uint8Array.of(...filled(8, 2), ...filled(8, 3)),
      capabilities: 64n,
    });
    const again = { ...BY_LINE, link: 7, hops: 3 };
    expect(hear(peers, 1, { name: 'ann' }, again, 9)).toBe('known');
    const [after] = peers.all();
    expect([after.link, after.isDirect, after.hops]).toEqual([7, false, 3]);
    expect([after.heardAt, after.heardHereAt]).toEqual([9, 5]);
    expect([after.capabilities, after.neighbours]).toEqual([null, new Uint8Array(0)]);
    expect([before?.heardAt, before?.neighbours.length]).toEqual([5, 16]);
    expect(peers.has(filled(8, 1))).toBe(true);
    expect([peers.has(filled(8, 2)), peers.find(filled(8, 2))]).toEqual([false, null]);
    expect([peers.nameOf(filled(8, 1)), peers.nameOf(filled(8, 2))]).toEqual(['ann', null]);
  });

  it('are new again once they left, whoever took their place meanwhile', () => {
    const peers = new Peers(PEERS_MAX, REACHABLE_MS, 0);
    hear(peers, 1, { name: 'ann' }, WAY, 0);
    peers.leave(filled(8, 1));
    expect(hear(peers, 2, { name: 'ann' }, BY_LINE, 1)).toBe('new');
    expect(peers.find(filled(8, 2))).toMatchObject({ heardHereAt: -Infinity });
    expect(hear(peers, 1, { name: 'ann' }, WAY, 2)).toBe('new');
    peers.leave(filled(8, 2));
    hear(peers, 3, { name: 'bea', neighbours: [filled(8, 1)] }, WAY, 3);
    expect(peers.all().map(({ neighbours }) => neighbours.length)).toEqual([0, 8]);
  });

  it('are as many as come, and none is another', () => {
    const peers = new Peers(PEERS_MAX, REACHABLE_MS, 0);
    for (let i = 1; i <= 200; i++) hear(peers, i, { name: `${i}` }, { ...WAY, link: i }, i);
    const shown = peers.all().map(({ id, name, link, heardAt }) => [id[0], name, link, heardAt]);
    expect(shown).toEqual(Array.from({ length: 200 }, (_, i) => [i + 1, `${i + 1}`, i + 1, i + 1]));
  });

  it('come, go and are told of in the order of a Map in which the last one heard is behind', () => {
    for (let round = 0; round < runs(8, 2000); round++) {
      const random = xorshift(SEED + round);
      const peers = new Peers(12, REACHABLE_MS, 0);
      let heard: number[] = [];
      let now = 0;
      const meet = (number: number): void => {
        heard = [...heard.filter((other) => other !== number), number];
      };
      for (let step = 0; step < 120; step++) {
        const number = 1 + random(20);
        const isKnown = heard.includes(number);
        now += random(4000);
        const gone = peers.expire(now).map(({ peer }) => peer.id[0]);
        const silent = heard.filter((other) => gone.includes(other));
        expect(silent, `seed ${SEED + round}`).toEqual(gone);
        heard = heard.filter((other) => !gone.includes(other));
        if (random(8) === 0) {
          peers.leave(filled(8, number));
          heard = heard.filter((other) => other !== number);
        } else if (random(4) === 0) {
          peers.touch(filled(8, number), now);
          if (isKnown && !gone.includes(number)) meet(number);
        } else {
          hear(peers, number, { name: `${random(3)}` }, WAY, now);
          meet(number);
          const kept = peers.makeRoom((id) => id[0] % 4 === 0)?.peer.id[0];
          const oldest = heard.find((other) => other % 4 !== 0);
          expect(kept, `seed ${SEED + round}`).toBe(heard.length > 12 ? oldest : undefined);
          heard = heard.filter((other) => other !== kept);
        }
        expect(peers.all().map(({ id }) => id[0])).toEqual(heard);
        expect(peers.deadline()).toBeGreaterThan(now);
      }
    }
  });

  it('make room by who was silent longest, but for those a person keeps', () => {
    const peers = new Peers(3, REACHABLE_MS, 0);
    for (let i = 1; i <= 4; i++) hear(peers, i, { name: `${i}` }, WAY, i);
    const isKept = (id: Uint8Array): boolean => id[0] === 1;
    expect(peers.makeRoom(isKept)).toMatchObject({ reason: 'crowded', peer: { name: '2' } });
    expect(peers.makeRoom(isKept)).toBe(null);
    hear(peers, 5, { name: '5' }, WAY, 5);
    expect(peers.makeRoom(() => true)).toBe(null);
    expect(peers.size).toBe(4);
  });
});

describe('counts', () => {
  it('count each reason apart, up to a limit', () => {
    const counts = new Counts();
    for (let i = 0; i < REASONS_MAX + 5; i++) counts.drop(`reason ${i}`);
    counts.drop('reason 0');
    const reasons = counts.reasons();
    expect(Object.keys(reasons)).toHaveLength(REASONS_MAX + 1);
    expect(reasons).toMatchObject({ 'reason 0': 2, other: 5 });
  });
});

describe('courtesy', () => {
  it('is spent by a flood, and comes back to a link that is quiet', () => {
    const courtesy = new Courtesy(2);
    const kept = Array.from({ length: 100 }, () => courtesy.take(0, 0)).filter(Boolean);
    expect(kept).toHaveLength(COURTESY.burst);
    expect(courtesy.take(1, 0)).toBe(true);
    const enoughMs = (COURTESY.burst * 1000) / COURTESY.perSecond;
    expect(courtesy.take(0, enoughMs)).toBe(true);
  });

  it('does not come back to a link that goes on, be it ever so slowly faster than the rate', () => {
    const courtesy = new Courtesy(1);
    for (let i = 0; i < 100; i++) courtesy.take(0, 0);
    for (let ms = 99; ms < 60_000; ms += 99) expect(courtesy.take(0, ms)).toBe(false);
  });
});

describe('a tap', () => {
  it('shows copies', () => {
    const tap = new Tap();
    const bytes = filled(30, 1);
    const frame = tap.take(3, 'sent', bytes, 0);
    bytes.fill(0);
    const bytesThen = filled(30, 1);
    expect(frame).toEqual({ link: 3, way: 'sent', bytes: bytesThen, dropped: null, missed: 0 });
  });

  it('says why what was heard went no further, and blames nothing else for it', () => {
    const tap = new Tap();
    const before = tap.take(1, 'heard', filled(2, 1), 0);
    const sent = tap.take(2, 'sent', filled(2, 1), 0);
    tap.drop(2, 'queue-full');
    tap.drop(1, 'duplicate');
    tap.drop(1, 'busy');
    expect([before?.dropped, sent?.dropped]).toEqual(['duplicate', null]);
  });

  it('shows two thousand frames in a second, and says how many it left out', () => {
    const tap = new Tap();
    const shown = Array.from({ length: TAPPED_PER_SECOND + 7 }, () =>
      tap.take(0, 'heard', filled(2, 1), 500),
    );
    expect(shown.filter((frame) => frame !== null)).toHaveLength(TAPPED_PER_SECOND);
    expect(tap.take(0, 'heard', filled(2, 1), 1000)?.missed).toBe(7);
    expect(tap.take(0, 'heard', filled(2, 1), 1000)?.missed).toBe(0);
  });
});

function hear(
  peers: Peers,
  number: number,
  said: Partial<Announce>,
  way: Way,
  now: number,
): Hearing {
  const key = filled(32, 1);
  const silent = { name: '', neighbours: [], capabilities: null, geohash: null, extras: [] };
  const payload = encodeAnnounce({ noiseKey: key, signingKey: key, ...silent, ...said });
  const packet = new PacketView();
  packet.read(encodePlain(ANNOUNCE, 7, now, filled(8, number), null, payload), 4096);
  const announce = new AnnounceView();
  announce.readPacket(packet, 4096);
  return peers.hear(packet, announce, way, now);
}
