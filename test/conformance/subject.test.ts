/**
 * Our own implementation against the suite, to the very reason of each refusal.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answer } from '../../tools/conformance/subject.ts';
import { suite } from '../../tools/conformance/suite.ts';
import type { Fields } from '../../tools/conformance/suite.ts';
import { hold } from '../seed.ts';
import { askAll } from './ours.ts';

describe('our implementation', () => {
  it('answers every case of the suite, and refuses for the reason expected', () => {
    const asked = askAll(answer);
    expect(asked.filter(({ verdict }) => verdict.kind !== 'passed')).toEqual([]);
    expect(asked.length).toBeGreaterThan(400);
  });

  for (const op of ['packet.fold', 'toString', '__proto__', 7, null, undefined]) {
    it(`says that it does not support the op ${String(op)}`, () => {
      expect(answer({ op } as Fields)).toEqual({ unsupported: true });
    });
  }

  for (const [question, complaint] of [
    [{ op: 'packet.decode' }, 'frame is not hex'],
    [{ op: 'packet.decode', frame: 'abc' }, 'frame is not hex'],
    [{ op: 'packet.decode', frame: 7 }, 'frame is not hex'],
    [{ op: 'replay.window', counters: '1' }, 'counters is not a list'],
    [{ op: 'replay.window', counters: [null] }, 'counters is not a list of numbers'],
    [{ op: 'message.id', sender: '00', timestamp: 5, text: '' }, 'timestamp is not text'],
    [{ op: 'message.id', sender: '00', timestamp: '0x5', text: '' }, 'timestamp is not digits'],
    [{ op: 'courier.tag', noiseKey: '', day: -1 }, 'day is not a number'],
    [{ op: 'fragment.join', frames: ['00', 'g'] }, 'frames is not a list of hex'],
    [
      { op: 'noise.session', role: 'responder', ...secrets(), steps: [[]] },
      'steps is not a list of objects',
    ],
  ] as [Fields, string][]) {
    it(`says of ${JSON.stringify(question).slice(0, 60)} that ${complaint}`, () => {
      expect(answer(question)).toEqual({ error: `not-a-question: ${complaint}` });
    });
  }

  it('refuses any bytes with a reason, or reads them, whatever is to be decoded', () => {
    const ops = new Set(suite.flatMap(({ cases }) => cases.map(({ op }) => op)));
    const decoders = [...ops].filter((op) => op.endsWith('.decode'));
    expect(decoders.length).toBe(8);
    hold(
      fc.property(fc.constantFrom(...decoders), fc.uint8Array({ maxLength: 80 }), (op, bytes) => {
        const hex = Buffer.from(bytes).toString('hex');
        const answered = answer({ op, frame: hex, payload: hex, plaintext: hex });
        expect(answered['unsupported']).toBeUndefined();
        if ('error' in answered) expect(answered['error']).toMatch(/^[a-z][a-z-]+$/);
      }),
      500,
    );
  });
});

function secrets(): Fields {
  return { prologue: '', staticSecret: '01'.repeat(32), ephemeralSecret: '02'.repeat(32) };
}
