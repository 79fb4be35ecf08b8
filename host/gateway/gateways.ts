/**
 * Gateways: the others, as their adverts tell, and which of them take turns with us (WIRE §28): those
 * of our island that have lines. Whether the same packets reach them nobody asks: a packet finds ways
 * over other islands that none of us sees, and two that each took themselves for the only one would
 * both bring it in.
 */
import { sameBytes } from '../../protocol/core/bytes.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { Advert } from './advert.ts';
import { NAMED_MAX } from './advert.ts';

export const ADVERT_EVERY_MS = 30_000;
/** A gateway is forgotten after three adverts that did not come. */
export const GATEWAY_TIMEOUT_MS = 3 * ADVERT_EVERY_MS;
/** Others known at once (DEFAULTS §5); then the one of another island that was heard first goes. */
export const GATEWAYS_MAX = 1000;
/** Rivals at most, the first by id: whoever makes gateways up must not put off the real ones for long. */
export const RIVALS_MAX = 8;
/** Until all have heard of a change, nobody goes ahead at once. */
export const SETTLING_MS = 2000;

/** Where adverts come over lines first, nobody sees how far it is on the air. */
const UNKNOWN_HOPS = 2;

type Known = {
  id: Uint8Array;
  advert: Advert;
  heardAt: Millis;
  /** Hops from it to us on the air, as far as is known. */
  hops: number;
  /** When it was last proven to be on our island; -Infinity once that is too long ago. */
  hereAt: Millis;
};

export class Gateways {
  /** Those that take turns with us. */
  rivals: Uint8Array[] = [];
  /** Hops that a packet must still have to be heard by all of them. */
  reach = 0;
  private readonly self: string;
  private readonly known = new Map<string, Known>();
  /** At the far ends of our lines. */
  private readonly ownLines = new Map<string, Uint8Array>();
  private changedAt: Millis = -Infinity;

  constructor(id: Uint8Array) {
    this.self = toHex(id);
  }

  get hasLines(): boolean {
    return this.ownLines.size > 0;
  }

  hasLineTo(id: Uint8Array): boolean {
    return this.ownLines.has(toHex(id));
  }

  isHere(id: Uint8Array, now: Millis): boolean {
    const other = this.known.get(toHex(id));
    return other !== undefined && isFresh(other.hereAt, now);
  }

  /** Whether it says something new, or is new itself. `hops` null where it came over a line. */
  hear(id: Uint8Array, advert: Advert, hops: number | null, now: Millis): boolean {
    const name = toHex(id);
    if (name === this.self) return false;
    const before = this.known.get(name);
    const isFromLine = hops === null;
    const hereAt = isFromLine ? (before?.hereAt ?? -Infinity) : now;
    this.known.delete(name);
    const known = { id, advert, heardAt: now, hops: hops ?? before?.hops ?? UNKNOWN_HOPS, hereAt };
    this.known.set(name, known);
    if (this.known.size > GATEWAYS_MAX) this.makeRoom(now);
    const isNew = before === undefined || !isAlike(before.advert, advert);
    const isNewHere = !isFromLine && !isFresh(before?.hereAt ?? -Infinity, now);
    if (isNew || isNewHere) this.reckon(now);
    return isNew || isNewHere;
  }

  /** What it said over a line was heard on the air as well. Whether that is new. */
  proveHere(id: Uint8Array, now: Millis): boolean {
    const other = this.known.get(toHex(id));
    if (other === undefined) return false;
    const wasHere = isFresh(other.hereAt, now);
    other.hereAt = now;
    if (!wasHere) this.reckon(now);
    return !wasHere;
  }

  lineUp(id: Uint8Array, now: Millis): void {
    this.ownLines.set(toHex(id), id);
    this.changedAt = now;
    this.reckon(now);
  }

  lineDown(id: Uint8Array, now: Millis): void {
    this.ownLines.delete(toHex(id));
    this.reckon(now);
  }

  /** Others may have come into reach that we do not know yet. */
  unsettle(now: Millis): void {
    this.changedAt = now;
  }

  /** The earliest moment at which what came now may go ahead. Later packets never get an earlier one. */
  settledAt(cameAt: Millis): Millis {
    const until = this.changedAt + SETTLING_MS;
    return Math.max(cameAt, Math.min(cameAt + SETTLING_MS / 2, until));
  }

  /** Those that have not been heard for too long. */
  expire(now: Millis): Uint8Array[] {
    const gone: Uint8Array[] = [];
    for (const [name, other] of this.known) {
      if (!isFresh(other.hereAt, now)) other.hereAt = -Infinity;
      if (isFresh(other.heardAt, now)) continue;
      this.known.delete(name);
      gone.push(other.id);
    }
    this.reckon(now);
    return gone;
  }

  deadline(): Millis {
    let at = Infinity;
    for (const { heardAt, hereAt } of this.known.values()) {
      at = Math.min(at, heardAt + GATEWAY_TIMEOUT_MS);
      if (hereAt > -Infinity) at = Math.min(at, hereAt + GATEWAY_TIMEOUT_MS);
    }
    return at;
  }

  /** For how long its budget is spent already, as it says. */
  busyMs(id: Uint8Array): Millis {
    return (this.known.get(toHex(id))?.advert.busySeconds ?? 0) * 1000;
  }

  /** What we say of ourselves. */
  advert(busySeconds: number): Advert {
    const lines = [...this.ownLines.values()];
    return { lines: lines.slice(0, NAMED_MAX), lineCount: lines.length, busySeconds };
  }

  all(now: Millis): { id: Uint8Array; isHere: boolean; lines: Uint8Array[]; ageMs: Millis }[] {
    const others = [...this.known.values()].map(({ id, advert, heardAt, hereAt }) => {
      return { id, isHere: isFresh(hereAt, now), lines: advert.lines, ageMs: now - heardAt };
    });
    return others.sort((a, b) => Number(b.isHere) - Number(a.isHere));
  }

  /** Each of them reckons alike, because all hear the same adverts. */
  private reckon(now: Millis): void {
    const rivals = [...this.known.values()]
      .filter(({ advert, hereAt }) => advert.lineCount > 0 && isFresh(hereAt, now))
      .sort((a, b) => (toHex(a.id) < toHex(b.id) ? -1 : 1))
      .slice(0, RIVALS_MAX);
    const ids = rivals.map(({ id }) => id);
    if (!isAlikeIds(ids, this.rivals)) this.changedAt = now;
    this.rivals = ids;
    this.reach = Math.max(0, ...rivals.map(({ hops }) => hops));
  }

  private makeRoom(now: Millis): void {
    for (const [name, { hereAt }] of this.known) {
      if (isFresh(hereAt, now)) continue;
      this.known.delete(name);
      return;
    }
    this.known.delete(this.known.keys().next().value!);
  }
}

function isFresh(at: Millis, now: Millis): boolean {
  return now < at + GATEWAY_TIMEOUT_MS;
}

function isAlike(a: Advert, b: Advert): boolean {
  const isSame = a.lineCount === b.lineCount && a.busySeconds === b.busySeconds;
  return isSame && isAlikeIds(a.lines, b.lines);
}

function isAlikeIds(a: Uint8Array[], b: Uint8Array[]): boolean {
  return a.length === b.length && a.every((id, at) => sameBytes(id, 0, b[at]));
}
