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
import {
  AnnounceView,
  CAPABILITIES,
  GEOHASH,
  GEOHASH_MAX,
  KEY_SIZE,
  NAME,
  NEIGHBOURS,
  NOISE_KEY,
  SIGNING_KEY,
} from './announce-view.ts';
import type { NotAnnounce } from './announce-view.ts';
import { decodeCapabilities, encodeCapabilities } from './capabilities.ts';
import type { Decoded } from './decoded.ts';
import { encodeFields } from './fields.ts';
import type { Field } from './fields.ts';
import { decodeText, encodeText } from './text.ts';

/** Neighbours an announce names. Others may name up to 31; they are read. */
export const NEIGHBOURS_MAX = 10;

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

/** Nobody else's turn comes before one is done with it. */
const VIEW = new AnnounceView();

export function decodeAnnounce(bytes: Uint8Array): Decoded<Announce, NotAnnounce> {
  const reason = VIEW.read(bytes);
  return reason === null ? { ok: true, value: announceIn(VIEW) } : { ok: false, reason };
}

/** What lies there, in values of its own. */
function announceIn(view: AnnounceView): Announce {
  const neighbours: Uint8Array[] = [];
  for (let i = 0; i < view.neighbourCount; i++) {
    neighbours.push(copyOf(view, view.neighboursAt + i * ID_SIZE, ID_SIZE));
  }
  const extras: Field[] = [];
  for (let i = 0; i < view.extraCount; i++) {
    const at = view.extraAt(i);
    extras.push({ type: view.extraType(i), value: copyOf(view, at, view.bytes[at - 1]) });
  }
  const { geohashAt, geohashLength } = view;
  return {
    name: nameIn(view),
    noiseKey: new Uint8Array(view.noiseKey()),
    signingKey: new Uint8Array(view.signingKey()),
    neighbours,
    capabilities: capabilitiesIn(view),
    geohash: geohashLength === 0 ? null : textIn(view, geohashAt, geohashLength),
    extras,
  };
}

export function nameIn(view: AnnounceView): string {
  return textIn(view, view.nameAt, view.nameLength);
}

/** Null where not said. */
export function capabilitiesIn(view: AnnounceView): bigint | null {
  const { capabilitiesAt, capabilitiesLength } = view;
  if (capabilitiesAt < 0) return null;
  return decodeCapabilities(partOf(view, capabilitiesAt, capabilitiesLength));
}

/** Ids, one behind the other, as a view of the bytes. */
export function neighboursIn(view: AnnounceView): Uint8Array {
  return partOf(view, view.neighboursAt, view.neighbourCount * ID_SIZE);
}

function textIn(view: AnnounceView, at: number, length: number): string {
  return decodeText(partOf(view, at, length))!;
}

/** Not `slice`: on the Buffer of an adapter that is a view. */
function copyOf(view: AnnounceView, at: number, length: number): Uint8Array {
  return new Uint8Array(partOf(view, at, length));
}

function partOf({ bytes }: AnnounceView, at: number, length: number): Uint8Array {
  return bytes.subarray(at, at + length);
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
