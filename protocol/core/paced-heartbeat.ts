/**
 * PacedHeartbeat: a heartbeat whose pace its owner may change while the link is up, and that tells of
 * each one heard, for whoever judges by them (DEFAULTS §3). After its first, which goes at once, it
 * beats at moments that it shares with all others of the same phase and pace.
 *
 *   first   common      common      common
 *   |       |           |           |          a phase apart from 0, an interval from each other
 *
 * The ends of a link may beat at different paces: what the other's is shows in its own sequence and
 * ms, and silence is counted in whichever interval is longer. No board has this in its bundle.
 */
import { readU32 } from './bytes.ts';
import type { HeartbeatInput, HeartbeatOutput } from './heartbeat.ts';
import { Heartbeat, HEARTBEAT_SIZE, INTERVAL_MS, MISSED_MAX } from './heartbeat.ts';
import type { Millis, Tick } from './machine.ts';

/** How often we beat, and after how many intervals without a word a link is silent. */
export type Pace = { intervalMs: Millis; missedMax: number };
export const PACE: Pace = { intervalMs: INTERVAL_MS, missedMax: MISSED_MAX };

/** Slower than that nobody is taken to beat, whatever its figures say. */
export const INTERVAL_MAX_MS = 120000;
/** A larger gap in a sequence is another life of the far end. */
const GAP_MAX = 1000;

export class PacedHeartbeat extends Heartbeat {
  private missedMax: number;
  private readonly phaseMs: Millis;
  private sentAt: Millis = -Infinity;
  /** Until it is known, the other end beats as all do. */
  private theirIntervalMs: Millis = INTERVAL_MS;
  private theirLastMs: Millis = INTERVAL_MS;

  /** `phaseMs`: of the moments at which it beats, on this node's clock. */
  constructor(pace: Pace, phaseMs: Millis, now: Millis) {
    super(pace.intervalMs, pace.missedMax, now);
    this.missedMax = pace.missedMax;
    this.phaseMs = phaseMs;
    this.listen(now);
  }

  override step(input: HeartbeatInput | Tick, now: Millis): HeartbeatOutput[] {
    const isBeat = input.kind === 'heard' && input.payload.length === HEARTBEAT_SIZE;
    const missed = isBeat ? this.measure(input.payload) : 0;
    const isDue = now >= this.sendAt;
    const out = super.step(input, now);
    if (isDue) {
      this.sentAt = now;
      this.sendAt = this.momentAfter(now);
    }
    if (!isBeat) return out;
    let roundTripMs = -1;
    for (let i = 0; i < out.length; i++) {
      const output = out[i];
      if (output.kind === 'roundTrip') roundTripMs = output.ms;
    }
    out.push({ kind: 'beat', roundTripMs: roundTripMs, missed: missed });
    return out;
  }

  setPace(pace: Pace, now: Millis): void {
    this.intervalMs = pace.intervalMs;
    // At once, if it was due by then.
    this.sendAt = Math.max(now, this.momentAfter(this.sentAt));
    this.missedMax = pace.missedMax;
    this.listen(now);
  }

  /** Anything heard shows that somebody is there. */
  touch(now: Millis): void {
    this.silentAt = now + this.silenceMs;
  }

  /** Later than that by an interval at most: parts of a millisecond are rounded, and may say the same. */
  private momentAfter(at: Millis): Millis {
    const passed = Math.floor((at - this.phaseMs) / this.intervalMs);
    const moment = (passed + 1) * this.intervalMs + this.phaseMs;
    return moment > at ? moment : (passed + 2) * this.intervalMs + this.phaseMs;
  }

  private listen(now: Millis): void {
    this.silenceMs = this.missedMax * Math.max(this.intervalMs, this.theirIntervalMs);
    this.touch(now);
  }

  /** How many were lost before this one; and the pace of the other end. */
  private measure(payload: Uint8Array): number {
    if (this.echo === null) return 0;
    const gap = (readU32(payload, 0) - readU32(this.echo, 0)) >>> 0;
    // An earlier number is one that was overtaken, or the far end began anew.
    if (gap === 0 || gap > GAP_MAX) return 0;
    const ms = ((readU32(payload, 4) - readU32(this.echo, 4)) >>> 0) / gap;
    // The longer of two: what is left until the first common moment may be next to nothing.
    this.theirIntervalMs = Math.min(Math.max(ms, this.theirLastMs), INTERVAL_MAX_MS);
    this.theirLastMs = ms;
    this.silenceMs = this.missedMax * Math.max(this.intervalMs, this.theirIntervalMs);
    return gap - 1;
  }
}
