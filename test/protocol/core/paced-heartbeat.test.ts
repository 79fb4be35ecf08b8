/**
 * The heartbeat whose pace can be changed, and that is told one by one. Time is written in each test.
 */
import { describe, expect, it } from 'vitest';
import type { HeartbeatOutput } from '../../../protocol/core/heartbeat.ts';
import { HEARTBEAT_SIZE } from '../../../protocol/core/heartbeat.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import type { Pace } from '../../../protocol/core/paced-heartbeat.ts';
import { INTERVAL_MAX_MS, PACE, PacedHeartbeat } from '../../../protocol/core/paced-heartbeat.ts';
import { SEED, xorshift } from '../../seed.ts';

const SLOW: Pace = { intervalMs: 60_000, missedMax: 3 };
const FAST: Pace = { intervalMs: 1000, missedMax: 3 };

describe('a heartbeat at a pace of its own', () => {
  it('tells of each one heard, and of how many before it were lost', () => {
    const beat = new PacedHeartbeat(PACE, 0, 0);
    const numbers = [1, 2, 5, 5, 4, 6, 8];
    const told = numbers.map((sequence, at) => {
      const [last] = beats(beat.step(heard(sequence, at * 10_000), at * 10_000));
      return last?.missed;
    });
    expect(told).toEqual([0, 0, 2, 0, 0, 1, 1]);
  });

  it('takes an earlier number for another life of the far end, not for a gap', () => {
    const beat = new PacedHeartbeat(PACE, 0, 0);
    beat.step(heard(4000, 0), 0);
    expect(beats(beat.step(heard(1, 10_000), 10_000))).toMatchObject([{ missed: 0 }]);
    expect(beats(beat.step(heard(3, 30_000), 30_000))).toMatchObject([{ missed: 1 }]);
  });

  it('tells the round trip with it, and none where there is none', () => {
    const beat = new PacedHeartbeat(PACE, 0, 0);
    beat.step(TICK, 0);
    const withEcho = beat.step(heard(1, 77, [1, 0, 30]), 50);
    expect(beats(withEcho)).toMatchObject([{ roundTripMs: 20 }]);
    expect(beats(beat.step(heard(2, 99), 60))).toMatchObject([{ roundTripMs: -1 }]);
  });

  it('drops what has another length, and tells nothing of it', () => {
    const beat = new PacedHeartbeat(PACE, 0, 0);
    beat.step(TICK, 0);
    const payload = new Uint8Array(HEARTBEAT_SIZE - 1);
    expect(kinds(beat.step({ kind: 'heard', payload }, 5))).toEqual(['drop']);
  });

  it('beats at once, and from then on in the same moments as all others of its phase', () => {
    const [early, late] = [0, 4100].map((at) => new PacedHeartbeat(PACE, 4_000_003_000, at));
    expect(moments(early, 0, 35_000)).toEqual([0, 3000, 13_000, 23_000, 33_000]);
    expect(moments(late, 4100, 35_000)).toEqual([4100, 13_000, 23_000, 33_000]);
    for (const beat of [early, late]) beat.setPace(FAST, 35_500);
    expect(moments(early, 35_500, 38_000)).toEqual([35_500, 36_000, 37_000, 38_000]);
    expect(moments(late, 35_500, 38_000)).toEqual([35_500, 36_000, 37_000, 38_000]);
  });

  it('does not shift its moments when it is woken late', () => {
    const beat = new PacedHeartbeat(PACE, 3000, 0);
    expect(kinds(beat.step(TICK, 0))).toEqual(['send']);
    expect(kinds(beat.step(TICK, 3900))).toEqual(['send']);
    expect(beat.deadline()).toBe(13_000);
  });

  it('is due later than now, and no more than an interval, at whatever part of a millisecond', () => {
    const random = xorshift(SEED);
    for (let phases = 0; phases < 200; phases++) {
      let now = random(6_000_000_000) / 1e6;
      const beat = new PacedHeartbeat(PACE, now, now);
      const waits: number[] = [];
      for (let beats = 0; beats < 500; beats++) {
        beat.step(TICK, now);
        // Or it is silent in the end.
        beat.touch(now);
        waits.push(beat.deadline() - now);
        now = beat.deadline();
      }
      expect(Math.min(...waits)).toBeCloseTo(PACE.intervalMs);
      expect(Math.max(...waits)).toBeCloseTo(PACE.intervalMs);
    }
  });

  it('beats by a new pace at once: sooner if it is due, and never earlier than now', () => {
    const beat = new PacedHeartbeat(PACE, 0, 0);
    beat.step(TICK, 0);
    beat.setPace(SLOW, 4000);
    expect(beat.deadline()).toBe(60_000);
    beat.setPace(FAST, 5000);
    expect(beat.deadline()).toBe(5000);
    expect(kinds(beat.step(TICK, 5000))).toEqual(['send']);
    expect(beat.deadline()).toBe(6000);
  });

  it('calls a link silent by the slower of the two paces, as the far end shows its own', () => {
    const silentAfter = (ours: Pace, theirsMs: number): number => {
      const beat = new PacedHeartbeat(ours, 0, 0);
      let now = 0;
      for (let sequence = 1; sequence <= 3; sequence++, now += theirsMs) {
        expect(kinds(beat.step(heard(sequence, now), now))).not.toContain('silent');
      }
      return silence(beat, now - theirsMs);
    };
    expect(silentAfter(PACE, 10_000)).toBe(30_000);
    expect(silentAfter(FAST, 10_000)).toBe(30_000);
    expect(silentAfter(FAST, 1000)).toBe(3000);
    expect(silentAfter(FAST, 2000)).toBe(6000);
    expect(silentAfter(SLOW, 1000)).toBe(180_000);
  });

  it('takes no first interval of the far end, however short it was, for its pace', () => {
    const beat = new PacedHeartbeat(FAST, 0, 0);
    beat.step(heard(1, 0), 0);
    beat.step(heard(2, 5), 5);
    expect(silence(beat, 5)).toBe(30_000);
    beat.step(heard(3, 60_005), 60_005);
    beat.step(heard(4, 60_007), 60_007);
    expect(silence(beat, 60_007)).toBe(180_000);
  });

  it('waits as long as all others do for an end whose pace it does not know', () => {
    expect(silence(new PacedHeartbeat(FAST, 0, 0), 0)).toBe(30_000);
  });

  it('believes nobody that he beats ever so slowly', () => {
    const beat = new PacedHeartbeat(PACE, 0, 0);
    beat.step(heard(1, 0), 0);
    beat.step(heard(2, 3_000_000_000), 10);
    expect(silence(beat, 10)).toBe(3 * INTERVAL_MAX_MS);
  });

  it('is shown by any word that the far end is alive', () => {
    const beat = new PacedHeartbeat(PACE, 0, 0);
    beat.touch(25_000);
    expect(silence(beat, 25_000)).toBe(30_000);
  });
});

/** When it beats, from a moment on and until another. */
function moments(beat: PacedHeartbeat, from: number, until: number): number[] {
  const sent: number[] = [];
  for (let now = from; now <= until; now = beat.deadline()) {
    if (kinds(beat.step(TICK, now)).includes('send')) sent.push(now);
  }
  return sent;
}

/** How long after `from` it is silent, if nothing is heard any more. */
function silence(beat: PacedHeartbeat, from: number): number {
  for (;;) {
    const now = beat.deadline();
    if (kinds(beat.step(TICK, now)).includes('silent')) return now - from;
  }
}

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

function beats(outputs: HeartbeatOutput[]) {
  return outputs.filter((output) => output.kind === 'beat');
}

function kinds(outputs: HeartbeatOutput[]): string[] {
  return outputs.map((output) => output.kind);
}
