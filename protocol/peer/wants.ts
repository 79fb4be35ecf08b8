/**
 * Wants: what neighbours say they have and we lack, by name, and of whom it is asked when (WIRE §29).
 *
 *   offered -> asked of whoever offers it -> in vain -> of the others by turns, so often each
 *           -> came, or nobody is left    -> forgotten, until it is offered again
 */
import type { Millis } from '../core/machine.ts';
import { ID_SIZE } from '../core/packet.ts';
import { nameOf } from '../trust/pins.ts';
import { WATCHERS_MAX } from './vicinity.ts';

/** What is asked for at once, in all and of one neighbour; more is not, until offered again. */
export type WantLimits = { most: number; mostOfOne: number; retryMs: Millis };

/** Who is asked for one thing, by turns, and how often each; nobody else who offers it is. */
export const SOURCES_MAX = WATCHERS_MAX;
export const WANT_TRIES = 3;

/** `links`: who offered it, in the order in which they are asked; whoever was asked last is behind. */
type Want = { name: Uint8Array; links: number[]; tries: number; nextAt: Millis };
/** Names to be asked for, of one neighbour. */
export type Asked = { link: number; names: Uint8Array[] };

export class Wants {
  private readonly limits: WantLimits;
  private readonly wants = new Map<string, Want>();
  private wakeAt: Millis = Infinity;

  constructor(limits: WantLimits) {
    this.limits = limits;
  }

  get size(): number {
    return this.wants.size;
  }

  /** When somebody is to be asked again. */
  deadline(): Millis {
    return this.wakeAt;
  }

  /** Names of what we lack: those of it that are to be asked for at once. */
  offered(link: number, names: readonly Uint8Array[], now: Millis): Uint8Array[] {
    if (names.length === 0) return [];
    const lacking: Uint8Array[] = [];
    let asked = 0;
    for (const { links } of this.wants.values()) if (links.includes(link)) asked++;
    for (const name of names) {
      if (asked >= this.limits.mostOfOne) break;
      const key = keyOf(name);
      const want = this.wants.get(key);
      if (want !== undefined) {
        // Once: or who offers for ever, and never gives, would keep all others from being asked.
        if (want.links.includes(link) || want.links.length === SOURCES_MAX) continue;
        want.links.unshift(link);
        asked++;
      } else if (this.wants.size < this.limits.most) {
        this.wants.set(key, { name, links: [link], tries: 1, nextAt: now + this.limits.retryMs });
        lacking.push(name);
        asked++;
      }
    }
    this.rearm();
    return lacking;
  }

  /** Whose turn it is. */
  due(now: Millis): Asked[] {
    if (now < this.wakeAt) return [];
    const again = new Map<number, Uint8Array[]>();
    for (const [key, want] of this.wants) {
      if (want.nextAt > now) continue;
      if (want.tries >= WANT_TRIES * want.links.length) {
        this.wants.delete(key);
        continue;
      }
      const link = want.links.shift()!;
      want.links.push(link);
      want.tries++;
      want.nextAt = now + this.limits.retryMs;
      again.set(link, [...(again.get(link) ?? []), want.name]);
    }
    this.rearm();
    return [...again].map(([link, names]) => ({ link, names }));
  }

  /** We have it now. */
  came(name: Uint8Array): void {
    if (this.wants.delete(keyOf(name))) this.rearm();
  }

  /** A neighbour did its part, whatever we make of it: it is not asked again. */
  given(link: number, name: Uint8Array): void {
    const want = this.wants.get(keyOf(name));
    if (want !== undefined) this.leaveOut(keyOf(name), want, link);
  }

  /** A link is no more. */
  forget(link: number): void {
    for (const [key, want] of this.wants) this.leaveOut(key, want, link);
  }

  private leaveOut(key: string, want: Want, link: number): void {
    want.links = want.links.filter((other) => other !== link);
    if (want.links.length > 0) return;
    this.wants.delete(key);
    this.rearm();
  }

  private rearm(): void {
    this.wakeAt = Infinity;
    for (const { nextAt } of this.wants.values()) this.wakeAt = Math.min(this.wakeAt, nextAt);
  }
}

/** By which names of one kind are told apart; none is shorter than an id, or longer than two. */
function keyOf(name: Uint8Array): string {
  return nameOf(name) + nameOf(name, name.length - ID_SIZE);
}
