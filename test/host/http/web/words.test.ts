/**
 * What the page says, and the addresses it says it under.
 */
import { describe, expect, it } from 'vitest';
import { hashOf, loginCodeOf, routeOf } from '../../../../host/http/web/route.ts';
import {
  ago,
  bytes,
  day,
  deliveryOf,
  distanceOf,
  figure,
  grouped,
  happened,
  plain,
  span,
} from '../../../../host/http/web/words.ts';
import { ANA, message, peer } from './builders.ts';

describe('how long ago', () => {
  for (const [ms, words] of [
    [-5000, 'just now'],
    [9000, 'just now'],
    [42_000, '42 s ago'],
    [90_000, '1 min ago'],
    [3 * 3_600_000, '3 h ago'],
    [26 * 3_600_000, '1 day ago'],
    [72 * 3_600_000, '3 days ago'],
  ] as const) {
    it(`${ms} ms is said as ${words}`, () => expect(ago(1e9 - ms, 1e9)).toBe(words));
  }
});

describe('a figure', () => {
  it('of bytes has two digits or more, and a unit', () => {
    expect([0, 999, 1000, 12_345, 999_999_999].map(bytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '12 kB',
      '1000 MB',
    ]);
  });

  it('that is long is grouped, and so is a fingerprint', () => {
    expect([7, 1234, 1_234_567].map(figure)).toEqual(['7', '1,234', '1,234,567']);
    expect(grouped('0123456789')).toBe('0123 4567 89');
    expect([59_000, 61_000, 7_200_000].map(span)).toEqual(['59 s', '1 min', '2 h']);
  });

  it('of a day is Today, Yesterday or its date', () => {
    const noon = Date.UTC(2026, 5, 10, 12);
    expect([noon, noon - 86_400_000].map((at) => day(at, noon))).toEqual(['Today', 'Yesterday']);
    expect(day(noon - 7 * 86_400_000, noon)).toContain('3 June');
  });
});

describe('a message', () => {
  it('of ours says how far it came, and why not', () => {
    const own = (given: object): string | null => deliveryOf(message({ isOwn: true, ...given }));
    expect(own({ state: 'waiting' })).toBe('waiting');
    expect(own({ state: 'delivered' })).toBe('delivered');
    expect(own({ state: 'failed', reason: 'no-route' })).toBe(
      'failed: there was no way to them; say it again once they are in reach',
    );
    expect(own({ state: 'failed', reason: 'some-new-one' })).toBe('failed: some new one');
  });

  it('of somebody else says nothing of that', () => {
    expect(deliveryOf(message({}))).toBe(null);
  });
});

describe('a peer', () => {
  it('is in range, some hops away, or behind a line', () => {
    expect(distanceOf(peer({}))).toBe('in radio range');
    expect(distanceOf(peer({ isHere: false }))).toBe('at the end of a line');
    expect(distanceOf(peer({ isDirect: false, hops: 3 }))).toBe('3 hops');
    expect(distanceOf(peer({ isDirect: false, hops: 1, isHere: false }))).toBe(
      '1 hop, over a line',
    );
  });

  it('is told of when it comes or goes, not each time it is heard', () => {
    const told = (isReachable: boolean, known = peer({})): string | null =>
      happened({ cursor: '', at: 0, kind: 'peer', peer: peer({ isReachable }) }, [known]);
    expect(told(true)).toBe(null);
    expect(told(true, peer({ isReachable: false }))).toBe('ana is here');
    expect(told(false)).toBe('ana is out of reach');
  });
});

describe('a name of ours for something', () => {
  it('is said in words', () => {
    expect(plain('out-of-hops')).toBe('out of hops');
    expect(plain('meshDiagnostics')).toBe('mesh diagnostics');
  });
});

describe('an address', () => {
  it('names a view, and what it is of', () => {
    expect(routeOf('#/chat/public')).toEqual({ view: 'chat', of: 'public', at: null });
    expect(routeOf(hashOf('chat', 'public', '7'))).toEqual({ view: 'chat', of: 'public', at: '7' });
    expect(routeOf(hashOf('map', 'link 3/x'))).toEqual({ view: 'map', of: 'link 3/x', at: null });
    expect(routeOf(hashOf('links'))).toEqual({ view: 'links', of: null, at: null });
  });

  it('that names nothing is the map', () => {
    for (const hash of ['', '#', '#/', '#/nonsense/x', '#main', '#/__proto__']) {
      expect(routeOf(hash)).toEqual({ view: 'map', of: null, at: null });
    }
    expect(routeOf('#/map/%zz')).toEqual({ view: 'map', of: '%zz', at: null });
  });

  it('may be a login link', () => {
    expect(loginCodeOf('#login=0a1b')).toBe('0a1b');
    expect([loginCodeOf('#login='), loginCodeOf('#/map')]).toEqual([null, null]);
    expect(loginCodeOf(`#/map/${ANA}`)).toBe(null);
  });
});
