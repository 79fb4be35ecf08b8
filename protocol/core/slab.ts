/**
 * Slab: memory that byte arrays of hosts are cut from, one behind the other, because a small array with
 * memory of its own costs more to make and to give back than what is written to it.
 *
 *   | cut | cut    | cut | free ...       until what is asked for does not fit; then comes a new one
 *
 * One array that is kept keeps all of its slab: so it is small, and what is kept for longer than a
 * moment is to be a copy.
 */
export const SLAB_SIZE = 2048;
/** What is larger gets memory of its own. */
export const CUT_MAX = 1024;

export class Slab {
  private memory = new Uint8Array(0);
  private used = 0;

  /** An array of zeros that nobody else has. */
  cut(size: number): Uint8Array {
    if (size > CUT_MAX) return new Uint8Array(size);
    if (this.used + size > this.memory.length) {
      this.memory = new Uint8Array(SLAB_SIZE);
      this.used = 0;
    }
    const from = this.used;
    this.used = from + size;
    return this.memory.subarray(from, this.used);
  }
}
