/**
 * What threads tell each other comes across whole, however far apart they are.
 */
import { describe, expect, it } from 'vitest';
import { Ledger, ledgerMemory } from '../../../tools/bench/mesh-ledger.ts';
import type { Crossing } from '../../../tools/simulate/mesh.ts';
import { seededRandom } from '../../../tools/simulate/random.ts';

const LATENCY_MS = 20;

describe('a ledger', () => {
  it('lets each live on until a latency after the slowest', () => {
    const ledgers = ledgersOf(3);
    expect(ledgers[0].until).toBe(20);
    ledgers[1].tell(20, []);
    ledgers[2].tell(7, []);
    expect(ledgers.map(({ until }) => until)).toEqual([27, 20, 20]);
    expect(ledgers[0].hear()).toEqual({ until: 27, crossings: [] });
    expect(ledgersOf(1)[0].hear()).toEqual({ until: Infinity, crossings: [] });
  });

  it('gives each what the others wrote, once and in order, round and round its ring', () => {
    const random = seededRandom(11);
    const ledgers = ledgersOf(3, 1024);
    const told = ledgers.map((): Crossing[] => []);
    const heard = ledgers.map((): Crossing[] => []);
    for (let turn = 1; turn <= 60; turn++) {
      ledgers.forEach((ledger, part) => {
        const written = crossingsOf(turn, part, random(4));
        told[part].push(...written);
        ledger.tell(turn, written);
      });
      ledgers.forEach((ledger, part) => heard[part].push(...ledger.hear().crossings));
    }
    heard.forEach((crossings, part) => {
      for (const by of [0, 1, 2]) {
        const of = crossings.filter(({ from }) => from === 70_000 + by);
        expect(of).toEqual(by === part ? [] : told[by]);
      }
    });
  });

  it('takes no more than its ring holds before all others have read', () => {
    const ledgers = ledgersOf(3, 1024);
    for (const ledger of ledgers) ledger.tell(1, []);
    // 88 bytes each, so that eleven fit.
    const crossings = Array.from({ length: 11 }, () => crossingOf(0, 0, 64));
    ledgers[0].tell(2, crossings);
    ledgers[2].hear();
    expect(() => ledgers[0].tell(3, crossings)).toThrow('what crosses is read in time');
    ledgers[1].hear();
    ledgers[0].tell(3, crossings);
    expect(ledgers[2].hear().crossings).toEqual(crossings);
  });
});

function ledgersOf(parts: number, ringSize = 4096): Ledger[] {
  const memory = ledgerMemory(parts, ringSize);
  return Array.from({ length: parts }, (_, part) => new Ledger(memory, part, LATENCY_MS));
}

function crossingsOf(turn: number, part: number, count: number): Crossing[] {
  return Array.from({ length: count }, (_, i) => crossingOf(turn, part, 30 * i + (turn % 9)));
}

function crossingOf(turn: number, part: number, size: number): Crossing {
  const bytes = Uint8Array.from({ length: size }, (_, at) => 16 * turn + part + at);
  return { from: 70_000 + part, to: size, life: turn, at: turn + LATENCY_MS + 0.5, bytes };
}
