/**
 * Blocks: bytes of a port as they come, cut behind each 0x00 (WIRE §22), so that a whole block is one
 * piece. serialport's parser cuts, but it holds whatever comes without a 0x00, and joins it anew with
 * every chunk (RADIO point 11): so what it is given is rationed.
 */
import { DelimiterParser } from '@serialport/parser-delimiter';

const END = Uint8Array.of(0);

export class Blocks {
  /** Bytes that were not passed on, since no block is as long. */
  skippedBytes = 0;
  private readonly parser = new DelimiterParser({ delimiter: [0], includeDelimiter: true });
  private readonly sizeMax: number;
  /** Bytes since the last 0x00 that the parser was given: at most `sizeMax`. */
  private heldBytes = 0;

  /** `received` gets the pieces, of `sizeMax` and the 0x00 at most. */
  constructor(sizeMax: number, received: (piece: Uint8Array) => void) {
    this.sizeMax = sizeMax;
    this.parser.on('data', received);
  }

  feed(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length;) {
      const zero = bytes.indexOf(0, from);
      const end = zero < 0 ? bytes.length : zero;
      const taken = Math.min(end - from, this.sizeMax - this.heldBytes);
      this.skippedBytes += end - from - taken;
      this.heldBytes += taken;
      if (taken > 0) this.parser.write(bytes.subarray(from, from + taken));
      // Between two 0x00 there may be nothing, and on a line that is stuck there are no others.
      if (zero >= 0 && this.heldBytes > 0) {
        this.heldBytes = 0;
        this.parser.write(END);
      }
      from = end + 1;
    }
  }

  /** Nothing held comes out any more. */
  end(): void {
    this.parser.removeAllListeners('data');
    this.parser.destroy();
  }
}
