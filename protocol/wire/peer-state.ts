/**
 * Authenticated peer state: what a peer says of itself inside a session, where only the holder of
 * the Noise key can say it (WIRE §8). Ambiguity is refused: each known field once, capabilities in
 * their shortest form, nothing left over. Unknown fields are skipped, so phones skip what is
 * Hopline's.
 *
 *   | version 1 = 1 | 1 capabilities 1..8 | 2 signing key 32 | E0 features 1 |
 */
import { assert } from '../core/assert.ts';
import { sameBytes } from '../core/bytes.ts';
import { KEY_SIZE } from './announce-view.ts';
import { decodeCapabilities, encodeCapabilities } from './capabilities.ts';
import type { Decoded } from './decoded.ts';
import type { Field } from './fields.ts';
import { FieldReader, encodeFields } from './fields.ts';

const VERSION = 1;
const CAPABILITIES = 1;
const SIGNING_KEY = 2;
const FEATURES = 0xe0;

/** Takes several receipts at once. */
export const RECEIPTS_TOGETHER = 1;

export type PeerState = {
  capabilities: bigint;
  signingKey: Uint8Array;
  /** What only Hopline peers do, in bits; of a phone 0. */
  features: number;
};
export type NotPeerState = 'unknown-version' | 'cut' | 'ambiguous' | 'bad-key' | 'incomplete';

export function decodePeerState(bytes: Uint8Array): Decoded<PeerState, NotPeerState> {
  if (bytes[0] !== VERSION) return { ok: false, reason: 'unknown-version' };
  let capabilities: bigint | null = null;
  let signingKey: Uint8Array | null = null;
  let features = 0;
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
    } else if (type === FEATURES && value.length > 0) features = value[0];
  }
  if (fields.end !== 'whole') return { ok: false, reason: 'cut' };
  if (capabilities === null || signingKey === null) return { ok: false, reason: 'incomplete' };
  return { ok: true, value: { capabilities, signingKey, features } };
}

export function encodePeerState(state: PeerState): Uint8Array {
  assert(state.signingKey.length === KEY_SIZE, 'keys have 32 bytes');
  const said: Field[] = [
    { type: CAPABILITIES, value: encodeCapabilities(state.capabilities) },
    { type: SIGNING_KEY, value: state.signingKey },
  ];
  if (state.features !== 0) said.push({ type: FEATURES, value: Uint8Array.of(state.features) });
  const fields = encodeFields(1, said);
  const bytes = new Uint8Array(1 + fields.length);
  bytes[0] = VERSION;
  bytes.set(fields, 1);
  return bytes;
}
