/**
 * Who is suspected, who is taken for failed, and what takes both back. Time is written in each test.
 */
import { describe, expect, it } from 'vitest';
import type { SuspicionInput, SuspicionOutput } from '../../../host/resilience/suspicion.ts';
import {
  FORGOTTEN_MS,
  INTERVALS_MAX,
  PROBE_EVERY_MS,
  Suspicion,
  VAIN_PER_MILLE,
  WATCHED_MAX,
  WORD_EVERY_MS,
} from '../../../host/resilience/suspicion.ts';
import { ALONE_TIMES, RESILIENCE_DEFAULTS } from '../../../host/resilience/settings.ts';
import { TICK } from '../../../protocol/core/machine.ts';

const NODE = idOf(1);
const BEAT_MS = 10_000;

describe('a neighbour that falls silent', () => {
  it('is suspected within three heartbeats, and others are asked at once', () => {
    const watch = watched(10);
    const [suspected, probe] = watch.wait();
    expect(suspected).toMatchObject({ kind: 'suspected', id: NODE });
    expect(probe).toEqual({ kind: 'probe', id: NODE });
    const phi = suspected.kind === 'suspected' ? suspected.phi : 0;
    expect(phi).toBeGreaterThanOrEqual(8 - 1e-6);
    expect(watch.silentFor()).toBeGreaterThan(2 * BEAT_MS);
    expect(watch.silentFor()).toBeLessThanOrEqual(3 * BEAT_MS);
  });

  it('is not suspected for one heartbeat that is lost', () => {
    const watch = watched(10);
    expect(watch.until(watch.now + 2 * BEAT_MS - 1)).toEqual([]);
    expect(watch.tell({ kind: 'beat', id: NODE, missed: 1 })).toEqual([]);
    expect(watch.machine.stateOf(NODE)).toBe('near');
  });

  it('has failed after thirty seconds more, when others were asked in vain, and not before', () => {
    const watch = watched(10);
    watch.wait();
    const suspectedAt = watch.now;
    for (const seconds of [10, 20]) {
      expect(watch.until(suspectedAt + seconds * 1000)).toEqual([]);
      const again = watch.tell({ kind: 'unanswered', id: NODE, asked: 3 });
      expect(kinds(again)).toEqual(['probe']);
    }
    expect(watch.until(suspectedAt + 29_999)).toEqual([]);
    const [failed] = watch.until(suspectedAt + 30_000);
    expect(failed).toEqual({ kind: 'failed', id: NODE, silentMs: watch.silentFor() });
    expect(watch.machine.stateOf(NODE)).toBe('failed');
  });

  it('stays suspected for as long as nobody could be asked', () => {
    const watch = watched(10);
    watch.wait();
    const out = watch.until(watch.now + 600_000);
    expect(new Set(kinds(out))).toEqual(new Set(['probe']));
    expect(out).toHaveLength(600_000 / PROBE_EVERY_MS);
  });

  it('is asked about more often where its link loses much, before it has failed', () => {
    const watch = watched(0);
    for (let n = 0; n < 100; n++) {
      const missed = n % 4 === 0 ? 1 : 0;
      watch.now += BEAT_MS * (missed + 1);
      watch.tell({ kind: 'beat', id: NODE, missed });
    }
    watch.wait();
    const suspectedAt = watch.now;
    // A fifth is lost.
    const times = 1 + 200 / VAIN_PER_MILLE;
    for (let n = 1; n < times; n++) {
      expect(kinds(watch.until(suspectedAt + n * 10_000))).not.toContain('failed');
      watch.tell({ kind: 'unanswered', id: NODE, asked: 3 });
    }
    watch.until(suspectedAt + times * 10_000);
    expect(watch.machine.stateOf(NODE)).toBe('suspected');
    expect(kinds(watch.tell({ kind: 'unanswered', id: NODE, asked: 3 }))).toEqual(['failed']);
  });

  it('has failed later where there is nobody else to ask', () => {
    const watch = watched(10);
    watch.wait();
    const suspectedAt = watch.now;
    watch.tell({ kind: 'unanswered', id: NODE, asked: 0 });
    const patience = RESILIENCE_DEFAULTS.confirmMs * ALONE_TIMES;
    expect(kinds(watch.until(suspectedAt + patience - 1))).not.toContain('failed');
    expect(kinds(watch.until(suspectedAt + patience))).toContain('failed');
  });

  it.each(['suspected', 'failed'] as const)('recovers by any word once it has %s', (state) => {
    const watch = watched(10);
    watch.wait();
    watch.tell({ kind: 'unanswered', id: NODE, asked: 1 });
    if (state === 'failed') watch.until(watch.now + 30_000);
    expect(watch.machine.stateOf(NODE)).toBe(state);
    const at = (watch.now += 1);
    const silentMs = watch.silentFor();
    expect(watch.tell({ kind: 'word', id: NODE, at })).toEqual([
      { kind: 'recovered', id: NODE, silentMs },
    ]);
    expect(watch.machine.stateOf(NODE)).toBe('around');
    expect(watch.tell({ kind: 'beat', id: NODE, missed: 0 })).toEqual([]);
    expect(watch.machine.stateOf(NODE)).toBe('near');
  });

  it('is not excused by what it said before it was suspected', () => {
    const watch = watched(10);
    watch.wait();
    for (const kind of ['word', 'traffic'] as const) {
      expect(watch.tell({ kind, id: NODE, at: watch.now - 1 })).toEqual([]);
      expect(watch.machine.stateOf(NODE)).toBe('suspected');
    }
  });

  it('is suspected again a minute after the last word that others brought', () => {
    const watch = watched(10);
    watch.wait();
    const at = (watch.now += 1);
    watch.tell({ kind: 'word', id: NODE, at });
    expect(watch.until(at + WORD_EVERY_MS - 1)).toEqual([]);
    watch.tell({ kind: 'word', id: NODE, at: at + 30_000 });
    expect(watch.until(at + 30_000 + WORD_EVERY_MS - 1)).toEqual([]);
    expect(kinds(watch.wait())).toEqual(['suspected', 'probe']);
  });

  it('is not suspected while other traffic of it comes over the link', () => {
    const watch = watched(10);
    for (let n = 0; n < 20; n++) {
      expect(watch.until(watch.now + BEAT_MS)).toEqual([]);
      watch.tell({ kind: 'traffic', id: NODE, at: watch.now });
    }
    expect(watch.machine.stateOf(NODE)).toBe('near');
  });
});

describe('a neighbour whose link is gone', () => {
  it('is asked for at once, and not suspected when somebody brings word of it', () => {
    const watch = watched(10);
    expect(watch.tell({ kind: 'cut', id: NODE })).toEqual([{ kind: 'probe', id: NODE }]);
    expect(watch.tell({ kind: 'word', id: NODE, at: watch.now + 1 })).toEqual([]);
    expect(watch.machine.stateOf(NODE)).toBe('around');
    expect(watch.until(watch.now + WORD_EVERY_MS)).toEqual([]);
  });

  it('is suspected as soon as with its link, when nobody does', () => {
    const watch = watched(10);
    watch.until(watch.now + 2000);
    watch.tell({ kind: 'cut', id: NODE });
    expect(kinds(watch.wait())).toEqual(['suspected', 'probe']);
    expect(watch.silentFor()).toBeLessThanOrEqual(3 * BEAT_MS);
  });

  it('is neither suspected nor remembered when it said goodbye', () => {
    const watch = watched(10);
    watch.tell({ kind: 'left', id: NODE });
    expect(watch.until(watch.now + 3_600_000)).toEqual([]);
    expect(watch.machine.stateOf(NODE)).toBeNull();
  });

  it('learns no interval from the time without a link', () => {
    const watch = watched(10);
    watch.tell({ kind: 'cut', id: NODE });
    watch.tell({ kind: 'word', id: NODE, at: watch.now + 1 });
    watch.until(watch.now + 50_000);
    watch.tell({ kind: 'beat', id: NODE, missed: 0 });
    watch.wait();
    expect(watch.silentFor()).toBeLessThanOrEqual(3 * BEAT_MS);
  });
});

describe('limits of suspicion', () => {
  it('lets nobody be silent for more than seven intervals, however lossy his link was', () => {
    const watch = watched(0);
    for (let n = 0; n < 50; n++) {
      const missed = n % 5 === 0 ? 6 : 0;
      watch.until(watch.now + BEAT_MS * (missed + 1));
      watch.tell({ kind: 'beat', id: NODE, missed });
    }
    watch.wait();
    expect(watch.silentFor()).toBe(INTERVALS_MAX * BEAT_MS);
  });

  it('follows settings that change: phi, and how long a suspicion lasts', () => {
    const watch = watched(10);
    const settings = { ...RESILIENCE_DEFAULTS, phi: 2, confirmMs: 5000 };
    watch.tell({ kind: 'settings', settings });
    watch.wait();
    expect(watch.silentFor()).toBeLessThan(1.7 * BEAT_MS);
    const suspectedAt = watch.now;
    watch.tell({ kind: 'unanswered', id: NODE, asked: 1 });
    expect(kinds(watch.until(suspectedAt + 5000))).toEqual(['failed']);
  });

  it('watches so many, and forgets the one silent longest', () => {
    const machine = new Suspicion(RESILIENCE_DEFAULTS);
    for (let n = 0; n <= WATCHED_MAX; n++)
      machine.step({ kind: 'beat', id: idOf(n), missed: 0 }, n);
    expect(machine.stateOf(idOf(0))).toBeNull();
    expect(machine.stateOf(idOf(1))).toBe('near');
    expect(machine.count('near')).toBe(WATCHED_MAX);
  });

  it('forgets who failed a day ago, and knows nobody by a word alone', () => {
    const watch = watched(10);
    watch.wait();
    watch.tell({ kind: 'unanswered', id: NODE, asked: 1 });
    watch.until(watch.now + 30_000);
    watch.until(watch.now + FORGOTTEN_MS);
    expect(watch.machine.stateOf(NODE)).toBeNull();
    expect(watch.tell({ kind: 'word', id: NODE, at: watch.now })).toEqual([]);
    expect(watch.machine.stateOf(NODE)).toBeNull();
    expect(watch.machine.deadline()).toBe(Infinity);
  });
});

/** A machine that heard so many heartbeats, ten seconds apart. */
function watched(beats: number): Watch {
  const watch = new Watch();
  for (let n = 0; n < beats; n++) {
    watch.now += BEAT_MS;
    watch.tell({ kind: 'beat', id: NODE, missed: 0 });
  }
  return watch;
}

class Watch {
  readonly machine = new Suspicion(RESILIENCE_DEFAULTS);
  now = 0;
  private lastAt = 0;

  tell(input: SuspicionInput): SuspicionOutput[] {
    if (input.kind === 'beat') this.lastAt = this.now;
    return this.machine.step(input, this.now);
  }

  silentFor(): number {
    return this.now - this.lastAt;
  }

  /** The next thing that it does by itself. */
  wait(): SuspicionOutput[] {
    for (;;) {
      this.now = this.machine.deadline();
      const out = this.machine.step(TICK, this.now);
      if (out.length > 0) return out;
    }
  }

  until(at: number): SuspicionOutput[] {
    const out: SuspicionOutput[] = [];
    while (this.machine.deadline() <= at) {
      this.now = this.machine.deadline();
      out.push(...this.machine.step(TICK, this.now));
    }
    this.now = at;
    return out;
  }
}

function idOf(n: number): Uint8Array {
  return Uint8Array.of(0, 0, 0, 0, 0, 0, n >> 8, n & 255);
}

function kinds(out: SuspicionOutput[]): string[] {
  return out.map(({ kind }) => kind);
}
