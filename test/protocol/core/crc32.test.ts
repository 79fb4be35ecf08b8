/**
 * The small CRC-32 gives what zlib's gives, so that either may stand behind the port.
 */
import fc from 'fast-check';
import { crc32 as zlib } from 'node:zlib';
import { expect, it } from 'vitest';
import { crc32 } from '../../../protocol/core/crc32.ts';
import { hold } from '../../seed.ts';

it('gives the published check value', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
});

it("is zlib's for any bytes", () => {
  hold(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(crc32(bytes)).toBe(zlib(bytes));
    }),
    2000,
  );
});
