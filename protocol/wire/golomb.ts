/**
 * Golomb-Rice numbers in a bit stream, the first bit highest in its byte: what a set of sorted
 * numbers is written with (WIRE §9).
 *
 *   number = quotient * 2^p + remainder   | quotient times 1 | 0 | remainder, p bits |
 */
export class BitWriter {
  private bytes: number[] = [];
  private bits = 0;

  /** `p` is at most 32. */
  writeRice(number: number, p: number): void {
    const divisor = 2 ** p;
    for (let ones = Math.floor(number / divisor); ones > 0; ones--) this.writeBit(1);
    this.writeBit(0);
    for (let weight = divisor / 2; weight >= 1; weight /= 2) {
      this.writeBit(Math.floor(number / weight) % 2);
    }
  }

  /** The stream so far, its last byte filled up with zeros. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.bytes);
  }

  private writeBit(bit: number): void {
    if (this.bits % 8 === 0) this.bytes.push(0);
    this.bytes[this.bytes.length - 1] |= bit << (7 - (this.bits % 8));
    this.bits++;
  }
}

export class BitReader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Null where the stream ends first. Exact for streams of up to 128 KiB at any P. */
  readRice(p: number): number | null {
    let quotient = 0;
    let bit = this.readBit();
    while (bit === 1) {
      quotient++;
      bit = this.readBit();
    }
    let remainder = 0;
    for (let i = 0; i < p && bit !== null; i++) {
      bit = this.readBit();
      remainder = remainder * 2 + (bit ?? 0);
    }
    return bit === null ? null : quotient * 2 ** p + remainder;
  }

  private readBit(): number | null {
    const byte = this.bytes[this.at >> 3];
    if (byte === undefined) return null;
    return (byte >> (7 - (this.at++ & 7))) & 1;
  }
}
