/**
 * Who is about, for how long, and who makes way; and what is counted and shown of links.
 */
import { describe, expect, it } from 'vitest';
import { Counts, REASONS_MAX } from '../../../protocol/peer/counts.ts';
import { COURTESY, Courtesy } from '../../../protocol/peer/courtesy.ts';
import {
  Peers,
  REACHABLE_BY_LINE_MS,
  REACHABLE_MS,
  TOLD_EVERY_MS,
} from '../../../protocol/peer/peers.ts';
import { Tap, TAPPED_PER_SECOND } from '../../../protocol/peer/tap.ts';
import type { Announce } from '../../../protocol/wire/announce.ts';
import { filled } from '../wire/given.ts';

const WAY = { link: 1, isDirect: true, hops: 1, isByLine: false };
const BY_LINE = { ...WAY, isDirect: false, isByLine: true };

describe('peers', () => {
  it('are new once, and again under another name', () => {
    const peers = new Peers();
    expect(peers.hear(filled(8, 1), announce('ann'), WAY, 0).isNew).toBe(true);
    expect(peers.hear(filled(8, 1), announce('ann'), WAY, 1).isNew).toBe(false);
    expect(peers.hear(filled(8, 1), announce('bea'), WAY, 2).isNew).toBe(true);
    expect(peers.all()).toHaveLength(1);
  });

  it('are missed a minute after they were last heard, by whatever they signed', () => {
    const peers = new Peers();
    peers.hear(filled(8, 1), announce('ann'), WAY, 0);
    peers.hear(filled(8, 2), announce('bea'), WAY, 10);
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

  it('are missed after another time where that is set, lines or none', () => {
    for (const way of [WAY, BY_LINE]) {
      const peers = new Peers(2, 900_000);
      peers.hear(filled(8, 1), announce('ann'), way, 0);
      expect(peers.deadline()).toBe(900_000);
      expect(peers.expire(899_999)).toEqual([]);
      expect(peers.expire(900_000)).toMatchObject([{ peer: { name: 'ann' } }]);
    }
  });

  it('are missed later when only lines bring word of them', () => {
    const peers = new Peers();
    peers.hear(filled(8, 1), announce('ann'), WAY, 0);
    peers.hear(filled(8, 2), announce('bea'), BY_LINE, 0);
    peers.hear(filled(8, 1), announce('ann'), BY_LINE, 1000);
    expect(peers.expire(REACHABLE_MS + 1000)).toMatchObject([{ peer: { name: 'ann' } }]);
    expect(peers.deadline()).toBe(REACHABLE_BY_LINE_MS);
    expect(peers.expire(REACHABLE_BY_LINE_MS)).toMatchObject([{ peer: { name: 'bea' } }]);
  });

  it('are news when they are new, are renamed, and every ten minutes', () => {
    const peers = new Peers();
    const isNews = (name: string, now: number): boolean =>
      peers.hear(filled(8, 1), announce(name), WAY, now).isNews;
    const said = [0, 1000, TOLD_EVERY_MS - 1, TOLD_EVERY_MS, TOLD_EVERY_MS + 1];
    expect(said.map((now) => isNews('ann', now))).toEqual([true, false, false, true, false]);
    expect(isNews('bea', TOLD_EVERY_MS + 2)).toBe(true);
  });

  it('are on our island when neighbours lead to them, or no line is needed for word of them', () => {
    const peers = new Peers();
    const hear = (number: number, neighbours: number[], way: typeof WAY): void => {
      const said = { ...announce(`${number}`), neighbours: neighbours.map((n) => filled(8, n)) };
      peers.hear(filled(8, number), said, way, 0);
    };
    // 1 is next to us; 3 is beyond it, but a line was quicker.
    hear(1, [2], WAY);
    hear(2, [], WAY);
    hear(3, [2], BY_LINE);
    // Another island, of which a gateway here brought 5 before our line did.
    hear(4, [5], BY_LINE);
    hear(5, [], WAY);
    hear(6, [], BY_LINE);
    hear(7, [], WAY);
    const here = [...peers.here([filled(8, 1)], 0)].map(({ name }) => name);
    expect(here.sort()).toEqual(['1', '2', '3', '7']);
    expect([...peers.here([], REACHABLE_MS)]).toEqual([]);
  });

  it('make room by who was silent longest, but for those a person keeps', () => {
    const peers = new Peers(3);
    for (let i = 1; i <= 4; i++) peers.hear(filled(8, i), announce(`${i}`), WAY, i);
    const isKept = (id: Uint8Array): boolean => id[0] === 1;
    expect(peers.makeRoom(isKept)).toMatchObject({ reason: 'crowded', peer: { name: '2' } });
    expect(peers.makeRoom(isKept)).toBe(null);
    peers.hear(filled(8, 5), announce('5'), WAY, 5);
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

function announce(name: string): Announce {
  const key = filled(32, 1);
  return {
    ...{ name, noiseKey: key, signingKey: key, neighbours: [], capabilities: null },
    ...{ geohash: null, extras: [] },
  };
}
