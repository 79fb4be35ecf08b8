/**
 * Congestion: how fast a line is offered what waits for it, where its way is narrower than its limit
 * (DEFAULTS §5). What lies in sockets and routers keeps its order, so that the most urgent packet waits
 * behind all of it; what waits here does not. A sign takes the pace down at once, below what got
 * through; without one it rises again, evenly up to there, and then ever faster.
 *
 *   clear -> slowed   a write that does not leave, a round trip that grew, heartbeats that are lost
 *   slowed -> clear   the pace has risen to the ceiling
 */
import type { Millis } from '../core/machine.ts';

/** A write that has not left by then shows that the socket takes no more. */
export const WRITE_SLOW_MS = 250;
/** Writes that we hear of together leave together: so long the next one has, however old it is. */
const GRACE_MS = 50;
/** A round trip has grown when it takes twice the shortest one lately, and so much more. */
export const TRIP_SLOW_MS = 500;
const TRIP_GROWN = 2;
/** The shortest round trip is that of this time and of as much before it: ways change. */
const TRIP_PERIOD_MS = 300_000;
/** Of what got through, this part is offered after a sign. */
export const CUT = 0.7;
/** A sign sooner after the last is the same one: what was cut has not shown yet. */
export const SETTLE_MS = 1000;
/** Each second without a sign the pace rises by this part of what got through ... */
export const RISE = 1 / 32;
/** ... and, once it is there, by twice as much again each time that so long has passed without one. */
const RISE_DOUBLES_MS = 10_000;
/** Bytes a second below which no line is slowed: so much costs nothing to try. */
export const PACE_MIN = 8000;

/** When something was written, and what had not left by then, itself among it. */
type Write = { at: Millis; ahead: number; size: number };

export class Congestion {
  /** Bytes a second at most, whatever the way takes. */
  ceiling: number;
  /** Bytes a second that are offered now. */
  pace: number;
  /** How often it was taken down since it was clear. */
  cuts = 0;
  /** What got through when it was taken down, and since when the pace is there again. */
  private knee = 0;
  private kneeAt: Millis = Infinity;
  private hasRisen = false;
  private cutAt: Millis = -Infinity;
  private riseAt: Millis = Infinity;
  /** The first was written first; the links above bound them by their window. */
  private readonly writes: Write[] = [];
  private outBytes = 0;
  /** When the oldest write is looked at. */
  private lookAt: Millis = Infinity;
  private readonly left = new Throughput();
  private hasGrown = false;
  private shortest = Infinity;
  private shortestBefore = Infinity;
  private periodAt: Millis;
  /** Written since the last heartbeat came. */
  private sinceBeat = 0;
  private beatAt: Millis;

  constructor(ceiling: number, now: Millis) {
    this.ceiling = ceiling;
    this.pace = ceiling;
    this.periodAt = now;
    this.beatAt = now;
  }

  get isSlowed(): boolean {
    return this.pace < this.ceiling;
  }

  wrote(size: number, now: Millis): void {
    this.outBytes += size;
    this.sinceBeat += size;
    this.writes.push({ at: now, ahead: this.outBytes, size });
    if (this.writes.length === 1) this.lookAt = now + WRITE_SLOW_MS;
  }

  /** The oldest write has left. */
  sent(now: Millis): void {
    const write = this.writes.shift();
    if (write === undefined) return;
    this.outBytes -= write.size;
    this.left.count(write.size, now);
    const [next] = this.writes;
    this.lookAt = next === undefined ? Infinity : Math.max(now + GRACE_MS, next.at + WRITE_SLOW_MS);
  }

  /**
   * A heartbeat came; the round trip is -1 where it told none, without what our own beat waited here.
   * `missed` before it did not come.
   */
  beat(roundTripMs: Millis, missed: number, now: Millis): void {
    const offered = (this.sinceBeat * 1000) / Math.max(1, now - this.beatAt);
    this.sinceBeat = 0;
    this.beatAt = now;
    if (roundTripMs >= 0) this.measure(roundTripMs, now);
    // Who sends next to nothing is not what fills the way.
    if ((this.hasGrown || missed > 0) && offered >= PACE_MIN / 2) this.cut(offered, now);
  }

  step(now: Millis): void {
    if (now >= this.lookAt) this.look(now);
    if (now >= this.riseAt) this.rise(now);
  }

  deadline(): Millis {
    return Math.min(this.lookAt, this.riseAt);
  }

  /** The owner's word. */
  limit(ceiling: number): void {
    if (!this.isSlowed) this.pace = ceiling;
    this.ceiling = ceiling;
    if (this.pace >= ceiling) this.clear();
  }

  private measure(roundTripMs: Millis, now: Millis): void {
    if (now - this.periodAt >= TRIP_PERIOD_MS) {
      this.shortestBefore = this.shortest;
      this.shortest = Infinity;
      this.periodAt = now;
    }
    this.shortest = Math.min(this.shortest, roundTripMs);
    const shortest = Math.min(this.shortest, this.shortestBefore);
    this.hasGrown = roundTripMs > shortest * TRIP_GROWN + TRIP_SLOW_MS;
  }

  private look(now: Millis): void {
    const lateMs = now - this.lookAt;
    const [oldest] = this.writes;
    this.lookAt = now + SETTLE_MS;
    // Where we were late ourselves, the socket may have told us long ago, and we have not heard it yet.
    if (lateMs > WRITE_SLOW_MS) this.lookAt = now + WRITE_SLOW_MS;
    else this.cut(Math.max(this.left.at(now), (oldest.ahead * 1000) / (now - oldest.at)), now);
  }

  private cut(gotThrough: number, now: Millis): void {
    if (now - this.cutAt < SETTLE_MS) return;
    const knee = Math.min(this.pace, gotThrough);
    this.pace = Math.max(PACE_MIN, CUT * knee);
    // A ceiling as low as that cannot be slowed.
    if (this.pace >= this.ceiling) return this.clear();
    // While it has not risen again, it is still the same trouble, and what gets through is less for it.
    this.knee = Math.max(PACE_MIN, knee, this.hasRisen ? 0 : this.knee);
    this.hasRisen = false;
    this.cuts++;
    this.kneeAt = Infinity;
    this.cutAt = now;
    this.riseAt = now + SETTLE_MS;
  }

  private rise(now: Millis): void {
    this.riseAt = now + SETTLE_MS;
    if (this.hasGrown) return;
    this.hasRisen = true;
    if (this.pace >= this.knee) this.kneeAt = Math.min(this.kneeAt, now);
    const beyondMs = Math.max(0, now - this.kneeAt);
    this.pace += this.knee * RISE * 2 ** Math.floor(beyondMs / RISE_DOUBLES_MS);
    if (this.pace >= this.ceiling) this.clear();
  }

  private clear(): void {
    this.pace = this.ceiling;
    this.knee = 0;
    this.cuts = 0;
    this.riseAt = Infinity;
  }
}

const COUNTED_MS = 1000;

/** Bytes a second, of the last second or two. */
class Throughput {
  private bytes = 0;
  private before = 0;
  private since: Millis = -Infinity;

  count(bytes: number, now: Millis): void {
    this.turn(now);
    this.bytes += bytes;
  }

  at(now: Millis): number {
    this.turn(now);
    return ((this.bytes + this.before) * 1000) / (COUNTED_MS + now - this.since);
  }

  private turn(now: Millis): void {
    const ms = now - this.since;
    if (ms < COUNTED_MS) return;
    this.before = ms < 2 * COUNTED_MS ? this.bytes : 0;
    this.since = ms < 2 * COUNTED_MS ? this.since + COUNTED_MS : now;
    this.bytes = 0;
  }
}
