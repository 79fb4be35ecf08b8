/**
 * Throughput: what our own links carry, measured and never guessed. While all the writes of a link are
 * out that may be, something waits for it, and what leaves is what it can; a link that was never full
 * for long enough is not measured.
 *
 *   idle --the last write of the window goes out--> full --one leaves, and none follows--> idle
 */
import type { Millis } from '../../protocol/core/machine.ts';

/** A link is full for so long before it is believed; longer times are measured in such parts. */
export const FULL_MS = 1000;
/** And for so many bytes: what an adapter takes at once has not left. */
export const FULL_BYTES = 2048;
/** Of each new measurement, this part counts. */
const SMOOTHING = 0.25;

type Flow = {
  /** Sizes of the writes that are out, the oldest first: as many as links let out, the window. */
  out: number[];
  /** Since when it is full; null while it is not. */
  fullAt: Millis | null;
  /** What left since then, the last of it when. */
  bytes: number;
  sentAt: Millis;
  /** 0 is not measured. */
  bytesPerSecond: number;
};

export class Throughput {
  private readonly window: number;
  private readonly flows = new Map<number, Flow>();

  /** `window`: writes of a link that may be out at once. */
  constructor(window: number) {
    this.window = window;
  }

  /** Another link of that number, or none. */
  reset(link: number): void {
    this.flows.delete(link);
  }

  wrote(link: number, size: number, now: Millis): void {
    let flow = this.flows.get(link);
    if (flow === undefined) {
      flow = { out: [], fullAt: null, bytes: 0, sentAt: now, bytesPerSecond: 0 };
      this.flows.set(link, flow);
    }
    // What follows later than at once did not wait for its turn.
    if (flow.fullAt !== null && now > flow.sentAt) this.end(flow);
    flow.out.push(size);
    if (flow.fullAt === null && flow.out.length >= this.window) this.begin(flow, now);
  }

  sent(link: number, now: Millis): void {
    const flow = this.flows.get(link);
    const size = flow?.out.shift();
    if (flow === undefined || size === undefined || flow.fullAt === null) return;
    if (flow.out.length < this.window - 1) return this.end(flow);
    flow.bytes += size;
    flow.sentAt = now;
    if (now - flow.fullAt < FULL_MS || flow.bytes < FULL_BYTES) return;
    this.measure(flow);
    this.begin(flow, now);
  }

  /** 0 where it was never full. */
  of(link: number): number {
    return Math.round(this.flows.get(link)?.bytesPerSecond ?? 0);
  }

  private begin(flow: Flow, now: Millis): void {
    flow.fullAt = now;
    flow.sentAt = now;
    flow.bytes = 0;
  }

  private end(flow: Flow): void {
    flow.fullAt = null;
  }

  private measure(flow: Flow): void {
    const lately = (flow.bytes * 1000) / (flow.sentAt - flow.fullAt!);
    const before = flow.bytesPerSecond || lately;
    flow.bytesPerSecond = before + (lately - before) * SMOOTHING;
  }
}
