/**
 * The packet as it lies in bytes: goldens that the Android app publishes, every fault by name, and
 * that what is encoded is read back.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Malformed, PacketFields } from '../../../protocol/core/packet.ts';
import {
  encodePacket,
  encodePlain,
  FRAME_MAX,
  HAS_RECIPIENT,
  HAS_ROUTE,
  HAS_SIGNATURE,
  IS_ANSWER,
  IS_COMPRESSED,
  MESSAGE,
  PacketView,
  plainPacket,
  ROUTE_MAX,
} from '../../../protocol/core/packet.ts';
import { fromHex, toHex } from '../../../protocol/wire/hex.ts';
import { id, packet } from '../../packets.ts';
import { hold, runs, SEED, xorshift } from '../../seed.ts';

/** From ClientRewriteWireContractTest.kt of the Android app. */
const GOLDEN_V1 = '01020701020304050607080000031011121314151617aabbcc';
const GOLDEN_V2 =
  '021105000000000000002a0b00000002010203040506070811121314151617180221222324252627283132333435363738dead' +
  '5a'.repeat(64);

describe('the packet in bytes', () => {
  it('reads the golden of version 1', () => {
    const view = viewOf(fromHex(GOLDEN_V1)!);
    expect([view.version, view.type, view.ttl, view.flags]).toEqual([1, 2, 7, 0]);
    expect(view.timestamp()).toBe(0x0102030405060708);
    expect(part(view, view.senderAt, 8)).toBe('1011121314151617');
    expect(part(view, view.payloadAt, view.payloadLength)).toBe('aabbcc');
    expect([view.recipientAt, view.signatureAt, view.routeCount]).toEqual([-1, -1, 0]);
    expect(view.isBroadcast()).toBe(true);
  });

  it('reads the golden of version 2, with recipient, route and signature', () => {
    const view = viewOf(fromHex(GOLDEN_V2)!);
    expect([view.version, view.type, view.ttl, view.timestamp()]).toEqual([2, 0x11, 5, 42]);
    expect(part(view, view.senderAt, 8)).toBe('0102030405060708');
    expect(part(view, view.recipientAt, 8)).toBe('1112131415161718');
    expect(view.routeCount).toBe(2);
    expect(part(view, view.routeAt, 16)).toBe('21222324252627283132333435363738');
    expect(part(view, view.payloadAt, view.payloadLength)).toBe('dead');
    expect(part(view, view.signatureAt, 64)).toBe('5a'.repeat(64));
    expect(view.isBroadcast()).toBe(false);
  });

  it('encodes the goldens', () => {
    const v2: PacketFields = {
      version: 2,
      type: 0x11,
      ttl: 5,
      timestamp: 42,
      sender: fromHex('0102030405060708')!,
      recipient: fromHex('1112131415161718')!,
      route: [fromHex('2122232425262728')!, fromHex('3132333435363738')!],
      isAnswer: false,
      payload: fromHex('dead')!,
      compressed: false,
      signature: new Uint8Array(64).fill(0x5a),
    };
    expect(toHex(encodePacket(v2))).toBe(GOLDEN_V2);
  });

  it('reads back whatever it encodes', () => {
    hold(
      fc.property(fields(), (given) => {
        const view = viewOf(encodePacket(given));
        expect(fieldsOf(view)).toEqual(given);
        expect(view.length).toBe(view.bytes.length);
      }),
      1000,
      20_000,
    );
  });

  it('ignores what follows it', () => {
    hold(
      fc.property(fields(), fc.uint8Array({ maxLength: 300 }), (given, behind) => {
        const frame = encodePacket(given);
        const longer = new Uint8Array([...frame, ...behind]);
        expect(fieldsOf(viewOf(longer))).toEqual(given);
        expect(viewOf(longer).length).toBe(frame.length);
      }),
      300,
    );
  });

  it('ignores flags that its version does not know', () => {
    const v1 = packet();
    v1[11] |= 0xe8;
    expect(viewOf(v1).flags).toBe(0);
    const v2 = packet({ version: 2 });
    v2[11] |= 0xe0;
    expect(viewOf(v2).flags).toBe(0);
  });
});

describe('bytes that are no packet', () => {
  const signed = packet({ signature: new Uint8Array(64) });
  const routed = packet({ version: 2, recipient: id(2), route: [id(3)] });
  const cases: [string, Uint8Array, Malformed][] = [
    ['nothing', new Uint8Array(0), 'too-short'],
    ['a byte less than the smallest', new Uint8Array(21).fill(1), 'too-short'],
    ['version 0', changed(packet(), 0, 0), 'unknown-version'],
    ['version 3', changed(packet(), 0, 3), 'unknown-version'],
    ['more payload than there is', changed(packet(), 13, 3), 'bad-length'],
    ['more payload than a link may bring', changed(packet({ version: 2 }), 12, 0xff), 'too-long'],
    ['half a signature', signed.subarray(0, signed.length - 1), 'bad-length'],
    ['a recipient flag and no recipient', flagged(emptyV1(), HAS_RECIPIENT), 'bad-length'],
    ['a signature flag and no signature', flagged(emptyV1(), HAS_SIGNATURE), 'bad-length'],
    ['a route flag and nothing behind it', flagged(emptyV2(), HAS_ROUTE), 'too-short'],
    ['a route of no hops', changed(routed, 32, 0), 'bad-route'],
    ['a longer route than any TTL walks', changed(routed, 32, ROUTE_MAX + 1), 'bad-route'],
    ['a route that is cut', changed(routed, 32, 2), 'bad-length'],
    [
      'compressed nothing',
      flagged(packet({ payload: new Uint8Array(2) }), IS_COMPRESSED),
      'bad-compression',
    ],
    [
      'compressed nothing in version 2',
      flagged(packet({ version: 2, payload: new Uint8Array(4) }), IS_COMPRESSED),
      'bad-compression',
    ],
    ['a frame longer than the link takes', packet({ payload: new Uint8Array(500) }), 'too-long'],
  ];

  it.each(cases)('%s', (_what, bytes, reason) => {
    expect(new PacketView().read(bytes, 512)).toBe(reason);
  });

  it('takes compressed payloads of one byte and more', () => {
    const v1 = flagged(packet({ payload: new Uint8Array(3) }), IS_COMPRESSED);
    const v2 = flagged(packet({ version: 2, payload: new Uint8Array(5) }), IS_COMPRESSED);
    expect(new PacketView().read(v1, 512)).toBe(null);
    expect(new PacketView().read(v2, 512)).toBe(null);
  });

  /**
   * Theorem: whatever bytes arrive, the view gives a reason, or parts that lie inside the bytes, in
   * order and without a gap; it never throws.
   */
  it('never makes the view throw, or point outside', () => {
    const random = xorshift(SEED);
    const view = new PacketView();
    let packets = 0;
    for (let run = 0; run < runs(20_000, 1_000_000); run++) {
      const bytes = mutated(random);
      if (view.read(bytes, 512) !== null) continue;
      packets += 1;
      const header = view.version === 1 ? 14 : 16;
      const recipient = view.recipientAt < 0 ? 0 : 8;
      const route = view.routeCount > 0 ? 1 + view.routeCount * 8 : 0;
      const signature = view.signatureAt < 0 ? 0 : 64;
      const isInOrder =
        view.payloadAt === header + 8 + recipient + route &&
        view.length === view.payloadAt + view.payloadLength + signature &&
        view.length <= bytes.length;
      if (!isInOrder) expect.fail(`seed ${SEED}, run ${run}: ${toHex(bytes)}`);
    }
    expect(packets).toBeGreaterThan(100);
  });
});

function viewOf(bytes: Uint8Array): PacketView {
  const view = new PacketView();
  expect(view.read(bytes, FRAME_MAX)).toBe(null);
  return view;
}

function part(view: PacketView, at: number, length: number): string {
  return toHex(view.bytes.subarray(at, at + length));
}

function fieldsOf(view: PacketView): PacketFields {
  const copy = (at: number, length: number) => view.bytes.slice(at, at + length);
  return {
    version: view.version === 1 ? 1 : 2,
    type: view.type,
    ttl: view.ttl,
    timestamp: view.timestamp(),
    sender: copy(view.senderAt, 8),
    recipient: view.recipientAt < 0 ? null : copy(view.recipientAt, 8),
    route: Array.from({ length: view.routeCount }, (_, hop) => copy(view.routeAt + hop * 8, 8)),
    isAnswer: (view.flags & IS_ANSWER) !== 0,
    payload: copy(view.payloadAt, view.payloadLength),
    compressed: (view.flags & IS_COMPRESSED) !== 0,
    signature: view.signatureAt < 0 ? null : copy(view.signatureAt, 64),
  };
}

/** Any packet of either version. */
function fields(): fc.Arbitrary<PacketFields> {
  const node = fc.uint8Array({ minLength: 8, maxLength: 8 });
  const common = {
    type: fc.nat(255),
    ttl: fc.nat(255),
    timestamp: fc.nat(Number.MAX_SAFE_INTEGER),
    sender: node,
    recipient: fc.option(node),
    isAnswer: fc.boolean(),
    payload: fc.uint8Array({ minLength: 5, maxLength: 120 }),
    compressed: fc.boolean(),
    signature: fc.option(fc.uint8Array({ minLength: 64, maxLength: 64 })),
  };
  return fc.oneof(
    fc.record({ version: fc.constant<1>(1), route: fc.constant<Uint8Array[]>([]), ...common }),
    fc.record({ version: fc.constant<2>(2), route: fc.array(node, { maxLength: 9 }), ...common }),
  );
}

/** A whole packet with a few bytes changed, cut or added: close enough to pass now and then. */
function mutated(random: (below: number) => number): Uint8Array {
  const bytes = packet({
    version: random(2) === 0 ? 1 : 2,
    recipient: random(2) === 0 ? id(2) : null,
    payload: new Uint8Array(random(40)),
    signature: random(2) === 0 ? new Uint8Array(64) : null,
  });
  const wild = new Uint8Array(Math.max(0, bytes.length + random(40) - 20));
  wild.set(bytes.subarray(0, wild.length));
  for (let changes = random(4); changes > 0 && wild.length > 0; changes--) {
    wild[random(wild.length)] = random(256);
  }
  return wild;
}

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}

function flagged(bytes: Uint8Array, flag: number): Uint8Array {
  return changed(bytes, 11, bytes[11] | flag);
}

function emptyV1(): Uint8Array {
  return packet({ payload: new Uint8Array(0) });
}

function emptyV2(): Uint8Array {
  return packet({ version: 2, payload: new Uint8Array(0) });
}

describe('a plain packet', () => {
  for (const recipient of [null, Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1)]) {
    it(`is what encodePacket makes, to ${recipient === null ? 'everyone' : 'one'}`, () => {
      const sender = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
      const payload = Uint8Array.of(9, 9, 9);
      const fields = plainPacket(MESSAGE, 5, 1_700_000_000_123, sender, payload);
      const plain = encodePlain(MESSAGE, 5, 1_700_000_000_123, sender, recipient, payload);
      expect(plain).toEqual(encodePacket({ ...fields, recipient }));
    });
  }
});
