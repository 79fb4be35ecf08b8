/**
 * Two histories that are compared until they are one, at a cost that follows their difference; and what
 * those get who only pretend (RELIABILITY S16).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Answers } from '../../../protocol/peer/answers.ts';
import { GATEWAY_HISTORY_LIMITS, History } from '../../../protocol/peer/history.ts';
import type { ReconcileInput, ReconcileOutput } from '../../../protocol/peer/reconcile.ts';
import { Reconciliation, RECONCILE_DEFAULTS } from '../../../protocol/peer/reconcile.ts';
import { openPacket } from '../../../protocol/wire/packet.ts';
import { packet } from '../../packets.ts';
import { hold, SEED, xorshift } from '../../seed.ts';
import { crypto } from '../trust/ports.ts';

const EPOCH = 1_700_000_000_000;
const HOUR_MS = 3_600_000;
const LINK = 3;

describe('two histories', () => {
  it('become one, whatever each of them held', () => {
    const times = fc.array(fc.nat({ max: 400 }), { maxLength: 120 });
    hold(
      fc.property(times, times, times, fc.boolean(), (both, here, there, isCrowded) => {
        const pair = new Pair();
        // In a crowd, many were said in one millisecond, and only their ids tell them apart.
        const scale = isCrowded ? 0 : 1000;
        both.forEach((time, i) => pair.give([0, 1], time * scale, i));
        here.forEach((time, i) => pair.give([0], time * scale, 1000 + i));
        there.forEach((time, i) => pair.give([1], time * scale, 2000 + i));
        pair.run(120_000);
        expect(pair.names(0)).toEqual(pair.names(1));
        expect(pair.names(0).length).toBe(both.length + here.length + there.length);
      }),
      20,
    );
  });

  it('that are alike cost one small frame each way', () => {
    const pair = new Pair();
    for (let i = 0; i < 1000; i++) pair.give([0, 1], i * 1000);
    pair.run(5000);
    expect(pair.frames).toHaveLength(2);
    expect(Math.max(...pair.frames.map(({ bytes }) => bytes))).toBeLessThan(80);
    expect(pair.packets).toBe(0);
  });

  it('cost what they differ by, and no more', () => {
    const bytes = [1, 4, 16, 64].map((missing) => {
      const pair = new Pair();
      const random = xorshift(SEED);
      for (let i = 0; i < 5000; i++) pair.give([0, 1], i * 1000);
      for (let i = 0; i < missing; i++) pair.give([random(2)], random(5_000_000), 1);
      pair.run(60_000);
      expect(pair.names(0)).toEqual(pair.names(1));
      expect(pair.packets).toBe(missing);
      return pair.bytes;
    });
    // The more there is to find, the less each costs.
    bytes.forEach((cost, i) => expect(cost).toBeLessThan(1200 * 4 ** i));
  });
});

class Pair {
  now = 0;
  packets = 0;
  readonly frames: { from: number; bytes: number }[] = [];
  private readonly random = xorshift(SEED);
  private readonly histories = [0, 1].map(() => new History(crypto, GATEWAY_HISTORY_LIMITS));
  private readonly answers = this.histories.map((history) => new Answers(history));
  private readonly machines = this.histories.map(
    (history, at) =>
      new Reconciliation(
        history,
        this.answers[at],
        (size) => Uint8Array.from({ length: size }, () => this.random(256)),
        RECONCILE_DEFAULTS,
      ),
  );
  private stamp = EPOCH + HOUR_MS * 2;

  constructor() {
    this.machines.forEach((machine, at) => {
      machine.step(
        { kind: 'met', link: LINK, farEnd: 'node', leads: at === 0, frameMax: 65_536 },
        0,
      );
    });
  }

  get bytes(): number {
    return this.frames.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  give(who: number[], offsetMs: number, seed = 0): void {
    const text = `said at ${offsetMs} by ${seed}`;
    const frame = packet({ timestamp: EPOCH + offsetMs, payload: new TextEncoder().encode(text) });
    for (const at of who) this.histories[at].restore(frame);
  }

  names(at: number): string[] {
    const { timeline } = this.histories[at];
    return timeline.slice(0, timeline.size).map(({ name }) => name);
  }

  run(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const all = [...this.machines, ...this.answers];
      const at = Math.min(...all.map((machine) => machine.deadline()));
      if (at > until) break;
      this.now = Math.max(this.now, at);
      for (const from of [0, 1]) {
        const wallMs = this.wallMs;
        this.take(from, this.machines[from].step({ kind: 'wake', wallMs }, this.now));
        for (const output of this.answers[from].step({ kind: 'tick' }, this.now)) {
          if (output.kind === 'answer') this.bring(1 - from, output.bytes);
        }
      }
    }
    this.now = until;
  }

  get wallMs(): number {
    return EPOCH + 2 * HOUR_MS + this.now;
  }

  private bring(to: number, bytes: Uint8Array): void {
    this.packets++;
    const opened = openPacket(bytes);
    if (opened.ok) this.histories[to].add(opened.packet, bytes, this.wallMs);
    this.machines[to].step({ kind: 'kept', link: LINK, isAnswer: true }, this.now);
  }

  private take(from: number, outputs: ReconcileOutput[]): void {
    for (const output of outputs) {
      if (output.kind === 'drop') throw new Error(output.reason);
      const { payload } = output;
      this.frames.push({ from, bytes: payload.length });
      const sender = new Uint8Array(8).fill(from + 1);
      const heard: ReconcileInput = {
        ...{ kind: 'heard', link: LINK, sender, isItsLink: true, timestamp: this.stamp++ },
        ...{ payload, wallMs: this.wallMs },
      };
      this.take(1 - from, this.machines[1 - from].step(heard, this.now));
    }
  }
}
