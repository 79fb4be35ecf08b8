/**
 * Tracer: traces that begin here (WIRE §20, core's Trace). Nodes on the way answer one by one, and no
 * answer says that it is the last: a trace is done when its time is over.
 */
import { readU16 } from '../core/bytes.ts';
import { HISTORY_AT } from '../core/trace.ts';
import type { Millis } from '../core/machine.ts';
import { ID_SIZE } from '../core/packet.ts';
import { nameOf } from '../trust/pins.ts';
import type { TracedHop } from './contract.ts';

export const TRACE_TIME_MS = 5000;
/** Traces under way; more are refused. */
export const TRACES_MAX = 4;
const COUNT_AT = 16;
const RECORD_SIZE = 12;
const UNKNOWN = 65535;
/** By the link kind of a record. */
const MEDIA: readonly TracedHop['medium'][] = ['air', 'wire', 'line'];

type Own = { target: Uint8Array; until: Millis };

export class Tracer {
  /** By nonce, the oldest first. */
  private readonly own = new Map<string, Own>();

  /** The payload of a request, or null when too many are under way. */
  begin(target: Uint8Array, nonce: Uint8Array, now: Millis): Uint8Array | null {
    if (this.own.size >= TRACES_MAX) return null;
    this.own.set(nameOf(nonce), { target: new Uint8Array(target), until: now + TRACE_TIME_MS });
    const payload = new Uint8Array(HISTORY_AT);
    payload.set(nonce);
    payload.set(target, ID_SIZE);
    return payload;
  }

  /** Null for a trace of somebody else; what comes back of ours without a record is a circle. */
  hear(payload: Uint8Array): TracedHop | 'trace-loop' | null {
    if (payload.length < HISTORY_AT) return null;
    const own = this.own.get(nameOf(payload));
    if (own === undefined) return null;
    const at = HISTORY_AT + payload[COUNT_AT] * ID_SIZE;
    if (payload.length !== at + RECORD_SIZE) return 'trace-loop';
    const rssi = (payload[at + 9] << 24) >> 24;
    const ms = readU16(payload, at + 10);
    return {
      target: own.target,
      id: new Uint8Array(payload.subarray(at, at + ID_SIZE)),
      distance: payload[COUNT_AT],
      medium: MEDIA[payload[at + 8]] ?? 'wire',
      rssi: rssi === 0 ? null : rssi,
      roundTripMs: ms === UNKNOWN ? null : ms,
      via: viaOf(payload),
    };
  }

  /** The targets of the traces that are over now. */
  expire(now: Millis): Uint8Array[] {
    const done: Uint8Array[] = [];
    for (const [nonce, { target, until }] of this.own) {
      if (now < until) break;
      this.own.delete(nonce);
      done.push(target);
    }
    return done;
  }

  deadline(): Millis {
    for (const { until } of this.own.values()) return until;
    return Infinity;
  }
}

/** The history of the request as the node met it (WIRE §27). */
function viaOf(payload: Uint8Array): Uint8Array[] {
  return Array.from({ length: payload[COUNT_AT] }, (_, i) => {
    const at = HISTORY_AT + i * ID_SIZE;
    return new Uint8Array(payload.subarray(at, at + ID_SIZE));
  });
}
