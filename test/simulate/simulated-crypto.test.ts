/** What signatures and key agreement promise holds of the simulated ones, forgery by art excepted. */
import { expect, it } from 'vitest';
import { pureCrypto } from '../../protocol/trust/pure-crypto.ts';
import { verify } from '../../protocol/trust/signature.ts';
import { simulatedCrypto } from '../../tools/simulate/simulated-crypto.ts';
import { SEED, xorshift } from '../seed.ts';

const crypto = simulatedCrypto(pureCrypto);
const next = xorshift(SEED);

it('a signature holds for one key and one message alone, to the bit', () => {
  for (const size of [0, 1, 2, 3, 64, 255, 256]) {
    const [secret, message] = [noise(32), noise(size)];
    const key = crypto.ed25519Public(secret);
    const signature = crypto.sign(secret, message);
    const holds = (): boolean => verify(crypto, signature, message, key);
    expect(holds()).toBe(true);
    for (const bytes of [signature, message, key]) {
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        bytes[bit >> 3] ^= 1 << (bit & 7);
        expect(holds(), `${size} bytes, bit ${bit} of ${bytes.length}`).toBe(false);
        bytes[bit >> 3] ^= 1 << (bit & 7);
      }
    }
    // Nor for a message with a zero more, which the last word has room for.
    expect(verify(crypto, signature, Uint8Array.of(...message, 0), key)).toBe(false);
    expect(verify(crypto, signature.subarray(1), message, key)).toBe(false);
    expect(verify(crypto, signature, message, key.subarray(1))).toBe(false);
  }
});

it('every word of a signature is another where one bit of what is signed is', () => {
  const [secret, message] = [noise(32), noise(61)];
  const first = wordsOf(crypto.sign(secret, message));
  for (let bit = 0; bit < 8 * message.length; bit++) {
    message[bit >> 3] ^= 1 << (bit & 7);
    const words = wordsOf(crypto.sign(secret, message));
    expect(words.filter((word, at) => word === first[at])).toEqual([]);
    message[bit >> 3] ^= 1 << (bit & 7);
  }
});

it('two agree on one secret, and on another with a third', () => {
  const [a, b, c] = [noise(32), noise(32), noise(32)];
  const agreed = (mine: Uint8Array, theirs: Uint8Array): Uint8Array | null =>
    crypto.x25519(mine, crypto.x25519Public(theirs));
  expect(agreed(a, b)).toEqual(agreed(b, a));
  expect(agreed(a, b)).not.toEqual(agreed(a, c));
});

function noise(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, () => next(256));
}

function wordsOf(signature: Uint8Array): number[] {
  return Array.from(new Uint32Array(signature.buffer));
}
