/**
 * The one loop: order, group commit, deadlines, and what happens when an adapter throws.
 */
import { describe, expect, it } from 'vitest';
import type { Adapters, Clock } from '../../../protocol/core/driver.ts';
import { Driver, INBOX_MAX, RETRY_MAX_MS, RETRY_MS } from '../../../protocol/core/driver.ts';
import type { Machine, Tick } from '../../../protocol/core/machine.ts';

type Say = { kind: 'say'; word: string };
type Said = { kind: 'store' | 'send'; word: string };

describe('a driver', () => {
  it('commits what a batch stores together, before it performs the rest in order', () => {
    const rig = rigOf();
    for (const word of ['a', 'b', 'c']) rig.driver.feed({ kind: 'say', word });
    expect(rig.log).toEqual([]);
    rig.clock.run();
    expect(rig.log).toEqual(['commit a+b+c', 'send a', 'send b', 'send c']);
  });

  it('takes what performing feeds in the next batch, never inside the running one', () => {
    const rig = rigOf((output) => {
      if (output.word === 'a') rig.driver.feed({ kind: 'say', word: 'echo' });
    });
    rig.driver.feed({ kind: 'say', word: 'a' });
    rig.driver.feed({ kind: 'say', word: 'b' });
    rig.clock.run();
    expect(rig.log).toEqual(['commit a+b', 'send a', 'send b', 'commit echo', 'send echo']);
  });

  it('wakes the machine at its deadline and asks for the next', () => {
    const rig = rigOf();
    rig.driver.feed({ kind: 'say', word: 'a' });
    rig.clock.run();
    expect(rig.clock.wakes).toBe(100);
    rig.clock.wake(100);
    expect(rig.log.at(-1)).toBe('send tick');
    expect(rig.clock.wakes).toBe(200);
  });

  it('refuses input beyond its inbox, and takes more once it has drained', () => {
    const rig = rigOf();
    const word = 'x';
    for (let i = 0; i < INBOX_MAX; i++) expect(rig.driver.feed({ kind: 'say', word })).toBe(true);
    expect(rig.driver.feed({ kind: 'say', word })).toBe(false);
    rig.clock.run();
    expect(rig.driver.feed({ kind: 'say', word })).toBe(true);
  });
});

describe('a driver whose adapter throws', () => {
  it('performs nothing of a batch that could not be stored, halts once and stays halted', () => {
    const rig = rigOf();
    rig.failCommit = true;
    rig.driver.feed({ kind: 'say', word: 'a' });
    rig.clock.run();
    expect(rig.log).toEqual(['halted: disk full']);
    expect(rig.driver.feed({ kind: 'say', word: 'b' })).toBe(false);
    rig.clock.wake(1000);
    expect(rig.log).toEqual(['halted: disk full']);
  });

  it('performs nothing after the output that threw', () => {
    const rig = rigOf((output) => {
      if (output.word === 'b') throw new Error('radio gone');
    });
    for (const word of ['a', 'b', 'c']) rig.driver.feed({ kind: 'say', word });
    rig.clock.run();
    expect(rig.log).toEqual(['commit a+b+c', 'send a', 'send b', 'halted: radio gone']);
  });
});

describe('a driver whose disk fails for a while', () => {
  it('keeps the batch whole, takes inputs, steps nothing, and goes on in order once it heals', () => {
    const rig = rigOf();
    rig.mayHeal = true;
    rig.failCommit = true;
    rig.driver.feed({ kind: 'say', word: 'a' });
    rig.driver.feed({ kind: 'say', word: 'b' });
    rig.clock.run();
    expect(rig.driver.feed({ kind: 'say', word: 'c' })).toBe(true);
    rig.clock.run();
    expect([rig.log, rig.tried]).toEqual([[], 1]);

    rig.failCommit = false;
    rig.clock.wake(rig.clock.wakes);
    expect(rig.log).toEqual(['commit a+b', 'send a', 'send b', 'commit c', 'send c']);
  });

  it('tries again ever more rarely, and as soon as ever after a success', () => {
    const rig = rigOf();
    rig.mayHeal = true;
    const waits: number[] = [];
    for (let round = 0; round < 2; round++) {
      rig.failCommit = true;
      rig.driver.feed({ kind: 'say', word: 'a' });
      rig.clock.run();
      for (let tries = 0; tries < 8; tries++) {
        waits.push(rig.clock.wakes - rig.clock.now());
        rig.clock.wake(rig.clock.wakes);
      }
      rig.failCommit = false;
      rig.clock.wake(rig.clock.wakes);
    }
    const once = [RETRY_MS, 500, 1000, 2000, 4000, 8000, RETRY_MAX_MS, RETRY_MAX_MS];
    expect(waits).toEqual([...once, ...once]);
  });

  it('halts when what comes next never heals, and acknowledges nothing', () => {
    const rig = rigOf();
    rig.mayHeal = true;
    rig.failCommit = true;
    rig.driver.feed({ kind: 'say', word: 'a' });
    rig.clock.run();
    rig.mayHeal = false;
    rig.clock.wake(rig.clock.wakes);
    expect(rig.log).toEqual(['halted: disk full']);
    expect(rig.driver.feed({ kind: 'say', word: 'b' })).toBe(false);
  });
});

/** A machine that stores and then sends every word it hears, and ticks every 100 ms. */
function rigOf(performing: (output: Said) => void = () => {}) {
  const log: string[] = [];
  let next = Infinity;
  const machine: Machine<Say, Said> = {
    step(input: Say | Tick, now: number): Said[] {
      next = now + 100;
      if (input.kind === 'tick') return [{ kind: 'send', word: 'tick' }];
      return [
        { kind: 'send', word: input.word },
        { kind: 'store', word: input.word },
      ];
    },
    deadline: () => next,
  };
  const clock = handClock();
  const driver = undefined as unknown as Driver<Say, Said>;
  const rig = { log, clock, failCommit: false, mayHeal: false, tried: 0, driver };
  const adapters: Adapters<Said> = {
    commit(stores) {
      rig.tried++;
      if (rig.failCommit) throw new Error('disk full');
      log.push(`commit ${stores.map((store) => store.word).join('+')}`);
    },
    perform(output) {
      log.push(`send ${output.word}`);
      performing(output);
    },
    willHeal: () => rig.mayHeal,
    halted: (cause) => log.push(`halted: ${(cause as Error).message}`),
  };
  rig.driver = new Driver(machine, clock, adapters);
  return rig;
}

/** A clock that is moved by hand. */
function handClock() {
  let now = 0;
  const soon: (() => void)[] = [];
  let waker = () => {};
  const clock = {
    wakes: Infinity,
    now: () => now,
    soon: (run: () => void) => void soon.push(run),
    wakeAt(at: number, wake: () => void) {
      clock.wakes = at;
      waker = wake;
    },
    run() {
      for (let run = soon.shift(); run; run = soon.shift()) run();
    },
    wake(at: number) {
      now = at;
      waker();
      clock.run();
    },
  };
  return clock satisfies Clock;
}
