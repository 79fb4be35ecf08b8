/** Who is given what others said, and before it by whose word it holds. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ANNOUNCE } from '../../../protocol/core/packet.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import { Answers } from '../../../protocol/peer/answers.ts';
import type { Kept } from '../../../protocol/peer/history.ts';
import { History } from '../../../protocol/peer/history.ts';
import type { FarEnd } from '../../../protocol/peer/sync.ts';
import { PACES } from '../../../protocol/peer/sync.ts';
import { openPacket } from '../../../protocol/wire/packet.ts';
import { announceOf, messageOf, person } from '../trust/people.ts';
import { crypto } from '../trust/ports.ts';

const EPOCH = 1_700_000_000_000;
const LINK = 3;

describe('whoever is given what others said', () => {
  let history: History;
  let answers: Answers;
  let now: number;

  beforeEach(() => {
    history = new History(crypto);
    answers = new Answers(history, Infinity);
    now = 0;
    for (const frame of [announceOf(person(1), { timestamp: EPOCH }), ...[1, 2, 3].map(said)]) {
      history.restore(frame);
    }
  });

  it('is told first who said it, once', () => {
    expect(given([1, 2])).toBe('announce, 1, 2');
    expect(given([3])).toBe('3');
    expect(given([3], LINK + 1)).toBe('announce, 3');
  });

  it('is told so again with what it asks for again: the first time may have been lost', () => {
    given([1, 2]);
    expect(given([2, 3])).toBe('announce, 2, 3');
    expect(given([1, 2, 3])).toBe('announce, 1, 2, 3');
  });

  it('is told so again on the next link of that number', () => {
    given([1, 2]);
    answers.forget(LINK);
    expect(given([3])).toBe('announce, 3');
  });

  it('is told nothing but what was said where an announce that is old does harm', () => {
    expect(given([1, 2], LINK, 'phone')).toBe('1, 2');
    expect(given([1], LINK, 'phone')).toBe('1');
  });

  function said(at: number): Uint8Array {
    return messageOf(person(1), EPOCH + at);
  }

  function kept(at: number): Kept {
    const opened = openPacket(said(at));
    if (!opened.ok) throw new Error(opened.reason);
    return history.find(history.nameOf(opened.packet))!;
  }

  /** What goes over the link when it is asked for these. */
  function given(wanted: number[], link = LINK, farEnd: FarEnd = 'node'): string {
    const out: string[] = [];
    answers.add(link, PACES[farEnd], wanted.map(kept), now);
    while (answers.deadline() < Infinity) {
      now = Math.max(now, answers.deadline());
      for (const output of answers.step(TICK, now)) {
        if (output.kind !== 'answer') continue;
        const opened = openPacket(output.bytes);
        if (!opened.ok) throw new Error(opened.reason);
        const { type, timestamp } = opened.packet;
        out.push(type === ANNOUNCE ? 'announce' : String(timestamp - EPOCH));
      }
    }
    return out.join(', ');
  }
});
