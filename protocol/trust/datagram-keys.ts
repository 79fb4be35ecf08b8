/**
 * Datagram keys: both directions of a line whose messages may be lost, doubled and out of order, so that
 * each carries its counter (WIRE §24). A counter is good once, within a window; every so many of them the
 * key moves on, and what is late is still opened by the key before.
 *
 *   counter / 2^20    0 0 0 ... | 1 1 1 ... | 2 2 2 ...
 *   key               as agreed | REKEY     | REKEY twice
 */
import type { CipherState } from './cipher-state.ts';
import type { Transport } from './noise.ts';
import { ReplayWindow, UDP_WINDOW } from './replay.ts';

/** Each direction moves its key on after so many counters. */
export const COUNTERS_PER_KEY = 2 ** 20;
const NOTHING = new Uint8Array(0);

/** `too-far`: under a key that nobody can have come to yet, or that is gone. */
export type DatagramFlaw = 'replayed' | 'too-far' | 'bad-tag';

export class DatagramKeys {
  readonly #perKey: number;
  readonly #sealing: CipherState;
  readonly #window = new ReplayWindow(UDP_WINDOW);
  #opening: CipherState;
  /** The one before, for what is late. */
  #before: CipherState | null = null;
  #epoch = 0;
  #newest = -1;

  constructor({ sealing, opening }: Transport, perKey = COUNTERS_PER_KEY) {
    this.#perKey = perKey;
    this.#sealing = sealing;
    this.#opening = opening;
  }

  /** The counter of what is sealed next. */
  get next(): number {
    return this.#sealing.next;
  }

  /** Behind `head` zeros. */
  seal(plaintext: Uint8Array, head: number): Uint8Array {
    const { next } = this.#sealing;
    if (next > 0 && next % this.#perKey === 0) this.#sealing.rekey();
    return this.#sealing.seal(NOTHING, plaintext, head);
  }

  /** `isNewest`: nothing later was opened yet. */
  open(
    counter: number,
    ciphertext: Uint8Array,
  ): { plaintext: Uint8Array; isNewest: boolean } | DatagramFlaw {
    if (!this.#window.isFresh(counter)) return 'replayed';
    const ahead = Math.floor(counter / this.#perKey) - this.#epoch;
    const key = this.#keyFor(ahead);
    if (key === null) return 'too-far';
    const plaintext = key.openAt(counter, NOTHING, ciphertext);
    if (plaintext === null) return 'bad-tag';
    // No state moves before the tag was checked.
    if (ahead === 1) {
      this.#before = this.#opening;
      this.#opening = key;
      this.#epoch++;
    }
    this.#window.accept(counter);
    const isNewest = counter > this.#newest;
    if (isNewest) this.#newest = counter;
    return { plaintext, isNewest };
  }

  #keyFor(ahead: number): CipherState | null {
    if (ahead === 0) return this.#opening;
    if (ahead === -1) return this.#before;
    if (ahead !== 1) return null;
    const next = this.#opening.copy();
    next.rekey();
    return next;
  }
}
