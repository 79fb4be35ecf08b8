/**
 * Advert (0xEA): what a gateway says of itself, to its island and over its lines (WIRE §20, §28).
 * Whoever sends it signs it; so the packet says who, and this the rest.
 *
 *   schema 1 | 1: ids at the far ends of its lines, 8 each | 2: how many lines
 *            | 3: seconds for which its budget is spent already, absent for none
 */
import { assert } from '../../protocol/core/assert.ts';
import { ID_SIZE } from '../../protocol/core/packet.ts';
import type { Cbor } from '../../protocol/wire/cbor-value.ts';
import type { Decoded } from '../../protocol/wire/decoded.ts';
import type { NotEnvelope } from '../../protocol/wire/envelope.ts';
import { decodeEnvelope, encodeEnvelope } from '../../protocol/wire/envelope.ts';
import { joined } from '../../protocol/joined.ts';

const SCHEMA = 1;
const LINES = 1;
const LINE_COUNT = 2;
const BUSY = 3;

/** Lines that one advert names: with them it still fits an uncut packet. */
export const NAMED_MAX = 24;
/** Seconds that others wait at most for one whose budget is spent. */
export const BUSY_MAX = 20;
/** Bytes of an advert with all of them, and more for what later ones may add. */
const ADVERT_MAX = 1024;

export type Advert = {
  lines: Uint8Array[];
  /** More than are named, where there are too many. */
  lineCount: number;
  busySeconds: number;
};

export type NotAdvert = NotEnvelope | 'bad-schema' | 'bad-field';

export function encodeAdvert({ lines, lineCount, busySeconds }: Advert): Uint8Array {
  assert(lines.length <= NAMED_MAX, 'an advert has its limit');
  const fields = new Map<number, Cbor>([
    [LINES, joined(lines)],
    [LINE_COUNT, lineCount],
  ]);
  if (busySeconds > 0) fields.set(BUSY, busySeconds);
  return encodeEnvelope({ schema: SCHEMA, fields });
}

export function decodeAdvert(bytes: Uint8Array): Decoded<Advert, NotAdvert> {
  if (bytes.length > ADVERT_MAX) return { ok: false, reason: 'too-long' };
  const envelope = decodeEnvelope(bytes, ADVERT_MAX);
  if (!envelope.ok) return envelope;
  const { schema, fields } = envelope.value;
  if (schema !== SCHEMA) return { ok: false, reason: 'bad-schema' };
  const lines = idsOf(fields.get(LINES));
  const lineCount = fields.get(LINE_COUNT);
  if (lines === null) return { ok: false, reason: 'bad-field' };
  if (typeof lineCount !== 'number' || lineCount < lines.length) {
    return { ok: false, reason: 'bad-field' };
  }
  const busy = fields.get(BUSY) ?? 0;
  if (typeof busy !== 'number' || busy < 0) return { ok: false, reason: 'bad-field' };
  const busySeconds = Math.min(busy, BUSY_MAX);
  return { ok: true, value: { lines, lineCount, busySeconds } };
}

function idsOf(value: Cbor): Uint8Array[] | null {
  if (!(value instanceof Uint8Array) || value.length % ID_SIZE !== 0) return null;
  if (value.length > NAMED_MAX * ID_SIZE) return null;
  const ids: Uint8Array[] = [];
  for (let at = 0; at < value.length; at += ID_SIZE) {
    ids.push(new Uint8Array(value.subarray(at, at + ID_SIZE)));
  }
  return ids;
}
