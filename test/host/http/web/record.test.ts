/** What a person sees of lists that grow while he looks, and of bytes. */
import { describe, expect, it } from 'vitest';
import {
  factsOf,
  followed,
  FOLLOWED_MAX,
  hexRows,
  lineFits,
  nodeOf,
  NOTHING_FOLLOWED,
  packetFits,
  withNewest,
} from '../../../../host/http/web/record.ts';
import type { LogLineView } from '../../../../host/http/views.ts';
import { ALICE, packet, peer } from '../builders.ts';
import { ANA } from './builders.ts';

const rows = (...keys: number[]) => keys.map((key) => ({ key }));

describe('a list with the newest first', () => {
  it('takes what is new in front, and nothing twice', () => {
    expect(withNewest(rows(3, 2), rows(5, 4, 3), 3)).toEqual(rows(5, 4, 3, 2));
    const held = rows(3, 2);
    expect(withNewest(held, rows(3, 2), 3)).toBe(held);
    expect(withNewest([], rows(3, 2), 2)).toEqual(rows(3, 2));
  });

  it('begins anew where a page does not reach it: there would be a hole', () => {
    expect(withNewest(rows(3, 2), rows(9, 8), 2)).toEqual(rows(9, 8));
  });
});

describe('a list that is followed', () => {
  it('counts those that were too many, and keeps the last ones', () => {
    const begun = followed(NOTHING_FOLLOWED, rows(40, 41));
    expect(begun).toEqual({ rows: rows(40, 41), missed: 0 });
    expect(followed(begun, rows(45, 47))).toEqual({ rows: rows(40, 41, 45, 47), missed: 4 });
    const many = Array.from({ length: FOLLOWED_MAX }, (_, at) => at + 42);
    expect(followed(begun, rows(...many)).rows).toHaveLength(FOLLOWED_MAX);
  });
});

describe('a filter', () => {
  const names = (id: string): string => (id === ALICE ? 'alice' : 'somebody');

  it.each([
    ['', true],
    ['MESSAGE alice', true],
    [ALICE.slice(0, 6), true],
    ['link 3', true],
    ['duplicate', true],
    ['announce', false],
    ['message bob', false],
  ])('of packets by %j: %j', (words, isThere) => {
    const one = packet({ dropped: 'duplicate' });
    expect(packetFits(one, words, names)).toBe(isThere);
  });

  it.each([
    ['trace', '', true],
    ['warn', 'usb', true],
    ['error', '', false],
    ['info', 'left=0', true],
    ['info', 'no such', false],
  ] as const)('of lines of %s and above with %j: %j', (level, words, isThere) => {
    const facts = { port: 'ttyUSB0', left: 0, why: null };
    const line: LogLineView = { key: 1, at: 0, level: 'warn', words: 'full', facts };
    expect(lineFits(line, level, words)).toBe(isThere);
    expect(factsOf(line)).toBe('port=ttyUSB0 left=0');
  });

  it('by a node takes its name, its id or the beginning of that, and no guess', () => {
    const peers = [peer(ANA, 'Ana'), peer('a1ff'.repeat(4), 'Ben'), peer('b'.repeat(16), 'ben')];
    expect(nodeOf(' ana ', peers)).toBe(ANA);
    expect(nodeOf('a1f', peers)).toBe('a1ff'.repeat(4));
    expect(nodeOf('c'.repeat(16), peers)).toBe('c'.repeat(16));
    for (const text of ['', 'ben', 'a1', 'nobody']) expect(nodeOf(text, peers)).toBeNull();
  });
});

describe('bytes', () => {
  it('stand in rows of sixteen, as pairs and as letters', () => {
    const [first, second] = hexRows(`${'41'.repeat(16)}00ff`);
    expect([first.at, first.pairs.length, first.letters]).toEqual([0, 16, 'A'.repeat(16)]);
    expect(second).toEqual({ at: 16, pairs: ['00', 'ff'], letters: '..' });
    expect(hexRows('')).toEqual([]);
  });
});
