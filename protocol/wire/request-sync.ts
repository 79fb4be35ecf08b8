/**
 * Request sync (0x21): "this is what I have heard; what am I missing?" (WIRE §9). The filter stands
 * for what was heard; the rest narrows the answer. Fields that do not fit are ignored, as on the
 * phones, and up to two stray bytes at the end.
 *
 *   | 1 P 1 | 2 M 4 | 3 filter, to 1024 | 4 types 1..8 | 5 since 8 | 6 fragment ids | E0 until 8 |
 *
 * Lengths have two bytes. The last field is of Hopline peers, who ask for more than one filter holds a
 * span at a time; phones skip it.
 */
import { assert } from '../core/assert.ts';
import { readU32, readU64, writeU32, writeU64 } from '../core/bytes.ts';
import { ID_SIZE } from '../core/packet.ts';
import type { Decoded } from './decoded.ts';
import { FieldReader, encodeFields } from './fields.ts';
import type { Field } from './fields.ts';
import { P_MAX } from './gcs.ts';
import { fromHex, toHex } from './hex.ts';
import { decodeText, encodeText } from './text.ts';

/** Bytes of a filter or of the list of fragment ids. A longer filter spoils the request. */
const FILTER_MAX = 1024;
/** Fragment ids one request names; 60 of them fill the limit above. Further ones are not read. */
const FRAGMENT_IDS_MAX = 60;

/** The bit of each type that can be asked for. */
export const SYNC_TYPE = {
  announce: 0,
  message: 1,
  leave: 2,
  handshake: 3,
  encrypted: 4,
  fragment: 5,
  requestSync: 6,
  file: 7,
  board: 8,
  prekeys: 9,
  group: 10,
} as const;
const KNOWN_TYPES = 0x7ff;

export type SyncType = keyof typeof SYNC_TYPE;

export type RequestSync = {
  p: number;
  m: number;
  filter: Uint8Array;
  /** A bit for each type wanted. Null where not said: announces and messages. */
  types: number | null;
  /** The filter covers what is not older than this, in Unix milliseconds; null for everything. */
  since: number | null;
  /** And what is older than this; absent for everything up to now. */
  until?: number;
  /** Of stalled fragments; empty where not said. */
  fragmentIds: Uint8Array[];
};

export type NotRequestSync = 'cut' | 'too-long' | 'bad-filter' | 'incomplete';

const P = 1;
const M = 2;
const FILTER = 3;
const TYPES = 4;
const SINCE = 5;
const FRAGMENT_IDS = 6;
const UNTIL = 0xe0;

export function syncTypes(names: SyncType[]): number {
  let bits = 0;
  for (const name of names) bits |= 1 << SYNC_TYPE[name];
  return bits;
}

export function decodeRequestSync(bytes: Uint8Array): Decoded<RequestSync, NotRequestSync> {
  let p: number | null = null;
  let m: number | null = null;
  let filter: Uint8Array | null = null;
  let types: number | null = null;
  let since: number | null = null;
  let fragmentIds: Uint8Array[] = [];
  let until: number | null = null;
  const fields = new FieldReader(bytes, 2);
  while (fields.next()) {
    const { type, value } = fields;
    if (type === P && value.length === 1) p = value[0];
    else if (type === M && value.length === 4) m = readU32(value, 0);
    else if (type === FILTER) {
      if (value.length > FILTER_MAX) return { ok: false, reason: 'too-long' };
      filter = new Uint8Array(value);
    } else if (type === TYPES && value.length >= 1 && value.length <= 8) {
      // Little-endian; what lies above the second byte has no meaning yet.
      types = (value[0] | ((value[1] ?? 0) << 8)) & KNOWN_TYPES;
    } else if (type === SINCE && value.length === 8) {
      since = timeOf(value);
    } else if (type === UNTIL && value.length === 8) {
      until = timeOf(value);
    } else if (type === FRAGMENT_IDS && value.length <= FILTER_MAX) {
      fragmentIds = splitIds(value);
    }
  }
  if (fields.end === 'cut') return { ok: false, reason: 'cut' };
  if (p === null || m === null || filter === null) return { ok: false, reason: 'incomplete' };
  if (p < 1 || p > P_MAX || m === 0) return { ok: false, reason: 'bad-filter' };
  const request = { p, m, filter, types, since, fragmentIds };
  return { ok: true, value: until === null ? request : { ...request, until } };
}

function timeOf(value: Uint8Array): number {
  return Math.min(readU64(value, 0), Number.MAX_SAFE_INTEGER);
}

function timeField(type: number, time: number): Field {
  const value = new Uint8Array(8);
  writeU64(value, 0, time);
  return { type, value };
}

function splitIds(value: Uint8Array): Uint8Array[] {
  const ids: Uint8Array[] = [];
  const words = (decodeText(value) ?? '').split(',').filter((word) => word !== '');
  for (const word of words.slice(0, FRAGMENT_IDS_MAX)) {
    const id = fromHex(word);
    if (id !== null && id.length === ID_SIZE) ids.push(id);
  }
  return ids;
}

export function encodeRequestSync(request: RequestSync): Uint8Array {
  const { p, m, filter, types, since, fragmentIds, until } = request;
  assert(p >= 1 && p <= P_MAX && m >= 1 && m <= 0xffffffff, 'a filter has its parameters');
  assert(filter.length <= FILTER_MAX, 'a filter has at most 1,024 bytes');
  assert(fragmentIds.length <= FRAGMENT_IDS_MAX, 'a request names at most 60 fragments');
  const range = new Uint8Array(4);
  writeU32(range, 0, m);
  const fields: Field[] = [
    { type: P, value: new Uint8Array([p]) },
    { type: M, value: range },
    { type: FILTER, value: filter },
  ];
  if (types !== null) {
    assert((types & KNOWN_TYPES) === types && types > 0, 'a request wants types that are known');
    const bits = types > 255 ? [types & 255, types >> 8] : [types];
    fields.push({ type: TYPES, value: new Uint8Array(bits) });
  }
  if (since !== null) fields.push(timeField(SINCE, since));
  if (fragmentIds.length > 0) {
    fields.push({ type: FRAGMENT_IDS, value: encodeText(fragmentIds.map(toHex).join(',')) });
  }
  if (until !== undefined) fields.push(timeField(UNTIL, until));
  return encodeFields(2, fields);
}
