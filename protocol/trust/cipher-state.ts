/**
 * Cipher state: one direction of a Noise session, a key and the counter of its next message
 * (revision 34, §5.1). No counter is used twice, and none moves before its tag was checked.
 *
 *   AEAD nonce   | 0 0 0 0 | counter, 8 bytes little-endian |
 */
import { assert } from '../core/assert.ts';
import type { Crypto } from './crypto.ts';
import { COUNTER_END } from './replay.ts';

export class CipherState {
  readonly #crypto: Crypto;
  #key: Uint8Array;
  #next = 0;

  constructor(crypto: Crypto, key: Uint8Array) {
    assert(key.length === 32, 'a cipher key has 32 bytes');
    this.#crypto = crypto;
    this.#key = key;
  }

  copy(): CipherState {
    const twin = new CipherState(this.#crypto, this.#key);
    twin.#next = this.#next;
    return twin;
  }

  /** The counter of the next message, in order. */
  get next(): number {
    return this.#next;
  }

  /** Behind `head` zeros. */
  seal(ad: Uint8Array, plaintext: Uint8Array, head = 0): Uint8Array {
    assert(this.#next < COUNTER_END, 'a session ends before its counter does');
    return this.#crypto.seal(this.#key, nonceOf(this.#next++), ad, plaintext, head);
  }

  /** Null when it is not the next message, untouched. */
  open(ad: Uint8Array, ciphertext: Uint8Array): Uint8Array | null {
    const plaintext = this.openAt(this.#next, ad, ciphertext);
    if (plaintext !== null) this.#next++;
    return plaintext;
  }

  /** For messages that carry their counter and come in any order: a replay window remembers them. */
  openAt(counter: number, ad: Uint8Array, ciphertext: Uint8Array): Uint8Array | null {
    if (!(counter >= 0 && counter < COUNTER_END)) return null;
    return this.#crypto.open(this.#key, nonceOf(counter), ad, ciphertext);
  }

  /** REKEY (§4.2): the key moves on and the old one cannot be had back; the counter stays. */
  rekey(): void {
    const nonce = new Uint8Array(12).fill(0xff, 4);
    const next = this.#crypto.seal(this.#key, nonce, new Uint8Array(0), new Uint8Array(32));
    this.#key = next.slice(0, 32);
  }
}

function nonceOf(counter: number): Uint8Array {
  const nonce = new Uint8Array(12);
  let rest = counter;
  for (let at = 4; at < 12; at++) {
    nonce[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return nonce;
}
