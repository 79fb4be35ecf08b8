/**
 * Line: what goes out to a board's console and what comes back, at the pace of the wire. It honours
 * XON and XOFF, and holds a few kilobytes whatever a port may say.
 */
import { assert } from '../../protocol/core/assert.ts';
import type { Millis } from '../../protocol/core/machine.ts';

/** Heard and not yet read, in characters. Beyond it the oldest are forgotten. */
export const HEARD_MAX = 4096;
/** Said and not yet sent, in bytes: a whole packet (DEVICE) and some. More is our own mistake. */
const SAID_MAX = 12_288;
/**
 * Bytes sent at once. A board with 1 KB of input says XOFF with 256 bytes left (DEVICE), and hears
 * from us what was on its way: this, and what a USB adapter kept for 16 ms.
 */
const PIECE_SIZE = 64;
/** How far the wire may be caught up with, after a late wake-up. */
const LATE_MAX_MS = 16;
/** After so long an XOFF is over: its XON was lost on the way. */
const XOFF_MAX_MS = 5000;

const XON = 0x11;
const XOFF = 0x13;

export class Line {
  /** What the board said, as Latin-1; who has read it cuts it off. */
  heard = '';
  /** Bytes heard in all, XON and XOFF apart. */
  heardTotal = 0;
  private baud: number;
  private said: Uint8Array[] = [];
  private saidBytes = 0;
  /** The driver has not taken the last piece yet. */
  private isTaken = true;
  private wireFreeAt: Millis = -Infinity;
  private xoffAt: Millis | null = null;
  private hasFlowControl = true;

  constructor(baud: number) {
    this.baud = baud;
  }

  setBaud(baud: number): void {
    this.baud = baud;
  }

  /** Blocks have the bytes of XON and XOFF like any others (WIRE §22). */
  setFlowControl(isOn: boolean): void {
    this.hasFlowControl = isOn;
    if (!isOn) this.xoffAt = null;
  }

  say(bytes: Uint8Array): void {
    assert(this.saidBytes + bytes.length <= SAID_MAX, 'no more is said than a packet');
    if (bytes.length === 0) return;
    this.said.push(bytes);
    this.saidBytes += bytes.length;
  }

  hear(bytes: Uint8Array, now: Millis): void {
    let text = '';
    for (const byte of bytes) {
      if (byte === XOFF && this.hasFlowControl) this.xoffAt = now;
      else if (byte === XON && this.hasFlowControl) this.xoffAt = null;
      else text += String.fromCharCode(byte);
    }
    this.heardTotal += text.length;
    this.heard = (this.heard + text).slice(-HEARD_MAX);
  }

  /** The driver has handed the last piece to the system. */
  taken(): void {
    this.isTaken = true;
  }

  /** Whether everything said is on the wire. */
  isQuiet(now: Millis): boolean {
    return this.saidBytes === 0 && this.isTaken && now >= this.wireFreeAt;
  }

  /** How long what is said will take at least. */
  get wireMs(): number {
    return (this.saidBytes * 10_000) / this.baud;
  }

  /** What must leave now, or null. */
  piece(now: Millis): Uint8Array | null {
    if (this.xoffAt !== null && now - this.xoffAt >= XOFF_MAX_MS) this.xoffAt = null;
    if (!this.isTaken || this.saidBytes === 0 || this.xoffAt !== null) return null;
    if (now < this.wireFreeAt) return null;
    const first = this.said[0];
    const piece = first.subarray(0, PIECE_SIZE);
    if (piece.length === first.length) this.said.shift();
    else this.said[0] = first.subarray(PIECE_SIZE);
    this.saidBytes -= piece.length;
    this.isTaken = false;
    const from = Math.max(this.wireFreeAt, now - LATE_MAX_MS);
    this.wireFreeAt = from + (piece.length * 10_000) / this.baud;
    return piece;
  }

  deadline(): Millis {
    if (!this.isTaken) return Infinity;
    if (this.xoffAt !== null) return this.xoffAt + XOFF_MAX_MS;
    // Also when nothing is left to say: whoever waits for quiet wants to know.
    return this.wireFreeAt === -Infinity ? Infinity : this.wireFreeAt;
  }

  /** Forgets what was to be said. */
  hush(): void {
    this.said = [];
    this.saidBytes = 0;
  }
}
