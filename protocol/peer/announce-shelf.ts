/**
 * Announce shelf: the fresh announces of others, kept for links to come, as core's Announces does for
 * boards. Many are heard and few are ever asked for: each lies where the one before of its sender lay,
 * so that hearing one costs no new memory and keeps no larger one from being given back.
 */
import type { Millis } from '../core/machine.ts';
import { NEIGHBOUR_TTL, REPLAY_AGE_MS } from '../core/announces.ts';
import type { PacketView } from '../core/packet.ts';
import { TTL_AT } from '../core/packet.ts';
import { IdPlaces } from '../trust/id-places.ts';
import { Shelf } from './shelf.ts';

/** The only column: when it was heard. */
const COLUMNS = 1;

export class AnnounceShelf {
  private readonly most: number;
  private readonly places: IdPlaces;
  private readonly frames = new Shelf();

  /**
   * Keeps `most`, then forgets the one heard first; admission lets in none of more than some 4 KB.
   * `seed` is secret, as of IdPlaces.
   */
  constructor(most: number, seed: number) {
    this.most = most;
    this.places = new IdPlaces(most, seed, COLUMNS);
  }

  /** `frame` carries the TTL it is passed on with; `packet` is its view. */
  keep(packet: PacketView, frame: Uint8Array, now: Millis): void {
    if (frame[TTL_AT] >= NEIGHBOUR_TTL || frame[TTL_AT] === 0) return;
    const { places } = this;
    let place = places.find(frame, packet.senderAt);
    if (place >= 0) places.use(place);
    else place = this.add(frame, packet.senderAt);
    places.numbers[places.columnsOf(place)] = now;
    this.frames.put(place, frame, frame.length);
  }

  /** What a new link is to hear, oldest first: views, good until another is kept. */
  fresh(now: Millis): Uint8Array[] {
    const { places, frames } = this;
    const fresh: number[] = [];
    for (let place = 0; place < places.end; place++) {
      if (!places.isTaken(place)) continue;
      if (now - places.numbers[places.columnsOf(place)] < REPLAY_AGE_MS) fresh.push(place);
    }
    return places.sorted(fresh).map((place) => frames.at(place));
  }

  private add(frame: Uint8Array, senderAt: number): number {
    const { places } = this;
    if (places.size === this.most) {
      const oldest = places.oldest(() => true);
      this.frames.clear(oldest);
      places.remove(oldest);
    }
    return places.add(frame, senderAt);
  }
}
