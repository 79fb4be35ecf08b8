/**
 * Symmetric state: what both ends of a Noise handshake have mixed so far (revision 34, §5.2): a
 * chaining key, a hash of everything said, and a cipher once there is a key.
 */
import { assert } from '../core/assert.ts';
import { CipherState } from './cipher-state.ts';
import type { Crypto } from './crypto.ts';
import { hkdf } from './hkdf.ts';

export class SymmetricState {
  readonly #crypto: Crypto;
  #chaining: Uint8Array;
  #hash: Uint8Array;
  #cipher: CipherState | null = null;

  constructor(crypto: Crypto, name: string) {
    assert(name.length === 32, 'a name of 32 bytes is its own hash');
    this.#crypto = crypto;
    this.#hash = Uint8Array.from(name, (letter) => letter.charCodeAt(0));
    this.#chaining = this.#hash;
  }

  copy(): SymmetricState {
    const twin = new SymmetricState(this.#crypto, NO_NAME);
    twin.#chaining = this.#chaining;
    twin.#hash = this.#hash;
    twin.#cipher = this.#cipher === null ? null : this.#cipher.copy();
    return twin;
  }

  get hash(): Uint8Array {
    return this.#hash;
  }

  get isKeyed(): boolean {
    return this.#cipher !== null;
  }

  mixHash(bytes: Uint8Array): void {
    const both = new Uint8Array(this.#hash.length + bytes.length);
    both.set(this.#hash);
    both.set(bytes, this.#hash.length);
    this.#hash = this.#crypto.sha256(both);
  }

  mixKey(secret: Uint8Array): void {
    const [chaining, key] = hkdf(this.#crypto, this.#chaining, secret);
    this.#chaining = chaining;
    this.#cipher = new CipherState(this.#crypto, key);
  }

  /** Before there is a key, as it is. */
  seal(plaintext: Uint8Array): Uint8Array {
    const sealed = this.#cipher === null ? plaintext : this.#cipher.seal(this.#hash, plaintext);
    this.mixHash(sealed);
    return sealed;
  }

  /** A copy of its own; null when the tag does not fit. */
  open(sealed: Uint8Array): Uint8Array | null {
    const plaintext =
      this.#cipher === null ? new Uint8Array(sealed) : this.#cipher.open(this.#hash, sealed);
    if (plaintext !== null) this.mixHash(sealed);
    return plaintext;
  }

  /** The keys toward the responder and toward the initiator. */
  split(): [Uint8Array, Uint8Array] {
    return hkdf(this.#crypto, this.#chaining, new Uint8Array(0));
  }
}

const NO_NAME = ' '.repeat(32);
