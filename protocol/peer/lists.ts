/**
 * Lists: tells our neighbours whom we hear and who watches for us, each until it has that list, and
 * hears the same of them (WIRE §29).
 *
 *   our list changes -> settles, or gathers -> said to whom it concerns -> confirmed by a list of theirs
 *                                                                      '-> asked about, again and again
 *
 * While links come up one after another each changes the list of both its ends. Who does not know of it
 * yet brings us a packet too often, never too seldom: so that can wait, and be confirmed with whatever
 * list is due the other way.
 */
import { crc32 } from '../core/crc32.ts';
import type { Machine, Millis, Tick } from '../core/machine.ts';
import { ID_SIZE } from '../core/packet.ts';
import type { NeighbourList } from '../wire/spread.ts';
import { LISTED_MAX } from '../wire/spread.ts';
import type { Vicinity, Watch } from './vicinity.ts';

/** From a change of our list to its saying: others may change at the same time. */
export const SETTLE_MS = 2000;
/** From one saying to the next, unless somebody is gone. */
export const GATHER_MS = 8000;
/** From a list of theirs that asks for nothing to ours that confirms it, if none is due sooner. */
export const CONFIRM_MS = GATHER_MS;
/** What is not confirmed is asked about after so long, twice as long each time, but no longer. */
export const AGAIN_MS = 5000;
export const AGAIN_MAX_MS = 32 * AGAIN_MS;

export type ListsInput =
  | { kind: 'up'; link: number; id: Uint8Array }
  | { kind: 'heard'; link: number; list: NeighbourList }
  | { kind: 'gone'; link: number };

export type ListsOutput = { kind: 'list'; link: number; list: NeighbourList };

/** What was said and heard over one link. */
type Exchange = {
  /** Of their list; null before there was one. */
  heard: number | null;
  /** Of our list as they were told it; null where it has changed since, in what concerns them. */
  said: number | null;
  /** How they watch for us by our list. */
  watch: Watch | null;
  /** Whether they have what concerns them. */
  isConfirmed: boolean;
  /** Whether they are to answer at once. */
  asks: boolean;
  tries: number;
  nextAt: Millis;
};

export class Lists implements Machine<ListsInput, ListsOutput> {
  private readonly vicinity: Vicinity;
  /** By link. */
  private readonly exchanges = new Map<number, Exchange>();
  private ids: Uint8Array = new Uint8Array(0);
  private watches = 0;
  private mark: number;
  /** When our list is to be said that is another now; and when it last was. */
  private dueAt: Millis = Infinity;
  private saidAt: Millis = -Infinity;
  /** Whether somebody is gone since. */
  private hasLost = false;
  private wakeAt: Millis = Infinity;

  constructor(vicinity: Vicinity) {
    this.vicinity = vicinity;
    this.mark = markOf(this.ids, this.watches);
  }

  step(input: ListsInput | Tick, now: Millis): ListsOutput[] {
    const out: ListsOutput[] = [];
    if (input.kind === 'up') this.meet(input.link, input.id, now);
    if (input.kind === 'heard') this.hear(input.link, input.list, now, out);
    if (input.kind === 'gone') this.lose(input.link, now);
    if (now >= this.wakeAt) this.sayDue(now, out);
    this.wakeAt = Infinity;
    for (const { nextAt } of this.exchanges.values()) this.wakeAt = Math.min(this.wakeAt, nextAt);
    return out;
  }

  deadline(): Millis {
    return this.wakeAt;
  }

  has(link: number): boolean {
    return this.exchanges.has(link);
  }

  private meet(link: number, id: Uint8Array, now: Millis): void {
    this.vicinity.join(link, id);
    this.exchanges.set(link, {
      heard: null,
      said: null,
      watch: null,
      isConfirmed: false,
      asks: false,
      tries: 0,
      nextAt: now + SETTLE_MS,
    });
    this.review('up', now);
  }

  private lose(link: number, now: Millis): void {
    this.vicinity.leave(link);
    this.exchanges.delete(link);
    this.review('gone', now);
  }

  private hear(link: number, list: NeighbourList, now: Millis, out: ListsOutput[]): void {
    const exchange = this.exchanges.get(link);
    if (exchange === undefined) return;
    const mark = markOf(list.ids, list.watches);
    const isNews = mark !== exchange.heard;
    exchange.heard = mark;
    if (isNews && this.vicinity.hear(link, list.ids, list.watches)) this.review('heard', now);
    if (list.heard !== null && list.heard === exchange.said) {
      exchange.isConfirmed = true;
      exchange.nextAt = Infinity;
    }
    if (list.asks) this.say(link, exchange, now, out);
    else if (isNews) exchange.nextAt = Math.min(exchange.nextAt, now + CONFIRM_MS);
  }

  /** Whether our list is another by now: then all are to have it, or whoever watches otherwise by it. */
  private review(why: ListsInput['kind'], now: Millis): void {
    const { ids, watches } = this.vicinity.list();
    const mark = markOf(ids, watches);
    if (mark === this.mark) return;
    this.ids = ids;
    this.watches = watches;
    this.mark = mark;
    this.hasLost ||= why === 'gone';
    const soon = now + SETTLE_MS;
    this.dueAt = Math.min(
      this.dueAt,
      this.hasLost ? soon : Math.max(soon, this.saidAt + GATHER_MS),
    );
    // Of more neighbours than that, who watches decides who is named at all.
    const concernsAll = why !== 'heard' || ids.length === LISTED_MAX * ID_SIZE;
    for (const [link, exchange] of this.exchanges) {
      const watch = this.vicinity.watchBy(link);
      if (!concernsAll && watch === exchange.watch) continue;
      exchange.watch = watch;
      exchange.said = null;
      exchange.isConfirmed = false;
      exchange.asks = this.hasLost;
      exchange.tries = 0;
      exchange.nextAt = this.dueAt;
    }
  }

  private sayDue(now: Millis, out: ListsOutput[]): void {
    if (now >= this.dueAt) {
      this.saidAt = now;
      this.dueAt = Infinity;
      this.hasLost = false;
    }
    for (const [link, exchange] of this.exchanges) {
      if (now >= exchange.nextAt) this.say(link, exchange, now, out);
    }
  }

  private say(link: number, exchange: Exchange, now: Millis, out: ListsOutput[]): void {
    const { ids, watches } = this;
    const { heard, isConfirmed } = exchange;
    const asks = !isConfirmed && exchange.asks;
    out.push({ kind: 'list', link, list: { ids, watches, heard, asks } });
    exchange.said = this.mark;
    exchange.asks = true;
    exchange.tries++;
    const againMs = Math.min(AGAIN_MS * 2 ** (exchange.tries - 1), AGAIN_MAX_MS);
    exchange.nextAt = isConfirmed ? Infinity : now + (asks ? againMs : CONFIRM_MS + AGAIN_MS);
  }
}

/** By which one list is told from another. */
function markOf(ids: Uint8Array, watches: number): number {
  const bytes = new Uint8Array(ids.length + 1);
  bytes.set(ids);
  bytes[ids.length] = watches;
  return crc32(bytes) >>> 0;
}
