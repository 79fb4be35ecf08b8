/** Whoever hears anything else, of somebody else, or at another moment, leaves another trace. */
import { describe, expect, it } from 'vitest';
import { HeardTrace } from '../../tools/simulate/heard-trace.ts';

type Heard = { from: number; to: number; bytes: Uint8Array; at: number };

const FIRST: Heard = { from: 1, to: 2, bytes: written(80), at: 1000 };
const SECOND: Heard = { from: 3, to: 2, bytes: written(7), at: 1020 };

describe('a trace of what was heard', () => {
  it('is the same for the same, whatever others hear meanwhile', () => {
    const other = { ...FIRST, to: 3 };
    expect(traceOf(FIRST, other, SECOND)).toEqual(traceOf(other, FIRST, SECOND));
    expect(traceOf(FIRST, SECOND)).not.toEqual(traceOf(SECOND, FIRST));
  });

  for (const [what, differs] of [
    ['of whom', { from: 4 }],
    ['by whom', { to: 1 }],
    ['when', { at: 1001 }],
    ['how much', { bytes: written(81) }],
    ['a kind', { bytes: written(80, 2) }],
    ['a time', { bytes: written(80, 15) }],
    ['a signature', { bytes: written(80, 79) }],
  ] as const) {
    it(`tells a difference in ${what}, and which came first`, () => {
      expect(traceOf({ ...FIRST, ...differs }, SECOND)).not.toEqual(traceOf(FIRST, SECOND));
    });
  }

  it('tells any bit of what is short', () => {
    const traces = new Set([traceOf(SECOND).join()]);
    for (let at = 0; at < 7; at++) traces.add(traceOf({ ...SECOND, bytes: written(7, at) }).join());
    expect(traces.size).toBe(8);
  });

  it('of parts adds up to that of the whole', () => {
    const trace = new HeardTrace(3);
    for (const { from, to, bytes, at } of [FIRST, { ...SECOND, to: 1 }]) {
      trace.note(from, to, bytes, at);
    }
    const [whole, one, rest] = [
      trace.sum(() => true),
      trace.sum((node) => node === 1),
      trace.sum((node) => node > 1),
    ];
    expect(whole).toEqual([0, 1].map((word) => (one[word] + rest[word]) >>> 0));
  });
});

function traceOf(...all: Heard[]): [number, number] {
  const trace = new HeardTrace(3);
  for (const { from, to, bytes, at } of all) trace.note(from, to, bytes, at);
  return trace.sum(() => true);
}

/** The byte there has another bit. */
function written(size: number, otherAt = -1): Uint8Array {
  return Uint8Array.from({ length: size }, (_, at) => (at * 7) ^ (at === otherAt ? 1 : 0));
}
