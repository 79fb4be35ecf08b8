/**
 * Noise_X_25519_ChaChaPoly_SHA256 (noiseprotocol.org, revision 34): one message to somebody whose
 * key is known, sealed so that nobody else opens it, from somebody who proves his own. Mail that
 * others carry is sealed so (WIRE §10). It has no freshness: whoever has the bytes can send them
 * again.
 *
 *   | e 32 | s, sealed 48 | payload, sealed + 16 |
 */
import { assert } from '../core/assert.ts';
import type { Crypto } from './crypto.ts';
import { SymmetricState } from './symmetric-state.ts';

const KEY_SIZE = 32;
const TAG_SIZE = 16;
/** What sealing adds. */
export const ONE_WAY_OVERHEAD = KEY_SIZE + KEY_SIZE + TAG_SIZE + TAG_SIZE;
/** A name shorter than a hash is filled up with zeros. */
const NAME = 'Noise_X_25519_ChaChaPoly_SHA256\0';

/** `ephemeral` is 32 secret bytes drawn for this message alone. Null: a key of low order. */
export function sealOneWay(
  crypto: Crypto,
  prologue: Uint8Array,
  staticSecret: Uint8Array,
  ephemeral: Uint8Array,
  recipientKey: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array | null {
  assert(recipientKey.length === KEY_SIZE, 'a Noise key has 32 bytes');
  const state = begin(crypto, prologue, recipientKey);
  const e = crypto.x25519Public(ephemeral);
  state.mixHash(e);
  const es = crypto.x25519(ephemeral, recipientKey);
  const ss = crypto.x25519(staticSecret, recipientKey);
  if (es === null || ss === null) return null;
  state.mixKey(es);
  const s = state.seal(crypto.x25519Public(staticSecret));
  state.mixKey(ss);
  const payload = state.seal(plaintext);
  const message = new Uint8Array(e.length + s.length + payload.length);
  message.set(e);
  message.set(s, e.length);
  message.set(payload, e.length + s.length);
  return message;
}

/** Null where it was not sealed to this key, or not by whoever it names. */
export function openOneWay(
  crypto: Crypto,
  prologue: Uint8Array,
  staticSecret: Uint8Array,
  message: Uint8Array,
): { senderKey: Uint8Array; plaintext: Uint8Array } | null {
  if (message.length < ONE_WAY_OVERHEAD) return null;
  const state = begin(crypto, prologue, crypto.x25519Public(staticSecret));
  const e = message.subarray(0, KEY_SIZE);
  state.mixHash(e);
  const es = crypto.x25519(staticSecret, e);
  if (es === null) return null;
  state.mixKey(es);
  const senderKey = state.open(message.subarray(KEY_SIZE, 2 * KEY_SIZE + TAG_SIZE));
  if (senderKey === null) return null;
  const ss = crypto.x25519(staticSecret, senderKey);
  if (ss === null) return null;
  state.mixKey(ss);
  const plaintext = state.open(message.subarray(2 * KEY_SIZE + TAG_SIZE));
  return plaintext === null ? null : { senderKey, plaintext };
}

function begin(crypto: Crypto, prologue: Uint8Array, recipientKey: Uint8Array): SymmetricState {
  const state = new SymmetricState(crypto, NAME);
  state.mixHash(prologue);
  state.mixHash(recipientKey);
  return state;
}
