/**
 * A frame taken apart: whatever the bytes are, the parts lie inside them, and those of a packet in the
 * clear cover every byte once.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodePacket,
  FRAGMENT,
  MESSAGE,
  PING,
  plainPacket,
} from '../../../protocol/core/packet.ts';
import { headOf, partsOf } from '../../../protocol/wire/dissection.ts';
import { encodeText } from '../../../protocol/wire/text.ts';
import { hold } from '../../seed.ts';

const ADA = new Uint8Array(8).fill(0xad);
const ID = 'ad'.repeat(8);

describe('a frame taken apart', () => {
  it('shows each part where it lies', () => {
    const frame = encodePacket({
      ...plainPacket(MESSAGE, 7, 1_700_000_000_000, ADA, encodeText('hi\x1b[2J')),
      version: 2,
      recipient: new Uint8Array(8).fill(0xff),
      route: [ADA],
      signature: new Uint8Array(64).fill(1),
    });
    expect(headOf(frame)).toEqual({ type: MESSAGE, ttl: 7, sender: ID, recipient: 'ff'.repeat(8) });
    const parts = Object.fromEntries(partsOf(frame).map(({ name, value }) => [name, value]));
    expect(parts).toMatchObject({
      ...{ version: '2', type: 'message', TTL: '7', 'Unix ms': '1700000000000' },
      ...{ flags: 'recipient, signature, route', sender: ID, recipient: 'everybody', route: ID },
      ...{ text: 'hi', signature: '01'.repeat(64) },
    });
    let at = 0;
    for (const part of partsOf(frame).filter(({ name }) => name !== 'text')) {
      expect(part.at, part.name).toBe(at);
      at += part.size;
    }
    expect(at).toBe(frame.length);
  });

  it.each([
    [PING, new Uint8Array(9).fill(7), 'first TTL', '7'],
    [PING, new Uint8Array(3), 'unreadable', 'too-short'],
    [FRAGMENT, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 0, 3, 2, 9), 'piece', '2 of 3'],
    [MESSAGE, Uint8Array.of(0xff, 0xfe), 'unreadable', 'bad-text'],
  ])('of type %i says of its payload what anybody may read', (type, payload, name, value) => {
    const frame = encodePacket(plainPacket(type, 7, 1, ADA, payload));
    expect(partsOf(frame)).toContainEqual(expect.objectContaining({ name, value }));
  });

  it('that is no packet says why', () => {
    expect(headOf(Uint8Array.of(1))).toBeNull();
    const size = 1;
    expect(partsOf(Uint8Array.of(1))).toEqual([
      { name: 'not a packet', value: 'too-short', at: 0, size },
    ]);
  });

  it('never throws, and has no part outside its bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((some) => {
      if (some.length > 12) some.set([1 + (some[0] & 1), some[1] & 0x2f], 0);
      return some;
    });
    hold(
      fc.property(bytes, (frame) => {
        headOf(frame);
        for (const { at, size } of partsOf(frame))
          expect(at + size).toBeLessThanOrEqual(frame.length);
      }),
      200,
      20_000,
    );
  });
});
