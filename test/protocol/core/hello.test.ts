/**
 * Hello: bytes as WIRE §20 draws them, back and forth, and a reason for what is none.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Hello } from '../../../protocol/core/hello.ts';
import {
  decodeHello,
  encodeHello,
  FRAME_MAX_BEFORE_HELLO,
  LEAF,
  RELAY,
  TETHERED,
  UNIX_MS_MAX,
} from '../../../protocol/core/hello.ts';
import { hold } from '../../seed.ts';

describe('a hello', () => {
  it('is written as WIRE §20 draws it', () => {
    expect(hex(encodeHello(hello()))).toBe(
      [
        '0103010203',
        '030101',
        '040105',
        '050400000200',
        '060467617465',
        '07080000018bcfe5687b',
        '08047075636b',
        '0902cafe',
      ].join(''),
    );
  });

  it.each([
    [0, '0400'],
    [1, '040101'],
    [0x1f, '04011f'],
    [0x100, '04020001'],
    [0x80000000, '040400000080'],
  ])('says its features %i in as few bytes as hold them', (features, field) => {
    const bytes = encodeHello(hello({ features }));
    expect(hex(bytes)).toContain(`030101${field}0504`);
    expect(decodeHello(bytes)).toMatchObject({ features });
  });

  it('says no time without a clock', () => {
    const bytes = encodeHello(hello({ unixMs: null, name: empty, board: empty, token: empty }));
    expect(hex(bytes)).toBe('010301020303010104010505040000020006000800' + '0900');
    expect(decodeHello(bytes)).toMatchObject({ unixMs: null });
  });

  it('is read back as it was written', () => {
    hold(
      fc.property(anyHello(), (said) => {
        expect(decodeHello(encodeHello(said))).toEqual(said);
      }),
      1000,
    );
  });

  it('says the least when only its version is there', () => {
    expect(decodeHello(bytesOf('0103010000'))).toEqual({
      version: Uint8Array.of(1, 0, 0),
      role: LEAF,
      features: 0,
      frameMax: FRAME_MAX_BEFORE_HELLO,
      name: empty,
      unixMs: null,
      board: empty,
      token: empty,
    });
  });

  it('may say things nobody knows yet: other fields, roles and features', () => {
    const bytes = bytesOf(
      '0201ff' + '0103010203' + 'ff00' + '030177' + '04050100008001' + '2a03010203',
    );
    expect(decodeHello(bytes)).toMatchObject({ role: 0x77, features: 0x80000001 });
    expect(TETHERED).toBe(4);
  });

  it.each([
    ['nothing', '', 'no-version'],
    ['no version', '030101', 'no-version'],
    ['half a field', '0103010000' + '03', 'bad-field'],
    ['a field that promises more', '0103010000' + '0604676174', 'bad-field'],
    ['a version of two parts', '01020100', 'bad-field'],
    ['a version of four parts', '010401000000', 'bad-field'],
    ['a wide role', '0103010000' + '03020001', 'bad-field'],
    ['no role at all', '0103010000' + '0300', 'bad-field'],
    ['a short largest frame', '0103010000' + '0503000200', 'bad-field'],
    ['a short time', '0103010000' + '0707018bcfe5687b00', 'bad-field'],
    ['a time beyond all clocks', '0103010000' + '07080001000000000000', 'bad-field'],
  ] as const)('is none when it says %s', (_what, said, reason) => {
    expect(decodeHello(bytesOf(said))).toBe(reason);
  });

  it('may say the last time there is', () => {
    const bytes = encodeHello(hello({ unixMs: UNIX_MS_MAX }));
    expect(decodeHello(bytes)).toMatchObject({ unixMs: 0xffffffffffff });
  });
});

const empty = new Uint8Array(0);

function hello(differences: Partial<Hello> = {}): Hello {
  return {
    version: Uint8Array.of(1, 2, 3),
    role: RELAY,
    features: 5,
    frameMax: 512,
    name: new TextEncoder().encode('gate'),
    unixMs: 1700000000123,
    board: new TextEncoder().encode('puck'),
    token: Uint8Array.of(0xca, 0xfe),
    ...differences,
  };
}

function anyHello(): fc.Arbitrary<Hello> {
  const text = fc.uint8Array({ maxLength: 255 });
  return fc.record({
    version: fc.uint8Array({ minLength: 3, maxLength: 3 }),
    role: fc.nat(255),
    features: fc.nat(0xffffffff),
    frameMax: fc.nat(0xffffffff),
    name: text,
    unixMs: fc.option(fc.nat(UNIX_MS_MAX)),
    board: text,
    token: text,
  });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}
