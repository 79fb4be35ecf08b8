/**
 * Ladder: a wire that is pulled, taken, hung or noisy, and the steps that get it back, in order and
 * for ever.
 */
import { describe, expect, it } from 'vitest';
import { Control } from '../../../protocol/core/control.ts';
import { crc32 } from '../../../protocol/core/crc32.ts';
import { BlockReader } from '../../../protocol/core/framing.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import { PacketView } from '../../../protocol/core/packet.ts';
import type { LadderInput, LadderOutput } from '../../../protocol/peer/ladder.ts';
import { ANSWER_MS, Ladder, RETRY_MS, SILENCE_MS } from '../../../protocol/peer/ladder.ts';
import { seededRandom } from '../../../tools/simulate/random.ts';
import { runs } from '../../seed.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

describe('a port that is not there', () => {
  it('is asked for at least once a second, for ever, and reported once', () => {
    for (let seed = 1; seed <= runs(20, 500); seed++) {
      const wire = new Wire({ seed, open: 'missing' });
      wire.run(10 * MINUTE_MS);
      const gaps = wire.times('open').map((at, i, all) => at - (all[i - 1] ?? 0));
      expect(Math.max(...gaps), `seed ${seed}`).toBeLessThanOrEqual(2 * RETRY_MS);
      expect(Math.min(...gaps.slice(1)), `seed ${seed}`).toBeGreaterThanOrEqual(RETRY_MS);
      expect(wire.states).toEqual(['missing']);
    }
  });

  it('is not asked for in step by two relays', () => {
    const [a, b] = [1, 2].map((seed) => {
      const wire = new Wire({ seed, open: 'missing' });
      wire.run(MINUTE_MS);
      return wire.times('open').slice(1);
    });
    expect(a.filter((at) => b.includes(at)).length).toBeLessThan(a.length / 4);
  });

  it('is open within a second of its return, and well with the first block', () => {
    const wire = new Wire({ open: 'missing' });
    wire.run(5 * MINUTE_MS);
    wire.open = 'opened';
    wire.run(wire.now + 2 * RETRY_MS);
    wire.feed({ kind: 'heard', isWhole: true });
    expect(wire.states).toEqual(['missing', 'well']);
  });

  it('has its node power-cycled after a minute, then ever less often', () => {
    const wire = new Wire({ open: 'missing', hasPowerCycle: true });
    wire.run(DAY_MS);
    const [first, ...rest] = wire.times('powerCycle');
    expect(first).toBeGreaterThanOrEqual(MINUTE_MS);
    expect(first).toBeLessThan(2 * MINUTE_MS);
    expect(rest.length).toBeGreaterThan(10);
    expect(rest.length).toBeLessThan(35);
  });

  it('is asked for anew when it goes while we have it', () => {
    const wire = new Wire();
    wire.run(1000);
    wire.feed({ kind: 'heard', isWhole: true });
    wire.feed({ kind: 'down' });
    wire.run(wire.now + 2 * RETRY_MS);
    expect(wire.kinds()).toEqual(['open', 'report', 'close', 'report', 'open']);
    expect(wire.states).toEqual(['well', 'missing']);
  });
});

describe('what came before', () => {
  it('does not make a port well that has gone since', () => {
    const wire = new Wire();
    wire.run(1000);
    wire.feed({ kind: 'down' });
    wire.feed({ kind: 'heard', isWhole: true });
    expect(wire.states).toEqual(['missing']);
  });

  it('does not have the power taken from a node that has returned', () => {
    const wire = new Wire({ open: 'missing', hasPowerCycle: true });
    wire.run(30_000);
    wire.open = 'opened';
    for (; wire.now < 5 * MINUTE_MS; wire.run(wire.now + 1000)) {
      wire.feed({ kind: 'heard', isWhole: true });
    }
    expect(wire.times('powerCycle')).toEqual([]);
  });

  it('does not make a node wait that hangs again after it was well', () => {
    const wire = new Wire();
    wire.run(DAY_MS);
    while (wire.kinds().at(-1) === 'close') wire.run(wire.now + 100);
    wire.feed({ kind: 'heard', isWhole: true });
    const before = wire.times('write').length;
    wire.run(wire.now + 6 * MINUTE_MS);
    expect(wire.times('write').length - before).toBeGreaterThan(2);
  });

  it('ends before a hook is started again', () => {
    const wire = new Wire({ open: 'missing', hasPowerCycle: true, isHookEnding: false });
    wire.run(DAY_MS);
    expect(wire.times('powerCycle')).toHaveLength(1);
  });
});

describe('a port that somebody else has, or that is not for us', () => {
  for (const problem of ['busy', 'denied'] as const) {
    it(`is reported once when ${problem}, asked for all the same, and never power-cycled`, () => {
      const wire = new Wire({ open: problem, hasPowerCycle: true });
      wire.run(10 * MINUTE_MS);
      expect(wire.states).toEqual([problem]);
      expect(wire.times('open').length).toBeGreaterThan(600);
      expect(wire.times('powerCycle')).toEqual([]);
    });
  }

  it('is reported again when what is wrong with it changes', () => {
    const wire = new Wire({ open: 'missing' });
    for (const open of ['missing', 'busy', 'denied', 'busy'] as const) {
      wire.open = open;
      wire.run(wire.now + MINUTE_MS);
    }
    expect(wire.states).toEqual(['missing', 'busy', 'denied', 'busy']);
  });
});

describe('a node that hangs', () => {
  it('is climbed after, one rung after another, and reported at the end', () => {
    const wire = new Wire({ hasPowerCycle: true });
    wire.run(100);
    wire.feed({ kind: 'heard', isWhole: true });
    wire.run(wire.now + 100_000);
    expect(wire.kinds()).toEqual([
      'open',
      'report',
      'resynchronise',
      'write',
      'close',
      'open',
      'powerCycle',
      'report',
    ]);
    expect(wire.states).toEqual(['well', 'silent']);
  });

  it('is left alone while its heartbeats come', () => {
    const wire = new Wire();
    wire.run(100);
    for (let beat = 0; beat < 1000; beat++) {
      wire.feed({ kind: 'heard', isWhole: true });
      wire.run(wire.now + SILENCE_MS - 1);
    }
    expect(wire.kinds()).toEqual(['open', 'report']);
  });

  it('is well again on any rung, and the next time climbed after from the first', () => {
    for (let rung = 0; rung < 5; rung++) {
      const wire = new Wire({ hasPowerCycle: true });
      while (wire.ladder.climbed <= rung) wire.run(wire.now + 100);
      wire.run(wire.now + 2 * RETRY_MS);
      wire.feed({ kind: 'heard', isWhole: true });
      expect(wire.states.at(-1), `rung ${rung}`).toBe('well');
      const before = wire.outputs.length;
      wire.run(wire.now + SILENCE_MS);
      expect(wire.kinds().slice(before), `rung ${rung}`).toEqual(['resynchronise']);
    }
  });

  it('is never given up, with pauses that grow to some minutes and no report but one', () => {
    const wire = new Wire();
    wire.run(DAY_MS);
    const resets = wire.times('write');
    expect(resets.length).toBeGreaterThan(60);
    expect(resets.length).toBeLessThan(200);
    expect(resets.at(-1)).toBeGreaterThan(DAY_MS - 25 * MINUTE_MS);
    expect(wire.states).toEqual(['silent']);
  });

  it('is asked to restart by a request that firmware obeys, and a line that a console does', () => {
    const wire = new Wire();
    wire.run(4 * ANSWER_MS);
    const [{ bytes }] = wire.outputs.filter((output) => output.kind === 'write');
    const [block] = new BlockReader(512, crc32, (size) => new Uint8Array(size)).feed(bytes);
    const packet = new PacketView();
    expect(packet.read(block.body, 512)).toBe(null);
    const payload = block.body.subarray(packet.payloadAt);
    const control = new Control(
      [],
      { index: 0, generation: 0, fields: new Uint8Array(0) },
      {
        crc: crc32,
        draw: () => new Uint8Array(16),
        hmac: null,
        statistics: () => new Uint8Array(0),
      },
    );
    const done = control.step({ kind: 'request', link: 0, wired: true, payload });
    expect(done.map(({ kind }) => kind)).toContain('reboot');
    expect(new TextDecoder('latin1').decode(bytes)).toContain('\x03\x10E.reboot()\n');
  });

  it('is called garbled when it talks, but not in blocks', () => {
    const wire = new Wire();
    for (; wire.now < 2 * MINUTE_MS; wire.run(wire.now + 1000)) {
      wire.feed({ kind: 'heard', isWhole: false });
    }
    expect(wire.states).toEqual(['garbled']);
  });

  it('has a hook that fails reported, and is climbed after on', () => {
    const wire = new Wire({ hasPowerCycle: true, isHookOk: false });
    wire.run(5 * MINUTE_MS);
    expect(wire.states.slice(0, 2)).toEqual(['power-cycle-failed', 'silent']);
    expect(wire.times('powerCycle').length).toBeGreaterThan(1);
  });
});

it('a ladder always waits for something, whatever happens to its port', () => {
  for (let seed = 1; seed <= runs(50, 2000); seed++) {
    const random = seededRandom(seed);
    const wire = new Wire({ seed, hasPowerCycle: seed % 2 === 0, isHookOk: seed % 3 === 0 });
    for (let turn = 0; turn < 200; turn++) {
      wire.open = (['opened', 'opened', 'missing', 'busy', 'denied'] as const)[random(5)];
      if (random(3) === 0) wire.feed({ kind: 'heard', isWhole: random(2) === 0 });
      if (random(4) === 0) wire.feed({ kind: 'down' });
      wire.run(wire.now + random(20_000));
      expect(wire.ladder.deadline(), `seed ${seed}`).toBeLessThan(Infinity);
    }
    wire.open = 'opened';
    wire.run(wire.now + 2 * RETRY_MS);
    // The rung that opens it anew may have been climbed meanwhile.
    if (wire.kinds().at(-1) === 'close') wire.run(wire.now + 2 * RETRY_MS);
    wire.feed({ kind: 'heard', isWhole: true });
    expect(wire.states.at(-1), `seed ${seed}`).toBe('well');
  }
});

type Options = {
  seed?: number;
  open?: Wire['open'];
  hasPowerCycle?: boolean;
  isHookOk?: boolean;
  isHookEnding?: boolean;
};

/** A ladder at a port that opens, or does not, a moment after it was asked to. */
class Wire {
  now = 0;
  open: 'opened' | 'missing' | 'busy' | 'denied';
  readonly ladder: Ladder;
  readonly outputs: (LadderOutput & { at: number })[] = [];
  readonly states: string[] = [];
  private readonly isHookOk: boolean;
  private readonly isHookEnding: boolean;

  constructor({
    seed = 1,
    open = 'opened',
    hasPowerCycle = false,
    isHookOk = true,
    isHookEnding = true,
  }: Options = {}) {
    this.open = open;
    this.isHookOk = isHookOk;
    this.isHookEnding = isHookEnding;
    this.ladder = new Ladder({ id: new Uint8Array(8), hasPowerCycle }, seededRandom(seed), 0);
  }

  feed(input: LadderInput | typeof TICK): void {
    const outputs = this.ladder.step(input, this.now);
    for (const output of outputs) {
      this.outputs.push({ ...output, at: this.now });
      if (output.kind === 'report') this.states.push(output.state);
    }
    for (const { kind } of outputs) {
      if (kind === 'open' && this.open === 'opened') this.feed({ kind: 'opened' });
      else if (kind === 'open') this.feed({ kind: 'failed', problem: this.open as 'busy' });
      if (kind === 'close') this.feed({ kind: 'closed' });
      if (kind === 'powerCycle' && this.isHookEnding)
        this.feed({ kind: 'cycled', isOk: this.isHookOk });
    }
  }

  run(until: number): void {
    while (this.ladder.deadline() <= until) {
      this.now = Math.max(this.now, this.ladder.deadline());
      this.feed(TICK);
    }
    this.now = Math.max(this.now, until);
  }

  kinds(): string[] {
    return this.outputs.map(({ kind }) => kind);
  }

  times(kind: LadderOutput['kind']): number[] {
    return this.outputs.filter((output) => output.kind === kind).map(({ at }) => at);
  }
}
