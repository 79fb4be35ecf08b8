/**
 * Envelope of Hopline's own payloads (WIRE §20): which schema, then its fields. Schemas come with
 * their features; the form is fixed here, and nothing that has another form is read.
 *
 *   | schema 1 | deterministic CBOR: a map with keys 0..255 |
 */
import { assert } from '../core/assert.ts';
import { decodeCbor } from './cbor-reader.ts';
import type { NotCbor } from './cbor-reader.ts';
import type { Cbor } from './cbor-value.ts';
import { encodeCbor } from './cbor-writer.ts';
import type { Decoded } from './decoded.ts';

/** Bytes of an envelope, schema included. */
export const ENVELOPE_MAX = 65536;
/** How deep fields may lie in each other, the map of fields being the first. */
const DEPTH_MAX = 8;
const KEY_MAX = 255;

export type Envelope = { schema: number; fields: Map<number, Cbor> };
export type NotEnvelope = NotCbor | 'no-schema' | 'no-map' | 'bad-key';

export function decodeEnvelope(
  bytes: Uint8Array,
  bytesMax: number = ENVELOPE_MAX,
): Decoded<Envelope, NotEnvelope> {
  if (bytes.length === 0) return { ok: false, reason: 'no-schema' };
  const limits = { bytes: bytesMax - 1, depth: DEPTH_MAX, tags: [] };
  const decoded = decodeCbor(bytes.subarray(1), limits);
  if (!decoded.ok) return decoded;
  if (!(decoded.value instanceof Map)) return { ok: false, reason: 'no-map' };
  const fields = new Map<number, Cbor>();
  for (const [key, value] of decoded.value) {
    if (typeof key !== 'number' || key < 0 || key > KEY_MAX)
      return { ok: false, reason: 'bad-key' };
    fields.set(key, value);
  }
  return { ok: true, value: { schema: bytes[0], fields } };
}

export function encodeEnvelope(envelope: Envelope): Uint8Array {
  const { schema, fields } = envelope;
  assert(schema >= 0 && schema < 256, 'a schema is one byte');
  for (const key of fields.keys()) assert(key >= 0 && key <= KEY_MAX, 'a key is 0 to 255');
  const body = encodeCbor(fields);
  assert(body.length < ENVELOPE_MAX, 'an envelope has at most 65,536 bytes');
  const bytes = new Uint8Array(1 + body.length);
  bytes[0] = schema;
  bytes.set(body, 1);
  return bytes;
}
