/** People: identities and bytes out of a seed, the same in every run. */
import type { Random } from '../../protocol/core/machine.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { Identity } from '../../protocol/trust/identity.ts';

export function identityOf(crypto: Crypto, random: Random): Identity {
  return new Identity(crypto, { noise: drawFrom(random, 32), sign: drawFrom(random, 32) });
}

export function drawFrom(random: Random, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, () => random(256));
}
