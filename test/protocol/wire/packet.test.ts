/**
 * Packets between bytes and values, and the bytes a signature covers. Goldens are literal bytes from
 * the apps' own tests or spelled out from WIRE §1 and §4.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME_MAX } from '../../../protocol/core/packet.ts';
import { composePacket, openPacket } from '../../../protocol/wire/packet.ts';
import { signedBytes } from './signed-bytes.ts';
import type { Draft, Packet } from '../../../protocol/wire/packet.ts';
import { airFrame, pad } from '../../../protocol/wire/padding.ts';
import { hold } from '../../seed.ts';
import { aTime, anId, anyBytes, filled, hex, join } from './given.ts';
import { golden, goldensNamed } from './goldens.ts';

const V1 = golden('packet-v1-minimal');
const V2 = golden('packet-v2-routed-signed');

describe('opening a packet', () => {
  it('reads version 1 but for its timestamp, which no clock reaches', () => {
    expect(openPacket(V1)).toEqual({ ok: false, reason: 'bad-timestamp' });
    const sooner = V1.slice();
    sooner.set(hex('00000000075bcd15'), 3);
    expect(openPacket(sooner)).toEqual({
      ok: true,
      packet: {
        version: 1,
        type: 2,
        ttl: 7,
        timestamp: 123456789,
        sender: hex('1011121314151617'),
        recipient: null,
        isBroadcast: true,
        route: [],
        isAnswer: false,
        payload: hex('aabbcc'),
        signature: null,
      },
    });
  });

  it('reads version 2 with route and signature', () => {
    expect(openPacket(V2)).toEqual({
      ok: true,
      packet: {
        version: 2,
        type: 0x11,
        ttl: 5,
        timestamp: 42,
        sender: hex('0102030405060708'),
        recipient: hex('1112131415161718'),
        isBroadcast: false,
        route: [hex('2122232425262728'), hex('3132333435363738')],
        isAnswer: false,
        payload: hex('dead'),
        signature: filled(64, 0x5a),
      },
    });
  });

  for (const [timestamp, ok] of [
    ['001fffffffffffff', true],
    ['0020000000000000', false],
    ['ffffffffffffffff', false],
  ] as const) {
    it(`${ok ? 'takes' : 'refuses'} the timestamp ${timestamp}`, () => {
      const frame = V1.slice();
      frame.set(hex(timestamp), 3);
      const opened = openPacket(frame);
      expect(opened.ok).toBe(ok);
      if (opened.ok) expect(opened.packet.timestamp).toBe(Number.MAX_SAFE_INTEGER);
    });
  }

  it('knows eight FF bytes for everyone', () => {
    const opened = openPacket(composePacket(draft({ recipient: filled(8, 255) })));
    expect(opened.ok && opened.packet.isBroadcast).toBe(true);
  });

  it('keeps nothing of the bytes, not even of a Buffer', () => {
    const frame = Buffer.from(V2);
    const opened = openPacket(frame);
    frame.fill(0);
    expect(opened).toEqual(openPacket(V2));
  });

  for (const [version, size, reason] of [
    [1, 0, 'bad-compression'],
    [1, 1, 'bad-compression'],
    [2, 0, 'bad-compression'],
    [2, 1, 'bad-compression'],
    [2, 2 ** 31 - 1, 'payload-too-large'],
    [2, 2 ** 32 - 1, 'payload-too-large'],
  ] as const) {
    it(`refuses version ${version} that claims to inflate to ${size} bytes as ${reason}`, () => {
      const frame = composePacket(
        draft({ payload: filled(200, 65), route: version === 2 ? [filled(8, 1)] : [] }),
      );
      const sizeAt = version === 1 ? 22 : 33;
      frame.set(hex(size.toString(16).padStart(version * 4, '0')), sizeAt);
      expect(openPacket(frame)).toEqual({ ok: false, reason });
    });
  }

  it('refuses a payload above the cap of its caller, inflated or plain', () => {
    const dense = composePacket(draft({ payload: filled(5000, 65) }));
    expect(dense.length).toBeLessThan(100);
    expect(openPacket(dense, { frame: 512, payload: 5000 }).ok).toBe(true);
    const refused = { ok: false, reason: 'payload-too-large' };
    expect(openPacket(dense, { frame: 512, payload: 4999 })).toEqual(refused);
    const plain = composePacket(draft({ payload: filled(50, 65) }));
    expect(openPacket(plain, { frame: 512, payload: 50 }).ok).toBe(true);
    expect(openPacket(plain, { frame: 512, payload: 49 })).toEqual(refused);
    expect(openPacket(plain, { frame: 71, payload: 50 })).toEqual({
      ok: false,
      reason: 'too-long',
    });
  });

  it('says of every cut why it is none', () => {
    for (let length = 0; length < V2.length; length++) {
      expect(openPacket(V2.subarray(0, length)).ok).toBe(false);
    }
  });
});

describe('the packets the apps publish', () => {
  const alice = hex('aaa8fff703b50b22');
  const north = 'the mesh is up near the north gate. relay running all evening. '.repeat(4);
  const rows: [string, Partial<Packet>][] = [
    ['packet-v1-minimum-22B', { version: 1, type: 1, ttl: 10, timestamp: 0, payload: hex('') }],
    [
      'packet-v2-foreign-deflate-stored-block',
      { version: 2, type: 2, ttl: 5, payload: text(north) },
    ],
    ['d-message-frame-ios-no-recipient', { recipient: null, isBroadcast: true, sender: alice }],
    ['d-message-frame-android-ff-recipient', { recipient: filled(8, 255), isBroadcast: true }],
    ['d-message-compressed-frame', { version: 1, type: 2, payload: text(north) }],
    ['d-ping-frame', { type: 0x26, recipient: hex('8899aabbccddeeff'), isBroadcast: false }],
  ];
  for (const [name, expected] of rows) {
    it(`open: ${name}`, () => {
      const opened = openPacket(golden(name));
      expect(opened.ok && opened.packet).toMatchObject(expected);
    });
  }

  for (const name of goldensNamed('packet-reject')) {
    it(`are refused where they are malformed: ${name}`, () => {
      expect(openPacket(golden(name)).ok).toBe(false);
    });
  }

  it('open but for a route of no hops, which core refuses', () => {
    const opened = openPacket(golden('packet-v2-route-count-0'));
    expect(opened).toEqual({ ok: false, reason: 'bad-route' });
  });

  it('are composed to the byte, compressed ones too', () => {
    const sent = { type: 2, ttl: 7, timestamp: 1709600000000, sender: alice, payload: text(north) };
    const signed = golden('d-message-compressed-frame');
    const unsigned = signed.slice(0, signed.length - 64);
    unsigned[11] &= ~2;
    expect(composePacket(sent)).toEqual(unsigned);
    const ping = { ...sent, type: 0x26, recipient: hex('8899aabbccddeeff') };
    const payload = hex('01020304aabbccff07');
    expect(composePacket({ ...ping, payload })).toEqual(golden('d-ping-frame'));
  });

  for (const name of ['d-noise-encrypted-frame-padded', 'd-noise-handshake-frame-padded']) {
    it(`are padded on air: ${name}`, () => {
      const opened = openPacket(golden(name));
      expect(opened.ok && airFrame(composePacket(opened.packet))).toEqual(golden(name));
    });
  }
});

describe('composing a packet', () => {
  it('is undone by opening it, padded or not', () => {
    hold(
      fc.property(aDraft, (given) => {
        const frame = composePacket(given);
        const opened = openPacket(frame);
        expect(opened.ok && opened.packet).toEqual({
          ...given,
          version: frame[0],
          isBroadcast: given.recipient === null || given.recipient.every((byte) => byte === 255),
          signature: null,
        });
        expect(openPacket(pad(frame))).toEqual(opened);
      }),
      300,
    );
  });

  for (const [what, given, version, compressed] of [
    ['a short message', draft({}), 1, false],
    ['a message that shrinks', draft({ payload: filled(200, 65) }), 1, true],
    ['a routed message', draft({ route: [filled(8, 1)] }), 2, false],
    ['65,535 bytes that shrink', draft({ payload: filled(65535, 65) }), 1, true],
    ['65,535 bytes that do not', draft({ payload: diverse(65535) }), 1, false],
    ['65,536 bytes that shrink', draft({ payload: filled(65536, 65) }), 2, true],
    ['65,536 bytes that do not', draft({ payload: diverse(65536) }), 2, false],
    ['a file', draft({ type: 0x22 }), 2, false],
    ['a flooded type of our own', draft({ type: 0xe4, payload: filled(200, 65) }), 1, true],
    ['a hello', draft({ type: 0xe0, payload: filled(200, 65) }), 1, false],
    ['control', draft({ type: 0xe1, payload: filled(200, 65) }), 1, false],
    ['a heartbeat', draft({ type: 0xe2, payload: filled(200, 65) }), 1, false],
    ['a trace', draft({ type: 0xeb, payload: filled(200, 65) }), 1, false],
  ] as const) {
    it(`makes version ${version} ${compressed ? 'compressed' : 'plain'} of ${what}`, () => {
      const frame = composePacket(given);
      expect(frame[0]).toBe(version);
      expect((frame[11] & 4) !== 0).toBe(compressed);
      const opened = openPacket(frame);
      expect(opened.ok && Buffer.compare(opened.packet.payload, given.payload)).toBe(0);
    });
  }

  it('holds a timestamp that is no whole number for our own mistake', () => {
    expect(() => composePacket(draft({ timestamp: 0.5 }))).toThrow('broken law');
    expect(() => composePacket(draft({ timestamp: 2 ** 53 }))).toThrow('broken law');
  });
});

describe('the bytes a signature covers', () => {
  for (const [frame, preimage] of [
    ['d-announce-signed-frame', 'd-announce-preimage'],
    ['d-message-frame-ios-no-recipient', 'd-message-preimage-ios-no-recipient'],
    ['d-message-frame-android-ff-recipient', 'd-message-preimage-android-ff-recipient'],
    ['d-message-compressed-frame', 'd-message-compressed-preimage'],
    ['packet-v2-routed-signed', 'd-preimage-of-packet-v2-routed'],
  ]) {
    it(`of ${frame} are those the rules give`, () => {
      expect(signedBytes(golden(frame))).toEqual(golden(preimage));
    });
  }

  it('of a leave are those the rules give', () => {
    const leave = { type: 3, ttl: 7, timestamp: 1709600000000, payload: hex('') };
    const frame = composePacket({ ...leave, sender: hex('aaa8fff703b50b22') });
    expect(signedBytes(frame)).toEqual(golden('d-leave-preimage'));
  });

  it('of an announce of 102 bytes are a block of 256 that ends in 154 times 0x9a', () => {
    const frame = composePacket(draft({ type: 1, payload: diverse(80) }));
    expect(frame.length).toBe(102);
    const expected = join(frame, filled(154, 0x9a));
    expected[2] = 0;
    expect(signedBytes(frame)).toEqual(expected);
  });

  it('keep recipient, route and compression, and lose signature, TTL and the rest', () => {
    const frame = V2.slice();
    frame[11] |= 0xf0;
    const expected = join(
      hex('021100000000000000002a0900000002 0102030405060708 1112131415161718'),
      hex('02 2122232425262728 3132333435363738 dead'),
      filled(256 - 51, 256 - 51),
    );
    expect(signedBytes(frame)).toEqual(expected);
  });

  it('lose the route flag of version 1, where it means nothing', () => {
    const frame = composePacket(draft({}));
    const flagged = frame.slice();
    flagged[11] |= 8;
    expect(signedBytes(flagged)).toEqual(signedBytes(frame));
  });

  it('are the same signed or not, padded or not, at every hop, asked for or not', () => {
    hold(
      fc.property(aDraft, fc.nat(255), fc.nat(7), (given, ttl, high) => {
        const frame = composePacket(given);
        const covered = signedBytes(frame);
        const signed = join(frame, filled(64, 0xaa));
        signed[11] |= 2;
        expect(signedBytes(signed)).toEqual(covered);
        expect(signedBytes(pad(signed))).toEqual(covered);
        signed[2] = ttl;
        signed[11] = (signed[11] & 0x0f) | (high << 5) | 0x10;
        expect(signedBytes(signed)).toEqual(covered);
      }),
      200,
    );
  });

  it('change with every other byte', () => {
    const covered = Buffer.from(signedBytes(V2)!);
    for (let at = 0; at < V2.length - 64; at++) {
      if (at === 2) continue;
      const other = V2.slice();
      other[at] ^= 1;
      const bytes = signedBytes(other);
      expect(bytes === null || !covered.equals(bytes), `byte ${at}`).toBe(true);
    }
  });

  it('are none where the bytes are no packet', () => {
    expect(signedBytes(hex(''))).toBeNull();
    expect(signedBytes(new Uint8Array(FRAME_MAX + 1))).toBeNull();
  });

  it('leave the frame as it was', () => {
    const frame = V2.slice();
    signedBytes(frame);
    expect(frame).toEqual(V2);
    const buffer = Buffer.from(V2);
    signedBytes(buffer);
    expect(new Uint8Array(buffer)).toEqual(V2);
  });
});

const aDraft = fc.record({
  type: fc.nat(255).filter((type) => type !== 0x22),
  ttl: fc.nat(255),
  timestamp: aTime,
  sender: anId,
  recipient: fc.option(anId),
  route: fc.array(anId, { maxLength: 5 }),
  isAnswer: fc.boolean(),
  payload: fc.oneof(
    anyBytes(300),
    fc.tuple(fc.nat(255), fc.nat(400)).map(([value, length]) => filled(length, value)),
  ),
});

function draft(given: Partial<Draft>): Draft {
  return {
    type: 2,
    ttl: 7,
    timestamp: 1750000000123,
    sender: hex('0102030405060708'),
    payload: hex('6869'),
    ...given,
  };
}

/** Bytes that hold every value equally often, which nobody compresses. */
function diverse(length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => i);
}

function text(of: string): Uint8Array {
  return new TextEncoder().encode(of);
}
