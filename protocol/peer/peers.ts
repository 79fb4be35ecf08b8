/**
 * Peers: who is about, as their announces say (WIRE §5). A peer is about for 60 s after it was last
 * heard, and for longer where only lines bring word of it, as long as one of them is up. Anybody can
 * make up peers, so there is room for a fixed number, and the stranger silent for longest makes way;
 * those a person keeps never do (RELIABILITY S4).
 *
 * What every announce changes lies together, in a row of numbers; a `Peer` is made for whoever asks.
 *
 *   columns   | heard 8 | heard here 8 | told 8 | mark 8 | link 4 | hops 4 | is direct 4 | - 4 |
 */
import type { Millis } from '../core/machine.ts';
import type { PacketView } from '../core/packet.ts';
import { IdPlaces, PLACES_MAX } from '../trust/id-places.ts';
import type { AnnounceView } from '../wire/announce-view.ts';
import type { LeftReason } from './contract.ts';
import { markOf } from './mark.ts';
import type { Profile } from './profiles.ts';
import { Profiles } from './profiles.ts';

/** WIRE §5. */
export const REACHABLE_MS = 60_000;
/** On its way over several islands, an announce waits for its turn on each (WIRE §28). */
export const REACHABLE_BY_LINE_MS = 180_000;
/** Who stays is told of again so often. */
export const TOLD_EVERY_MS = 600_000;
/** Peers known at once, those kept by a person beside them. */
export const PEERS_MAX = 1024;

export type Peer = Profile & {
  id: Uint8Array;
  /** Where it was heard last. */
  link: number;
  /** Whether it is at the far end of that link, as far as anybody has shown it. */
  isDirect: boolean;
  /** Links crossed by its last announce; null for unknown. */
  hops: number | null;
  heardAt: Millis;
  /** When an announce of it came over anything but a line. */
  heardHereAt: Millis;
};

/** How an announce came. */
export type Way = Pick<Peer, 'link' | 'isDirect' | 'hops'> & { isByLine: boolean };
/** `new` with another name as well; `due` where others should be told of it once more. */
export type Hearing = 'new' | 'due' | 'known';
export type Departure = { peer: Peer; reason: LeftReason };

/** Where they lie in a row as numbers, */
const HEARD_AT = 0;
const HEARD_HERE_AT = 1;
const TOLD_AT = 2;
const COLUMNS = 6;
/** and as words: two of a mark, of the last announce. */
const MARK = 6;
const LINK = 8;
/** 0 for unknown. */
const HOPS = 9;
const IS_DIRECT = 10;

/** For whoever is done with it before anybody else's turn. */
const SAID = new Uint32Array(2);

export class Peers {
  readonly reachableMs: Millis;
  private readonly max: number;
  /** The one silent longest is the one unused for longest. */
  private readonly places: IdPlaces;
  private readonly profiles = new Profiles();
  /** Since when no line is up any more; Infinity while one is, or there never was one. */
  private severedAt: Millis = Infinity;
  /** When the next one has been silent for too long, or earlier. */
  private wakeAt: Millis = Infinity;

  /** `seed` is secret, as of IdPlaces. */
  constructor(max: number, reachableMs: Millis, seed: number) {
    // Of those kept there are as many as pins are kept: never so many.
    this.places = new IdPlaces(PLACES_MAX, seed, COLUMNS);
    this.max = max;
    this.reachableMs = reachableMs;
  }

  get size(): number {
    return this.places.size;
  }

  /** `announce` is what `packet` carries. */
  hear(packet: PacketView, announce: AnnounceView, way: Way, now: Millis): Hearing {
    const { bytes, senderAt } = packet;
    const known = this.places.find(bytes, senderAt);
    const place = known < 0 ? this.add(bytes, senderAt) : known;
    const isAsBefore = this.mark(place, packet) && known >= 0;
    const isNew = !isAsBefore && this.profiles.note(place, announce);
    const { numbers, words } = this.places;
    const row = this.places.columnsOf(place);
    const isDue = isNew || now - numbers[row + TOLD_AT] >= TOLD_EVERY_MS;
    words[2 * row + LINK] = way.link;
    words[2 * row + HOPS] = way.hops ?? 0;
    words[2 * row + IS_DIRECT] = way.isDirect ? 1 : 0;
    if (!way.isByLine) numbers[row + HEARD_HERE_AT] = now;
    if (isDue) numbers[row + TOLD_AT] = now;
    this.note(place, now);
    return isNew ? 'new' : isDue ? 'due' : 'known';
  }

  /** A line is up. */
  join(): void {
    this.severedAt = Infinity;
  }

  /** The last line is down: nothing is on its way here by one. */
  sever(now: Millis): void {
    this.severedAt = now;
    this.wakeAt = Math.min(this.wakeAt, now + this.reachableMs);
  }

  /** Something else that it signed. */
  touch(id: Uint8Array, now: Millis): void {
    const place = this.places.find(id);
    if (place >= 0) this.note(place, now);
  }

  leave(id: Uint8Array): Departure | null {
    const place = this.places.find(id);
    return place < 0 ? null : this.remove(place, 'user');
  }

  /** Makes room, where there is too little; those `isKept` names stay. */
  makeRoom(isKept: (id: Uint8Array) => boolean): Departure | null {
    if (this.size <= this.max) return null;
    const place = this.places.oldest((one) => !isKept(this.places.idAt(one)));
    return place < 0 ? null : this.remove(place, 'crowded');
  }

  /** Those that have been silent for too long, the one heard longest ago first. */
  expire(now: Millis): Departure[] {
    if (now < this.wakeAt) return [];
    const { places } = this;
    const due: number[] = [];
    this.wakeAt = Infinity;
    for (let place = 0; place < places.end; place++) {
      if (!places.isTaken(place)) continue;
      const until = this.reachableUntil(place);
      if (now < until) this.wakeAt = Math.min(this.wakeAt, until);
      else due.push(place);
    }
    return places.sorted(due).map((place) => this.remove(place, 'timeout'));
  }

  deadline(): Millis {
    return this.wakeAt;
  }

  has(id: Uint8Array): boolean {
    return this.places.find(id) >= 0;
  }

  find(id: Uint8Array): Peer | null {
    const place = this.places.find(id);
    return place < 0 ? null : this.peerAt(place);
  }

  /** Null for nobody about. */
  nameOf(id: Uint8Array): string | null {
    const place = this.places.find(id);
    return place < 0 ? null : this.profiles.nameAt(place);
  }

  /** The one silent longest first. */
  all(): Peer[] {
    return this.places.inOrder().map((place) => this.peerAt(place));
  }

  /** Whether it says the same as last time; from now on this is what it said. */
  private mark(place: number, { bytes, payloadAt, payloadLength }: PacketView): boolean {
    const { words } = this.places;
    const at = 2 * this.places.columnsOf(place) + MARK;
    markOf(bytes, payloadAt, payloadLength, SAID);
    if (words[at] === SAID[0] && words[at + 1] === SAID[1]) return true;
    words[at] = SAID[0];
    words[at + 1] = SAID[1];
    return false;
  }

  private add(bytes: Uint8Array, idAt: number): number {
    const place = this.places.add(bytes, idAt);
    this.places.numbers[this.places.columnsOf(place) + HEARD_HERE_AT] = -Infinity;
    return place;
  }

  private remove(place: number, reason: LeftReason): Departure {
    const peer = this.peerAt(place);
    this.places.remove(place);
    this.profiles.clear(place);
    return { peer, reason };
  }

  private note(place: number, now: Millis): void {
    this.places.use(place);
    this.places.numbers[this.places.columnsOf(place) + HEARD_AT] = now;
    this.wakeAt = Math.min(this.wakeAt, this.reachableUntil(place));
  }

  private reachableUntil(place: number): Millis {
    const { reachableMs } = this;
    const { numbers } = this.places;
    const row = this.places.columnsOf(place);
    const heardAt = numbers[row + HEARD_AT];
    const isByLine = heardAt - numbers[row + HEARD_HERE_AT] >= reachableMs;
    if (!isByLine) return heardAt + reachableMs;
    const latest = heardAt + Math.max(REACHABLE_BY_LINE_MS, reachableMs);
    return Math.min(latest, Math.max(heardAt, this.severedAt) + reachableMs);
  }

  private peerAt(place: number): Peer {
    const { numbers, words } = this.places;
    const row = this.places.columnsOf(place);
    const { name, capabilities, neighbours } = this.profiles.at(place);
    return {
      id: this.places.idAt(place),
      name,
      capabilities,
      neighbours,
      link: words[2 * row + LINK],
      isDirect: words[2 * row + IS_DIRECT] === 1,
      hops: words[2 * row + HOPS] || null,
      heardAt: numbers[row + HEARD_AT],
      heardHereAt: numbers[row + HEARD_HERE_AT],
    };
  }
}
