/**
 * Reconcile (0xE5): two neighbours find out what each of them lacks of the other's history, by
 * comparing ever smaller ranges of it (WIRE §20; after Aljoscha Meyer's range-based set
 * reconciliation). A packet is known by its id of §9; packets are ordered by time, then by id.
 *
 *   schema 1 | 1: salt 8 | 2: where the first range begins: [time, start of id]
 *            | 3: ranges, each up to where the next begins: [ms later, start of id, ...
 *                   nothing more: alike | how many, fingerprint 8 | ids, 16 each: all there are ]
 *            | 4: time before which the sender neither has nor takes anything
 *            | 5: ids, 16 each, that the other lacks | 6: ids that the sender wants
 *            | 7: ids, 16 each, that the sender lacked and was handed unasked
 *            | 8: of which time all ids are asked for: [from time, ms later, start of id]
 *            | 9: all ids of a time: [from time, start of id, ms later, start of id, ids, 16 each]
 *
 * Fields 1 to 4 are there together or not at all; a list without ids is left out. 7 to 9 go over lines
 * alone: they account for what was said while the line was down.
 */
import { assert } from '../core/assert.ts';
import type { Cbor } from './cbor-value.ts';
import type { Decoded } from './decoded.ts';
import type { NotEnvelope } from './envelope.ts';
import { decodeEnvelope, encodeEnvelope } from './envelope.ts';
import { fromHex, toHex } from './hex.ts';

/** What 0xE5 carries besides has another schema. */
const RECONCILE_SCHEMA = 1;
export const SALT_SIZE = 8;
export const FINGERPRINT_SIZE = 8;
/** Bytes of an id (WIRE §9). */
export const NAME_SIZE = 16;

/** Bytes of a payload. A longer one is no reconcile. */
const RECONCILE_MAX = 8192;
/** Ranges of one payload. With more it is none. */
export const RANGES_MAX = 64;
/** Beyond the year 10889, as of a hello. */
const TIME_MAX = 0xffffffffffff;

const SALT = 1;
const FROM = 2;
const RANGES = 3;
const FLOOR = 4;
const OFFERS = 5;
const WANTS = 6;
const TAKEN = 7;
const ASKED = 8;
const PAGE = 9;

/** A place in the order of packets: before whatever is of this time and has an id from `name` on. */
export type Bound = {
  readonly time: number;
  /** The start of an id in lower-case hex; empty where the time says it all. */
  readonly name: string;
};

/** What its sender knows of the packets from the bound before up to `to`. */
export type Range = { to: Bound } &
  /** Nothing more to say of it. */
  (
    | { kind: 'alike' }
    | { kind: 'fingerprint'; count: number; fingerprint: Uint8Array }
    /** Ids of all that it holds there, in hex. */
    | { kind: 'names'; names: string[] }
  );

export type Reconcile = {
  /** Null where only ids are said. */
  compared: Compared | null;
  /** In hex. */
  offers: string[];
  wants: string[];
  /** What came over the line unasked, and was news. */
  taken?: string[];
  asked?: Asked;
  page?: Page;
};

/** Of this time the sender wants to know all that was ever there. */
export type Asked = { from: number; to: Bound };

/**
 * Ids, in hex, of all messages between two bounds that the sender holds or held. With two that are the
 * same, it cannot name all that was there before.
 */
export type Page = { from: Bound; to: Bound; names: string[] };

export type Compared = {
  /** What the fingerprints are made under. */
  salt: Uint8Array;
  /** Where the first range begins; each of the others begins where the one before it ends. */
  from: Bound;
  ranges: Range[];
  /** Before this time the sender neither has nor takes anything. */
  floor: number;
};

export type NotReconcile = NotEnvelope | 'bad-schema' | 'bad-field' | 'bad-range';

export function encodeReconcile(said: Reconcile): Uint8Array {
  const { compared, offers, wants, taken, asked, page } = said;
  const fields = new Map<number, Cbor>();
  if (compared !== null) {
    const { salt, from, ranges, floor } = compared;
    assert(ranges.length > 0 && ranges.length <= RANGES_MAX, 'ranges have their limit');
    fields.set(SALT, salt);
    fields.set(FROM, [from.time, fromHex(from.name)!]);
    fields.set(RANGES, encodeRanges(from, ranges));
    fields.set(FLOOR, floor);
  }
  if (offers.length > 0) fields.set(OFFERS, joined(offers));
  if (wants.length > 0) fields.set(WANTS, joined(wants));
  if (taken !== undefined) fields.set(TAKEN, joined(taken));
  if (asked !== undefined) {
    const { from, to } = asked;
    fields.set(ASKED, [from, to.time - from, fromHex(to.name)!]);
  }
  if (page !== undefined) {
    const { from, to, names } = page;
    const bounds = [from.time, fromHex(from.name)!, to.time - from.time, fromHex(to.name)!];
    fields.set(PAGE, [...bounds, joined(names)]);
  }
  const bytes = encodeEnvelope({ schema: RECONCILE_SCHEMA, fields });
  assert(bytes.length <= RECONCILE_MAX, 'a reconcile has its limit');
  return bytes;
}

export function decodeReconcile(bytes: Uint8Array): Decoded<Reconcile, NotReconcile> {
  if (bytes.length > RECONCILE_MAX) return { ok: false, reason: 'too-long' };
  const envelope = decodeEnvelope(bytes, RECONCILE_MAX);
  if (!envelope.ok) return envelope;
  const { schema, fields } = envelope.value;
  if (schema !== RECONCILE_SCHEMA) return { ok: false, reason: 'bad-schema' };
  const offers = fields.has(OFFERS) ? namesIn(fields.get(OFFERS)) : [];
  const wants = fields.has(WANTS) ? namesIn(fields.get(WANTS)) : [];
  const taken = fields.has(TAKEN) ? namesIn(fields.get(TAKEN)) : undefined;
  const asked = fields.has(ASKED) ? askedIn(fields.get(ASKED)) : undefined;
  const page = fields.has(PAGE) ? pageIn(fields.get(PAGE)) : undefined;
  if (offers === null || wants === null || taken === null || asked === null || page === null) {
    return { ok: false, reason: 'bad-field' };
  }
  const account = { ...(taken && { taken }), ...(asked && { asked }), ...(page && { page }) };
  const said = { offers, wants, ...account };
  const isCompared = [SALT, FROM, RANGES, FLOOR].some((key) => fields.has(key));
  if (!isCompared) return { ok: true, value: { compared: null, ...said } };
  const salt = fields.get(SALT);
  const from = boundIn(0, fields.get(FROM));
  const floor = fields.get(FLOOR);
  if (!(salt instanceof Uint8Array) || salt.length !== SALT_SIZE || from === null) {
    return { ok: false, reason: 'bad-field' };
  }
  if (typeof floor !== 'number' || floor < 0 || floor > TIME_MAX) {
    return { ok: false, reason: 'bad-field' };
  }
  const ranges = rangesIn(from, fields.get(RANGES));
  if (ranges === null) return { ok: false, reason: 'bad-range' };
  return { ok: true, value: { compared: { salt, from, ranges, floor }, ...said } };
}

/** As packets are ordered. */
export function compareBounds(a: Bound, b: Bound): number {
  return a.time - b.time || (a.name === b.name ? 0 : a.name < b.name ? -1 : 1);
}

function encodeRanges(from: Bound, ranges: Range[]): Cbor[] {
  let before = from;
  return ranges.map((range) => {
    assert(compareBounds(before, range.to) < 0, 'ranges follow each other');
    const encoded: Cbor[] = [range.to.time - before.time, fromHex(range.to.name)!];
    if (range.kind === 'fingerprint') encoded.push(range.count, range.fingerprint);
    if (range.kind === 'names') encoded.push(joined(range.names));
    before = range.to;
    return encoded;
  });
}

function rangesIn(from: Bound, value: Cbor): Range[] | null {
  if (!Array.isArray(value) || value.length === 0 || value.length > RANGES_MAX) return null;
  const ranges: Range[] = [];
  let before = from;
  for (const item of value) {
    if (!Array.isArray(item)) return null;
    const to = boundIn(before.time, item.slice(0, 2));
    if (to === null || compareBounds(before, to) >= 0) return null;
    const range = rangeIn(to, item.slice(2));
    if (range === null) return null;
    ranges.push(range);
    before = to;
  }
  return ranges;
}

function rangeIn(to: Bound, rest: Cbor[]): Range | null {
  if (rest.length === 0) return { to, kind: 'alike' };
  if (rest.length === 1) {
    const names = namesIn(rest[0]);
    return names === null ? null : { to, kind: 'names', names };
  }
  const [count, fingerprint] = rest;
  if (rest.length > 2 || typeof count !== 'number' || count < 0) return null;
  if (!(fingerprint instanceof Uint8Array) || fingerprint.length !== FINGERPRINT_SIZE) return null;
  return { to, kind: 'fingerprint', count, fingerprint };
}

function askedIn(value: Cbor): Asked | null {
  if (!Array.isArray(value) || value.length !== 3) return null;
  const from = boundIn(0, [value[0], new Uint8Array(0)]);
  const to = from && boundIn(from.time, value.slice(1));
  return to && { from: from!.time, to };
}

function pageIn(value: Cbor): Page | null {
  if (!Array.isArray(value) || value.length !== 5) return null;
  const from = boundIn(0, value.slice(0, 2));
  const to = from && boundIn(from.time, value.slice(2, 4));
  const names = namesIn(value[4]);
  if (from === null || to === null || names === null || compareBounds(from, to) > 0) return null;
  return { from, to, names };
}

function boundIn(base: number, value: Cbor): Bound | null {
  if (!Array.isArray(value) || value.length !== 2) return null;
  const [later, start] = value;
  if (typeof later !== 'number' || later < 0 || base + later > TIME_MAX) return null;
  if (!(start instanceof Uint8Array) || start.length > NAME_SIZE) return null;
  return { time: base + later, name: toHex(start) };
}

function joined(names: string[]): Uint8Array {
  return fromHex(names.join(''))!;
}

function namesIn(value: Cbor): string[] | null {
  if (!(value instanceof Uint8Array) || value.length % NAME_SIZE !== 0) return null;
  const all = toHex(value);
  const names: string[] = [];
  for (let at = 0; at < all.length; at += 2 * NAME_SIZE) {
    names.push(all.substring(at, at + 2 * NAME_SIZE));
  }
  return names;
}
