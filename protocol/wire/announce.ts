/**
 * Announce (0x01): who a peer is and whom it hears (WIRE §5). Whether the keys belong to the sender
 * is for trust to judge; here they only have their length.
 *
 *   | 1 name | 2 Noise key 32 | 3 signing key 32 | 4 neighbours 8 each | 5 capabilities | 6 geohash |
 *
 * Fields nobody knows are kept in order behind the known ones: that is where Hopline's own may go.
 */
import { assert } from '../core/assert.ts';
import { ID_SIZE } from '../core/packet.ts';
import { decodeCapabilities, encodeCapabilities } from './capabilities.ts';
import type { Decoded } from './decoded.ts';
import { FieldReader, encodeFields } from './fields.ts';
import type { Field } from './fields.ts';
import { decodeText, encodeText } from './text.ts';

export const KEY_SIZE = 32;
/** Neighbours an announce names. Others may name up to 31; they are read. */
export const NEIGHBOURS_MAX = 10;
/** A longer one is ignored, as on the phones. */
export const GEOHASH_MAX = 12;
/** Fields nobody knows that are kept; further ones are skipped. */
export const EXTRAS_MAX = 32;

export type Announce = {
  name: string;
  noiseKey: Uint8Array;
  signingKey: Uint8Array;
  /** Ids of the peers in radio reach; empty where not said. */
  neighbours: Uint8Array[];
  /** Null where not said: an old app. */
  capabilities: bigint | null;
  /** The cell a bridge serves; null for none. */
  geohash: string | null;
  extras: Field[];
};

export type NotAnnounce = 'cut' | 'bad-name' | 'bad-key' | 'incomplete';

const NAME = 1;
const NOISE_KEY = 2;
const SIGNING_KEY = 3;
const NEIGHBOURS = 4;
const CAPABILITIES = 5;
const GEOHASH = 6;

export function decodeAnnounce(bytes: Uint8Array): Decoded<Announce, NotAnnounce> {
  let name: string | null = null;
  let noiseKey: Uint8Array | null = null;
  let signingKey: Uint8Array | null = null;
  let neighbours: Uint8Array[] = [];
  let capabilities: bigint | null = null;
  let geohash: string | null = null;
  const extras: Field[] = [];
  // A field that comes twice counts as it came last. One stray byte at the end is no field.
  const fields = new FieldReader(bytes, 1);
  while (fields.next()) {
    const { type, value } = fields;
    if (type === NAME) {
      name = decodeText(value);
      if (name === null) return { ok: false, reason: 'bad-name' };
    } else if (type === NOISE_KEY || type === SIGNING_KEY) {
      if (value.length !== KEY_SIZE) return { ok: false, reason: 'bad-key' };
      if (type === NOISE_KEY) noiseKey = new Uint8Array(value);
      else signingKey = new Uint8Array(value);
    } else if (type === NEIGHBOURS) {
      if (value.length > 0 && value.length % ID_SIZE === 0) neighbours = splitIds(value);
    } else if (type === CAPABILITIES) {
      capabilities = decodeCapabilities(value);
    } else if (type === GEOHASH) {
      if (value.length <= GEOHASH_MAX) geohash = decodeText(value) || null;
    } else if (extras.length < EXTRAS_MAX) {
      extras.push({ type, value: new Uint8Array(value) });
    }
  }
  if (fields.end === 'cut') return { ok: false, reason: 'cut' };
  if (name === null || noiseKey === null || signingKey === null) {
    return { ok: false, reason: 'incomplete' };
  }
  const value = { name, noiseKey, signingKey, neighbours, capabilities, geohash, extras };
  return { ok: true, value };
}

function splitIds(bytes: Uint8Array): Uint8Array[] {
  const ids: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += ID_SIZE) {
    const id = new Uint8Array(ID_SIZE);
    for (let i = 0; i < ID_SIZE; i++) id[i] = bytes[at + i];
    ids.push(id);
  }
  return ids;
}

export function encodeAnnounce(announce: Announce): Uint8Array {
  const { noiseKey, signingKey, neighbours } = announce;
  assert(noiseKey.length === KEY_SIZE && signingKey.length === KEY_SIZE, 'keys have 32 bytes');
  assert(neighbours.length <= NEIGHBOURS_MAX, 'an announce names at most ten neighbours');
  const fields: Field[] = [
    { type: NAME, value: encodeText(announce.name) },
    { type: NOISE_KEY, value: noiseKey },
    { type: SIGNING_KEY, value: signingKey },
  ];
  if (neighbours.length > 0) {
    const ids = new Uint8Array(neighbours.length * ID_SIZE);
    neighbours.forEach((id, i) => ids.set(id, i * ID_SIZE));
    fields.push({ type: NEIGHBOURS, value: ids });
  }
  if (announce.capabilities !== null) {
    fields.push({ type: CAPABILITIES, value: encodeCapabilities(announce.capabilities) });
  }
  if (announce.geohash !== null) {
    const cell = encodeText(announce.geohash);
    assert(cell.length > 0 && cell.length <= GEOHASH_MAX, 'a geohash has 1 to 12 bytes');
    fields.push({ type: GEOHASH, value: cell });
  }
  return encodeFields(1, fields.concat(announce.extras));
}
