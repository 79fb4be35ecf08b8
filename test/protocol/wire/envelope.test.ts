/**
 * The envelope of Hopline's own payloads: a schema and a map with small keys, or a reason.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cbor } from '../../../protocol/wire/cbor-value.ts';
import { ENVELOPE_MAX, decodeEnvelope, encodeEnvelope } from '../../../protocol/wire/envelope.ts';
import { hold } from '../../seed.ts';
import { anyBytes, filled, hex, join } from './given.ts';

describe('an envelope', () => {
  it('is a schema byte and its fields in order of their keys', () => {
    const fields = new Map<number, Cbor>([
      [3, 'hi'],
      [1, 1000],
    ]);
    const bytes = hex('07 a2 01 1903e8 03 626869');
    expect(encodeEnvelope({ schema: 7, fields })).toEqual(bytes);
    expect(decodeEnvelope(bytes)).toEqual({ ok: true, value: { schema: 7, fields } });
  });

  it('comes back from its bytes', () => {
    const aField = fc.tuple(fc.nat(255), fc.oneof(fc.nat(), anyBytes(20), fc.boolean()));
    const someFields = fc.uniqueArray(aField, { maxLength: 20, selector: ([key]) => key });
    hold(
      fc.property(fc.nat(255), someFields, (schema, entries) => {
        const envelope = { schema, fields: new Map(entries) };
        expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual({ ok: true, value: envelope });
      }),
      200,
    );
  });

  for (const [what, bytes, reason] of [
    ['nothing', hex(''), 'no-schema'],
    ['only a schema', hex('07'), 'cut'],
    ['a list', hex('0780'), 'no-map'],
    ['a number', hex('0700'), 'no-map'],
    ['a text for a key', hex('07a1616100'), 'bad-key'],
    ['a negative key', hex('07a12000'), 'bad-key'],
    ['the key 256', hex('07a119010000'), 'bad-key'],
    ['a tag', hex('07a101c100'), 'tag'],
    ['keys out of order', hex('07a202000100'), 'unsorted'],
    ['a byte too many', hex('07a000'), 'trailing'],
    ['nine levels', join(hex('07a100'), filled(8, 0x81), hex('00')), 'too-deep'],
    ['more than its size', join(hex('07a10059fffb'), filled(65531, 0)), 'too-long'],
  ] as const) {
    it(`of ${what} is refused as ${reason}`, () => {
      expect(decodeEnvelope(bytes)).toEqual({ ok: false, reason });
    });
  }

  it('may be as deep and as large as its limits', () => {
    expect(decodeEnvelope(join(hex('07a100'), filled(7, 0x81), hex('00'))).ok).toBe(true);
    const full = join(hex('07a100590ff4'), filled(0x0ff4, 0));
    expect(decodeEnvelope(full, full.length).ok).toBe(true);
    expect(decodeEnvelope(full, full.length - 1)).toEqual({ ok: false, reason: 'too-long' });
    const largest = encodeEnvelope({ schema: 7, fields: new Map([[0, filled(65530, 0)]]) });
    expect(largest.length).toBe(ENVELOPE_MAX);
    expect(decodeEnvelope(largest).ok).toBe(true);
  });

  it('with a key or a size beyond the limits is our own mistake', () => {
    const wrong: Map<number, Cbor>[] = [
      new Map([[256, 0]]),
      new Map([[-1, 0]]),
      new Map([[0, filled(65531, 0)]]),
    ];
    for (const fields of wrong) {
      expect(() => encodeEnvelope({ schema: 0, fields })).toThrow('broken law');
    }
  });
});
