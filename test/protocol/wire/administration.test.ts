/**
 * Administration as bytes (WIRE §21): what one end writes the other reads, and whatever else comes is
 * read as nothing, with a reason.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AdminReply, AdminRequest } from '../../../protocol/wire/administration.ts';
import {
  ANSWER_MAX,
  decodeAdministration,
  encodeAdminReply,
  encodeAdminRequest,
  OPERATIONS,
  packText,
  PARTS_MAX,
  STATUSES,
  unpackText,
} from '../../../protocol/wire/administration.ts';
import { fromHex, toHex } from '../../../protocol/wire/hex.ts';
import { hold } from '../../seed.ts';

const REQUEST: AdminRequest = {
  id: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  operation: 'log',
  board: new Uint8Array(8).fill(0xb0),
  part: 0,
  argument: packText('{"level":"debug"}'),
  saidAt: 1_800_000_000_123,
};

it('is written as WIRE §21 says', () => {
  expect(toHex(encodeAdminRequest(REQUEST))).toBe(
    '0100080102030405060708' +
      '0200010a' +
      `040011${toHex(new TextEncoder().encode('{"level":"debug"}'))}` +
      '0a0008b0b0b0b0b0b0b0b0' +
      '0c0008000001a3185c507b',
  );
  expect(toHex(encodeAdminReply(replyOf({ status: 'working' })))).toBe(
    '010008' + '0102030405060708' + '030001' + '07',
  );
});

it('is read as it was written', () => {
  for (const operation of Object.keys(OPERATIONS) as AdminRequest['operation'][]) {
    const request = { ...REQUEST, operation };
    expect(decodeAdministration(encodeAdminRequest(request))).toMatchObject({ ok: true, request });
  }
  for (const status of Object.keys(STATUSES) as AdminReply['status'][]) {
    const reply = replyOf({ status, part: 2, parts: 3, piece: Uint8Array.of(9), size: 70_000 });
    expect(decodeAdministration(encodeAdminReply(reply))).toMatchObject({ ok: true, reply });
  }
});

it('asks for another part without saying the rest again', () => {
  const bytes = encodeAdminRequest({ ...REQUEST, part: 3 });
  const heard = decodeAdministration(bytes);
  const argument = { bytes: new Uint8Array(), size: null };
  expect(heard).toMatchObject({ ok: true, request: { ...REQUEST, part: 3, argument } });
});

describe('what is none', () => {
  it.each([
    ['nothing', '', 'incomplete'],
    ['a field that is cut short', '01000801', 'bad-field'],
    ['an id too short', '0100040102030402000101', 'bad-field'],
    ['an unknown status', '010008010203040506070803000163', 'bad-field'],
    ['a part beyond the last', '0100080102030405060708030001000800020003090002 0003', 'bad-field'],
    ['no id', '02000101', 'incomplete'],
  ])('is told from it: %s', (_, hex, reason) => {
    const bytes = fromHex(hex.replace(' ', ''))!;
    expect(decodeAdministration(bytes)).toEqual({ ok: false, reason });
  });

  it.each([
    [3, 3],
    [1, 0],
  ])('is part %i of an answer of %i parts', (part, parts) => {
    const bytes = encodeAdminReply(replyOf({ part, parts }));
    expect(decodeAdministration(bytes)).toEqual({ ok: false, reason: 'bad-field' });
  });

  it('is an answer of more parts than any has', () => {
    const bytes = encodeAdminReply(replyOf({ parts: PARTS_MAX + 1 }));
    expect(decodeAdministration(bytes)).toEqual({ ok: false, reason: 'bad-field' });
  });

  it('never throws, whatever it is', () => {
    hold(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const heard = decodeAdministration(bytes);
        expect(typeof heard.ok).toBe('boolean');
      }),
      500,
    );
  });

  it('keeps an operation that nobody knows, to be answered', () => {
    const bytes = encodeAdminRequest(REQUEST);
    bytes[14] = 99;
    expect(decodeAdministration(bytes)).toMatchObject({ ok: true, request: { operation: null } });
  });
});

describe('a text', () => {
  it('comes back from what it was packed into', () => {
    hold(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 1000 }), (text) => {
        expect(unpackText(packText(text), ANSWER_MAX)).toBe(text);
      }),
      200,
    );
    expect(packText('ab'.repeat(5000)).bytes.length).toBeLessThan(200);
  });

  it('is none where it is longer than it may be, damaged, or no UTF-8', () => {
    const packed = packText('ab'.repeat(500));
    expect(unpackText(packed, 1000)).toBe('ab'.repeat(500));
    expect(unpackText(packed, 999)).toBeNull();
    expect(unpackText({ ...packed, size: 1001 }, 2000)).toBeNull();
    expect(unpackText({ bytes: new Uint8Array(1000), size: null }, 999)).toBeNull();
    expect(unpackText({ bytes: Uint8Array.of(0xff), size: null }, 10)).toBeNull();
  });
});

function replyOf(some: Partial<AdminReply>): AdminReply {
  const none = { part: 0, parts: 0, piece: new Uint8Array(0), size: null };
  return { id: REQUEST.id, status: 'ok', ...none, ...some };
}
