/**
 * Piece sender: numbered pieces of a stream on their way through a network that loses, doubles and
 * reorders them. What did not arrive is sent again, alone; how many may be on their way is found out as
 * TCP does (RFC 5681, 6298 and 6675), so that a line takes no more of a narrow way than others on it.
 *
 *   ready -> on its way -> arrived
 *              ^   |------> lost: three later ones arrived, or nothing did for too long
 *              '-----------'
 */
import { assert } from '../core/assert.ts';
import type { Millis } from '../core/machine.ts';
import { PIECES_MAX } from './datagrams.ts';

/** Pieces that may be on their way at first, and after a silence (RFC 6928). */
export const WINDOW_FIRST = 10;
/** Fewer are never allowed, however much is lost. */
const WINDOW_LEAST = 2;
/** Later ones that arrive until one is taken for lost. */
const OVERTAKEN_MAX = 3;
/** The wait for a word about the oldest: at first, at least, and at most, doubled each time in vain. */
const WAIT_FIRST_MS = 1000;
export const WAIT_LEAST_MS = 200;
const WAIT_MOST_MS = 5000;

type Flight = {
  number: number;
  bytes: Uint8Array;
  sentAt: Millis;
  /** Which sending of all this was. */
  turn: number;
  isAgain: boolean;
  isLost: boolean;
};

export class PieceSender {
  /** Sendings of what had been sent before. */
  repeats = 0;
  /** By number, the lowest first. */
  private readonly flights = new Map<number, Flight>();
  /** Those to be sent again, in order. */
  private readonly lost = new Set<Flight>();
  private next = 0;
  private turns = 0;
  private window = WINDOW_FIRST;
  /** Below it the window doubles each round trip, above it grows by one. */
  private threshold = Infinity;
  /** Losses of sendings up to this turn are of a moment that was answered already. */
  private answeredTurn = 0;
  /** The window, not a lack of words, held us back. */
  private wasFull = false;
  private smoothMs: Millis = -1;
  private varianceMs: Millis = 0;
  private inVain = 0;
  private silentFrom: Millis = -Infinity;

  /** Whether another piece may go, new or again. */
  get hasRoom(): boolean {
    if (this.flights.size - this.lost.size >= Math.floor(this.window)) {
      this.wasFull = true;
      return false;
    }
    return this.lost.size > 0 || this.hasNumbers;
  }

  get hasLost(): boolean {
    return this.lost.size > 0;
  }

  /** Whether the other end has room to put a new one aside. */
  get hasNumbers(): boolean {
    const [oldest] = this.flights.keys();
    return oldest === undefined || this.next < oldest + PIECES_MAX;
  }

  /** What is to be sent again; null for nothing. */
  again(now: Millis): { number: number; bytes: Uint8Array } | null {
    const [flight] = this.lost;
    if (flight === undefined) return null;
    this.lost.delete(flight);
    flight.isLost = false;
    flight.isAgain = true;
    this.repeats++;
    this.depart(flight, now);
    return flight;
  }

  /** A new piece goes. */
  send(bytes: Uint8Array, now: Millis): { number: number; bytes: Uint8Array } {
    assert(this.hasNumbers, 'the other end has room for it');
    if (this.flights.size === 0 && now - this.silentFrom > this.waitMs()) {
      // Whatever way was found out about may be another by now.
      this.window = Math.min(this.window, WINDOW_FIRST);
    }
    const number = this.next++;
    const flight = { number, bytes, sentAt: now, turn: 0, isAgain: false, isLost: false };
    this.flights.set(number, flight);
    this.depart(flight, now);
    return flight;
  }

  /** What the other end says it has. False where it cannot have that. */
  arrived(wanted: number, mask: Uint8Array, now: Millis): boolean {
    if (wanted > this.next) return false;
    let newest: Flight | null = null;
    const count = (flight: Flight): void => {
      if (newest === null || flight.turn > newest.turn) newest = flight;
      this.land(flight);
    };
    for (const flight of this.flights.values()) {
      if (flight.number >= wanted) break;
      count(flight);
    }
    for (let at = 0; at < mask.length * 8; at++) {
      if ((mask[at >> 3] & (1 << (at & 7))) === 0) continue;
      const flight = this.flights.get(wanted + 1 + at);
      if (flight !== undefined) count(flight);
    }
    if (newest !== null) this.progress(newest, mask.length > 0, now);
    return true;
  }

  /** Nothing was heard of what is on its way for too long: all of it goes again, slowly. */
  look(now: Millis): void {
    if (now < this.deadline()) return;
    this.threshold = Math.max(WINDOW_LEAST, (this.flights.size - this.lost.size) / 2);
    this.window = WINDOW_LEAST;
    this.answeredTurn = this.turns;
    this.inVain++;
    this.silentFrom = now;
    for (const flight of this.flights.values()) this.lose(flight);
  }

  deadline(): Millis {
    return this.flights.size > this.lost.size ? this.silentFrom + this.waitMs() : Infinity;
  }

  private depart(flight: Flight, now: Millis): void {
    // The wait begins with the first of what is on its way, and anew whenever something arrives.
    if (this.flights.size - this.lost.size === 1) this.silentFrom = now;
    flight.sentAt = now;
    flight.turn = ++this.turns;
  }

  private land(flight: Flight): void {
    this.flights.delete(flight.number);
    this.lost.delete(flight);
    // Losses that are made good say nothing of how wide the way is.
    if (!this.wasFull || flight.turn <= this.answeredTurn) return;
    const isDoubling = this.window < this.threshold;
    this.window = Math.min(PIECES_MAX, this.window + (isDoubling ? 1 : 1 / this.window));
  }

  private progress(newest: Flight, hasGaps: boolean, now: Millis): void {
    this.wasFull = false;
    this.inVain = 0;
    this.silentFrom = now;
    // Of one sent twice nobody knows which sending arrived.
    if (!newest.isAgain) this.measure(now - newest.sentAt);
    if (!hasGaps) return;
    let isNews = false;
    for (const flight of this.flights.values()) {
      if (flight.turn + OVERTAKEN_MAX > newest.turn) continue;
      isNews ||= flight.turn > this.answeredTurn && !flight.isLost;
      this.lose(flight);
    }
    if (!isNews) return;
    this.window = Math.max(WINDOW_LEAST, this.window / 2);
    this.threshold = this.window;
    this.answeredTurn = this.turns;
  }

  private lose(flight: Flight): void {
    flight.isLost = true;
    this.lost.add(flight);
  }

  private measure(ms: Millis): void {
    if (this.smoothMs < 0) {
      this.smoothMs = ms;
      this.varianceMs = ms / 2;
      return;
    }
    this.varianceMs += (Math.abs(this.smoothMs - ms) - this.varianceMs) / 4;
    this.smoothMs += (ms - this.smoothMs) / 8;
  }

  private waitMs(): Millis {
    const measured = this.smoothMs < 0 ? WAIT_FIRST_MS : this.smoothMs + 4 * this.varianceMs;
    return Math.min(WAIT_MOST_MS, Math.max(WAIT_LEAST_MS, measured) * 2 ** this.inVain);
  }
}
