/**
 * Spread (0xEF): what neighbours tell each other so that a broadcast need not cross every link (WIRE
 * §29). Fields of type u8 and length u16; unknown ones are skipped. It never leaves its link.
 *
 *   01 ids of the neighbours it shares with, 8 each | 02 how many of them, from the front, see to it
 *   03 CRC-32 of the list (01 and 02) it has of the other, u32 | 04 is there: the same is wanted back
 *   05 packets it has, 8 each: the start of SHA-256 over each as it was signed | 06 packets it wants
 *   07 announces it has, 15 each: name 14 (id of the sender 8, timestamp u48), TTL it would come with
 *   08 announces it wants, by name
 */
import { bigEndian, bytesIn, encodeFields, numberIn, readFields } from '../core/fields.ts';
import { ID_SIZE } from '../core/packet.ts';
import type { Decoded } from './decoded.ts';

/** Neighbours of one list; those beyond are not in it, and are flooded to. */
export const LISTED_MAX = 48;
/** Packets named in one payload, so that it fits one segment of a usual link. More is none. */
export const NAMED_MAX = 48;
/** Bytes of the name of a packet. */
export const PACKET_NAME_SIZE = 8;
/** Announces named in one payload, likewise. */
export const INTRODUCED_MAX = 28;
/** Bytes of the name of an announce: whose it is, and the low six bytes of its time; and with a TTL. */
export const ANNOUNCE_NAME_SIZE = 14;
export const TOLD_SIZE = ANNOUNCE_NAME_SIZE + 1;

const LIST = 1;
const WATCHES = 2;
const HEARD = 3;
const ASKS = 4;
const OFFERS = 5;
const WANTS = 6;
const TELLS = 7;
const SEEKS = 8;

export type Spread = {
  /** Null where it says nothing of its neighbours. */
  list: NeighbourList | null;
  /** Names of packets, one behind the other. */
  offers: Uint8Array;
  wants: Uint8Array;
  /** Names of announces, likewise; those that it has each with its TTL. */
  tells: Uint8Array;
  seeks: Uint8Array;
};

export type NeighbourList = {
  /** Ids, one behind the other. */
  ids: Uint8Array;
  /** So many of them, from the front, tell the sender what it lacks. */
  watches: number;
  /** Of the list it has of whom it speaks to; null for none. */
  heard: number | null;
  /** Whether it wants an answer. */
  asks: boolean;
};

export type NotSpread = 'bad-field';

const NOTHING = new Uint8Array(0);

/** What it says nothing of is empty, or null. */
export const NOTHING_SAID: Spread = {
  list: null,
  offers: NOTHING,
  wants: NOTHING,
  tells: NOTHING,
  seeks: NOTHING,
};

export function encodeSpread({ list, offers, wants, tells, seeks }: Spread): Uint8Array {
  const heard = list?.heard ?? null;
  const fields = [
    null,
    list === null ? null : list.ids,
    list === null ? null : bigEndian(list.watches, 1),
    heard === null ? null : bigEndian(heard, 4),
    list?.asks ? NOTHING : null,
    offers.length > 0 ? offers : null,
    wants.length > 0 ? wants : null,
    tells.length > 0 ? tells : null,
    seeks.length > 0 ? seeks : null,
  ];
  return encodeFields(fields, 2);
}

export function decodeSpread(payload: Uint8Array): Decoded<Spread, NotSpread> {
  const fields = readFields(payload, 2, [0, 0, 1, 4]);
  if (fields === null) return { ok: false, reason: 'bad-field' };
  const ids = bytesIn(fields, LIST);
  const offers = bytesIn(fields, OFFERS);
  const wants = bytesIn(fields, WANTS);
  const tells = bytesIn(fields, TELLS);
  const seeks = bytesIn(fields, SEEKS);
  const watches = numberIn(fields, WATCHES, 0);
  const areWhole =
    are(ids, ID_SIZE, LISTED_MAX) &&
    are(offers, PACKET_NAME_SIZE, NAMED_MAX) &&
    are(wants, PACKET_NAME_SIZE, NAMED_MAX) &&
    are(tells, TOLD_SIZE, INTRODUCED_MAX) &&
    are(seeks, ANNOUNCE_NAME_SIZE, INTRODUCED_MAX);
  if (!areWhole || watches > ids.length / ID_SIZE) return { ok: false, reason: 'bad-field' };
  const heard = numberIn(fields, HEARD, null);
  const asks = Boolean(fields[ASKS]);
  const list = fields[LIST] ? { ids, watches, heard, asks } : null;
  return { ok: true, value: { list, offers, wants, tells, seeks } };
}

/** So many of that size at most, and no part of one. */
function are(names: Uint8Array, size: number, most: number): boolean {
  return names.length % size === 0 && names.length <= most * size;
}
