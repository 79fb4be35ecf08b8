/**
 * What is tried for a node that was lost, how often, and when it ends.
 */
import { describe, expect, it } from 'vitest';
import type { RecoveryOutput } from '../../../host/resilience/recovery.ts';
import {
  ATTEMPT_EVERY_MS,
  ATTEMPTS_MAX,
  RECOVERIES_MAX,
  Recovery,
} from '../../../host/resilience/recovery.ts';
import { TICK } from '../../../protocol/core/machine.ts';

const NODE = idOf(1);

describe('a recovery', () => {
  it('tries at once, then every minute, the cheap before the dear, five times in all', () => {
    const recovery = recoveryWith(true);
    const out = recovery.step({ kind: 'lost', id: NODE }, 0);
    while (recovery.deadline() < Infinity) {
      const at = recovery.deadline();
      expect(at % ATTEMPT_EVERY_MS).toBe(0);
      out.push(...recovery.step(TICK, at));
    }
    expect(out.map(shown)).toEqual([
      'try 1 reconnect',
      'try 2 route',
      'try 3 bridge',
      'try 4 reconnect',
      'try 5 route',
      'given-up after 5',
    ]);
    expect(recovery).toMatchObject({ active: 0, attempts: ATTEMPTS_MAX, succeeded: 0 });
  });

  it('tries as often as the owner has it', () => {
    const recovery = new Recovery(() => true);
    Object.assign(recovery, { retryMs: 5000, attemptsMax: 2 });
    const times = [];
    for (let at = 0; at < Infinity; at = recovery.deadline()) {
      const input = at === 0 ? ({ kind: 'lost', id: NODE } as const) : TICK;
      times.push(...recovery.step(input, at).map((output) => `${at}: ${shown(output)}`));
    }
    expect(times).toEqual(['0: try 1 reconnect', '5000: try 2 route', '10000: given-up after 2']);
  });

  it('has two ways where there is no bridge node, looked for each time', () => {
    let hasBridge = false;
    const recovery = new Recovery(() => hasBridge);
    const out = recovery.step({ kind: 'lost', id: NODE }, 0);
    for (let n = 1; n < ATTEMPTS_MAX; n++) {
      hasBridge = n === 4;
      out.push(...recovery.step(TICK, n * ATTEMPT_EVERY_MS));
    }
    const ways = out.flatMap((output) => (output.kind === 'try' ? [output] : []));
    expect(ways.map(({ way, round }) => `${way} ${round}`)).toEqual([
      ...['reconnect 1', 'route 1', 'reconnect 2', 'route 2', 'bridge 2'],
    ]);
  });

  it.each([
    ['a link that was dialled', 1, { kind: 'dialled', id: NODE }],
    ['an answer over another route', 2, { kind: 'answered', id: NODE, askedAt: 60_000 }],
    ['an answer over a bridge node', 3, { kind: 'answered', id: NODE, askedAt: 120_000 }],
  ] as const)('succeeds by %s, and ends', (_, attempts, answer) => {
    const recovery = afterAttempts(attempts);
    expect(recovery.step(answer, 125_000).map(shown)).toEqual([`recovered after ${attempts}`]);
    expect(recovery).toMatchObject({ active: 0, attempts, succeeded: 1 });
    expect(recovery.deadline()).toBe(Infinity);
  });

  it.each([
    ['any other word of it', 2, { kind: 'back', id: NODE }],
    ['a link, when another way was tried last', 2, { kind: 'dialled', id: NODE }],
    ['an answer, when it was dialled last', 1, { kind: 'answered', id: NODE, askedAt: 0 }],
    ['an answer to another ping', 2, { kind: 'answered', id: NODE, askedAt: 59_000 }],
    ['an answer to a later ping', 2, { kind: 'answered', id: NODE, askedAt: 61_000 }],
  ] as const)('ends with %s, and takes no credit for it', (_, attempts, word) => {
    const recovery = afterAttempts(attempts);
    expect(recovery.step(word, 62_000).map(shown)).toEqual([`returned after ${attempts}`]);
    expect(recovery).toMatchObject({ active: 0, attempts, succeeded: 0 });
  });

  it('does not begin twice for one node, nor end for one it does not know', () => {
    const recovery = recoveryWith(true);
    expect(recovery.step({ kind: 'lost', id: NODE }, 0)).toHaveLength(1);
    expect(recovery.step({ kind: 'lost', id: NODE }, 10)).toEqual([]);
    expect(recovery.step({ kind: 'back', id: idOf(2) }, 20)).toEqual([]);
    expect(recovery.active).toBe(1);
  });

  it('begins anew for a node that is lost again after all was tried', () => {
    const recovery = recoveryWith(true);
    recovery.step({ kind: 'lost', id: NODE }, 0);
    while (recovery.deadline() < Infinity) recovery.step(TICK, recovery.deadline());
    expect(recovery.step({ kind: 'lost', id: NODE }, 1e6).map(shown)).toEqual(['try 1 reconnect']);
  });

  it('is for so many nodes at once, and for one more it is not', () => {
    const recovery = recoveryWith(true);
    for (let n = 0; n < RECOVERIES_MAX; n++) recovery.step({ kind: 'lost', id: idOf(n) }, 0);
    expect(recovery.step({ kind: 'lost', id: idOf(999) }, 0)).toEqual([]);
    expect(recovery.active).toBe(RECOVERIES_MAX);
  });
});

function recoveryWith(hasBridge: boolean): Recovery {
  return new Recovery(() => hasBridge);
}

/** Of the node, that was lost at 0. */
function afterAttempts(count: number): Recovery {
  const recovery = recoveryWith(true);
  recovery.step({ kind: 'lost', id: NODE }, 0);
  for (let n = 1; n < count; n++) recovery.step(TICK, n * ATTEMPT_EVERY_MS);
  return recovery;
}

function idOf(n: number): Uint8Array {
  return Uint8Array.of(0, 0, 0, 0, 0, 0, n >> 8, n & 255);
}

function shown(output: RecoveryOutput): string {
  if (output.kind === 'try') return `try ${output.attempt} ${output.way}`;
  return `${output.outcome} after ${output.attempts}`;
}
