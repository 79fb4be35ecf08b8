/**
 * Adverts (0xEA): what they say is read as it was written, and whatever else comes is no advert.
 */
import { describe, expect, it } from 'vitest';
import type { Advert } from '../../../host/gateway/advert.ts';
import { BUSY_MAX, decodeAdvert, encodeAdvert, NAMED_MAX } from '../../../host/gateway/advert.ts';
import type { Cbor } from '../../../protocol/wire/cbor-value.ts';
import { encodeEnvelope } from '../../../protocol/wire/envelope.ts';
import { PIECE_SIZE } from '../../../protocol/wire/fragment.ts';
import { person } from '../../protocol/trust/people.ts';
import { filled } from '../../protocol/wire/given.ts';

const ids = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, at) => person(at + 1).id);

describe('an advert', () => {
  it.each([
    ['of a gateway without lines', { lines: [], lineCount: 0, busySeconds: 0 }],
    ['of one with two', { lines: ids(2), lineCount: 2, busySeconds: 0 }],
    ['that is busy', { lines: ids(1), lineCount: 1, busySeconds: 15 }],
    ['of one with more than it names', { lines: ids(NAMED_MAX), lineCount: 900, busySeconds: 5 }],
  ])('%s is read as it was written', (_, advert: Advert) => {
    expect(decodeAdvert(encodeAdvert(advert))).toEqual({ ok: true, value: advert });
  });

  it('needs no fragments, however much it says', () => {
    const advert = { lines: ids(NAMED_MAX), lineCount: 1e6, busySeconds: BUSY_MAX };
    // A header, a signature, and the payload.
    expect(22 + 64 + encodeAdvert(advert).length).toBeLessThan(PIECE_SIZE);
  });

  it('makes nobody wait for longer than the limit', () => {
    const decoded = decodeAdvert(
      made([
        [1, filled(8, 1)],
        [2, 1],
        [3, 1e9],
      ]),
    );
    expect(decoded.ok && decoded.value.busySeconds).toBe(BUSY_MAX);
  });

  it('may say more than we know', () => {
    expect(
      decodeAdvert(
        made([
          [1, filled(8, 1)],
          [2, 1],
          [9, 'more'],
        ]),
      ).ok,
    ).toBe(true);
  });

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'no-schema'],
    [
      'another schema',
      made(
        [
          [1, filled(8, 1)],
          [2, 1],
        ],
        2,
      ),
      'bad-schema',
    ],
    ['no lines', made([[2, 1]]), 'bad-field'],
    [
      'half an id',
      made([
        [1, filled(12, 1)],
        [2, 1],
      ]),
      'bad-field',
    ],
    [
      'too many ids',
      made([
        [1, filled(8 * (NAMED_MAX + 1), 1)],
        [2, 99],
      ]),
      'bad-field',
    ],
    [
      'fewer lines than it names',
      made([
        [1, filled(16, 1)],
        [2, 1],
      ]),
      'bad-field',
    ],
    ['no count', made([[1, filled(8, 1)]]), 'bad-field'],
    [
      'a count that is none',
      made([
        [1, filled(8, 1)],
        [2, 'two'],
      ]),
      'bad-field',
    ],
    [
      'a wait below none',
      made([
        [1, filled(8, 1)],
        [2, 1],
        [3, -1],
      ]),
      'bad-field',
    ],
    ['too much', new Uint8Array(1025), 'too-long'],
  ])('is refused when it says %s', (_, bytes, reason) => {
    expect(decodeAdvert(bytes)).toEqual({ ok: false, reason });
  });
});

function made(fields: [number, Cbor][], schema = 1): Uint8Array {
  return encodeEnvelope({ schema, fields: new Map(fields) });
}
