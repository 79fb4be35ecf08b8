/**
 * Whatever comes as a reconcile, it is one in its only form or a reason; and whatever a neighbour says,
 * the machine answers with no more than one frame of bounded size, and holds on to nothing.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Answers } from '../../protocol/peer/answers.ts';
import { History } from '../../protocol/peer/history.ts';
import { Reconciliation, RECONCILE_DEFAULTS } from '../../protocol/peer/reconcile.ts';
import type { Range, Reconcile } from '../../protocol/wire/reconcile.ts';
import { decodeReconcile, encodeReconcile } from '../../protocol/wire/reconcile.ts';
import { packet } from '../packets.ts';
import { hold, runs, SEED, xorshift } from '../seed.ts';
import { crypto } from '../protocol/trust/ports.ts';

const NOW = 1_700_000_000_000;

describe('bytes that come as a reconcile', () => {
  it('are one in its only form, or none with a reason', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(said(), fc.nat(), fc.integer({ min: 1, max: 255 })).map(([one, at, flip]) => {
        const encoded = encodeReconcile(one);
        encoded[at % encoded.length] ^= flip;
        return encoded;
      }),
    );
    hold(
      fc.property(bytes, (some) => {
        const decoded = decodeReconcile(some);
        if (decoded.ok) expect(decodeReconcile(encodeReconcile(decoded.value))).toEqual(decoded);
        else expect(decoded.reason).toMatch(/^[a-z-]+$/);
      }),
      2000,
    );
  });

  it('that were said are read as they were said', () => {
    hold(
      fc.property(said(), (one) => {
        expect(decodeReconcile(encodeReconcile(one))).toEqual({ ok: true, value: one });
      }),
      300,
    );
  });
});

describe('a neighbour who says whatever he likes', () => {
  it.each([
    ['on the air', 'node', 1024],
    ['over a line', 'line', 4096],
  ] as const)(
    'gets at most one frame for each of his %s, none larger than it takes',
    (...where) => {
      const [, farEnd, most] = where;
      const history = new History(crypto);
      for (let i = 0; i < 200; i++) history.restore(packet({ timestamp: NOW - 60_000 - i * 997 }));
      const draw = (size: number): Uint8Array => new Uint8Array(size).fill(3);
      const answers = new Answers(history, Infinity);
      const machine = new Reconciliation(history, answers, draw, RECONCILE_DEFAULTS);
      machine.note({ kind: 'met', link: 1, farEnd, leads: true, frameMax: 65_536 }, 0);
      const span = { since: 0, from: NOW - 1e6, until: NOW, comparedTo: NOW, isSettled: true };
      const tally = { links: [1], span, wallMs: NOW };
      const sender = new Uint8Array(8).fill(9);
      const random = xorshift(SEED);
      let now = 0;
      const some = fc.sample(said(), { seed: SEED, numRuns: runs(300, 10_000) });
      for (const one of some) {
        now += 1000 + random(100);
        machine.step({ kind: 'tally', ...tally }, now - 1);
        const heard = {
          sender,
          isItsLink: true,
          timestamp: NOW + now,
          payload: encodeReconcile(one),
        };
        const input = { kind: 'heard', link: 1, ...heard, wallMs: NOW } as const;
        const outputs = machine.step(input, now);
        expect(outputs.length).toBeLessThanOrEqual(1);
        for (const output of outputs) {
          if (output.kind === 'say') expect(output.payload.length).toBeLessThanOrEqual(most - 96);
        }
      }
      expect(answers.waiting(1)).toBe(0);
      expect(machine.deadline()).toBeGreaterThan(now);
    },
  );
});

function said(): fc.Arbitrary<Reconcile> {
  const name = hex(16, 16);
  const names = fc.array(name, { maxLength: 20 });
  const what = fc.oneof(
    fc.constant({ kind: 'alike' } as const),
    fc.record({ kind: fc.constant('names' as const), names }),
    fc.record({
      kind: fc.constant('fingerprint' as const),
      count: fc.nat({ max: 1e6 }),
      fingerprint: fc.uint8Array({ minLength: 8, maxLength: 8 }),
    }),
  );
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 100_000 }), hex(0, 3), what), {
    minLength: 1,
    maxLength: 20,
  });
  const compared = fc
    .record({
      salt: fc.uint8Array({ minLength: 8, maxLength: 8 }),
      from: fc.record({ time: fc.integer({ min: NOW - 1e6, max: NOW }), name: hex(0, 3) }),
      steps,
      floor: fc.nat({ max: NOW }),
    })
    .map(({ salt, from, steps: all, floor }) => {
      let { time } = from;
      const ranges = all.map(([later, start, rest]): Range => {
        time += later;
        return { to: { time, name: start }, ...rest };
      });
      return { salt, from, ranges, floor };
    });
  const from = fc.integer({ min: NOW - 1e6, max: NOW });
  const asked = fc
    .record({ from, later: fc.nat({ max: 1e6 }), start: hex(0, 16) })
    .map((some) => ({ from: some.from, to: { time: some.from + some.later, name: some.start } }));
  const page = fc.record({ asked, start: hex(0, 16), names }).map((some) => ({
    from: { time: some.asked.from, name: some.start },
    to: { time: some.asked.to.time + 1, name: some.asked.to.name },
    names: some.names,
  }));
  const always = { compared: fc.option(compared, { nil: null }), offers: names, wants: names };
  const sometimes = { taken: names, asked, page };
  return fc.record({ ...always, ...sometimes }, { requiredKeys: ['compared', 'offers', 'wants'] });
}

function hex(least: number, most: number): fc.Arbitrary<string> {
  return fc
    .uint8Array({ minLength: least, maxLength: most })
    .map((bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''));
}
