/**
 * Theorem: whatever bytes arrive, `changeSettings` gives a set in which every setting is in range,
 * with a fault or without, or nothing; whatever lies in flash, `chooseSlot` gives a slot whose
 * checksum fits or none; neither throws, nor holds more than a few times its input.
 */
import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { encodeFields } from '../../protocol/core/fields.ts';
import type { Settings } from '../../protocol/core/settings.ts';
import {
  changeSettings,
  chooseSlot,
  encodeSlot,
  readableSettings,
} from '../../protocol/core/settings.ts';
import { storm, STORM_MS, weight } from './storm.ts';

const wellFormed: Settings = [
  ...[undefined, Uint8Array.of(0x61), Uint8Array.of(2), Uint8Array.of(9), Uint8Array.of(0, 100)],
  ...[undefined, undefined, undefined, new Uint8Array(16), new Uint8Array(0)],
];

it('changeSettings stands every storm', { timeout: STORM_MS }, () => {
  const seen = { changes: 0, faults: new Set<number>(), none: 0 };
  storm([encodeFields(wellFormed, 2), readableSettings([])], (bytes) => {
    const change = changeSettings(wellFormed, bytes);
    if (change === null) {
      seen.none++;
      return;
    }
    if (weight(change) > 2 * bytes.length + 4096) throw new Error('too heavy');
    seen.changes++;
    if (change.fault >= 0) seen.faults.add(change.fault);
    const again = changeSettings([], encodeFields(change.settings, 2));
    if (again === null || again.fault >= 0) throw new Error('out of range');
    const readable = changeSettings([], readableSettings(change.settings));
    if (readable === null || readable.fault >= 0) throw new Error('unreadable');
  });
  expect(seen.changes).toBeGreaterThan(1000);
  expect(seen.none).toBeGreaterThan(1000);
  expect(seen.faults.size).toBeGreaterThan(20);
});

it('chooseSlot stands every storm', { timeout: STORM_MS }, () => {
  const slots = [encodeSlot(wellFormed, 4, crc32), encodeSlot([], 4000000000, crc32)];
  const other = encodeSlot(wellFormed, 3, crc32);
  let whole = 0;
  storm(slots, (bytes, next) => {
    const place = next(2);
    const chosen = chooseSlot(place === 0 ? [bytes, other] : [other, bytes], crc32);
    if (chosen.generation === 3) return;
    whole++;
    if (chosen.index !== place) throw new Error('from the wrong place');
    const size = chosen.fields.length + 6;
    const sum = new DataView(bytes.buffer, bytes.byteOffset).getUint32(size);
    if (sum !== crc32(bytes.subarray(0, size))) throw new Error('not whole');
    if (chosen.generation <= 3) throw new Error('not the newest');
  });
  expect(whole).toBeGreaterThan(1000);
});
