/**
 * Theorem: whatever bytes arrive, `openPacket` returns a packet or a reason from its list,
 * `signedBytes` the bytes of a signature or nothing, `inflate` exactly what was declared or a
 * reason; none throws, and none takes memory beyond 1,032 times the input, the reach of DEFLATE, and
 * 64 KiB. What opens, opens alike when composed again, and signs alike at every hop.
 */
import { expect, it } from 'vitest';
import { compress, inflate } from '../../protocol/wire/compression.ts';
import { composePacket, openPacket } from '../../protocol/wire/packet.ts';
import { pad } from '../../protocol/wire/padding.ts';
import { signedBytes } from '../protocol/wire/signed-bytes.ts';
import { unpad } from '../protocol/wire/unpad.ts';
import { filled, hex, join } from '../protocol/wire/given.ts';
import { golden, goldensNamed } from '../protocol/wire/goldens.ts';
import { STORM_MS, storm, weight } from './storm.ts';

const sender = hex('0102030405060708');
const timestamp = 1709600000000;
const frames = [
  ...goldensNamed('packet-').map(golden),
  ...goldensNamed('d-message').map(golden),
  golden('d-announce-signed-frame'),
  composePacket({ type: 2, ttl: 7, timestamp, sender, payload: filled(5000, 65) }),
  composePacket({ type: 0xe4, ttl: 7, timestamp, sender, payload: filled(90, 65) }),
  composePacket({
    ...{ type: 17, ttl: 7, timestamp, sender, payload: filled(200, 65) },
    ...{ recipient: filled(8, 9), route: [filled(8, 1)], isAnswer: true },
  }),
];

it('openPacket and signedBytes stand every storm', { timeout: STORM_MS }, () => {
  let read = 0;
  const reasons = new Set<string>();
  storm(frames, (bytes, next) => {
    const opened = openPacket(bytes);
    const covered = signedBytes(bytes);
    if (!opened.ok) {
      reasons.add(opened.reason);
      return;
    }
    read++;
    const { packet } = opened;
    if (weight(packet) > 1032 * bytes.length + 65536) throw new Error('too heavy');
    if (covered === null) throw new Error('a packet without signed bytes');
    if (bytes[1] !== packet.type || bytes[2] !== packet.ttl) throw new Error('read elsewhere');
    bytes[2] = next(256);
    bytes[11] ^= [0x10, 0x20, 0x40, 0x80][next(4)];
    const hop = signedBytes(bytes);
    if (hop === null || !Buffer.from(hop).equals(covered)) throw new Error('signs otherwise');
    const again = openPacket(composePacket(packet));
    if (!again.ok) throw new Error(`${again.reason}: what was opened is not composed again`);
    if (!Buffer.from(again.packet.payload).equals(packet.payload))
      throw new Error('another payload');
  });
  expect(read).toBeGreaterThan(1000);
  expect([...reasons].sort()).toEqual([
    ...['bad-compression', 'bad-length', 'bad-route', 'bad-timestamp', 'payload-too-large'],
    ...['too-long', 'too-short', 'unknown-version'],
  ]);
});

it('inflate stands every storm, and agrees with what was compressed', { timeout: STORM_MS }, () => {
  const streams = [3, 100, 700].map((size) => compress(filled(size + 100, 65))!);
  const reasons = new Set<string>();
  storm(streams, (bytes, next) => {
    const size = next(3) === 0 ? next(0xffffffff) : next(1500);
    const inflated = inflate(bytes, size, 100000);
    if (!inflated.ok) reasons.add(inflated.reason);
    else if (inflated.value.length !== size) throw new Error('another size');
    if (next(5) > 0) return;
    const repeated = join(bytes, bytes, bytes, bytes, bytes, bytes);
    const compressed = compress(repeated);
    if (compressed === null) return;
    const back = inflate(compressed, repeated.length, repeated.length);
    if (!back.ok || !Buffer.from(back.value).equals(repeated)) throw new Error('not what it was');
  });
  expect([...reasons].sort()).toEqual([
    'corrupt',
    'empty',
    'expansion',
    'over-limit',
    'size-mismatch',
  ]);
});

it('padding comes off whatever it was put on', { timeout: STORM_MS }, () => {
  storm(frames, (bytes) => {
    const padded = pad(bytes);
    if (padded !== bytes && !Buffer.from(unpad(padded)).equals(bytes))
      throw new Error('not undone');
    if (unpad(bytes).length > bytes.length) throw new Error('grown');
  });
});
