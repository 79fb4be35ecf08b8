/**
 * Theorem: whatever payloads a heartbeat hears and whenever, it drops what has another length and
 * nothing else, never throws, measures no round trip longer than the silence it would have called,
 * and is never overdue after a step.
 */
import { expect, it } from 'vitest';
import { Heartbeat, HEARTBEAT_SIZE } from '../../protocol/core/heartbeat.ts';
import { TICK } from '../../protocol/core/machine.ts';
import { storm, STORM_MS } from './storm.ts';

it('a heartbeat stands every storm', { timeout: STORM_MS }, () => {
  const beat = new Heartbeat(1000, 3, 0);
  const other = new Heartbeat(1000, 3, 0);
  const payloads: Uint8Array[] = [new Uint8Array(HEARTBEAT_SIZE)];
  let now = 0;
  let trips = 0;
  let isSilent = false;
  storm(payloads, (bytes, next) => {
    now += next(50) === 0 ? next(5000) : next(700);
    const outputs = other.step(TICK, now);
    for (const output of outputs) if (output.kind === 'send') payloads[0] = output.payload;
    const payload = next(4) === 0 ? payloads[0] : bytes;
    const answers = beat.step({ kind: 'heard', payload }, now);
    const dropped = answers.some((output) => output.kind === 'drop');
    if (dropped !== (payload.length !== HEARTBEAT_SIZE)) throw new Error('dropped for nothing');
    for (const output of [...answers, ...beat.step(TICK, now)]) {
      if (output.kind === 'roundTrip') trips++;
      if (output.kind === 'roundTrip' && output.ms >= 3000) throw new Error('too long a trip');
      if (output.kind === 'silent' || output.kind === 'alive') {
        if (isSilent === (output.kind === 'silent')) throw new Error('said twice');
        isSilent = !isSilent;
      }
      if (output.kind === 'send') other.step({ kind: 'heard', payload: output.payload }, now);
    }
    if (beat.deadline() <= now) throw new Error('overdue');
  });
  expect(trips).toBeGreaterThan(100);
});
