/**
 * The heartbeat whose pace can be changed, and that is told one by one. Time is written in each test.
 */
import { describe, expect, it } from 'vitest';
import type { HeartbeatOutput } from '../../../protocol/core/heartbeat.ts';
import { HEARTBEAT_SIZE } from '../../../protocol/core/heartbeat.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import type { Pace } from '../../../protocol/core/paced-heartbeat.ts';
import { INTERVAL_MAX_MS, PACE, PacedHeartbeat } from '../../../protocol/core/paced-heartbeat.ts';

const SLOW: Pace = { intervalMs: 60_000, missedMax: 3 };
const FAST: Pace = { intervalMs: 1000, missedMax: 3 };

describe('a heartbeat at a pace of its own', () => {
  it('tells of each one heard, and of how many before it were lost', () => {
    const beat = new PacedHeartbeat(PACE, 0);
    const numbers = [1, 2, 5, 5, 4, 6, 8];
    const told = numbers.map((sequence, at) => {
      const [last] = beats(beat.step(heard(sequence, at * 10_000), at * 10_000));
      return last?.missed;
    });
    expect(told).toEqual([0, 0, 2, 0, 0, 1, 1]);
  });

  it('takes an earlier number for another life of the far end, not for a gap', () => {
    const beat = new PacedHeartbeat(PACE, 0);
    beat.step(heard(4000, 0), 0);
    expect(beats(beat.step(heard(1, 10_000), 10_000))).toMatchObject([{ missed: 0 }]);
    expect(beats(beat.step(heard(3, 30_000), 30_000))).toMatchObject([{ missed: 1 }]);
  });

  it('tells the round trip with it, and none where there is none', () => {
    const beat = new PacedHeartbeat(PACE, 0);
    beat.step(TICK, 0);
    const withEcho = beat.step(heard(1, 77, [1, 0, 30]), 50);
    expect(beats(withEcho)).toMatchObject([{ roundTripMs: 20 }]);
    expect(beats(beat.step(heard(2, 99), 60))).toMatchObject([{ roundTripMs: -1 }]);
  });

  it('drops what has another length, and tells nothing of it', () => {
    const beat = new PacedHeartbeat(PACE, 0);
    beat.step(TICK, 0);
    const payload = new Uint8Array(HEARTBEAT_SIZE - 1);
    expect(kinds(beat.step({ kind: 'heard', payload }, 5))).toEqual(['drop']);
  });

  it('beats by a new pace at once: sooner if it is due, and never earlier than now', () => {
    const beat = new PacedHeartbeat(PACE, 0);
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
      const beat = new PacedHeartbeat(ours, 0);
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

  it('waits as long as all others do for an end whose pace it does not know', () => {
    expect(silence(new PacedHeartbeat(FAST, 0), 0)).toBe(30_000);
  });

  it('believes nobody that he beats ever so slowly', () => {
    const beat = new PacedHeartbeat(PACE, 0);
    beat.step(heard(1, 0), 0);
    beat.step(heard(2, 3_000_000_000), 10);
    expect(silence(beat, 10)).toBe(3 * INTERVAL_MAX_MS);
  });

  it('is shown by any word that the far end is alive', () => {
    const beat = new PacedHeartbeat(PACE, 0);
    beat.touch(25_000);
    expect(silence(beat, 25_000)).toBe(30_000);
  });
});

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
