/**
 * Stream: numbered values over one link, as many at a time as the window allows, and the other end
 * that sees whether each came, once, whole and in order.
 */
import type { RadioEvent } from '../../device/pi/radio.ts';

export class Stream {
  private readonly write: (bytes: Uint8Array) => void;
  private readonly say: (message: object) => void;
  private sending = { count: 0, size: 0, window: 0 };
  private began = 0;
  private sent = 0;
  private out = 0;
  private expected = 0;
  private received = 0;
  private wrong = 0;

  constructor(write: (bytes: Uint8Array) => void, say: (message: object) => void) {
    this.write = write;
    this.say = say;
  }

  send(sending: { count: number; size: number; window: number }): void {
    this.sending = sending;
    this.sent = 0;
    this.out = 0;
    this.began = performance.now();
    this.pump();
  }

  expect(count: number): void {
    this.expected = count;
    this.received = 0;
    this.wrong = 0;
  }

  /** Whether an event was part of the stream. */
  hear(event: RadioEvent): boolean {
    if (event.kind === 'sent' && this.out > 0) {
      this.out--;
      this.pump();
      return true;
    }
    if (event.kind !== 'received' || this.received === this.expected) return false;
    if (numberIn(event.bytes) !== this.received) this.wrong++;
    this.received++;
    if (this.received === this.expected) {
      this.say({ kind: 'received', count: this.received, wrong: this.wrong });
    }
    return true;
  }

  private pump(): void {
    const { count, size, window } = this.sending;
    while (this.out < window && this.sent < count) {
      this.out++;
      this.write(valueOf(this.sent++, size));
    }
    if (this.out === 0 && this.sent === count && count > 0) {
      this.sending = { count: 0, size: 0, window: 0 };
      this.say({ kind: 'sent', ms: performance.now() - this.began });
    }
  }
}

/** The number, and after it bytes that follow from it. */
function valueOf(number: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size).fill(number % 251);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

/** The number of a value that is whole, or -1. */
function numberIn(bytes: Uint8Array): number {
  const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  return bytes.subarray(4).every((byte) => byte === number % 251) ? number : -1;
}
