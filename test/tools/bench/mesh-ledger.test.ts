/**
 * What threads tell each other comes across whole, window after window.
 */
import { expect, it } from 'vitest';
import { Ledger, ledgerMemory } from '../../../tools/bench/mesh-ledger.ts';
import type { Crossing } from '../../../tools/simulate/mesh.ts';

it('a ledger gives the earliest of all, and to each what the others wrote', () => {
  const memory = ledgerMemory(3);
  const ledgers = [0, 1, 2].map((part) => new Ledger(memory, part));
  for (let window = 0; window < 5; window++) {
    const written = [0, 1, 2].map((part) => crossingsOf(window, part));
    ledgers.forEach((ledger, part) => ledger.tell(1000 * window + 900 + part, written[part]));
    ledgers.forEach((ledger, part) => {
      const { at, crossings } = ledger.hear();
      // What crosses arrives before anything else happens, except in the windows without.
      expect(at).toBe(1000 * window + (window % 2 === 0 ? 20 : 900));
      expect(crossings).toEqual(written.flatMap((some, by) => (by === part ? [] : some)));
    });
  }
});

it('a ledger says when nothing is left to happen', () => {
  const ledger = new Ledger(ledgerMemory(1), 0);
  ledger.tell(Infinity, []);
  expect(ledger.hear()).toEqual({ at: Infinity, crossings: [] });
});

function crossingsOf(window: number, part: number): Crossing[] {
  const count = window % 2 === 0 ? part + 1 : 0;
  return Array.from({ length: count }, (_, i) => ({
    from: 70_000 + part,
    to: i,
    life: window,
    at: 1000 * window + 20 + i,
    bytes: Uint8Array.from({ length: 30 * i + 1 }, () => 16 * window + part),
  }));
}
