/**
 * Trace: shows the way a packet takes, hop by hop (WIRE §20). A request is passed on over every
 * other link, for a node without routes does not know the right one; each node that meets it answers
 * the neighbour it came from with a record of its own, and hands on the answers of those behind.
 *
 *   request | nonce 8 | target 8 | count 1 | ids 8 each ... |
 *   answer  | the request as that node met it | node id 8 | link kind 1 | RSSI 1 | ms 2 |
 *
 * Link kind: 0 air, 1 wire, 2 line. RSSI in dBm, 0 for none. ms: the round trip to the neighbour, 65535
 * for unknown.
 */
import { readU32, sameBytes, writeU16 } from './bytes.ts';
import { ID_SIZE } from './packet.ts';

/** Requests whose way back is remembered; then the one met first is forgotten. */
export const TRACES_MAX = 4;
/** Nodes in a history (WIRE §27); a request that has visited as many goes no further. */
export const HISTORY_MAX = 8;
export const TARGET_AT = 8;
export const HISTORY_AT = 17;
const RECORD_SIZE = 12;

export type TraceDrop = 'bad-trace' | 'trace-unknown' | 'trace-loop';

/** What the node knows of the link a request came over. */
export type Hop = { kind: number; rssi: number; roundTripMs: number };

/** What is to be sent: `link` -1 means all but `except`. */
export type TraceOutput = { link: number; except: number; payload: Uint8Array };

export class Trace {
  private readonly id: Uint8Array;
  private readonly origins: { nonce: number; other: number; link: number }[] = [];

  constructor(id: Uint8Array) {
    this.id = id;
  }

  /** What a payload heard on a link leads to, or why to nothing. */
  hear(link: number, hop: Hop, payload: Uint8Array): TraceOutput[] | TraceDrop {
    const size = payload.length;
    const count = payload[16];
    const end = HISTORY_AT + count * ID_SIZE;
    // Missing bytes make it no number, and nothing equals that.
    const isRequest = size === end;
    if (!isRequest && size !== end + RECORD_SIZE) return 'bad-trace';
    if (count > HISTORY_MAX) return 'bad-trace';
    const nonce = readU32(payload, 0);
    const other = readU32(payload, 4);
    let origin = -1;
    for (let i = 0; i < this.origins.length; i++) {
      if (this.origins[i].nonce === nonce && this.origins[i].other === other) {
        origin = this.origins[i].link;
      }
    }
    if (!isRequest) {
      if (origin < 0) return 'trace-unknown';
      return [{ link: origin, except: -1, payload: new Uint8Array(payload) }];
    }
    // Met before, by whatever way, or it names us: this way leads in a circle.
    if (origin >= 0) return 'trace-loop';
    for (let i = 0; i < count; i++) {
      if (sameBytes(payload, HISTORY_AT + i * ID_SIZE, this.id)) return 'trace-loop';
    }
    if (this.origins.length === TRACES_MAX) this.origins.shift();
    this.origins.push({ nonce: nonce, other: other, link: link });
    const answer = new Uint8Array(end + RECORD_SIZE);
    answer.set(payload);
    answer.set(this.id, end);
    answer[end + 8] = hop.kind;
    answer[end + 9] = hop.rssi;
    writeU16(answer, end + 10, hop.roundTripMs < 0 ? 65535 : Math.min(hop.roundTripMs, 65534));
    const out: TraceOutput[] = [{ link: link, except: -1, payload: answer }];
    if (count === HISTORY_MAX || sameBytes(payload, TARGET_AT, this.id)) return out;
    const onward = new Uint8Array(end + ID_SIZE);
    onward.set(payload);
    onward[16] = count + 1;
    onward.set(this.id, end);
    out.push({ link: -1, except: link, payload: onward });
    return out;
  }
}
