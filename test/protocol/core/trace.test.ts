/**
 * Trace: a request visits every node once, each answers to where it came from, and answers find
 * their way back (WIRE §20).
 */
import { describe, expect, it } from 'vitest';
import { HISTORY_MAX, Trace, TRACES_MAX } from '../../../protocol/core/trace.ts';
import type { TraceOutput } from '../../../protocol/core/trace.ts';
import { id } from '../../packets.ts';
import { SEED, xorshift } from '../../seed.ts';

const HOP = { kind: 0, rssi: -70, roundTripMs: 25 };

describe('a request', () => {
  it('is answered with a record and passed on with the node in its history', () => {
    const asked = request(1, id(9), [id(1)]);
    expect(new Trace(id(2)).hear(4, HOP, asked)).toEqual([
      { link: 4, except: -1, payload: Uint8Array.of(...asked, ...id(2), 0, 186, 0, 25) },
      { link: -1, except: 4, payload: request(1, id(9), [id(1), id(2)]) },
    ]);
  });

  it('goes no further than its target, or a full history', () => {
    const at = new Trace(id(2)).hear(4, HOP, request(1, id(2), [])) as TraceOutput[];
    expect(at.map(({ link }) => link)).toEqual([4]);
    const full = request(
      1,
      id(9),
      Array.from({ length: HISTORY_MAX }, (_, i) => id(20 + i)),
    );
    expect(new Trace(id(2)).hear(4, HOP, full)).toHaveLength(1);
  });

  it('says so when no round trip is known', () => {
    const [{ payload }] = new Trace(id(2)).hear(
      0,
      { ...HOP, roundTripMs: -1 },
      request(1, id(9), []),
    ) as TraceOutput[];
    expect([...payload.subarray(-2)]).toEqual([255, 255]);
  });

  it('that was met, or names this node, goes nowhere', () => {
    const trace = new Trace(id(2));
    trace.hear(4, HOP, request(1, id(9), []));
    expect(trace.hear(5, HOP, request(1, id(9), [id(3)]))).toBe('trace-loop');
    expect(new Trace(id(2)).hear(5, HOP, request(1, id(9), [id(2)]))).toBe('trace-loop');
  });
});

describe('an answer', () => {
  const answer = Uint8Array.of(...request(1, id(9), [id(2)]), ...id(3), 0, 0, 0, 9);

  it('goes back to where its request came from, as long as that is remembered', () => {
    const trace = new Trace(id(2));
    expect(trace.hear(6, HOP, answer)).toBe('trace-unknown');
    trace.hear(4, HOP, request(1, id(9), []));
    expect(trace.hear(6, HOP, answer)).toEqual([{ link: 4, except: -1, payload: answer }]);
    for (let i = 0; i < TRACES_MAX; i++) trace.hear(4, HOP, request(10 + i, id(9), []));
    expect(trace.hear(6, HOP, answer)).toBe('trace-unknown');
  });
});

it('whatever else arrives is dropped, and nothing throws', () => {
  const random = xorshift(SEED);
  for (let i = 0; i < 20_000; i++) {
    const bytes = Uint8Array.from({ length: random(120) }, () => random(random(2) === 0 ? 4 : 256));
    const heard = new Trace(id(2)).hear(0, HOP, bytes);
    if (typeof heard !== 'string') expect((bytes.length - 17) % 8).toBe(0);
  }
  expect(new Trace(id(2)).hear(0, HOP, request(1, id(9), Array(9).fill(id(1))))).toBe('bad-trace');
});

function request(nonce: number, target: Uint8Array, history: Uint8Array[]): Uint8Array {
  const ids = history.flatMap((hop) => [...hop]);
  return Uint8Array.of(...new Uint8Array(8).fill(nonce), ...target, history.length, ...ids);
}
