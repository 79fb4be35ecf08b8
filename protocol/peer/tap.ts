/**
 * Tap: every packet that is heard or sent, for a person who watches; there is one while somebody does.
 * Never more in a second than somebody could look at: what is left out is counted.
 */
import type { Millis } from '../core/machine.ts';
import type { TappedFrame } from './contract.ts';

/** Frames shown in a second; the rest is counted only. */
export const TAPPED_PER_SECOND = 2000;

export class Tap {
  private second = -1;
  private shown = 0;
  private missed = 0;
  /** The frame that was heard last, while it is judged. */
  private judged: TappedFrame | null = null;

  /** A copy of the frame, since relaying patches it; null when it is too much. */
  take(link: number, way: 'heard' | 'sent', bytes: Uint8Array, now: Millis): TappedFrame | null {
    if (way === 'heard') this.judged = null;
    const second = Math.floor(now / 1000);
    if (second !== this.second) {
      this.second = second;
      this.shown = 0;
    }
    if (this.shown >= TAPPED_PER_SECOND) {
      this.missed++;
      return null;
    }
    this.shown++;
    const missed = this.missed;
    this.missed = 0;
    const frame = { link, way, bytes: new Uint8Array(bytes), dropped: null, missed };
    if (way === 'heard') this.judged = frame;
    return frame;
  }

  /** Something of a link goes no further: the frame that just came over it, if it is shown. */
  drop(link: number, reason: string): void {
    if (this.judged !== null && this.judged.link === link) this.judged.dropped ??= reason;
  }
}
