/**
 * DeepQueue: a SendQueue for thousands of packets. To take the first of a long array moves all behind
 * it, so many are turned over at once and taken from the end.
 */
import { SendQueue } from '../core/queue.ts';

/** Packets turned over at a time, once there are twice as many. */
const TURNED = 512;

export class DeepQueue extends SendQueue {
  /** By class, the oldest last. While there are any, their class has younger ones too. */
  private readonly turned: Uint8Array[][] = this.waiting.map(() => []);

  protected override remove(priority: number): Uint8Array {
    const turned = this.turned[priority];
    const waiting = this.waiting[priority];
    if (turned.length === 0 && waiting.length > 2 * TURNED) {
      turned.push(...waiting.splice(0, TURNED).reverse());
    }
    const oldest = turned.pop();
    if (oldest === undefined) return super.remove(priority);
    this.count--;
    this.bytes -= oldest.length;
    return oldest;
  }
}
