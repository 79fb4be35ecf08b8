/**
 * Heartbeat: shows that a link is alive and how long its way is (WIRE §20). Each end sends one every
 * interval, and with it an echo of the last it heard, so both learn the round trip without a reply.
 *
 *   0          4    8            12         16
 *   | sequence | ms | echo: sequence | ms | ms since it was heard |      u32 each, echo 0 for none
 *
 *   alive --`missedMax` intervals unheard--> silent --heard--> alive
 */
import { readU32, writeU32 } from './bytes.ts';
import type { Machine, Millis, Tick } from './machine.ts';

export const HEARTBEAT_SIZE = 20;

/** DEFAULTS §3; and three, as a dead node must be suspected within three. */
export const INTERVAL_MS = 10000;
export const MISSED_MAX = 3;

export type HeartbeatInput = { kind: 'heard'; payload: Uint8Array };
export type HeartbeatOutput =
  | { kind: 'send'; payload: Uint8Array }
  | { kind: 'roundTrip'; ms: Millis }
  | { kind: 'silent' }
  | { kind: 'alive' }
  /** Of a PacedHeartbeat: one came, so many before it did not, and it told this round trip, or -1. */
  | { kind: 'beat'; roundTripMs: Millis; missed: number }
  | { kind: 'drop'; reason: 'bad-length' };

/** One end of one link. Sends at once, then every interval; a late tick is not made up for. */
export class Heartbeat implements Machine<HeartbeatInput, HeartbeatOutput> {
  protected intervalMs: Millis;
  protected silenceMs: Millis;
  protected sendAt: Millis;
  /** `Infinity` while silent. */
  protected silentAt: Millis;
  /** The last one sent; the first has number 1, as 0 stands for none. */
  private sequence = 0;
  /** Sequence and ms of the last one heard, as it said them. */
  protected echo: Uint8Array | null = null;
  private heardAt: Millis = 0;

  constructor(intervalMs: Millis, missedMax: number, now: Millis) {
    this.intervalMs = intervalMs;
    this.silenceMs = intervalMs * missedMax;
    this.sendAt = now;
    this.silentAt = now + this.silenceMs;
  }

  step(input: HeartbeatInput | Tick, now: Millis): HeartbeatOutput[] {
    const out: HeartbeatOutput[] = [];
    if (input.kind === 'heard') this.hear(input.payload, now, out);
    if (now >= this.silentAt) {
      this.silentAt = Infinity;
      out.push({ kind: 'silent' });
    }
    if (now >= this.sendAt) {
      this.sendAt = now + this.intervalMs;
      out.push({ kind: 'send', payload: this.beat(now) });
    }
    return out;
  }

  deadline(): Millis {
    return Math.min(this.sendAt, this.silentAt);
  }

  private hear(payload: Uint8Array, now: Millis, out: HeartbeatOutput[]): void {
    if (payload.length !== HEARTBEAT_SIZE) {
      out.push({ kind: 'drop', reason: 'bad-length' });
      return;
    }
    this.echo = new Uint8Array(payload.subarray(0, 8));
    this.heardAt = now;
    if (this.silentAt === Infinity) out.push({ kind: 'alive' });
    this.silentAt = now + this.silenceMs;
    // Only an echo of what we sent tells anything: not one of our life before a restart, and no
    // nonsense. Differences are right across the wrap of 32 bits.
    const age = (this.sequence - readU32(payload, 8)) >>> 0;
    const ms = (now - readU32(payload, 12) - readU32(payload, 16)) >>> 0;
    if (age < this.sequence && ms < this.silenceMs) {
      out.push({ kind: 'roundTrip', ms: ms });
    }
  }

  private beat(now: Millis): Uint8Array {
    const bytes = new Uint8Array(HEARTBEAT_SIZE);
    this.sequence++;
    writeU32(bytes, 0, this.sequence);
    writeU32(bytes, 4, now >>> 0);
    if (this.echo !== null) {
      bytes.set(this.echo, 8);
      writeU32(bytes, 16, (now - this.heardAt) >>> 0);
    }
    return bytes;
  }
}
