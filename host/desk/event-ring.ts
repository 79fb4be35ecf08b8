/**
 * Event ring: what happened lately, for those who were away for a moment. A cursor names a start of
 * this program and a number in it; whoever comes with an older one is told that there is a gap.
 */
import type { EventView, Happening } from '../http/views.ts';

/** Events kept; then the oldest go. */
const EVENTS_MAX = 4096;

export class EventRing {
  private readonly boot: string;
  private readonly most: number;
  private readonly events: EventView[] = [];
  private readonly listeners = new Set<(event: EventView) => void>();
  /** Events so far, those that went among them. */
  private count = 0;

  /** `boot` is another one at each start. */
  constructor(boot: string, most = EVENTS_MAX) {
    this.boot = boot;
    this.most = most;
  }

  add(happening: Happening, at: number): void {
    this.count++;
    const event = { cursor: this.cursorOf(this.count), at, ...happening };
    // A ring: the place of an event follows from its number.
    this.events[(this.count - 1) % this.most] = event;
    for (const listener of this.listeners) listener(event);
  }

  /** Null begins now. What is not known any more begins with a gap, and goes on from there. */
  after(cursor: string | null, at: number): EventView[] {
    if (cursor === null) return [];
    const number = this.numberOf(cursor);
    const isGone = number === null || number < this.count - this.events.length;
    if (isGone) return [{ cursor: this.cursorOf(this.count), at, kind: 'gap' }];
    const events: EventView[] = [];
    for (let n = number; n < this.count; n++) events.push(this.events[n % this.most]);
    return events;
  }

  listen(listener: (event: EventView) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private cursorOf(number: number): string {
    return `${this.boot}-${number}`;
  }

  /** Null where it is no cursor of this start. */
  private numberOf(cursor: string): number | null {
    const [, boot, digits] = /^([^-]*)-(\d{1,15})$/.exec(cursor) ?? [];
    const number = Number(digits);
    return boot === this.boot && number <= this.count ? number : null;
  }
}
