/**
 * Mentions: whoever is called by an @ finds it, and nobody else does.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namesUs, piecesOf } from '../../../host/http/mentions.ts';
import { hold } from '../../seed.ts';

const US = { id: '1a2b3c4d5e6f7081', name: 'Town Hall' };
const ADA = { id: 'ada0ada0ada0ada0', name: 'ada' };

describe('a text', () => {
  for (const [text, us, isCalled] of [
    ['@ada come', ADA, true],
    ['come @ADA!', ADA, true],
    ['(@ada)', ADA, true],
    ['@ada#ada0 come', ADA, true],
    ['@ada#bada come', ADA, false],
    ['@adam come', ADA, false],
    ['@ada-lovelace', ADA, false],
    ['ada come', ADA, false],
    ['mail x@ada', ADA, false],
    ['@town hall, please', US, true],
    ['@town halls', US, false],
    ['@@ada', ADA, true],
    ['', ADA, false],
    ['@', { ...ADA, name: '' }, false],
  ] as const) {
    it(`as "${text}" calls ${us.name || 'nobody'}${isCalled ? '' : ' not'}`, () => {
      expect(namesUs(text, us)).toBe(isCalled);
    });
  }

  it('falls into its pieces, those that name somebody apart', () => {
    expect(piecesOf('hi @bob#b2b2, ask @town hall @ben', US)).toEqual([
      { text: 'hi ', names: 'nobody' },
      { text: '@bob#b2b2', names: 'somebody' },
      { text: ', ask ', names: 'nobody' },
      { text: '@town hall', names: 'us' },
      { text: ' ', names: 'nobody' },
      { text: '@ben', names: 'somebody' },
    ]);
  });

  it('is whole again when its pieces are put together, whatever it is', () => {
    const part = fc.constantFrom('@', 'ada', 'Town Hall', '#1a2b', '#', ' ', 'ß', '.', '\n', 'İ');
    const theorem = fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      for (const us of [null, US, ADA]) {
        const pieces = piecesOf(text, us).map((piece) => piece.text);
        expect(pieces.join('')).toBe(text);
        expect(pieces).not.toContain('');
      }
    });
    hold(theorem, 500, 50_000);
  });
});
