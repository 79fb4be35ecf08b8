/**
 * Blocks: bytes of a port as they come, and what of them is whole: all up to the last 0x00 (WIRE §22).
 * serialport's parser keeps the rest back, but without limit, and joins it anew with every chunk
 * (RADIO point 11): so what it is given is rationed.
 */
import { DelimiterParser } from '@serialport/parser-delimiter';

export class Blocks {
  /** Bytes that were not passed on, since no block is as long. */
  skippedBytes = 0;
  private readonly parser = new DelimiterParser({ delimiter: [0], includeDelimiter: true });
  private readonly sizeMax: number;
  /** Bytes since the last 0x00 that the parser was given: at most `sizeMax`. */
  private heldBytes = 0;

  /** Of a block nothing after `sizeMax` bytes is kept. */
  constructor(sizeMax: number) {
    this.sizeMax = sizeMax;
  }

  /** What is whole now, if anything. */
  feed(bytes: Uint8Array): Uint8Array | null {
    // What is passed on begins at `from`.
    let from = 0;
    let zeros = 0;
    for (let at = 0; at < bytes.length;) {
      const zero = bytes.indexOf(0, at);
      const end = zero < 0 ? bytes.length : zero;
      const room = this.sizeMax - this.heldBytes;
      zeros = zero === at ? zeros + 1 : 1;
      if (end - at > room) {
        this.parser.write(bytes.subarray(from, at + room));
        this.skippedBytes += end - at - room;
        this.heldBytes += room;
        from = end;
      } else if (zeros > 2) {
        // Two are between any two blocks. A line that is stuck says nothing else, and fast.
        if (from < at) this.parser.write(bytes.subarray(from, at));
        from = end + 1;
      } else this.heldBytes += end - at;
      if (zero >= 0) this.heldBytes = 0;
      at = end + 1;
    }
    if (from < bytes.length) this.parser.write(bytes.subarray(from));
    return this.parser.read() as Uint8Array | null;
  }
}
