/**
 * Piece receiver: puts numbered pieces of a stream back in order, whatever the network made of them, and
 * knows what to tell the sender of it.
 */
import type { Millis } from '../core/machine.ts';
import type { PieceFlaw } from './datagrams.ts';
import { PIECES_MAX } from './datagrams.ts';

/** A second piece, or this long after the first, and the sender is told; where one is missing, at once. */
const TOLD_EACH = 2;
export const TOLD_WITHIN_MS = 20;

export class PieceReceiver {
  private wanted = 0;
  /** Those that wait for one before them, PIECES_MAX at most. */
  private readonly early = new Map<number, Uint8Array>();
  private farthest = -1;
  private untold = 0;
  private tellAt: Millis = Infinity;

  /** The pieces whose turn it is now. */
  take(number: number, bytes: Uint8Array, now: Millis): Uint8Array[] | PieceFlaw {
    if (number >= this.wanted + PIECES_MAX) return 'too-far';
    if (number < this.wanted || this.early.has(number)) {
      // What told of it was lost.
      this.tellAt = now;
      return 'repeated';
    }
    const isGap = number > this.wanted || this.early.size > 0;
    if (++this.untold >= TOLD_EACH || isGap) this.tellAt = now;
    else this.tellAt = Math.min(this.tellAt, now + TOLD_WITHIN_MS);
    this.farthest = Math.max(this.farthest, number);
    this.early.set(number, bytes);
    return this.inOrder();
  }

  /** The sender is to be told at once. */
  tellSoon(now: Millis): void {
    this.tellAt = now;
  }

  /** What the sender is told, whatever else is told with it. */
  tell(): { wanted: number; mask: Uint8Array } {
    this.untold = 0;
    this.tellAt = Infinity;
    const { wanted } = this;
    const mask = new Uint8Array(Math.max(0, Math.ceil((this.farthest - wanted) / 8)));
    for (const number of this.early.keys()) {
      const bit = number - wanted - 1;
      mask[bit >> 3] |= 1 << (bit & 7);
    }
    return { wanted, mask };
  }

  deadline(): Millis {
    return this.tellAt;
  }

  private inOrder(): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    for (;;) {
      const piece = this.early.get(this.wanted);
      if (piece === undefined) return pieces;
      this.early.delete(this.wanted++);
      pieces.push(piece);
    }
  }
}
