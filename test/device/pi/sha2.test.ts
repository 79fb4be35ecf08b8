/**
 * SHA-2 of Node stands in for the portable one in bundles for Node alone, so both must answer alike.
 */
import { sha512 as portable } from '@noble/hashes/sha2.js';
import { expect, it } from 'vitest';
import { sha512 } from '../../../device/pi/sha2.ts';
import { SEED, xorshift } from '../../seed.ts';

it('Node answers what the portable one does, for whatever it is given', () => {
  const random = xorshift(SEED);
  for (let size = 0; size < 300; size++) {
    const bytes = Uint8Array.from({ length: size }, () => random(256));
    expect(sha512(bytes)).toEqual(portable(bytes));
  }
});
