/**
 * Public messages are their text; their id is the one every phone works out (WIRE §6).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLeave, encodeLeave } from '../../../protocol/wire/leave.ts';
import { decodeMessage, encodeMessage, messageId } from '../../../protocol/wire/message.ts';
import { hold } from '../../seed.ts';
import { aText, hashes, hex } from './given.ts';
import { golden } from './goldens.ts';

const SENDER = hex('0011223344556677');

describe('a message', () => {
  it('comes back from its bytes, whatever the text', () => {
    hold(
      fc.property(aText, (text) => {
        expect(decodeMessage(encodeMessage(text))).toEqual({ ok: true, value: text });
      }),
      200,
    );
  });

  for (const bytes of ['ff', '68c3', 'eda080', 'c0af', 'f4908080']) {
    it(`of the bytes ${bytes} is refused: they are no text`, () => {
      expect(decodeMessage(hex(bytes))).toEqual({ ok: false, reason: 'bad-text' });
    });
  }
});

describe('the id of a message', () => {
  it('is the one that iOS publishes', () => {
    const id = messageId(hashes, SENDER, 1750000000123, 'hello mesh');
    expect(hex(id)).toEqual(golden('public-message-stable-id'));
    expect(id).toMatch(/^[0-9a-f]{32}$/);
  });

  const bare = messageId(hashes, SENDER, 1, 'a b');
  for (const code of [
    0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20, 0x85, 0xa0, 0x1680, 0x2000, 0x200a, 0x200b, 0x2028, 0x2029,
    0x202f, 0x205f, 0x3000,
  ]) {
    it(`does not count U+${code.toString(16)} around the text`, () => {
      const space = String.fromCharCode(code);
      expect(messageId(hashes, SENDER, 1, `${space}${space}a b${space}`)).toBe(bare);
    });
  }

  for (const code of [0x08, 0x0e, 0x180e, 0x1fff, 0x200c, 0x2060, 0xfeff]) {
    it(`counts U+${code.toString(16)}`, () => {
      expect(messageId(hashes, SENDER, 1, `a b${String.fromCharCode(code)}`)).not.toBe(bare);
    });
  }

  it('changes with sender, time and text, and exists for a text of spaces', () => {
    expect(messageId(hashes, hex('0011223344556678'), 1, 'a b')).not.toBe(bare);
    expect(messageId(hashes, SENDER, 2, 'a b')).not.toBe(bare);
    expect(messageId(hashes, SENDER, 1, 'a  b')).not.toBe(bare);
    expect(messageId(hashes, SENDER, 1, ' \n ')).toBe(messageId(hashes, SENDER, 1, ''));
  });
});

describe('a leave', () => {
  for (const [what, bytes, channel] of [
    ['of nothing', '', null],
    ['with a nickname', '626f62', null],
    ['that is no text', 'ff', null],
    ['of a channel', '23626f62', '#bob'],
  ] as const) {
    it(`${what} says ${channel === null ? 'that the peer goes' : 'which'}`, () => {
      expect(decodeLeave(hex(bytes))).toEqual({ ok: true, value: { channel } });
    });
  }

  it('is written as iOS writes it, or with its channel', () => {
    expect(encodeLeave({ channel: null })).toEqual(hex(''));
    expect(encodeLeave({ channel: '#bob' })).toEqual(hex('23626f62'));
  });
});
