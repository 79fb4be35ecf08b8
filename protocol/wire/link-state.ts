/**
 * Link state (0xE3): what a node says of its links, and of itself as a place to route through (WIRE
 * §20). It is flooded and signed: the packet says who, and this the rest. Costs are whole numbers, so
 * that every node reckons with the same ones.
 *
 *   schema 1 | 1: sequence | 2: neighbours, each [id, latency ms, loss per mille, bytes/s, jitter ms]
 *            | 3: place [latitude, longitude in millionths of a degree, altitude m, accuracy m]
 *            | 4: energy left, percent | 5: mobility [kind, north cm/s, east cm/s, period s]
 *            | 6: capabilities
 *
 * 3 to 5 are absent for unknown; energy also of whoever is on mains. A bandwidth or a
 * period of 0 is unknown.
 */
import { assert } from '../core/assert.ts';
import { ID_SIZE, isFilledWith } from '../core/packet.ts';
import type { Cbor } from './cbor-value.ts';
import type { Decoded } from './decoded.ts';
import type { NotEnvelope } from './envelope.ts';
import { decodeEnvelope, encodeEnvelope } from './envelope.ts';
import { toHex } from './hex.ts';

const SCHEMA = 1;
const SEQUENCE = 1;
const NEIGHBOURS = 2;
const PLACE = 3;
const ENERGY = 4;
const MOBILITY = 5;
const CAPABILITIES = 6;

/** Neighbours of one link state; whoever has more names those that cost least. */
export const NEIGHBOURS_MAX = 32;
/** A link state with all of them, and more for what later ones may add. */
const LINK_STATE_MAX = 1536;

const LATENCY_MAX = 600_000;
const LOSS_MAX = 1000;
const BANDWIDTH_MAX = 0xffffffff;
const MICRODEGREES = 1_000_000;
const ALTITUDE_MAX = 100_000;
const ACCURACY_MAX = 1_000_000;
/** A kilometre a second: beyond it nobody has a radio link. */
const SPEED_MAX = 100_000;
/** A day: who is back later has his place elsewhere. */
const PERIOD_MAX = 86_400;
const CAPABILITIES_MAX = 0xffffffff;

/** What a node can do for others on their way; a field of bits. */
export const PASSES_ON = 0x01;
export const IS_GATEWAY = 0x02;
export const KEEPS_HISTORY = 0x04;

/** In the order of their numbers on the wire (DEFAULTS §3). */
export const MOBILITY_KINDS = ['static', 'random', 'linear', 'circular', 'commuter'] as const;
export type MobilityKind = (typeof MOBILITY_KINDS)[number];

export type LinkCost = {
  /** One way. */
  latencyMs: number;
  lossPerMille: number;
  bytesPerSecond: number;
  jitterMs: number;
};

/** Degrees and metres. */
export type Place = {
  latitude: number;
  longitude: number;
  altitudeM: number;
  accuracyM: number;
};

export type Mobility = {
  kind: MobilityKind;
  northMps: number;
  eastMps: number;
  /** Whoever goes round or to and fro is back after so long; 0 is unknown. */
  periodS: number;
};

export type LinkState = {
  /** Higher than that of every earlier one of this node. */
  sequence: number;
  neighbours: { id: Uint8Array; cost: LinkCost }[];
  place: Place | null;
  energyPercent: number | null;
  mobility: Mobility | null;
  capabilities: number;
};

export type NotLinkState =
  | NotEnvelope
  | 'bad-schema'
  | 'bad-sequence'
  | 'too-many'
  | 'bad-neighbour'
  | 'bad-place'
  | 'bad-energy'
  | 'bad-mobility'
  | 'bad-capabilities';

export function encodeLinkState(state: LinkState): Uint8Array {
  const { sequence, neighbours, place, energyPercent, mobility, capabilities } = state;
  assert(neighbours.length <= NEIGHBOURS_MAX, 'a link state has its limit');
  const fields = new Map<number, Cbor>([
    [SEQUENCE, sequence],
    [NEIGHBOURS, neighbours.map(({ id, cost }) => [id, ...numbersOf(cost)])],
    [CAPABILITIES, capabilities],
  ]);
  if (place !== null) {
    const { latitude, longitude, altitudeM, accuracyM } = place;
    const degrees = [latitude, longitude].map((one) => Math.round(one * MICRODEGREES));
    fields.set(PLACE, [...degrees, Math.round(altitudeM), Math.round(accuracyM)]);
  }
  if (energyPercent !== null) fields.set(ENERGY, Math.round(energyPercent));
  if (mobility !== null) {
    const { kind, northMps, eastMps, periodS } = mobility;
    const speeds = [northMps, eastMps].map((one) => Math.round(one * 100));
    fields.set(MOBILITY, [MOBILITY_KINDS.indexOf(kind), ...speeds, clamp(periodS, PERIOD_MAX)]);
  }
  return encodeEnvelope({ schema: SCHEMA, fields });
}

export function decodeLinkState(bytes: Uint8Array): Decoded<LinkState, NotLinkState> {
  if (bytes.length > LINK_STATE_MAX) return { ok: false, reason: 'too-long' };
  const envelope = decodeEnvelope(bytes, LINK_STATE_MAX);
  if (!envelope.ok) return envelope;
  const { schema, fields } = envelope.value;
  if (schema !== SCHEMA) return { ok: false, reason: 'bad-schema' };
  const sequence = fields.get(SEQUENCE);
  if (!isWithin(sequence, 0, Number.MAX_SAFE_INTEGER)) return { ok: false, reason: 'bad-sequence' };
  const neighbours = neighboursOf(fields.get(NEIGHBOURS));
  if (typeof neighbours === 'string') return { ok: false, reason: neighbours };
  const place = optional(fields, PLACE, placeOf);
  if (place === undefined) return { ok: false, reason: 'bad-place' };
  const energyPercent = optional(fields, ENERGY, energyOf);
  if (energyPercent === undefined) return { ok: false, reason: 'bad-energy' };
  const mobility = optional(fields, MOBILITY, mobilityOf);
  if (mobility === undefined) return { ok: false, reason: 'bad-mobility' };
  const capabilities = fields.get(CAPABILITIES);
  if (!isWithin(capabilities, 0, CAPABILITIES_MAX)) {
    return { ok: false, reason: 'bad-capabilities' };
  }
  const value = { sequence, neighbours, place, energyPercent, mobility, capabilities };
  return { ok: true, value };
}

function numbersOf({ latencyMs, lossPerMille, bytesPerSecond, jitterMs }: LinkCost): number[] {
  return [
    clamp(latencyMs, LATENCY_MAX),
    clamp(lossPerMille, LOSS_MAX),
    clamp(bytesPerSecond, BANDWIDTH_MAX),
    clamp(jitterMs, LATENCY_MAX),
  ];
}

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(most, Math.round(value)));
}

/** Null where it is not said, `undefined` where what is said makes no sense. */
function optional<Value>(
  fields: Map<number, Cbor>,
  key: number,
  read: (value: Cbor) => Value | undefined,
): Value | null | undefined {
  return fields.has(key) ? read(fields.get(key)) : null;
}

function neighboursOf(value: Cbor): LinkState['neighbours'] | 'too-many' | 'bad-neighbour' {
  if (!Array.isArray(value)) return 'bad-neighbour';
  if (value.length > NEIGHBOURS_MAX) return 'too-many';
  const neighbours: LinkState['neighbours'] = [];
  const named = new Set<string>();
  for (const row of value) {
    const neighbour = neighbourOf(row);
    if (neighbour === null || named.has(toHex(neighbour.id))) return 'bad-neighbour';
    named.add(toHex(neighbour.id));
    neighbours.push(neighbour);
  }
  return neighbours;
}

function neighbourOf(row: Cbor): LinkState['neighbours'][number] | null {
  if (!Array.isArray(row) || row.length !== 5) return null;
  const [id, latencyMs, lossPerMille, bytesPerSecond, jitterMs] = row;
  if (!(id instanceof Uint8Array) || id.length !== ID_SIZE) return null;
  // Nobody is called so (WIRE §1).
  if (isFilledWith(id, 0, 0) || isFilledWith(id, 0, 0xff)) return null;
  if (!isWithin(latencyMs, 0, LATENCY_MAX) || !isWithin(jitterMs, 0, LATENCY_MAX)) return null;
  if (!isWithin(lossPerMille, 0, LOSS_MAX)) return null;
  if (!isWithin(bytesPerSecond, 0, BANDWIDTH_MAX)) return null;
  return { id: new Uint8Array(id), cost: { latencyMs, lossPerMille, bytesPerSecond, jitterMs } };
}

function placeOf(value: Cbor): Place | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined;
  const [latitude, longitude, altitudeM, accuracyM] = value;
  if (!isWithin(latitude, -90 * MICRODEGREES, 90 * MICRODEGREES)) return undefined;
  if (!isWithin(longitude, -180 * MICRODEGREES, 180 * MICRODEGREES)) return undefined;
  if (!isWithin(altitudeM, -ALTITUDE_MAX, ALTITUDE_MAX)) return undefined;
  if (!isWithin(accuracyM, 0, ACCURACY_MAX)) return undefined;
  const degrees = { latitude: latitude / MICRODEGREES, longitude: longitude / MICRODEGREES };
  return { ...degrees, altitudeM, accuracyM };
}

function energyOf(value: Cbor): number | undefined {
  return isWithin(value, 0, 100) ? value : undefined;
}

function mobilityOf(value: Cbor): Mobility | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined;
  const [number, north, east, periodS] = value;
  if (!isWithin(number, 0, MOBILITY_KINDS.length - 1)) return undefined;
  if (!isWithin(north, -SPEED_MAX, SPEED_MAX)) return undefined;
  if (!isWithin(east, -SPEED_MAX, SPEED_MAX)) return undefined;
  if (!isWithin(periodS, 0, PERIOD_MAX)) return undefined;
  return { kind: MOBILITY_KINDS[number], northMps: north / 100, eastMps: east / 100, periodS };
}

function isWithin(value: Cbor, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most;
}
