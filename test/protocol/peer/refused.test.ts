/**
 * History that a neighbour holds and a station never takes: it is offered for ever, and asked for ever
 * less often, or each word would cross the link once a minute.
 */
import { describe, expect, it } from 'vitest';
import type { StationConfig } from '../../../protocol/peer/settings.ts';
import type { Station } from '../../../protocol/peer/station.ts';
import { announceOf, messageOf, person } from '../trust/people.ts';
import { EPOCH, stationOf, Village } from './village.ts';

const WORDS = 3;
const SPEAKER = person(60);
const HOUR_MS = 3_600_000;

describe('a station asks ever less often for history', () => {
  const cases: [string, Partial<StationConfig>, string][] = [
    [
      'of whom a person denied',
      { decisions: { denied: [SPEAKER.id], quarantined: [], limits: [] } },
      'denied',
    ],
    ['of whom nobody introduces', {}, 'unknown-sender'],
  ];

  it.each(cases)('%s', (_, differs, reason) => {
    const { village, station } = couple(differs, wordsOf(EPOCH - 600_000));
    pass(village, HOUR_MS);
    const first = dropsOf(station, village, reason);
    // 3 s, 6 s and so on, up to ten minutes.
    expect(first).toBeGreaterThanOrEqual(9 * WORDS);
    expect(first).toBeLessThanOrEqual(16 * WORDS);
    pass(village, HOUR_MS);
    expect(dropsOf(station, village, reason) - first).toBeLessThanOrEqual(7 * WORDS);
  });

  it('and takes it all where it may', () => {
    const announce = announceOf(SPEAKER, { timestamp: EPOCH - 600_000 });
    const { village, station } = couple({}, [announce, ...wordsOf(EPOCH - 600_000)]);
    pass(village, 60_000);
    expect(village.told(station, 'message')).toHaveLength(WORDS);
  });
});

function wordsOf(saidAt: number): Uint8Array[] {
  return Array.from({ length: WORDS }, (_, at) => messageOf(SPEAKER, saidAt + at));
}

/** A station, and a neighbour that holds so much. */
function couple(differs: Partial<StationConfig>, frames: Uint8Array[]) {
  const village = new Village();
  const station = stationOf(village, 1, differs);
  const holder = stationOf(village, 2, { frames });
  village.join(station, 1, holder, 0, 'node');
  return { village, station };
}

/** The tape is not wanted but for its last minute. */
function pass(village: Village, ms: number): void {
  for (let left = ms; left > 0; left -= 60_000) {
    village.forget();
    village.pass(Math.min(left, 60_000));
  }
}

function dropsOf(station: Station, village: Village, reason: string): number {
  return station.snapshot(village.now).drops[reason] ?? 0;
}
