/**
 * SHA-2: Node's own, in the place of the portable one wherever a bundle is for Node alone.
 */
import { createHash } from 'node:crypto';

export function sha512(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha512').update(bytes).digest());
}
