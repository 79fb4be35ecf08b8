/**
 * Announced: of each sender the announce that came last, by the time it says itself, and when it came.
 * Clocks of senders jump, so a time is compared with that of the same sender alone, and not for long.
 *
 *   name of an announce | id of the sender 8 | low six bytes of its timestamp |
 */
import { readU16, readU32 } from '../core/bytes.ts';
import type { Millis } from '../core/machine.ts';
import { ID_SIZE, TIMESTAMP_AT } from '../core/packet.ts';
import { IdPlaces } from '../trust/id-places.ts';
import { ANNOUNCE_NAME_SIZE } from '../wire/spread.ts';

/** Then the sender whose announce came longest ago is forgotten, and introduced to us again. */
export const SENDERS_MAX = 512;
/** What came longer ago says nothing of what is new. */
export const FRESH_MS = 60_000;

/** Where the part of its timestamp that is in its name lies in a frame. */
export const NAMED_TIME_AT = TIMESTAMP_AT + 2;

/** Columns; `IS_SPENT`: 1 for what came without hops to go on, and is wanted with some. */
const TIME = 0;
const HEARD_AT = 1;
const IS_SPENT = 2;
const COLUMNS = 3;

export class Announced {
  private readonly places: IdPlaces;

  /** `seed`: secret, as of IdPlaces. */
  constructor(seed: number) {
    this.places = new IdPlaces(SENDERS_MAX, seed, COLUMNS);
  }

  /** One came with this TTL, and is what it says. */
  note(frame: Uint8Array, ttl: number, now: Millis): void {
    const { places } = this;
    const senderAt = senderIn(frame);
    let place = places.find(frame, senderAt);
    if (place >= 0) places.use(place);
    else place = this.add(frame, senderAt);
    const row = places.columnsOf(place);
    places.numbers[row + TIME] = timeIn(frame);
    places.numbers[row + HEARD_AT] = now;
    places.numbers[row + IS_SPENT] = ttl > 1 ? 0 : 1;
  }

  /** A copy went on, be it the first or a later one. */
  passedOn(frame: Uint8Array): void {
    const { places } = this;
    const place = places.find(frame, senderIn(frame));
    const row = places.columnsOf(place);
    if (place < 0 || places.numbers[row + TIME] !== timeIn(frame)) return;
    places.numbers[row + IS_SPENT] = 0;
  }

  /** Whether what is named there would be news, or could go on from here with this TTL for the first time. */
  lacks(names: Uint8Array, at: number, ttl: number, now: Millis): boolean {
    const place = this.places.find(names, at);
    if (place < 0) return true;
    const { numbers } = this.places;
    const row = this.places.columnsOf(place);
    const had = numbers[row + TIME];
    const named = timeAt(names, at + ID_SIZE);
    if (named === had) return numbers[row + IS_SPENT] === 1 && ttl > 1;
    return named > had || now - numbers[row + HEARD_AT] >= FRESH_MS;
  }

  /** When the last one of the sender of this one came; never, for whom is not known. */
  heardAt(frame: Uint8Array): Millis {
    const { places } = this;
    const place = places.find(frame, senderIn(frame));
    return place < 0 ? -Infinity : places.numbers[places.columnsOf(place) + HEARD_AT];
  }

  private add(frame: Uint8Array, senderAt: number): number {
    const { places } = this;
    if (places.size === SENDERS_MAX) places.remove(places.oldest(() => true));
    return places.add(frame, senderAt);
  }
}

export function nameOfAnnounce(frame: Uint8Array): Uint8Array {
  const name = new Uint8Array(ANNOUNCE_NAME_SIZE);
  writeName(frame, name, 0);
  return name;
}

export function writeName(frame: Uint8Array, names: Uint8Array, at: number): void {
  const senderAt = senderIn(frame);
  for (let i = 0; i < ID_SIZE; i++) names[at + i] = frame[senderAt + i];
  for (let i = 0; i < 6; i++) names[at + ID_SIZE + i] = frame[NAMED_TIME_AT + i];
}

/** Of a frame that is a packet. */
export function senderIn(frame: Uint8Array): number {
  return frame[0] === 1 ? 14 : 16;
}

function timeIn(frame: Uint8Array): number {
  return timeAt(frame, NAMED_TIME_AT);
}

function timeAt(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at) * 0x100000000 + readU32(bytes, at + 2);
}
