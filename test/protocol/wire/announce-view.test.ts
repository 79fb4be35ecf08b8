/**
 * The fields of an announce are found where they lie, and judged as whoever reads them one by one, in
 * the most straightforward way, would judge them.
 */
import { isDeepStrictEqual } from 'node:util';
import { expect, it } from 'vitest';
import { ANNOUNCE, encodePacket, PacketView, plainPacket } from '../../../protocol/core/packet.ts';
import { AnnounceView, EXTRAS_MAX } from '../../../protocol/wire/announce-view.ts';
import { decodeAnnounce } from '../../../protocol/wire/announce.ts';
import type { Announce } from '../../../protocol/wire/announce.ts';
import { decodeCapabilities } from '../../../protocol/wire/capabilities.ts';
import { FieldReader } from '../../../protocol/wire/fields.ts';
import type { Field } from '../../../protocol/wire/fields.ts';
import { composePacket } from '../../../protocol/wire/packet.ts';
import { decodeText } from '../../../protocol/wire/text.ts';
import { STORM_MS, storm } from '../../fuzz/storm.ts';
import { filled, hex, join } from './given.ts';
import { golden } from './goldens.ts';

const KEYS = join(hex('0220'), filled(32, 0x11), hex('0320'), filled(32, 0x22));
const BOB = join(hex('0103626f62'), KEYS);

it('agrees with the plain reading in every storm', { timeout: STORM_MS }, () => {
  const wellFormed = [
    ...['announce-bob', 'd-announce-payload-ios-local', 'd-announce-bridge'].map(golden),
    join(BOB, hex('0410'), filled(16, 3), hex('0601ff 0603753470'), hex('0500 7f02cafe e000')),
    join(hex('0102c3a9'), KEYS, hex('e00401020304 e00405060708 05020102')),
  ];
  storm(wellFormed, (bytes) => {
    const decoded = decodeAnnounce(bytes);
    const read = decoded.ok ? decoded.value : decoded.reason;
    if (!isDeepStrictEqual(read, readPlainly(bytes))) expect(read).toEqual(readPlainly(bytes));
  });
});

it('is read where it lies, in bytes of which it is a part', () => {
  const view = new AnnounceView();
  const payload = join(BOB, hex('0408'), filled(8, 3), hex('e00401020304 e0017f'));
  const bytes = join(filled(5, 0xee), payload, filled(9, 0x01));
  expect(view.read(bytes, 5, 5 + payload.length)).toBeNull();
  const text = new TextDecoder().decode(bytes.subarray(view.nameAt, view.nameAt + view.nameLength));
  expect(text).toBe('bob');
  expect(view.noiseKey()).toEqual(filled(32, 0x11));
  expect(view.signingKey()).toEqual(filled(32, 0x22));
  expect(view.neighbourCount).toBe(1);
  expect(bytes.subarray(view.neighboursAt).subarray(0, 8)).toEqual(filled(8, 3));
  expect(bytes.subarray(view.findExtra(0xe0)).subarray(0, 4)).toEqual(hex('01020304'));
  expect(view.findExtra(0x7f)).toBe(-1);
  // What lies behind its end is no part of it.
  expect(view.read(bytes, 5, 5 + payload.length - 1)).toBe('cut');
});

it('is read anew each time: nothing of another announce is left', () => {
  const view = new AnnounceView();
  expect(view.read(join(BOB, hex('0408'), filled(8, 3), hex('050101 060161 e000')))).toBeNull();
  expect(view.read(BOB)).toBeNull();
  expect([view.neighbourCount, view.capabilitiesAt, view.geohashLength]).toEqual([0, -1, 0]);
  expect(view.findExtra(0xe0)).toBe(-1);
  expect(view.read(KEYS)).toBe('incomplete');
});

it('is found in a packet, compressed or not, and refused where it may not be opened', () => {
  const view = new AnnounceView();
  const payload = join(BOB, hex('0420'), filled(32, 3));
  const fields = plainPacket(ANNOUNCE, 7, 1, filled(8, 1), payload);
  const frames = [encodePacket(fields), composePacket(fields)];
  expect(frames[1].length).toBeLessThan(frames[0].length);
  for (const frame of frames) {
    expect(view.readPacket(packetIn(frame), payload.length)).toBeNull();
    expect(view.bytes.subarray(view.nameAt, view.nameAt + 3)).toEqual(hex('626f62'));
    expect(view.readPacket(packetIn(frame), payload.length - 1)).toBe('payload-too-large');
    frame.fill(0xff, 3, 11);
    expect(view.readPacket(packetIn(frame), payload.length)).toBe('bad-timestamp');
  }
});

function packetIn(frame: Uint8Array): PacketView {
  const packet = new PacketView();
  expect(packet.read(frame, frame.length)).toBeNull();
  return packet;
}

/** Field by field, as WIRE §5 says it. */
function readPlainly(bytes: Uint8Array): Announce | string {
  const known = new Map<number, Uint8Array>();
  const extras: Field[] = [];
  const fields = new FieldReader(bytes, 1);
  while (fields.next()) {
    const { type, value } = fields;
    if (type === 1 && decodeText(value) === null) return 'bad-name';
    if ((type === 2 || type === 3) && value.length !== 32) return 'bad-key';
    if (type === 4 && (value.length === 0 || value.length % 8 !== 0)) continue;
    if (type === 6 && value.length > 12) continue;
    if (type >= 1 && type <= 6) known.set(type, value);
    else if (extras.length < EXTRAS_MAX) extras.push({ type, value: value.slice() });
  }
  if (fields.end === 'cut') return 'cut';
  const [name, noiseKey, signingKey] = [known.get(1), known.get(2), known.get(3)];
  if (name === undefined || noiseKey === undefined || signingKey === undefined) return 'incomplete';
  const neighbours = known.get(4) ?? new Uint8Array(0);
  const capabilities = known.get(5);
  return {
    name: decodeText(name)!,
    noiseKey: noiseKey.slice(),
    signingKey: signingKey.slice(),
    neighbours: Array.from({ length: neighbours.length / 8 }, (_, i) =>
      neighbours.slice(i * 8, i * 8 + 8),
    ),
    capabilities: capabilities === undefined ? null : decodeCapabilities(capabilities),
    geohash: decodeText(known.get(6) ?? new Uint8Array(0)) || null,
    extras,
  };
}
