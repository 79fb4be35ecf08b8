/**
 * Notes and their answers: eight bytes prove who said what, and prove nothing else (WIRE §20).
 */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeNote,
  decodeNoted,
  encodeNoted,
  isProvenNote,
  isProvenNoted,
} from '../../../protocol/wire/note.ts';
import { hold } from '../../seed.ts';
import { aText, filled, hashes, hex, join } from './given.ts';
import { encodeNote } from './note-bytes.ts';

const button = { node: hex('0102030405060708'), key: filled(32, 0x42) };

describe('a note', () => {
  it('is counter, text and the first 8 bytes of the HMAC over type, node, counter and text', () => {
    const covered = hex('ec 0102030405060708 00000007 6869');
    const mac = createHmac('sha256', button.key).update(covered).digest();
    const decoded = decodeNote(join(hex('00000007 6869'), mac.subarray(0, 8)));
    expect(decoded).toMatchObject({ ok: true, value: { counter: 7, text: 'hi' } });
    expect(decoded.ok && isProvenNote(hashes, button, decoded.value)).toBe(true);
  });

  it('comes back from its bytes, and is proven', () => {
    hold(
      fc.property(fc.nat(0xffffffff), aShortText, (counter, text) => {
        const decoded = decodeNote(encodeNote(hashes, button, counter, text));
        expect(decoded).toMatchObject({ ok: true, value: { counter, text } });
        expect(decoded.ok && isProvenNote(hashes, button, decoded.value)).toBe(true);
      }),
      100,
    );
  });

  it('is proven by no other bit, node or key', () => {
    const bytes = encodeNote(hashes, button, 7, 'hi');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const other = bytes.slice();
      other[bit >> 3] ^= 1 << (bit & 7);
      const decoded = decodeNote(other);
      expect(decoded.ok && isProvenNote(hashes, button, decoded.value), `bit ${bit}`).toBe(false);
    }
    const decoded = decodeNote(bytes);
    if (!decoded.ok) throw new Error(decoded.reason);
    const elsewhere = { ...button, node: hex('0102030405060709') };
    expect(isProvenNote(hashes, elsewhere, decoded.value)).toBe(false);
    const otherKey = { ...button, key: filled(32, 0x43) };
    expect(isProvenNote(hashes, otherKey, decoded.value)).toBe(false);
  });

  for (const [what, bytes, reason] of [
    ['nothing', hex(''), 'too-short'],
    ['no whole proof', filled(11, 1), 'too-short'],
    ['65 bytes of text', filled(77, 97), 'too-long'],
    ['a text that is none', join(hex('00000001 ff'), filled(8, 1)), 'bad-text'],
  ] as const) {
    it(`of ${what} is refused as ${reason}`, () => {
      expect(decodeNote(bytes)).toEqual({ ok: false, reason });
    });
  }

  it('has room for 64 bytes and for none', () => {
    expect(decodeNote(encodeNote(hashes, button, 1, 'a'.repeat(64))).ok).toBe(true);
    expect(decodeNote(encodeNote(hashes, button, 1, '')).ok).toBe(true);
  });
});

describe('an answer to a note', () => {
  it('is the counter and the first 8 bytes of the HMAC over type, node and counter', () => {
    const mac = createHmac('sha256', button.key).update(hex('ed 0102030405060708 00000007'));
    const bytes = encodeNoted(hashes, button, 7);
    expect(bytes).toEqual(join(hex('00000007'), mac.digest().subarray(0, 8)));
  });

  it('comes back from its bytes, proven for its own counter and key only', () => {
    const decoded = decodeNoted(encodeNoted(hashes, button, 0xffffffff));
    if (!decoded.ok) throw new Error(decoded.reason);
    expect(decoded.value.counter).toBe(0xffffffff);
    expect(isProvenNoted(hashes, button, decoded.value)).toBe(true);
    expect(isProvenNoted(hashes, button, { ...decoded.value, counter: 1 })).toBe(false);
    const otherKey = { ...button, key: filled(32, 0x43) };
    expect(isProvenNoted(hashes, otherKey, decoded.value)).toBe(false);
  });

  it('is not proven by the empty note it answers', () => {
    const reflected = decodeNoted(encodeNote(hashes, button, 7, ''));
    expect(reflected.ok && isProvenNoted(hashes, button, reflected.value)).toBe(false);
  });

  for (const [length, reason] of [
    [0, 'too-short'],
    [11, 'too-short'],
    [13, 'too-long'],
  ] as const) {
    it(`of ${length} bytes is refused as ${reason}`, () => {
      expect(decodeNoted(filled(length, 1))).toEqual({ ok: false, reason });
    });
  }
});

const aShortText = aText.filter((text) => new TextEncoder().encode(text).length <= 64);
