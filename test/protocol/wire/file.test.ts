/**
 * Files as both phones write them, read as tolerantly as the more tolerant of the two (WIRE §10).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FILE_MAX, decodeFile, encodeFile } from '../../../protocol/wire/file.ts';
import type { SmallFile } from '../../../protocol/wire/file.ts';
import { hold } from '../../seed.ts';
import { aText, filled, hex, join } from './given.ts';
import { golden, goldensNamed } from './goldens.ts';

describe('a file', () => {
  const both: [string, Uint8Array, SmallFile][] = [
    [
      'file-packet-mixed-width',
      golden('file-packet-mixed-width'),
      { name: 'a', mime: 'm', size: 2, content: hex('dead') },
    ],
    [
      'noise-private-file-android-fixture',
      golden('noise-private-file-android-fixture').subarray(1),
      { name: 'a.txt', mime: 'text/plain', size: 3, content: hex('010203') },
    ],
  ];
  for (const [name, bytes, file] of both) {
    it(`is the bytes of ${name}`, () => {
      expect(decodeFile(bytes)).toEqual({ ok: true, value: file });
      expect(encodeFile(file)).toEqual(new Uint8Array(bytes));
    });
  }

  const counted = new Uint8Array(64).map((_, i) => i);
  for (const [what, bytes, file] of [
    [
      'a size of eight bytes',
      golden('file-legacy-8byte-size'),
      { name: null, mime: null, size: 256, content: hex('01020304') },
    ],
    [
      'nothing but content',
      golden('file-content-only'),
      { name: null, mime: null, size: 3, content: hex('aabbcc') },
    ],
    [
      'an unknown field before the content',
      golden('file-unknown-tlv-before-content'),
      { name: 'photo.jpg', mime: 'image/jpeg', size: 64, content: counted },
    ],
    [
      'an unknown field after it',
      golden('file-unknown-tlv-after-content'),
      { name: 'note.m4a', mime: null, size: 16, content: filled(16, 0x7f) },
    ],
    [
      'a content length of two bytes',
      hex('04 0003 aabbcc'),
      { name: null, mime: null, size: 3, content: hex('aabbcc') },
    ],
    [
      'its content in pieces',
      hex('04 00000001 aa 04 00000000 04 00000002 bbcc'),
      { name: null, mime: null, size: 3, content: hex('aabbcc') },
    ],
    [
      'a size of another width, which says nothing',
      hex('02 0002 0009 04 00000001 aa'),
      { name: null, mime: null, size: 1, content: hex('aa') },
    ],
    [
      'a name that is no text, which is none',
      hex('01 0001 ff 04 00000001 aa'),
      { name: null, mime: null, size: 1, content: hex('aa') },
    ],
  ] as const) {
    it(`is read with ${what}`, () => {
      expect(decodeFile(bytes)).toEqual({ ok: true, value: file });
    });
  }

  it('comes back from its bytes', () => {
    hold(
      fc.property(aFile, (file) => {
        expect(decodeFile(encodeFile(file))).toEqual({ ok: true, value: file });
      }),
      200,
    );
  });

  it('may have 1 MiB and not a byte more, in one content or in several', () => {
    const whole: SmallFile = { name: 'a', mime: 'm', size: FILE_MAX, content: filled(FILE_MAX, 7) };
    const bytes = encodeFile(whole);
    expect(decodeFile(bytes).ok).toBe(true);
    const refused = { ok: false, reason: 'too-large' };
    expect(decodeFile(join(bytes, hex('0400000001aa')))).toEqual(refused);
    expect(decodeFile(join(hex('0400100001'), filled(FILE_MAX + 1, 7)))).toEqual(refused);
    expect(() => encodeFile({ ...whole, content: filled(FILE_MAX + 1, 0) })).toThrow('broken law');
  });

  for (const [what, bytes, reason] of [
    ['nothing', hex(''), 'empty'],
    ['no content', hex('01 0001 61'), 'empty'],
    ['empty content', hex('04 00000000'), 'empty'],
    ['a declared size above 1 MiB', hex('02 0004 00100001 04 00000001 aa'), 'too-large'],
    ['a declared size of 2^64 - 1', hex('02 0008 ffffffffffffffff 04 00000001 aa'), 'too-large'],
    ['content cut short', hex('04 00000003 aabb'), 'cut'],
    ['a name cut short', hex('01 0003 6161'), 'cut'],
    ['a length cut short', hex('04 00000001 aa 01 00'), 'cut'],
  ] as const) {
    it(`of ${what} is refused as ${reason}`, () => {
      expect(decodeFile(bytes)).toEqual({ ok: false, reason });
    });
  }

  for (const name of goldensNamed('reject-file')) {
    it(`is refused as the phones refuse ${name}`, () => {
      expect(decodeFile(golden(name)).ok).toBe(false);
    });
  }
});

const aFile: fc.Arbitrary<SmallFile> = fc.record({
  name: fc.option(aText),
  mime: fc.option(aText),
  size: fc.nat(FILE_MAX),
  content: fc.uint8Array({ minLength: 1, maxLength: 200 }),
});
