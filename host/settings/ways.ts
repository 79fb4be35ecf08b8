/**
 * Ways: the settings of what a bridge tells of itself, for others to choose the ways of packets by: where
 * it is, how it moves, and what is left of its battery.
 */
import type { Mobility, Place } from '../../protocol/wire/link-state.ts';
import { MOBILITY_KINDS } from '../../protocol/wire/link-state.ts';
import type { Values } from './rules.ts';
import { oneOf, optional, setting, shaped, whole, wordOr } from './rules.ts';

/** As link states carry them (WIRE §20). */
const ALTITUDE_MAX_M = 100_000;
const ACCURACY_MAX_M = 1_000_000;
const SPEED_MAX_KMH = 3600;
const PERIOD_MAX_S = 86_400;
/** What a satellite receiver without help is good for. */
const ACCURACY_USUAL_M = 10;

export type OwnSettings = {
  /** Null where nobody said so. */
  place: Place | null;
  mobility: Mobility | null;
  /** `auto`: the battery of the machine, and mains where it has none; or so many percent. */
  energy: 'auto' | 'mains' | number;
};

const place = shaped(
  24,
  /^-?([0-8]?\d(\.\d{1,6})?|90(\.0{1,6})?),-?(1[0-7]\d(\.\d{1,6})?|\d{1,2}(\.\d{1,6})?|180(\.0{1,6})?)$/,
  'a place is latitude,longitude in degrees, as in 52.5200,13.4050',
);

export const OWN = {
  place: optional(place, {
    help: 'where this bridge is as this is said, for others and for the strategy geographic',
    examples: ['52.5200,13.4050'],
  }),
  altitude: setting(whole(-ALTITUDE_MAX_M, ALTITUDE_MAX_M), 0, {
    help: 'metres of that place above the sea',
    examples: [34],
  }),
  accuracy: setting(whole(0, ACCURACY_MAX_M), ACCURACY_USUAL_M, {
    help: 'metres that the place may be wrong by',
    examples: [50],
  }),
  mobility: optional(oneOf(MOBILITY_KINDS), {
    help: 'how it moves from that place on; who moves says his place again within 300 s',
    examples: ['linear'],
  }),
  speed: setting(whole(0, SPEED_MAX_KMH), 0, {
    help: 'kilometres an hour, of whoever moves',
    examples: [5],
  }),
  bearing: setting(whole(0, 359), 0, {
    help: 'degrees from north by east, into which it moves at first',
    examples: [90],
  }),
  period: setting(whole(0, PERIOD_MAX_S), 0, {
    help: 'seconds after which whoever goes round, or to and fro, is back; 0 for unknown',
    examples: [1800],
  }),
  energy: setting(wordOr(['auto', 'mains'], whole(0, 100)), 'auto', {
    help: 'percent left of its battery, mains, or auto for what the machine says; who has little is spared',
    examples: ['mains', 40],
  }),
};
type Written = Values<typeof OWN>;

export function ownOf(values: Written): OwnSettings {
  return { energy: values.energy, place: placeOf(values), mobility: mobilityOf(values) };
}

function placeOf({ place: written, altitude, accuracy }: Written): Place | null {
  if (written === undefined) return null;
  const [latitude, longitude] = written.split(',').map(Number);
  return { latitude, longitude, altitudeM: altitude, accuracyM: accuracy };
}

function mobilityOf({ mobility, speed, bearing, period }: Written): Mobility | null {
  if (mobility === undefined) return null;
  const mps = mobility === 'static' ? 0 : speed / 3.6;
  const radians = (bearing * Math.PI) / 180;
  const [northMps, eastMps] = [mps * Math.cos(radians), mps * Math.sin(radians)];
  return { kind: mobility, northMps, eastMps, periodS: period };
}
