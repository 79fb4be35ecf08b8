/** Places: where who moves is taken to be, and how far it is. */
import { describe, expect, it } from 'vitest';
import { distanceM, moved, onward, predict } from '../../../host/routing/place.ts';
import type { Mobility, MobilityKind, Place } from '../../../protocol/wire/link-state.ts';

const HOME: Place = { latitude: 0, longitude: 0, altitudeM: 0, accuracyM: 5 };

describe('distance', () => {
  it.each([
    // Great circles of a sphere with the mean radius of the Earth.
    ['Paris to London', [48.8566, 2.3522], [51.5074, -0.1278], 343_560],
    ['across the date line', [0, 179.5], [0, -179.5], 111_195],
    ['over the pole', [89.5, 0], [89.5, 180], 111_195],
    ['to the antipodes', [0, 0], [0, 180], 20_015_115],
    ['nowhere', [12, 34], [12, 34], 0],
  ] as const)('%s', (_what, [latitude, longitude], [toLatitude, toLongitude], metres) => {
    const from = { ...HOME, latitude, longitude };
    const to = { ...HOME, latitude: toLatitude, longitude: toLongitude };
    expect(Math.abs(distanceM(from, to) - metres)).toBeLessThan(1 + metres / 10_000);
  });

  it('counts height', () => {
    expect(distanceM(HOME, { ...HOME, altitudeM: 120 })).toBeCloseTo(120);
    expect(distanceM(moved(HOME, 0, 50), { ...HOME, altitudeM: 120 })).toBeCloseTo(130);
  });

  it('is that of the way gone, anywhere on Earth, and longitudes stay within their circle', () => {
    for (const latitude of [0, 45, -60, 80]) {
      for (const longitude of [0, 179.9999, -179.9999]) {
        const from = { ...HOME, latitude, longitude };
        const to = moved(from, 300, -400);
        expect(distanceM(from, to)).toBeCloseTo(500, 0);
        expect(Math.abs(to.longitude)).toBeLessThanOrEqual(180);
      }
    }
  });
});

describe('prediction', () => {
  const going = (kind: MobilityKind, periodS = 0): Mobility => {
    return { kind, northMps: 0, eastMps: 2, periodS };
  };
  const after = (mobility: Mobility | null, seconds: number) => {
    const { place, driftM } = predict(HOME, mobility, seconds * 1000)!;
    const eastM = Math.sign(place.longitude) * distanceM(HOME, { ...place, latitude: 0 });
    const northM = Math.sign(place.latitude) * distanceM(HOME, { ...place, longitude: 0 });
    return { eastM: Math.round(eastM), northM: Math.round(northM), driftM: Math.round(driftM) };
  };

  it.each([
    ['who says nothing stays', null, 100, { eastM: 0, northM: 0, driftM: 5 }],
    ['static stays', going('static'), 100, { eastM: 0, northM: 0, driftM: 5 }],
    ['linear goes on', going('linear'), 100, { eastM: 200, northM: 0, driftM: 5 }],
    ['random stays, and strays', going('random'), 90, { eastM: 0, northM: 0, driftM: 65 }],
    ['a commuter goes out', going('commuter', 100), 50, { eastM: 100, northM: 0, driftM: 5 }],
    ['a commuter comes back', going('commuter', 100), 80, { eastM: 40, northM: 0, driftM: 5 }],
    ['a commuter goes out again', going('commuter', 100), 130, { eastM: 60, northM: 0, driftM: 5 }],
    ['a circle, a quarter round', going('circular', 100), 25, { eastM: 32, northM: 32, driftM: 5 }],
    ['a circle, half round', going('circular', 100), 50, { eastM: 0, northM: 64, driftM: 5 }],
    ['a circle, all round', going('circular', 100), 100, { eastM: 0, northM: 0, driftM: 5 }],
    ['a circle of any size', going('circular'), 30, { eastM: 0, northM: 0, driftM: 65 }],
    ['a way of any length', going('commuter'), 30, { eastM: 0, northM: 0, driftM: 65 }],
  ])('%s', (_what, mobility, seconds, there) => {
    const found = after(mobility, seconds);
    // Sines of whole turns are not quite nothing.
    expect({ ...found, eastM: found.eastM + 0, northM: found.northM + 0 }).toEqual(there);
  });

  it.each([
    ['static', 0, 200, 60],
    ['linear', 0, 200, 60],
    ['circular', 100, 37, 200],
    ['commuter', 100, 20, 55],
    ['commuter', 100, 80, 35],
    ['commuter', 100, 50, 60],
  ] as const)('goes on from any moment of it: %s, round in %i s', (kind, periodS, first, then) => {
    const there = onward(HOME, going(kind, periodS), first * 1000)!;
    const one = predict(there.place, there.mobility, then * 1000)!;
    const other = predict(HOME, going(kind, periodS), (first + then) * 1000)!;
    expect(distanceM(one.place, other.place)).toBeLessThan(0.1);
    expect(one.driftM).toBe(other.driftM);
  });

  it('goes on with no less doubt than it had', () => {
    const there = onward(HOME, going('random'), 90_000)!;
    expect(there.place.accuracyM).toBeCloseTo(65);
    expect(predict(there.place, there.mobility, 90_000)!.driftM).toBeCloseTo(125);
    expect(onward(HOME, going('linear'), 300_001)).toBeNull();
  });

  it('is believed for 300 s (DEFAULTS §3)', () => {
    expect(predict(HOME, going('linear'), 300_000)).not.toBeNull();
    expect(predict(HOME, going('linear'), 300_001)).toBeNull();
    expect(predict(HOME, null, 300_001)).toBeNull();
  });
});
