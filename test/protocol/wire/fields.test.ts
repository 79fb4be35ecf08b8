/** Fields, hex and text: the small parts that the payloads of WIRE are made of. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldReader, encodeFields } from '../../../protocol/wire/fields.ts';
import type { Field } from '../../../protocol/wire/fields.ts';
import { fromHex, toHex } from '../../../protocol/wire/hex.ts';
import { decodeText, encodeText } from '../../../protocol/wire/text.ts';
import { hold } from '../../seed.ts';
import { aText, anyBytes, filled, hex } from './given.ts';

describe('fields', () => {
  for (const width of [1, 2] as const) {
    it(`with lengths of ${width} come back in order`, () => {
      hold(
        fc.property(fc.array(aField(width === 1 ? 255 : 600), { maxLength: 6 }), (fields) => {
          expect(read(encodeFields(width, fields), width)).toEqual({ fields, end: 'whole' });
        }),
        100,
      );
    });
  }

  for (const [bytes, width, count, end] of [
    ['', 1, 0, 'whole'],
    ['01', 1, 0, 'tail'],
    ['0100', 1, 1, 'whole'],
    ['0101', 1, 0, 'cut'],
    ['0100 02', 1, 1, 'tail'],
    ['0100', 2, 0, 'tail'],
    ['010000', 2, 1, 'whole'],
    ['010001', 2, 0, 'cut'],
    ['010000 0200', 2, 1, 'tail'],
    ['010100', 2, 0, 'cut'],
  ] as const) {
    it(`with lengths of ${width} in ${bytes || 'nothing'} are ${count}, the end being ${end}`, () => {
      const walked = read(hex(bytes), width);
      expect([walked.fields.length, walked.end]).toEqual([count, end]);
    });
  }

  it('longer than their length can say are our own mistake', () => {
    const field = (size: number) => [{ type: 1, value: filled(size, 0) }];
    expect(encodeFields(1, field(255)).length).toBe(257);
    expect(encodeFields(2, field(65535)).length).toBe(65538);
    expect(() => encodeFields(1, field(256))).toThrow('broken law');
    expect(() => encodeFields(2, field(65536))).toThrow('broken law');
  });
});

describe('hex', () => {
  it('comes back, in either case', () => {
    hold(
      fc.property(anyBytes(30), (bytes) => {
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
        expect(fromHex(toHex(bytes))).toEqual(bytes);
        expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes);
      }),
      100,
    );
  });

  it('is of any length', () => {
    for (const size of [1023, 1024, 1025, 300_000]) {
      const bytes = Uint8Array.from({ length: size }, (_, at) => at * 7);
      expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
    }
  });

  for (const text of ['0', '0g', ' 00', '0x', '00\n', '-1', '+1', '١١']) {
    it(`is not ${JSON.stringify(text)}`, () => {
      expect(fromHex(text)).toBeNull();
    });
  }
});

describe('text', () => {
  it('comes back from UTF-8, byte order marks and all', () => {
    hold(
      fc.property(aText, (text) => {
        expect(decodeText(encodeText(text))).toBe(text);
        expect(decodeText(encodeText('\ufeff' + text))).toBe('\ufeff' + text);
      }),
      100,
    );
  });

  it('is not what UTF-8 does not allow', () => {
    for (const bytes of ['80', 'c3', 'c080', 'eda080', 'f5808080', 'f4908080', '61ff62']) {
      expect(decodeText(hex(bytes)), bytes).toBeNull();
    }
  });
});

function aField(maxLength: number): fc.Arbitrary<Field> {
  return fc.record({ type: fc.nat(255), value: anyBytes(maxLength) });
}

function read(bytes: Uint8Array, width: 1 | 2) {
  const fields: Field[] = [];
  const reader = new FieldReader(bytes, width);
  while (reader.next()) fields.push({ type: reader.type, value: reader.value });
  return { fields, end: reader.end };
}
