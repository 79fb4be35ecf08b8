/**
 * What was acknowledged is there, whatever happens to the process, the power and the disk: after a kill
 * at any write (RELIABILITY R3), in every file a failed disk may hold (R4), and when writes are refused
 * (R5). And the tests can fail: a store that does not sync is caught by them.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runs, SEED, xorshift } from '../../seed.ts';
import type { Ran } from './crash.ts';
import { expectKept, HAS_STRACE, LONG_MS, withWriter } from './crash.ts';
import type { Call, Fate } from './power.ts';
import { callsOf, FATES, imageOf, putImage } from './power.ts';

const BATCHES = 40;

describe.skipIf(!HAS_STRACE)('a store whose power fails (R4)', () => {
  it(
    'has all that was acknowledged, whatever the disk made of the rest',
    () =>
      withWriter((write, home) => {
        const ran = write({ batches: BATCHES, isTraced: true });
        expect(ran.acknowledged).toBe(BATCHES);
        const calls = callsOf(ran.trace, ran.folder);
        expect(calls.filter(({ kind }) => kind === 'sync').length).toBeGreaterThan(BATCHES);
        const lost = lostIn(calls, runs(200, 10_000), join(home, 'image'));
        expect(lost).toEqual([]);
      }),
    LONG_MS,
  );

  it(
    'has it, though a sync had failed before',
    () =>
      withWriter((write, home) => {
        const whole = write({ batches: 20, isTraced: true });
        const syncs = callsOf(whole.trace, whole.folder).flatMap((call) =>
          call.kind === 'sync' ? [call.file] : [],
        );
        // A checkpoint syncs the log as well, and then the store: no batch waits for it.
        const isCommit = (file: string, at: number): boolean =>
          file.endsWith('-wal') && syncs[at + 1]?.endsWith('-wal') === true;
        const commits = syncs.flatMap((file, at) => (isCommit(file, at) ? [at + 1] : []));
        for (const when of [commits[commits.length >> 1], commits.at(-1)!]) {
          const inject = `fsync,fdatasync:error=EIO:when=${when}`;
          const ran = write({ batches: 20, isTraced: true, inject });
          expect(ran.acknowledged).toBe(20);
          expect(ran.said.some((line) => line.startsWith('failed'))).toBe(true);
          const calls = callsOf(ran.trace, ran.folder);
          expect(lostIn(calls, runs(10, 1000), join(home, 'image'))).toEqual([]);
        }
      }),
    LONG_MS,
  );

  it(
    'would have lost something if it did not sync: the test can fail',
    () =>
      withWriter((write, home) => {
        const ran = write({ batches: BATCHES, isTraced: true, isNormal: true });
        const calls = callsOf(ran.trace, ran.folder);
        expect(lostIn(calls, 40, join(home, 'image')).length).toBeGreaterThan(5);
      }),
    LONG_MS,
  );
});

describe.skipIf(!HAS_STRACE)('a store whose process is killed (R3)', () => {
  it(
    'has all that was acknowledged, at whichever write it was',
    () =>
      withWriter((write, home) => {
        const { trace, folder } = write({ batches: BATCHES, isTraced: true });
        const calls = callsOf(trace, folder);
        // The system keeps what a killed process wrote: so each moment is a file to look at.
        const moments = calls.flatMap((call, at) => (call.kind === 'write' ? [at] : []));
        const random = xorshift(SEED);
        const count = runs(40, moments.length);
        for (let i = 0; i < count; i++) {
          const end = count === moments.length ? moments[i] : moments[random(moments.length)];
          const why = failureOf(calls, end, 'kept', random, join(home, 'image'));
          expect(why, `killed before call ${end}`).toBeNull();
        }
      }),
    LONG_MS,
  );

  it(
    'has it when a real process is really killed',
    () =>
      withWriter((write) => {
        const counts = countsOf(write({ batches: BATCHES, isTraced: true }));
        const random = xorshift(SEED);
        for (let i = 0; i < runs(5, 2000); i++) {
          const [call, count] = counts[i % counts.length];
          const inject = `${call}:signal=SIGKILL:when=${1 + random(count)}`;
          const ran = write({ batches: BATCHES, inject });
          expect(ran.said.at(-1), inject).not.toBe('closed');
          expectKept(ran.folder, ran.acknowledged);
        }
      }),
    LONG_MS,
  );
});

describe.skipIf(!HAS_STRACE)('a store whose disk refuses (R5)', () => {
  it(
    'acknowledges nothing that it did not store, and goes on once the disk does',
    () =>
      withWriter((write) => {
        const counts = countsOf(write({ batches: BATCHES, isTraced: true }));
        const random = xorshift(SEED);
        let refused = 0;
        for (let i = 0; i < runs(6, 1000); i++) {
          const [call, count] = counts[i % counts.length];
          const first = 1 + random(count);
          // Once, or for a while.
          const last = i % 4 < 2 ? '' : `..${first + random(12)}`;
          const error = i % 3 === 0 ? 'ENOSPC' : 'EIO';
          const inject = `${call}:error=${error}:when=${first}${last}`;
          const ran = write({ batches: BATCHES, inject });
          expectWholeRun(ran, inject);
          refused += ran.said.filter((line) => line.startsWith('failed')).length;
        }
        // A failed fold of the log is tried again in silence; the others are not.
        expect(refused).toBeGreaterThan(1);
      }),
    LONG_MS,
  );
});

/** Calls that write or sync, and how often a whole run makes them. */
function countsOf({ trace }: Ran): [call: string, count: number][] {
  return ['pwrite64', 'fdatasync', 'fsync'].flatMap((call) => {
    const count = trace.match(new RegExp(`^${call}\\(`, 'gm'))?.length ?? 0;
    return count === 0 ? [] : [[call, count] as [string, number]];
  });
}

function expectWholeRun(ran: Ran, inject: string): void {
  expect(ran.said.at(-1), `${inject}\n${ran.said.join('\n')}`).toBe('closed');
  expect(ran.acknowledged, inject).toBe(BATCHES);
  for (const line of ran.said.filter((line) => line.startsWith('failed'))) {
    expect(line, inject).toMatch(/\[(FILE_UNWRITABLE|STORE_DAMAGED)\]$/);
  }
  expectKept(ran.folder, ran.acknowledged);
}

/** What went wrong in so many images, each from a moment and a fate drawn by chance. */
function lostIn(calls: Call[], count: number, folder: string): string[] {
  const random = xorshift(SEED);
  const opened = calls.findIndex(({ kind }) => kind === 'said');
  const lost: string[] = [];
  for (let i = 0; i < count; i++) {
    const end = opened + 1 + random(calls.length - opened);
    const fate = FATES[i % FATES.length];
    const why = failureOf(calls, end, fate, random, folder);
    if (why !== null) lost.push(`image ${i}, call ${end}, ${fate}: ${why}`);
  }
  return lost;
}

function failureOf(
  calls: Call[],
  end: number,
  fate: Fate,
  random: (below: number) => number,
  folder: string,
): string | null {
  const acknowledged = calls
    .slice(0, end)
    .filter((call) => call.kind === 'said' && call.text.startsWith('ack ')).length;
  try {
    putImage(imageOf(calls, end, fate, random), folder);
    expectKept(folder, acknowledged);
    return null;
  } catch (failure) {
    return (failure as Error).message;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
