/**
 * QR: module by module what another encoder makes of the same text with the same mask (the Python
 * package qrcode 8.2), and the published pieces it is made of.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Modules } from '../../protocol/qr.ts';
import {
  correctionOf,
  formatBits,
  penaltyOf,
  qrCode,
  qrCodeWith,
  qrLines,
  roomBits,
  versionBits,
} from '../../protocol/qr.ts';

const TEXT = 'hopline:3f2a91c0d4e5f607?name=gate&role=relay';

describe('a QR code', () => {
  it('is that of another encoder, module by module', () => {
    expect(rowsOf(qrCodeWith(TEXT, 5)!)).toEqual(THEIRS);
  });

  it.each([
    ['a', 1, 1, '50b2ea55f7ddab9e'],
    [TEXT, 4, 4, '9b9982a31d2426f2'],
    ['x'.repeat(60), 4, 4, '3e44e76be9aa10e1'],
    ['y'.repeat(100), 6, 6, '77557a5d553ae628'],
    ['z'.repeat(120), 7, 7, '1cd2b38e43421576'],
    ['w'.repeat(150), 0, 8, '8359a270975e08b2'],
    ['v'.repeat(180), 1, 9, 'd347d925badf717e'],
    [`Gäte 1 ${'q'.repeat(200)}`, 2, 10, '0bd881491ce00711'],
  ] as const)(
    'is so of every version: %.12s... with mask %i, version %i',
    (text, mask, version, sum) => {
      const modules = qrCodeWith(text, mask)!;
      expect(modules).toHaveLength(17 + 4 * version);
      const rows = rowsOf(modules).join('\n');
      expect(createHash('sha256').update(rows).digest('hex').slice(0, 16)).toBe(sum);
    },
  );

  it('has the mask with the least against it', () => {
    const penalties = Array.from({ length: 8 }, (_, mask) => penaltyOf(qrCodeWith(TEXT, mask)!));
    expect(penaltyOf(qrCode(TEXT)!)).toBe(Math.min(...penalties));
    expect(new Set(penalties).size).toBeGreaterThan(1);
  });

  it('takes 213 bytes and no more', () => {
    expect(qrCode('x'.repeat(213))).toHaveLength(57);
    expect(qrCode('x'.repeat(214))).toBeNull();
    expect(qrCode('')).toHaveLength(21);
  });
});

describe('its pieces', () => {
  it('are the codewords of the "HELLO WORLD" that every tutorial works out', () => {
    const words = [32, 91, 11, 120, 209, 114, 220, 77, 67, 64, 236, 17, 236, 17, 236, 17];
    const correction = [196, 35, 39, 119, 235, 215, 231, 226, 93, 23];
    expect([...correctionOf(Uint8Array.from(words), 10)]).toEqual(correction);
  });

  it('are the bits that the standard tabulates', () => {
    expect(formatBits(0).toString(2)).toBe('101010000010010');
    expect(formatBits(5).toString(2)).toBe('100000011001110');
    expect(versionBits(7).toString(2).padStart(18, '0')).toBe('000111110010010100');
    expect([1, 2, 7, 10].map((version) => roomBits(version))).toEqual([208, 359, 1568, 2768]);
  });
});

describe('a code on a terminal', () => {
  const modules = qrCode(TEXT)!;

  it('has light around it, four modules wide', () => {
    const lines = qrLines(modules, false);
    expect(lines).toHaveLength(Math.ceil((33 + 8) / 2));
    for (const line of [...lines.slice(0, 2), lines.at(-1)!])
      expect(line).toBe('\u2588'.repeat(41));
    for (const line of lines)
      expect([line.slice(0, 4), line.length]).toEqual(['\u2588'.repeat(4), 41]);
  });

  it('is black on white where there are colours', () => {
    const [first] = qrLines(modules, true);
    expect(first).toBe(`\x1b[30;107m${' '.repeat(41)}\x1b[0m`);
  });
});

const THEIRS = [
  '111111100111110011001000101111111',
  '100000101100100010100000001000001',
  '101110101101001110011110101011101',
  '101110101011001010101011001011101',
  '101110100001111110001101001011101',
  '100000100010001101010000001000001',
  '111111101010101010101010101111111',
  '000000001100001110111010100000000',
  '100000101111111001110010011001110',
  '011011010001111101010111110011000',
  '010001110101011111001010010001010',
  '010110010101010011101100110101100',
  '100001111001110001010101111100001',
  '110111000001000000100001011101101',
  '010011100111001110101000101101110',
  '100111001100110010101000000100101',
  '000110111111101101101001100110001',
  '000000010001110110010011011100111',
  '100101111111110101110111100101101',
  '100011001011100000001011110111110',
  '000111111011010100100100110110000',
  '101010011011010000000001010111100',
  '100011110110010001010100000010010',
  '101010011100110110011000011111110',
  '111101111111100010101001111110000',
  '000000001010111111011101100011001',
  '111111100111011101000011101010110',
  '100000100101011101100110100011110',
  '101110100100110010001110111110010',
  '101110100011111001100000010010101',
  '101110100110100100010100110011011',
  '100000100101111000000000000101100',
  '111111101101101101001001101110010',
];

function rowsOf(modules: Modules): string[] {
  return modules.map((row) => row.map((isDark) => (isDark ? '1' : '0')).join(''));
}
