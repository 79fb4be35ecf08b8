/**
 * Authenticated peer state: what a peer says of itself inside a session, where only the holder of
 * the Noise key can say it (WIRE §8). Ambiguity is refused: each known field once, capabilities in
 * their shortest form, nothing left over. Unknown fields are skipped.
 *
 *   | version 1 = 1 | 1 capabilities 1..8 | 2 signing key 32 |
 */
import { assert } from '../core/assert.ts';
import { sameBytes } from '../core/bytes.ts';
import { KEY_SIZE } from './announce.ts';
import { decodeCapabilities, encodeCapabilities } from './capabilities.ts';
import type { Decoded } from './decoded.ts';
import { FieldReader, encodeFields } from './fields.ts';

const VERSION = 1;
const CAPABILITIES = 1;
const SIGNING_KEY = 2;

export type PeerState = { capabilities: bigint; signingKey: Uint8Array };
export type NotPeerState = 'unknown-version' | 'cut' | 'ambiguous' | 'bad-key' | 'incomplete';

export function decodePeerState(bytes: Uint8Array): Decoded<PeerState, NotPeerState> {
  if (bytes[0] !== VERSION) return { ok: false, reason: 'unknown-version' };
  let capabilities: bigint | null = null;
  let signingKey: Uint8Array | null = null;
  const fields = new FieldReader(bytes.subarray(1), 1);
  while (fields.next()) {
    const { type, value } = fields;
    if (type === CAPABILITIES) {
      if (capabilities !== null) return { ok: false, reason: 'ambiguous' };
      capabilities = decodeCapabilities(value);
      const shortest = encodeCapabilities(capabilities);
      const isShortest = value.length === shortest.length && sameBytes(value, 0, shortest);
      if (!isShortest) return { ok: false, reason: 'ambiguous' };
    } else if (type === SIGNING_KEY) {
      if (signingKey !== null) return { ok: false, reason: 'ambiguous' };
      if (value.length !== KEY_SIZE) return { ok: false, reason: 'bad-key' };
      signingKey = new Uint8Array(value);
    }
  }
  if (fields.end !== 'whole') return { ok: false, reason: 'cut' };
  if (capabilities === null || signingKey === null) return { ok: false, reason: 'incomplete' };
  return { ok: true, value: { capabilities, signingKey } };
}

export function encodePeerState(state: PeerState): Uint8Array {
  assert(state.signingKey.length === KEY_SIZE, 'keys have 32 bytes');
  const fields = encodeFields(1, [
    { type: CAPABILITIES, value: encodeCapabilities(state.capabilities) },
    { type: SIGNING_KEY, value: state.signingKey },
  ]);
  const bytes = new Uint8Array(1 + fields.length);
  bytes[0] = VERSION;
  bytes.set(fields, 1);
  return bytes;
}
