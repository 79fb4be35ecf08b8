/**
 * A message of the plain UDP chat: what is one, why everything else is none, and the very bytes in
 * which it leaves (WIRE §25).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../protocol/udp-chat/message.ts';
import {
  ADDRESS_MAX,
  decodeMessage,
  encodeMessage,
  MID_MAX,
} from '../../../protocol/udp-chat/message.ts';
import { hold } from '../../seed.ts';

const WRITTEN =
  '{"mid":"ping-123","ts":1730563200.25,"ttl":10,"kind":"CHAT","src":"127.0.0.1:9001","dst":"","body":"hi"}';

describe('a message that is written', () => {
  it('is what a Python peer writes, byte for byte', () => {
    const message: Message = { ...plain(), body: 'é "quoted"\n\x7f 🚀' };
    expect(textOf(encodeMessage(message))).toBe(
      '{"mid":"ping-123","ts":1730563200.25,"ttl":10,"kind":"CHAT","src":"127.0.0.1:9001","dst":"",' +
        '"body":"\\u00e9 \\"quoted\\"\\n\\u007f \\ud83d\\ude80"}',
    );
  });

  it('has seconds with a point in them', () => {
    expect(textOf(encodeMessage({ ...plain(), ts: 5 }))).toContain('"ts":5.0,');
  });

  it('is read as it was said', () => {
    hold(
      fc.property(said(), (message) => {
        const decoded = decodeMessage(encodeMessage(message));
        expect(decoded).toEqual({
          ok: true,
          message: { ...message, passedOn: expect.any(Function) },
        });
      }),
      500,
    );
  });
});

describe('a message that is passed on', () => {
  it('differs in its hops alone, also where they lose a digit', () => {
    for (const [ttl, next] of [
      ['10', '9'],
      ['8', '7'],
      ['1', '0'],
      ['1000', '999'],
    ]) {
      const text = WRITTEN.replace('"ttl":10', `"ttl":${ttl}`);
      expect(passedOn(text)).toBe(text.replace(`"ttl":${ttl}`, `"ttl":${next}`));
    }
  });

  it('gets the usual form when it had another', () => {
    const odd =
      ' { "body": "hi", "more": [1], "dst": "", "src": "127.0.0.1:9001", "kind": "CHAT",' +
      ' "ttl": 10, "ts": 1730563200.25, "mid": "ping\\u002d123" }\n';
    expect(passedOn(odd)).toBe(WRITTEN.replace('"ttl":10', '"ttl":9'));
  });

  it('is alike whichever way it was read', () => {
    hold(
      fc.property(said(), (message) => {
        const spaced = JSON.stringify(message, null, 1);
        expect(passedOn(spaced)).toBe(passedOn(textOf(encodeMessage(message))));
      }),
      300,
    );
  });
});

describe('a datagram that is no message', () => {
  const without = (field: keyof Message): string => {
    const { [field]: _, ...rest } = plain();
    return JSON.stringify(rest);
  };
  const having = (fields: object): string => JSON.stringify({ ...plain(), ...fields });
  for (const [what, text, reason] of [
    ['nothing', '', 'not-json'],
    ['words', 'hello', 'not-json'],
    ['half a message', WRITTEN.slice(0, -5), 'not-json'],
    ['a message and more', `${WRITTEN}{}`, 'not-json'],
    ['a message behind a byte order mark', `\ufeff${WRITTEN}`, 'not-json'],
    ['a line break within a text', WRITTEN.replace('hi', 'h\ni'), 'not-json'],
    ['a list', '[]', 'not-an-object'],
    ['a number', '7', 'not-an-object'],
    ['null', 'null', 'not-an-object'],
    ['one without mid', without('mid'), 'no-mid'],
    ['one without ts', without('ts'), 'no-ts'],
    ['one without ttl', without('ttl'), 'no-ttl'],
    ['one without kind', without('kind'), 'no-kind'],
    ['one without src', without('src'), 'no-src'],
    ['one without dst', without('dst'), 'no-dst'],
    ['one without body', without('body'), 'no-body'],
    ['an empty mid', having({ mid: '' }), 'bad-mid'],
    ['a number for a mid', having({ mid: 5 }), 'bad-mid'],
    ['a mid without end', having({ mid: 'm'.repeat(MID_MAX + 1) }), 'bad-mid'],
    ['a time before 1970', having({ ts: -1 }), 'bad-ts'],
    ['a text for a time', having({ ts: '5' }), 'bad-ts'],
    ['a time without end', WRITTEN.replace('1730563200.25', '1e999'), 'bad-ts'],
    ['hops below none', having({ ttl: -1 }), 'bad-ttl'],
    ['half a hop', having({ ttl: 1.5 }), 'bad-ttl'],
    ['hops with a point', WRITTEN.replace(':10,', ':10.0,'), 'bad-ttl'],
    ['true for hops', having({ ttl: true }), 'bad-ttl'],
    ['hops beyond counting', WRITTEN.replace(':10,', ':99999999999999999999,'), 'bad-ttl'],
    ['another kind', having({ kind: 'SHOUT' }), 'bad-kind'],
    ['nobody', having({ src: '' }), 'bad-src'],
    ['a sender without end', having({ src: 's'.repeat(ADDRESS_MAX + 1) }), 'bad-src'],
    ['null for whom it is for', having({ dst: null }), 'bad-dst'],
    ['a list for a body', having({ body: ['hi'] }), 'bad-body'],
  ] as const) {
    it(`is ${what}: ${reason}`, () => {
      expect(decodeMessage(bytesOf(text))).toEqual({ ok: false, reason });
    });
  }

  it('is one that is not UTF-8', () => {
    const bytes = bytesOf(WRITTEN);
    bytes[WRITTEN.indexOf('hi')] = 0xff;
    expect(decodeMessage(bytes)).toEqual({ ok: false, reason: 'not-utf8' });
  });
});

describe('a message', () => {
  it('may have the longest mid and addresses, and a body that is empty', () => {
    const longest = { mid: 'm'.repeat(MID_MAX), src: 's'.repeat(ADDRESS_MAX), body: '' };
    const text = JSON.stringify({ ...plain(), ...longest, dst: longest.src });
    expect(decodeMessage(bytesOf(text)).ok).toBe(true);
  });

  it('may speak of hops in its body', () => {
    const message = { ...plain(), body: '"ttl":8.0 and {"ttl" : 1.5}' };
    expect(decodeMessage(bytesOf(JSON.stringify(message, null, 1))).ok).toBe(true);
  });
});

function plain(): Message {
  const at = { mid: 'ping-123', ts: 1730563200.25, ttl: 10 };
  return { ...at, kind: 'CHAT', src: '127.0.0.1:9001', dst: '', body: 'hi' };
}

function said(): fc.Arbitrary<Message> {
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
  return fc.record({
    ...{ mid: name, ts: fc.integer({ min: 1, max: 2e15 }).map((us) => us / 1e6) },
    ...{ ttl: fc.integer({ min: 1, max: 1000 }), kind: fc.constantFrom('CHAT', 'PING') },
    ...{ src: name, dst: text, body: text },
  });
}

function passedOn(text: string): string {
  const decoded = decodeMessage(bytesOf(text));
  return decoded.ok ? textOf(decoded.message.passedOn()) : decoded.reason;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
