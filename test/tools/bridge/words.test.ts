/**
 * Words: times, addresses and names as people write and read them.
 */
import { describe, expect, it } from 'vitest';
import { hostOf, isPrivate } from '../../../tools/bridge/address.ts';
import { Names } from '../../../tools/bridge/names.ts';
import { timeOf } from '../../../tools/bridge/time-words.ts';

describe('an address', () => {
  for (const [address, host, isInside] of [
    ['192.168.1.5:7654', '192.168.1.5', true],
    ['10.0.0.1:1', '10.0.0.1', true],
    ['172.31.0.1:1', '172.31.0.1', true],
    ['172.32.0.1:1', '172.32.0.1', false],
    ['100.64.0.9:1', '100.64.0.9', true],
    ['127.0.0.1:1', '127.0.0.1', true],
    ['203.0.113.7:7654', '203.0.113.7', false],
    ['[fe80::1]:7654', 'fe80::1', true],
    ['[fd00::1]:7654', 'fd00::1', true],
    ['[::1]:7654', '::1', true],
    ['[2001:db8::1]:7654', '2001:db8::1', false],
    ['attic:7654', 'attic', true],
    ['attic.local:7654', 'attic.local', true],
    ['gate.example.org:7654', 'gate.example.org', false],
  ] as const) {
    it(`as ${address} ${isInside ? 'leads nowhere from outside' : 'is for everyone'}`, () => {
      expect([hostOf(address), isPrivate(hostOf(address))]).toEqual([host, isInside]);
    });
  }
});

describe('a time', () => {
  const now = new Date('2026-11-21T12:00').getTime();
  for (const [words, at] of [
    ['90s', '2026-11-21T11:58:30'],
    ['30min', '2026-11-21T11:30'],
    ['30m', '2026-11-21T11:30'],
    ['2h', '2026-11-21T10:00'],
    ['7 d', '2026-11-14T12:00'],
    ['2026-11-20', '2026-11-20T00:00'],
    ['2026-11-20 18:30', '2026-11-20T18:30'],
    ['2026-11-20T18:30:05', '2026-11-20T18:30:05'],
  ]) {
    it(`as "${words}" is ${at}`, () => {
      expect(timeOf(words, now)).toBe(new Date(at).getTime());
    });
  }

  for (const words of ['', 'yesterday', '2 weeks', '2026-13-40', '2026-02-31', '-5h']) {
    it(`as "${words}" is refused`, () => {
      expect(() => timeOf(words, now)).toThrow(/no time; write .* \[USAGE\]$/);
    });
  }
});

describe('names', () => {
  it('that two have get the first digits of the id, and are not typed', () => {
    const names = new Names();
    names.learn({ id: 'aaaa'.repeat(4), name: 'Ada' });
    expect(names.of('aaaa'.repeat(4))).toBe('Ada');
    names.learn({ id: 'bbbb'.repeat(4), name: 'ada' });
    expect(names.of('aaaa'.repeat(4))).toBe('Ada#aaaa');
    expect(names.typeable()).toEqual(['aaaa'.repeat(4), 'bbbb'.repeat(4)]);
  });

  it('that are missing, or nothing, are the beginning of the id', () => {
    const names = new Names();
    names.learn({ id: 'cccc'.repeat(4), name: ' ' });
    expect([names.of('cccc'.repeat(4)), names.of('dddd'.repeat(4))]).toEqual([
      'cccccccc',
      'dddddddd',
    ]);
    expect(names.of('dddd'.repeat(4), 'dora')).toBe('dora');
  });

  it('are forgotten when there are too many, the one heard of longest ago first', () => {
    const names = new Names();
    const idOf = (at: number): string => at.toString(16).padStart(16, '0');
    for (let at = 0; at <= 10_000; at++) names.learn({ id: idOf(at), name: `n${at}` });
    expect([names.of(idOf(0)), names.of(idOf(1))]).toEqual(['00000000', 'n1']);
  });
});
