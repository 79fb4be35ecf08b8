/**
 * The heartbeat of one link: when it beats, what it measures, when it calls the link silent. Time is
 * written in each test.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeartbeatOutput } from '../../../protocol/core/heartbeat.ts';
import {
  Heartbeat,
  HEARTBEAT_SIZE,
  INTERVAL_MS,
  MISSED_MAX,
} from '../../../protocol/core/heartbeat.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import { hold } from '../../seed.ts';

describe('a heartbeat', () => {
  it('beats at once, then every ten seconds (DEFAULTS §3)', () => {
    const beat = new Heartbeat(INTERVAL_MS, MISSED_MAX, 500);
    expect(beat.deadline()).toBe(500);
    expect(shown(beat.step(TICK, 500))).toEqual(['send 1 500, no echo']);
    expect(beat.deadline()).toBe(10500);
    expect(beat.step(TICK, 10499)).toEqual([]);
    expect(shown(beat.step(TICK, 10500))).toEqual(['send 2 10500, no echo']);
  });

  it('does not make up for late ticks', () => {
    const beat = new Heartbeat(1000, 9, 0);
    beat.step(TICK, 0);
    expect(shown(beat.step(TICK, 5400))).toEqual(['send 2 5400, no echo']);
    expect(beat.deadline()).toBe(6400);
  });

  it('echoes the last one heard, and how long ago', () => {
    const beat = new Heartbeat(1000, 3, 0);
    beat.step(TICK, 0);
    beat.step(heard(7, 4000000000), 100);
    beat.step(heard(8, 4000000900), 900);
    expect(shown(beat.step(TICK, 1000))).toEqual(['send 2 1000, echo 8 4000000900 100']);
    expect(shown(beat.step(TICK, 2000))).toEqual(['send 3 2000, echo 8 4000000900 1100']);
  });

  it('knows the round trip from its own echo, without the time the other held it', () => {
    const beat = new Heartbeat(1000, 3, 0);
    beat.step(TICK, 0);
    expect(beat.step(heard(1, 77, [1, 0, 30]), 50)).toEqual([{ kind: 'roundTrip', ms: 20 }]);
  });

  it.each([
    ['none', [0, 0, 0]],
    ['one of an earlier life', [900, 0, 30]],
    ['one it has not sent yet', [5, 0, 30]],
    ['one held longer than it can have been', [4, 3000, 200]],
    ['one from the future', [4, 3200, 0]],
  ] as const)('believes no echo that is %s', (_what, echo) => {
    const beat = new Heartbeat(1000, 3, 0);
    for (const now of [0, 1000, 2000, 3000]) {
      beat.step(heard(1, 1), now);
      beat.step(TICK, now);
    }
    expect(beat.step(heard(1, 1, echo), 3100)).toEqual([]);
    expect(beat.step(heard(1, 1, [4, 3000, 60]), 3100)).toEqual([{ kind: 'roundTrip', ms: 40 }]);
  });

  it('calls the link silent once three intervals passed unheard, and says so once', () => {
    const beat = new Heartbeat(1000, 3, 0);
    beat.step(TICK, 0);
    beat.step(heard(1, 1), 400);
    for (const now of [1000, 2000, 3000]) expect(kinds(beat.step(TICK, now))).toEqual(['send']);
    expect(beat.deadline()).toBe(3400);
    expect(kinds(beat.step(TICK, 3399))).toEqual([]);
    expect(kinds(beat.step(TICK, 3400))).toEqual(['silent']);
    for (const now of [4000, 5000]) expect(kinds(beat.step(TICK, now))).toEqual(['send']);
    expect(kinds(beat.step(heard(2, 2), 5500))).toEqual(['alive']);
    expect(kinds(beat.step(heard(3, 3), 5600))).toEqual([]);
    expect(kinds(beat.step(TICK, 8599))).toEqual(['send']);
    expect(kinds(beat.step(TICK, 8600))).toEqual(['silent']);
  });

  it('calls a link silent on which nothing was ever heard', () => {
    const beat = new Heartbeat(1000, 3, 50);
    expect(kinds(beat.step(TICK, 3049))).toEqual(['send']);
    expect(kinds(beat.step(TICK, 3050))).toEqual(['silent']);
  });

  it('drops what has another length, and does not take it for life', () => {
    for (const size of [0, HEARTBEAT_SIZE - 1, HEARTBEAT_SIZE + 1]) {
      const beat = new Heartbeat(1000, 3, 0);
      beat.step(TICK, 0);
      const out = beat.step({ kind: 'heard', payload: new Uint8Array(size) }, 900);
      expect(out).toEqual([{ kind: 'drop', reason: 'bad-length' }]);
      expect(kinds(beat.step(TICK, 3000))).toEqual(['silent', 'send']);
    }
  });

  it('does nothing for a tick that comes early or twice', () => {
    const beat = new Heartbeat(1000, 3, 0);
    beat.step(TICK, 0);
    expect(beat.step(TICK, 0)).toEqual([]);
    expect(beat.step(TICK, 999)).toEqual([]);
  });

  it('measures right while 32-bit milliseconds wrap', () => {
    const start = 4294967296 * 3 - 20;
    const beat = new Heartbeat(1000, 3, start);
    const [sent] = beat.step(TICK, start);
    const ms = sent.kind === 'send' ? word(sent.payload, 1) : 0;
    expect(ms).toBe(4294967276);
    expect(beat.step(heard(1, 1, [1, ms, 10]), start + 50)).toEqual([
      { kind: 'roundTrip', ms: 40 },
    ]);
  });
});

it('two ends of a link learn its round trip to the millisecond, whatever the delays', () => {
  const delay = fc.integer({ min: 1, max: 400 });
  hold(
    fc.property(delay, delay, fc.nat(900), (there, back, offset) => {
      const ends = [new Heartbeat(1000, 3, 0), new Heartbeat(1000, 3, offset)];
      const flights: { to: number; at: number; payload: Uint8Array }[] = [];
      const trips: number[] = [];
      for (let now = 0; now < 3000; now++) {
        for (const [at, end] of ends.entries()) {
          const due = flights.filter((flight) => flight.to === at && flight.at === now);
          const outputs = due.flatMap(({ payload }) => end.step({ kind: 'heard', payload }, now));
          if (now >= end.deadline()) outputs.push(...end.step(TICK, now));
          for (const output of outputs) {
            const lag = at === 0 ? there : back;
            if (output.kind === 'send') flights.push({ to: 1 - at, at: now + lag, ...output });
            if (output.kind === 'roundTrip') trips.push(output.ms);
            expect(output.kind).not.toBe('silent');
          }
        }
      }
      expect(trips.length).toBeGreaterThan(1);
      for (const trip of trips) expect(trip).toBe(there + back);
    }),
    50,
    500,
  );
});

function heard(
  sequence: number,
  ms: number,
  echo: readonly number[] = [0, 0, 0],
): { kind: 'heard'; payload: Uint8Array } {
  const payload = new Uint8Array(HEARTBEAT_SIZE);
  const view = new DataView(payload.buffer);
  for (const [at, value] of [sequence, ms, ...echo].entries()) view.setUint32(at * 4, value);
  return { kind: 'heard', payload };
}

function shown(outputs: HeartbeatOutput[]): string[] {
  return outputs.map((output) => {
    if (output.kind !== 'send') return output.kind;
    const [sequence, ms, ...echo] = [0, 1, 2, 3, 4].map((at) => word(output.payload, at));
    return `send ${sequence} ${ms}, ${echo[0] === 0 ? 'no echo' : `echo ${echo.join(' ')}`}`;
  });
}

function word(payload: Uint8Array, at: number): number {
  return new DataView(payload.buffer, payload.byteOffset).getUint32(at * 4);
}

function kinds(outputs: HeartbeatOutput[]): string[] {
  return outputs.map((output) => output.kind);
}
