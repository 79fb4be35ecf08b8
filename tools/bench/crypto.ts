/**
 * Crypto: signatures, verifications and hashes a second of the processor, of the library that this machine has, beside
 * Node's own where that is another one. One thread, one at a time.
 */
import { loadSodium, nativeCrypto } from '../../device/pi/crypto.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { verify } from '../../protocol/trust/signature.ts';
import { drawFrom } from '../simulate/people.ts';
import { seededRandom } from '../simulate/random.ts';
import type { BenchArea } from './area.ts';
import type { Result } from './report.ts';
import { best, perProcessorSecond } from './stopwatch.ts';

const MEASURED_MS = 500;
const ROUNDS = 3;
/** As long as what people say, with the head of its packet. */
const MESSAGE_SIZE = 136;
const HASHED_SIZE = 64;

export const area: BenchArea = {
  name: 'crypto',
  summary: 'signatures, verifications and hashes a second, on one core',
  takes: 'seconds',

  async run(seed, progress) {
    progress('signatures and hashes');
    return cryptoFigures(seed, MEASURED_MS);
  },
};

export function cryptoFigures(seed: number, forMs: number): Result[] {
  const sodium = loadSodium();
  const plain = rates(nativeCrypto(null), seed, forMs);
  if (sodium === null) return plain;
  // A baseline is what the same work gives with node:crypto alone.
  return rates(nativeCrypto(sodium), seed, forMs).map((figure, at) => {
    return { ...figure, baseline: Math.round(plain[at].value) };
  });
}

function rates(crypto: Crypto, seed: number, forMs: number): Result[] {
  const random = seededRandom(seed);
  const key = drawFrom(random, 32);
  const publicKey = crypto.ed25519Public(key);
  const message = drawFrom(random, MESSAGE_SIZE);
  const signature = crypto.sign(key, message);
  const hashed = drawFrom(random, HASHED_SIZE);
  const rate = (work: () => void): number =>
    best(ROUNDS, () => perProcessorSecond(work, forMs / ROUNDS));
  return [
    {
      name: 'crypto.signatures_per_s',
      value: rate(() => crypto.sign(key, message)),
      unit: 'signatures/s',
    },
    {
      name: 'crypto.verifications_per_s',
      value: rate(() => {
        if (!verify(crypto, signature, message, publicKey)) throw new Error('its own signature');
      }),
      unit: 'verifications/s',
    },
    {
      name: 'crypto.hashes_per_s',
      value: rate(() => crypto.sha256(hashed)),
      unit: `hashes/s of ${HASHED_SIZE} bytes`,
    },
  ];
}
