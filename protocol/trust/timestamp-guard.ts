/**
 * Timestamp guard: no two packets of one sender share their millisecond and their first 64 payload
 * bytes, or an Android relay takes the second for the first (WIRE §12 iii, DEFAULTS §1). Packets
 * that differ may share a millisecond, so a busy sender does not run ahead of its clock.
 */
import type { Millis } from '../core/machine.ts';
import { keepNewest } from '../keep-newest.ts';

/** What Android hashes of a payload, inflated; the type is not in it. */
const PREFIX = 64;

/**
 * Beginnings remembered with the last millisecond they went out in. Then the one used longest ago is
 * forgotten: only a clock set back over this many different packets could bring a pair together.
 */
export const BEGINNINGS_MAX = 1024;

/**
 * A clock that is set back by more is right from then on: nobody takes what is this far ahead of its
 * time (WIRE §12 o), and a peer that went on from there would speak to nobody until that time comes.
 */
export const AHEAD_MAX_MS = 120_000;

export class TimestampGuard {
  private readonly lastUse = new Map<string, Millis>();

  /** The timestamp for a packet with this payload, uncompressed: `wallMs`, or the next that is free. */
  stamp(wallMs: Millis, payload: Uint8Array): Millis {
    const beginning = textOf(payload.subarray(0, PREFIX));
    const last = this.lastUse.get(beginning);
    const isTaken = last !== undefined && last >= wallMs && last < wallMs + AHEAD_MAX_MS;
    const timestamp = isTaken ? last + 1 : wallMs;
    this.lastUse.delete(beginning);
    this.lastUse.set(beginning, timestamp);
    keepNewest(this.lastUse, BEGINNINGS_MAX);
    return timestamp;
  }
}

function textOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
