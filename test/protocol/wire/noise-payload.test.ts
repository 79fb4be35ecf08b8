/**
 * What sessions carry: the kind, and the bodies that a peer reads itself (WIRE §8).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  KIND,
  decodeNoisePayload,
  decodeReceipt,
  encodeNoisePayload,
  encodeReceipt,
} from '../../../protocol/wire/noise-payload.ts';
import {
  decodeReceipts,
  encodeReceipts,
  RECEIPTS_SIZE_MAX,
} from '../../../protocol/wire/receipts.ts';
import { decodePeerState, encodePeerState } from '../../../protocol/wire/peer-state.ts';
import {
  decodePrivateMessage,
  encodePrivateMessage,
} from '../../../protocol/wire/private-message.ts';
import { capabilities } from '../../../protocol/wire/capabilities.ts';
import { hold } from '../../seed.ts';
import { aKey, aText, anyBytes, filled, hex, join } from './given.ts';
import { golden, goldensNamed } from './goldens.ts';

describe('a Noise payload', () => {
  it('is one byte for the kind, then the body', () => {
    hold(
      fc.property(
        fc.constantFrom(...Object.values(KIND), 0xe0, 0xef),
        anyBytes(50),
        (kind, body) => {
          const bytes = encodeNoisePayload({ kind, body });
          expect(bytes).toEqual(join(new Uint8Array([kind]), body));
          expect(decodeNoisePayload(bytes)).toEqual({ ok: true, value: { kind, body } });
        },
      ),
      100,
    );
  });

  it('of the kind that old builds used for files is a file', () => {
    const decoded = decodeNoisePayload(golden('noise-payload-file-alias-decode'));
    expect(decoded).toEqual({ ok: true, value: { kind: 0x20, body: hex('cafe') } });
    expect(decoded.ok && encodeNoisePayload(decoded.value)).toEqual(
      golden('noise-payload-file-canonical'),
    );
  });

  for (const [name, kind, body] of [
    ['noise-payload-private-message', KIND.privateMessage, golden('private-message-tlv')],
    ['noise-typed-verify-challenge', KIND.verifyChallenge, hex('cafe')],
  ] as const) {
    it(`is the bytes of ${name}`, () => {
      expect(decodeNoisePayload(golden(name))).toEqual({ ok: true, value: { kind, body } });
      expect(encodeNoisePayload({ kind, body })).toEqual(golden(name));
    });
  }

  const known = new Set([1, 2, 3, 6, 7, 8, 9, 0x10, 0x11, 0x12, 0x20, 0x21]);
  it('is read for the kinds that exist and for ours, and refused for all others', () => {
    for (let kind = 0; kind < 256; kind++) {
      const decoded = decodeNoisePayload(new Uint8Array([kind, 1]));
      const expected = known.has(kind) || (kind >= 0xe0 && kind <= 0xef);
      expect(decoded.ok, `kind ${kind}`).toBe(expected);
      if (!decoded.ok) expect(decoded.reason).toBe('unknown-kind');
    }
    expect(decodeNoisePayload(hex(''))).toEqual({ ok: false, reason: 'empty' });
  });

  for (const [name, kind, id] of [
    ['noise-read-receipt', KIND.readReceipt, 'read-id'],
    ['noise-delivered', KIND.delivered, 'delivered-id'],
  ] as const) {
    it(`is the bytes of ${name}: its body is the id of the message`, () => {
      const decoded = decodeNoisePayload(golden(name));
      expect(decoded.ok && decoded.value.kind).toBe(kind);
      expect(decoded.ok && decodeReceipt(decoded.value.body)).toEqual({ ok: true, value: id });
      expect(encodeNoisePayload({ kind, body: encodeReceipt(id) })).toEqual(golden(name));
    });
  }

  it('for a receipt of no message is refused', () => {
    expect(decodeReceipt(hex(''))).toEqual({ ok: false, reason: 'empty' });
    expect(decodeReceipt(hex('ff'))).toEqual({ ok: false, reason: 'bad-text' });
  });
});

describe('a private message', () => {
  it('is the bytes that both apps publish', () => {
    const message = { id: 'm1', text: 'hi' };
    expect(encodePrivateMessage(message)).toEqual(golden('private-message-tlv'));
    expect(decodePrivateMessage(golden('private-message-tlv'))).toEqual({
      ok: true,
      value: message,
    });
  });

  it('comes back from its bytes', () => {
    hold(
      fc.property(aByteLong, aByteLong, (id, text) => {
        const value = { id, text };
        expect(decodePrivateMessage(encodePrivateMessage(value))).toEqual({ ok: true, value });
      }),
      200,
    );
  });

  for (const [what, bytes, value] of [
    ['a text before its id', hex('0101 62 0001 61'), { id: 'a', text: 'b' }],
    ['two texts, the last of which counts', hex('0001 61 0101 62 0101 63'), { id: 'a', text: 'c' }],
    ['a stray byte', hex('0001 61 0101 62 7f'), { id: 'a', text: 'b' }],
    ['nothing in either', hex('0000 0100'), { id: '', text: '' }],
  ] as const) {
    it(`is read with ${what}`, () => {
      expect(decodePrivateMessage(bytes)).toEqual({ ok: true, value });
    });
  }

  for (const [what, bytes, reason] of [
    ['nothing', hex(''), 'incomplete'],
    ['no text', golden('reject-private-message-missing-content'), 'incomplete'],
    ['a text cut short', golden('reject-private-message-truncated'), 'cut'],
    ['an id cut short', golden('reject-private-message-truncated-id'), 'cut'],
    ['a field nobody knows', golden('reject-private-message-unknown-type'), 'unknown-field'],
    ['an unknown field behind the rest', hex('0001 61 0101 62 0200'), 'unknown-field'],
    ['a text that is none', hex('0001 61 0101 ff'), 'bad-text'],
  ] as const) {
    it(`of ${what} is refused as ${reason}`, () => {
      expect(decodePrivateMessage(bytes)).toEqual({ ok: false, reason });
    });
  }

  it('has room for 255 bytes of text, not characters', () => {
    const fits = { id: 'a'.repeat(255), text: 'é'.repeat(127) };
    expect(decodePrivateMessage(encodePrivateMessage(fits))).toEqual({ ok: true, value: fits });
    expect(() => encodePrivateMessage({ id: 'a', text: 'é'.repeat(128) })).toThrow('broken law');
    expect(() => encodePrivateMessage({ id: 'a'.repeat(256), text: '' })).toThrow('broken law');
  });
});

describe('an authenticated peer state', () => {
  const counted = new Uint8Array(32).map((_, i) => i);
  for (const [name, names, signingKey] of [
    ['peer-state-android', ['privateMedia'], counted],
    ['peer-state-ios-full', ['vouch', 'privateMedia'], filled(32, 0xa5)],
  ] as const) {
    it(`is the bytes of ${name}`, () => {
      const value = { capabilities: capabilities([...names]), signingKey, features: 0 };
      expect(encodePeerState(value)).toEqual(golden(name));
      expect(decodePeerState(golden(name))).toEqual({ ok: true, value });
    });
  }

  it('is read in either order, with fields nobody knows', () => {
    const value = { capabilities: 0n, signingKey: counted, features: 0 };
    expect(decodePeerState(golden('peer-state-reordered-unknown'))).toEqual({ ok: true, value });
  });

  it('comes back from its bytes', () => {
    const bits = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    hold(
      fc.property(bits, aKey, fc.nat(255), (capabilities, signingKey, features) => {
        const value = { capabilities, signingKey, features };
        expect(decodePeerState(encodePeerState(value))).toEqual({ ok: true, value });
      }),
      100,
    );
  });

  for (const [name, reason] of [
    ['reject-peer-state-empty', 'unknown-version'],
    ['reject-peer-state-version2', 'unknown-version'],
    ['reject-peer-state-no-signing', 'incomplete'],
    ['reject-peer-state-no-caps', 'incomplete'],
    ['reject-peer-state-dup-caps', 'ambiguous'],
    ['reject-peer-state-caps-0000-noncanonical', 'ambiguous'],
    ['reject-peer-state-caps-0100-noncanonical-ios', 'ambiguous'],
    ['reject-peer-state-caps-zero-len', 'ambiguous'],
    ['reject-peer-state-caps-9-bytes', 'ambiguous'],
    ['reject-peer-state-signing-31', 'bad-key'],
    ['reject-peer-state-dangling-type', 'cut'],
    ['reject-peer-state-truncated-unknown', 'cut'],
  ] as const) {
    it(`is refused as the phones refuse ${name}: ${reason}`, () => {
      expect(decodePeerState(golden(name))).toEqual({ ok: false, reason });
    });
  }

  it('has been tried against every rejection the apps publish', () => {
    expect(goldensNamed('reject-peer-state').length).toBe(12);
  });

  it('with two keys is refused as ambiguous', () => {
    const key = join(hex('0220'), counted);
    const bytes = join(hex('01 010100'), key, key);
    expect(decodePeerState(bytes)).toEqual({ ok: false, reason: 'ambiguous' });
  });
});

describe('receipts together', () => {
  it('are ids, each behind its length', () => {
    expect(encodeReceipts(['a', 'üx'])).toEqual(hex('0161 03c3bc78'));
    expect(decodeReceipts(hex('0161 03c3bc78'))).toEqual({ ok: true, value: ['a', 'üx'] });
  });

  for (const [bytes, reason] of [
    ['', 'empty'],
    ['00', 'empty'],
    ['0161 00', 'empty'],
    ['0261', 'cut'],
    ['01ff', 'bad-text'],
    ['0161'.repeat(RECEIPTS_SIZE_MAX / 2 + 1), 'too-long'],
  ] as const) {
    it(`are not ${bytes.length > 20 ? 'so many' : `"${bytes}"`}: ${reason}`, () => {
      expect(decodeReceipts(hex(bytes))).toEqual({ ok: false, reason });
    });
  }

  it('are written only where they fit one packet', () => {
    const ids = Array.from({ length: 12 }, () => 'x'.repeat(36));
    expect(encodeReceipts(ids.slice(0, 10))).toHaveLength(370);
    for (const bad of [ids, [], [''], ['x'.repeat(256)]]) {
      expect(() => encodeReceipts(bad)).toThrow('broken law');
    }
  });
});

const aByteLong = aText.filter((text) => new TextEncoder().encode(text).length <= 255);
