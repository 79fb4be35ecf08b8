/** The crypto ports under test: every vector runs over each of them that this machine has. */
import { loadSodium, nativeCrypto } from '../../../device/pi/crypto.ts';
import type { Crypto } from '../../../protocol/trust/crypto.ts';
import { pureCrypto } from '../../../protocol/trust/pure-crypto.ts';

const sodium = loadSodium();

export const PORTS: { name: string; crypto: Crypto }[] = [
  { name: 'plain JavaScript', crypto: pureCrypto },
  { name: 'node:crypto', crypto: nativeCrypto(null) },
  ...(sodium === null
    ? []
    : [{ name: 'node:crypto with libsodium', crypto: nativeCrypto(sodium) }]),
];

/** The fastest there is, for tests that are about something else. */
export const crypto: Crypto = nativeCrypto();
