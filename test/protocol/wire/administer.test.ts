/**
 * The admin's side of control: requests to the byte, and a reason for what is no reply (WIRE §21).
 */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { COMMIT, IDENTIFY, REFUSED, STAGE } from '../../../protocol/core/control-codes.ts';
import { decodeReply, encodeRequest } from '../../../protocol/wire/administer.ts';

describe('a request', () => {
  it('is id, operation and argument', () => {
    expect(hex(encodeRequest(0x1234, IDENTIFY, null, null))).toBe('0100021234' + '02000109');
    const argument = Uint8Array.of(0xca, 0xfe);
    expect(hex(encodeRequest(1, STAGE, argument, null))).toBe(
      '0100020001' + '02000102' + '040002cafe',
    );
  });

  it('ends with the first half of an HMAC-SHA256 over challenge and all before it', () => {
    const key = new Uint8Array(32).fill(0x0b);
    const challenge = new Uint8Array(16).fill(0xcc);
    const plain = '0100020001' + '02000103';
    const mac = createHmac('sha256', key).update(challenge).update(plain, 'hex').digest('hex');
    const hmac = (by: Uint8Array, bytes: Uint8Array): Uint8Array =>
      createHmac('sha256', by).update(bytes).digest();
    expect(hex(encodeRequest(1, COMMIT, null, { key, challenge, hmac }))).toBe(
      `${plain}070010${mac.slice(0, 32)}`,
    );
  });
});

describe('a reply', () => {
  it('tells what a request came to', () => {
    const nothing = new Uint8Array(0);
    expect(decodeReply(bytesOf('0100021234' + '02000102' + '03000101' + '05000103'))).toEqual({
      id: 0x1234,
      operation: STAGE,
      status: REFUSED,
      argument: nothing,
      challenge: nothing,
      fault: 3,
    });
  });

  it('has no id when the request had none', () => {
    expect(decodeReply(bytesOf('03000103'))).toMatchObject({ id: 0, operation: 0, fault: null });
  });

  it('carries a challenge, or an argument', () => {
    const challenge = 'cc'.repeat(16);
    expect(decodeReply(bytesOf(`0300010006${'0010'}${challenge}040002cafe`))).toMatchObject({
      challenge: bytesOf(challenge),
      argument: bytesOf('cafe'),
    });
  });

  it.each([
    ['nothing', '', 'not-a-reply'],
    ['a request', '0100021234' + '02000109', 'not-a-reply'],
    ['a field cut short', '03000100' + '04', 'bad-field'],
    ['a wide status', '0300020000', 'bad-field'],
    ['an empty status', '030000', 'bad-field'],
    ['a short challenge', '03000100' + '06000f' + 'cc'.repeat(15), 'bad-field'],
    ['a wide fault', '03000100' + '0500020001', 'bad-field'],
  ])('is none when it is %s', (_what, payload, reason) => {
    expect(decodeReply(bytesOf(payload))).toBe(reason);
  });
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}
