/**
 * Place: where a node is taken to be, some time after it said where it was and how it moves, and how
 * far apart two places are.
 */
import { assert } from '../../protocol/core/assert.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import type { Mobility, Place } from '../../protocol/wire/link-state.ts';

/** How far ahead a movement is believed (DEFAULTS §3); a place older than this is none. */
export const PREDICTED_MS = 300_000;

const EARTH_M = 6_371_008.8;
const RADIANS = Math.PI / 180;
const METRES_PER_DEGREE = EARTH_M * RADIANS;
/** Whoever wanders takes another direction after so long. */
const TURN_S = 10;
/** What a link state can say (WIRE §20). */
const ACCURACY_MAX_M = 1_000_000;

/** A place, and how far from it the node may be by now. */
export type Prediction = { place: Place; driftM: number };

/** Null once too much time has passed. */
export function predict(place: Place, mobility: Mobility | null, ageMs: Millis): Prediction | null {
  assert(ageMs >= 0, 'nobody says where he will be');
  if (ageMs > PREDICTED_MS) return null;
  const seconds = ageMs / 1000;
  const still = { place, driftM: place.accuracyM };
  if (mobility === null) return still;
  const { northMps, eastMps, periodS } = mobility;
  const speed = Math.hypot(northMps, eastMps);
  switch (mobility.kind) {
    case 'static':
      return still;
    case 'random':
      // As far as a random walk with steps of that length leads.
      return { place, driftM: place.accuracyM + speed * Math.sqrt(seconds * TURN_S) };
    case 'linear':
      return {
        place: moved(place, northMps * seconds, eastMps * seconds),
        driftM: place.accuracyM,
      };
    case 'circular':
      if (periodS === 0) return astray(place, speed * seconds);
      return { place: around(place, mobility, seconds), driftM: place.accuracyM };
    case 'commuter': {
      if (periodS === 0) return astray(place, speed * seconds);
      // There and back: half a period out, half a period home.
      const into = seconds % periodS;
      const out = Math.min(into, periodS - into);
      return { place: moved(place, northMps * out, eastMps * out), driftM: place.accuracyM };
    }
  }
}

export function moves(mobility: Mobility | null): boolean {
  if (mobility === null || mobility.kind === 'static') return false;
  return Math.hypot(mobility.northMps, mobility.eastMps) > 0;
}

/**
 * The place and the movement of some time later, from which it goes on as it would have. Who goes to
 * and fro is right until he has turned twice. Null once too much time has passed.
 */
export function onward(
  place: Place,
  mobility: Mobility,
  ageMs: Millis,
): { place: Place; mobility: Mobility } | null {
  const prediction = predict(place, mobility, ageMs);
  if (prediction === null) return null;
  const seconds = ageMs / 1000;
  const accuracyM = Math.min(ACCURACY_MAX_M, prediction.driftM);
  const there = { ...prediction.place, accuracyM };
  const { kind, northMps, eastMps, periodS } = mobility;
  if (kind === 'circular' && periodS > 0) {
    const turned = (2 * Math.PI * seconds) / periodS;
    const [sine, cosine] = [Math.sin(turned), Math.cos(turned)];
    const north = northMps * cosine + eastMps * sine;
    const east = eastMps * cosine - northMps * sine;
    return { place: there, mobility: { kind, northMps: north, eastMps: east, periodS } };
  }
  if (kind === 'commuter' && periodS > 0) {
    const into = seconds % periodS;
    const way = into < periodS / 2 ? 1 : -1;
    const leftS = (way > 0 ? periodS / 2 : periodS) - into;
    const speeds = { northMps: northMps * way, eastMps: eastMps * way };
    // A period of 0 would be an unknown one.
    const turns = { kind, ...speeds, periodS: Math.max(1, Math.round(2 * leftS)) };
    return { place: there, mobility: turns };
  }
  return { place: there, mobility };
}

/** Metres over the great circle, and up or down. */
export function distanceM(a: Place, b: Place): number {
  const north = Math.sin(((b.latitude - a.latitude) * RADIANS) / 2);
  const east = Math.sin(((b.longitude - a.longitude) * RADIANS) / 2);
  const lie = Math.cos(a.latitude * RADIANS) * Math.cos(b.latitude * RADIANS);
  const part = Math.min(1, north * north + lie * east * east);
  return Math.hypot(2 * EARTH_M * Math.asin(Math.sqrt(part)), b.altitudeM - a.altitudeM);
}

/** Some metres further; who walks over a pole stays there, and the date line is one like others. */
export function moved(place: Place, northM: number, eastM: number): Place {
  const latitude = Math.max(-90, Math.min(90, place.latitude + northM / METRES_PER_DEGREE));
  const width = METRES_PER_DEGREE * Math.max(1e-9, Math.cos(place.latitude * RADIANS));
  const longitude = place.longitude + (eastM % (360 * width)) / width;
  return { ...place, latitude, longitude: ((longitude + 540) % 360) - 180 };
}

/** Turning left all the time, once round in a period. */
function around(place: Place, { northMps, eastMps, periodS }: Mobility, seconds: number): Place {
  const turned = (2 * Math.PI * seconds) / periodS;
  const radiusS = periodS / (2 * Math.PI);
  const ahead = radiusS * Math.sin(turned);
  const left = radiusS * (1 - Math.cos(turned));
  return moved(place, northMps * ahead + eastMps * left, eastMps * ahead - northMps * left);
}

/** Somewhere within so many metres. */
function astray(place: Place, metres: number): Prediction {
  return { place, driftM: place.accuracyM + metres };
}
