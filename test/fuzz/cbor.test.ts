/**
 * Theorem: whatever bytes arrive, `decodeCbor` and `decodeEnvelope` return a value that is written
 * to exactly those bytes, or a reason from their list; they never throw, never hold on to the bytes,
 * and never keep more than 200 times their size and 1 KiB. So there are no two ways to write one
 * value.
 */
import { expect, it } from 'vitest';
import { decodeCbor } from '../../protocol/wire/cbor-reader.ts';
import { Float } from '../../protocol/wire/cbor-value.ts';
import type { Cbor } from '../../protocol/wire/cbor-value.ts';
import { encodeCbor } from '../../protocol/wire/cbor-writer.ts';
import { decodeEnvelope, encodeEnvelope } from '../../protocol/wire/envelope.ts';
import { filled, hex } from '../protocol/wire/given.ts';
import { STORM_MS, storm, weight } from './storm.ts';

const fields = new Map<number, Cbor>([
  [0, 1234567890123],
  [1, -5],
  [2, hex('0102030405060708')],
  [3, 'wo seid ihr? 😀'],
  [4, [1, [2, 70000, 2n ** 60n], true, null, undefined]],
  [
    5,
    new Map<Cbor, Cbor>([
      ['a', 1],
      [24, 2],
      [-1, new Float(0.5)],
    ]),
  ],
  [6, new Float(1.1)],
  [7, new Float(100000)],
]);

it('decodeCbor stands every storm', { timeout: STORM_MS }, () => {
  const limits = { bytes: 600, depth: 8, tags: [1] };
  const wellFormed = [
    encodeCbor(fields),
    hex('f0'),
    hex('f8ff'),
    hex('c11a514b67b0'),
    hex('83f97e00f93c0000'),
    encodeCbor('a'.repeat(600)),
    filled(20, 0x81),
  ];
  let read = 0;
  const reasons = new Set<string>();
  storm(wellFormed, (bytes) => {
    const decoded = decodeCbor(bytes, limits);
    if (!decoded.ok) {
      reasons.add(decoded.reason);
      return;
    }
    read++;
    if (weight(decoded.value) > 200 * bytes.length + 1024) throw new Error('too heavy');
    const before = Buffer.from(bytes);
    bytes.fill(0x55);
    if (!before.equals(encodeCbor(decoded.value))) throw new Error('written otherwise');
  });
  expect(read).toBeGreaterThan(1000);
  expect([...reasons].sort()).toEqual([
    ...['bad-text', 'cut', 'indefinite', 'not-shortest', 'reserved', 'tag'],
    ...['too-deep', 'too-long', 'trailing', 'unsorted'],
  ]);
});

it('decodeEnvelope stands every storm', { timeout: STORM_MS }, () => {
  let read = 0;
  storm([encodeEnvelope({ schema: 7, fields })], (bytes) => {
    const decoded = decodeEnvelope(bytes, 600);
    if (!decoded.ok) return;
    read++;
    const before = Buffer.from(bytes);
    bytes.fill(0x55);
    if (!before.equals(encodeEnvelope(decoded.value))) throw new Error('written otherwise');
  });
  expect(read).toBeGreaterThan(1000);
});
