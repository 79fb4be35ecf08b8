/**
 * Noise_XX_25519_ChaChaPoly_SHA256 (noiseprotocol.org, revision 34): two nodes prove the keys they
 * are known by and agree on fresh ones. Phones and Hopline's own links share it (WIRE §8, §24).
 *
 *   initiator                              responder
 *   1  e                             ->    32 bytes
 *   2                                <-    e, ee, s, es     96 bytes
 *   3  s, se                         ->    64 bytes         each and its payload, the first in clear
 *
 * Whatever fails changes nothing: a step is taken on a copy, which counts only once every tag fits.
 */
import { assert } from '../core/assert.ts';
import { CipherState } from './cipher-state.ts';
import type { Crypto } from './crypto.ts';
import { SymmetricState } from './symmetric-state.ts';
import { joined } from '../joined.ts';

export type Role = 'initiator' | 'responder';

/** Why a handshake message was refused. */
export type HandshakeFlaw =
  'out-of-turn' | 'too-short' | 'too-long' | 'low-order' | 'bad-tag' | 'wrong-key';

export type HandshakeRead =
  | {
      ok: true;
      payload: Uint8Array;
      /** The handshake hash just before the payload: what a payload can sign (WIRE §24). */
      hash: Uint8Array;
    }
  | { ok: false; reason: HandshakeFlaw };

/** What is sent along; some depends on the handshake hash just before it (WIRE §24). */
export type Payload = Uint8Array | ((hash: Uint8Array) => Uint8Array);

/** The two directions once a handshake is done, as seen from one end. */
export type Transport = { sealing: CipherState; opening: CipherState };

const KEY_SIZE = 32;
const TAG_SIZE = 16;
/** The specification's limit on one message. */
const MESSAGE_MAX = 65535;

const NAME = 'Noise_XX_25519_ChaChaPoly_SHA256';
type Token = 'e' | 's' | 'ee' | 'es' | 'se';
const PATTERN: Token[][] = [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']];

export class Handshake {
  readonly role: Role;
  readonly #crypto: Crypto;
  readonly #staticSecret: Uint8Array;
  readonly #ephemeralSecret: Uint8Array;
  #state: SymmetricState;
  #remoteStatic: Uint8Array | null = null;
  #remoteEphemeral: Uint8Array | null = null;
  #step = 0;

  /** `ephemeral` is 32 secret bytes drawn for this handshake alone. */
  constructor(
    crypto: Crypto,
    role: Role,
    prologue: Uint8Array,
    staticSecret: Uint8Array,
    ephemeral: Uint8Array,
  ) {
    assert(staticSecret.length === KEY_SIZE, 'a static secret has 32 bytes');
    assert(ephemeral.length === KEY_SIZE, 'an ephemeral secret has 32 bytes');
    this.role = role;
    this.#crypto = crypto;
    this.#staticSecret = staticSecret;
    this.#ephemeralSecret = ephemeral;
    this.#state = new SymmetricState(crypto, NAME);
    this.#state.mixHash(prologue);
  }

  get isFinished(): boolean {
    return this.#step === PATTERN.length;
  }

  /** Whether this end speaks next. */
  get isOurTurn(): boolean {
    return !this.isFinished && (this.#step % 2 === 0) === (this.role === 'initiator');
  }

  /** The static key of the other end, once it has proven it: after the last message it sends. */
  get remoteStatic(): Uint8Array | null {
    return this.#remoteStatic;
  }

  /** The handshake hash. Both ends have the same when it is finished, and nobody else has. */
  get hash(): Uint8Array {
    return this.#state.hash;
  }

  /** The next message; null if the other end's key is of low order (RELIABILITY S23). */
  write(payload: Payload): Uint8Array | null {
    assert(this.isOurTurn, 'one end writes at a time');
    const state = this.#state.copy();
    const parts: Uint8Array[] = [];
    for (const token of PATTERN[this.#step]) {
      if (token === 'e') {
        const key = this.#crypto.x25519Public(this.#ephemeralSecret);
        state.mixHash(key);
        parts.push(key);
      } else if (token === 's') {
        parts.push(state.seal(this.#crypto.x25519Public(this.#staticSecret)));
      } else if (!this.#mix(state, token, this.#remoteEphemeral, this.#remoteStatic)) {
        return null;
      }
    }
    parts.push(state.seal(typeof payload === 'function' ? payload(state.hash) : payload));
    const message = joined(parts);
    assert(message.length <= MESSAGE_MAX, 'a handshake message has at most 65,535 bytes');
    this.#state = state;
    this.#step++;
    return message;
  }

  /**
   * `believes` is asked for the static key before the message counts, so that somebody who answers
   * first with a key of his own does not spoil the handshake for the one who is meant.
   */
  read(
    message: Uint8Array,
    believes: (remoteStatic: Uint8Array) => boolean = () => true,
  ): HandshakeRead {
    if (this.isFinished || this.isOurTurn) return { ok: false, reason: 'out-of-turn' };
    if (message.length > MESSAGE_MAX) return { ok: false, reason: 'too-long' };
    const state = this.#state.copy();
    let remoteEphemeral = this.#remoteEphemeral;
    let remoteStatic = this.#remoteStatic;
    let rest = message;
    for (const token of PATTERN[this.#step]) {
      if (token === 'e') {
        if (rest.length < KEY_SIZE) return { ok: false, reason: 'too-short' };
        remoteEphemeral = new Uint8Array(rest.subarray(0, KEY_SIZE));
        rest = rest.subarray(KEY_SIZE);
        state.mixHash(remoteEphemeral);
      } else if (token === 's') {
        const size = KEY_SIZE + TAG_SIZE;
        if (rest.length < size) return { ok: false, reason: 'too-short' };
        remoteStatic = state.open(rest.subarray(0, size));
        if (remoteStatic === null) return { ok: false, reason: 'bad-tag' };
        if (!believes(remoteStatic)) return { ok: false, reason: 'wrong-key' };
        rest = rest.subarray(size);
      } else if (!this.#mix(state, token, remoteEphemeral, remoteStatic)) {
        return { ok: false, reason: 'low-order' };
      }
    }
    if (rest.length < (state.isKeyed ? TAG_SIZE : 0)) return { ok: false, reason: 'too-short' };
    const hash = state.hash;
    const payload = state.open(rest);
    if (payload === null) return { ok: false, reason: 'bad-tag' };
    this.#state = state;
    this.#remoteEphemeral = remoteEphemeral;
    this.#remoteStatic = remoteStatic;
    this.#step++;
    return { ok: true, payload, hash };
  }

  /** The keys of the session. */
  split(): Transport {
    assert(this.isFinished, 'a session begins when its handshake is done');
    const [toResponder, toInitiator] = this.#state.split();
    const sealing = this.role === 'initiator' ? toResponder : toInitiator;
    const opening = this.role === 'initiator' ? toInitiator : toResponder;
    return {
      sealing: new CipherState(this.#crypto, sealing),
      opening: new CipherState(this.#crypto, opening),
    };
  }

  /** Mixes in a shared secret: the first letter is the initiator's key, the second the other's. */
  #mix(
    state: SymmetricState,
    token: 'ee' | 'es' | 'se',
    remoteEphemeral: Uint8Array | null,
    remoteStatic: Uint8Array | null,
  ): boolean {
    const [ours, theirs] = this.role === 'initiator' ? [token[0], token[1]] : [token[1], token[0]];
    const secret = ours === 'e' ? this.#ephemeralSecret : this.#staticSecret;
    const key = theirs === 'e' ? remoteEphemeral : remoteStatic;
    assert(key !== null, 'the pattern sends a key before it is used');
    const shared = this.#crypto.x25519(secret, key);
    if (shared === null) return false;
    state.mixKey(shared);
    return true;
  }
}
