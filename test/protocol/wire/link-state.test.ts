/** Link states (0xE3): what they say is read as it was written, and whatever else comes is none. */
import { describe, expect, it } from 'vitest';
import type { Cbor } from '../../../protocol/wire/cbor-value.ts';
import { encodeEnvelope } from '../../../protocol/wire/envelope.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import type { LinkState } from '../../../protocol/wire/link-state.ts';
import {
  decodeLinkState,
  encodeLinkState,
  MOBILITY_KINDS,
  NEIGHBOURS_MAX,
} from '../../../protocol/wire/link-state.ts';
import { filled } from './given.ts';

const COST = { latencyMs: 12, lossPerMille: 30, bytesPerSecond: 9000, jitterMs: 3 };
const BARE: LinkState = {
  sequence: 1,
  neighbours: [],
  place: null,
  energyPercent: null,
  mobility: null,
  capabilities: 0,
};
const FULL: LinkState = {
  sequence: 1_792_000_000,
  neighbours: [
    { id: filled(8, 1), cost: COST },
    { id: filled(8, 2), cost: { ...COST, latencyMs: 600_000, lossPerMille: 1000 } },
  ],
  place: { latitude: -33.856784, longitude: 151.215297, altitudeM: -4, accuracyM: 15 },
  energyPercent: 81,
  mobility: { kind: 'commuter', northMps: -1.25, eastMps: 13.89, periodS: 1800 },
  capabilities: 7,
};

describe('a link state', () => {
  it.each([
    ['of a node without links', BARE],
    ['that says all there is', FULL],
    ...MOBILITY_KINDS.map((kind) => [
      `of a node whose way is ${kind}`,
      { ...BARE, mobility: { kind, northMps: 0, eastMps: 0.01, periodS: 86_400 } },
    ]),
  ] as [string, LinkState][])('%s is read as it was written', (_, state) => {
    expect(decodeLinkState(encodeLinkState(state))).toEqual({ ok: true, value: state });
  });

  it.each([
    ['01 a3 0101 0280 0600', BARE],
    [
      '01 a6 01 1a6acfc000' +
        '02 82 85 480101010101010101 0c 181e 192328 03' +
        '      85 480202020202020202 1a000927c0 1903e8 192328 03' +
        '03 84 3a02049d0f 1a09035cc1 23 0f' +
        '04 1851' +
        '05 84 04 387c 19056d 190708' +
        '06 07',
      FULL,
    ],
  ] as [string, LinkState][])('is these bytes: %s', (bytes, state) => {
    expect(toHex(encodeLinkState(state))).toBe(bytes.replaceAll(' ', ''));
  });

  it('says no more than fits, however bad a link is', () => {
    const cost = { latencyMs: 1e9, lossPerMille: 2000, bytesPerSecond: 1e12, jitterMs: 0.4 };
    const decoded = decodeLinkState(
      encodeLinkState({ ...BARE, neighbours: [{ id: filled(8, 1), cost }] }),
    );
    expect(decoded.ok && decoded.value.neighbours[0].cost).toEqual({
      latencyMs: 600_000,
      lossPerMille: 1000,
      bytesPerSecond: 0xffffffff,
      jitterMs: 0,
    });
  });

  it('may say more than we know', () => {
    expect(decodeLinkState(made({ 9: 'more' })).ok).toBe(true);
  });

  const rows = (count: number): Cbor[] =>
    Array.from({ length: count }, (_, at) => [filled(8, at + 1), 0, 0, 0, 0]);
  it('names 32 neighbours at most', () => {
    expect(decodeLinkState(made({ 2: rows(NEIGHBOURS_MAX) })).ok).toBe(true);
    expect(decodeLinkState(made({ 2: rows(NEIGHBOURS_MAX + 1) }))).toEqual(none('too-many'));
  });

  it.each<[string, Record<number, Cbor>, string]>([
    ['a sequence below 0', { 1: -1 }, 'bad-sequence'],
    ['no list of neighbours', { 2: 3 }, 'bad-neighbour'],
    ['a neighbour that is no list', { 2: [filled(8, 1)] }, 'bad-neighbour'],
    ['a short id', { 2: [[filled(7, 1), 0, 0, 0, 0]] }, 'bad-neighbour'],
    ['the id of nobody', { 2: [[filled(8, 0), 0, 0, 0, 0]] }, 'bad-neighbour'],
    ['the id of everyone', { 2: [[filled(8, 255), 0, 0, 0, 0]] }, 'bad-neighbour'],
    ['a neighbour twice', { 2: [...rows(1), ...rows(1)] }, 'bad-neighbour'],
    ['a latency of 11 minutes', { 2: [[filled(8, 1), 600_001, 0, 0, 0]] }, 'bad-neighbour'],
    ['a loss above all', { 2: [[filled(8, 1), 0, 1001, 0, 0]] }, 'bad-neighbour'],
    ['a bandwidth below 0', { 2: [[filled(8, 1), 0, 0, -1, 0]] }, 'bad-neighbour'],
    ['a jitter of text', { 2: [[filled(8, 1), 0, 0, 0, 'x']] }, 'bad-neighbour'],
    ['a cost too many', { 2: [[filled(8, 1), 0, 0, 0, 0, 0]] }, 'bad-neighbour'],
    ['a place beyond the pole', { 3: [90_000_001, 0, 0, 0] }, 'bad-place'],
    ['a place around the world', { 3: [0, -180_000_001, 0, 0] }, 'bad-place'],
    ['a place in space', { 3: [0, 0, 100_001, 0] }, 'bad-place'],
    ['an accuracy below 0', { 3: [0, 0, 0, -1] }, 'bad-place'],
    ['half a place', { 3: [0, 0] }, 'bad-place'],
    ['a place that is nothing', { 3: null }, 'bad-place'],
    ['energy of 101 percent', { 4: 101 }, 'bad-energy'],
    ['a way that nobody goes', { 5: [5, 0, 0, 0] }, 'bad-mobility'],
    ['a speed of no machine', { 5: [2, 0, 100_001, 0] }, 'bad-mobility'],
    ['a way of more than a day', { 5: [3, 0, 1, 86_401] }, 'bad-mobility'],
    ['speed without a way', { 5: [2] }, 'bad-mobility'],
    ['capabilities beyond 32 bits', { 6: 2 ** 32 }, 'bad-capabilities'],
  ])('with %s is none', (_, fields, reason) => {
    expect(decodeLinkState(made(fields))).toEqual(none(reason));
  });

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'no-schema'],
    ['another schema', encodeEnvelope({ schema: 2, fields: new Map() }), 'bad-schema'],
    ['no fields', encodeEnvelope({ schema: 1, fields: new Map() }), 'bad-sequence'],
    ['too many bytes', new Uint8Array(1537), 'too-long'],
  ])('is not %s', (_, bytes, reason) => {
    expect(decodeLinkState(bytes)).toEqual(none(reason));
  });
});

function none(reason: string): unknown {
  return { ok: false, reason };
}

/** A bare one, with other fields in place of its own. */
function made(fields: Record<number, Cbor>): Uint8Array {
  const all = new Map<number, Cbor>([
    [1, 1],
    [2, []],
    [6, 0],
  ]);
  for (const [key, value] of Object.entries(fields)) all.set(Number(key), value);
  return encodeEnvelope({ schema: 1, fields: all });
}
