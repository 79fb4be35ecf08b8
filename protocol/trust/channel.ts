/**
 * Channel: one established session with one peer, as the phones have it (WIRE §8). Messages may
 * come late and in any order, each once; a sender that runs out of counters says so.
 *
 *   | counter 4, big-endian | ciphertext ... | tag 16 |
 */
import { readU32, writeU32 } from '../core/bytes.ts';
import type { Millis } from '../core/machine.ts';
import type { CipherState } from './cipher-state.ts';
import type { Role, Transport } from './noise.ts';
import { PHONE_WINDOW, ReplayWindow } from './replay.ts';

const COUNTER_SIZE = 4;
const TAG_SIZE = 16;
const NOTHING = new Uint8Array(0);

/** The largest plaintext a phone takes: a file in full (WIRE §8, §10). */
export const PLAINTEXT_MAX = 1179708;
/** The phones never send this counter, nor do we. */
export const LAST_COUNTER = 0xffffffff;

export type ChannelFlaw = 'too-short' | 'too-long' | 'replayed' | 'bad-tag';
export type Unsealed = { ok: true; plaintext: Uint8Array } | { ok: false; reason: ChannelFlaw };

export class Channel {
  readonly peer: Uint8Array;
  readonly role: Role;
  readonly bornAt: Millis;
  /** When it should be replaced. Whoever tried in vain sets it later. */
  rekeyAt: Millis;
  readonly #sealing: CipherState;
  readonly #opening: CipherState;
  readonly #window = new ReplayWindow(PHONE_WINDOW);

  constructor(peer: Uint8Array, role: Role, keys: Transport, bornAt: Millis, rekeyAt: Millis) {
    this.peer = peer;
    this.role = role;
    this.bornAt = bornAt;
    this.rekeyAt = rekeyAt;
    this.#sealing = keys.sealing;
    this.#opening = keys.opening;
  }

  /** Messages sealed so far. */
  get sealed(): number {
    return this.#sealing.next;
  }

  /** Null when every counter is spent. */
  seal(plaintext: Uint8Array): Uint8Array | null {
    const counter = this.#sealing.next;
    if (counter >= LAST_COUNTER) return null;
    const ciphertext = this.#sealing.seal(NOTHING, plaintext);
    const payload = new Uint8Array(COUNTER_SIZE + ciphertext.length);
    writeU32(payload, 0, counter);
    payload.set(ciphertext, COUNTER_SIZE);
    return payload;
  }

  open(payload: Uint8Array): Unsealed {
    if (payload.length < COUNTER_SIZE + TAG_SIZE) return { ok: false, reason: 'too-short' };
    if (payload.length > COUNTER_SIZE + PLAINTEXT_MAX + TAG_SIZE) {
      return { ok: false, reason: 'too-long' };
    }
    const counter = readU32(payload, 0);
    if (!this.#window.isFresh(counter)) return { ok: false, reason: 'replayed' };
    const plaintext = this.#opening.openAt(counter, NOTHING, payload.subarray(COUNTER_SIZE));
    if (plaintext === null) return { ok: false, reason: 'bad-tag' };
    this.#window.accept(counter);
    return { ok: true, plaintext };
  }
}
