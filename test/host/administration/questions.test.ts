/**
 * Questions to a bridge elsewhere, whose answers are a test's: the promises of WIRE §21 that no honest
 * bridge puts to the test.
 */
import { describe, expect, it } from 'vitest';
import type { AdministrationOutput } from '../../../host/administration/contract.ts';
import { Office, ORDERS_MAX } from '../../../host/administration/office.ts';
import { QUESTION_MAX_MS, Questions } from '../../../host/administration/questions.ts';
import type { AdminReply, AdminRequest } from '../../../protocol/wire/administration.ts';
import { decodeAdministration, packText } from '../../../protocol/wire/administration.ts';
import { id } from '../../packets.ts';
import { crypto } from '../../protocol/trust/ports.ts';

const FAR = id(9);
const UNIX_MS = 1_800_000_000_000;

describe('a question', () => {
  it('is said again later and later, and under a new session after two that were vain', () => {
    const asked = questions();
    const times = [asked.now];
    for (let said = 1; said < 6; said++) {
      asked.pass();
      times.push(asked.now);
    }
    expect(times).toEqual([0, 1500, 4500, 10_500, 16_500, 22_500]);
    expect(asked.kinds()).toEqual(['seal', 'seal', 'renew', 'seal', 'seal', 'seal', 'seal']);
    expect(new Set(asked.said().map(({ id }) => id.join())).size, 'under one id').toBe(1);
    asked.machine.tick(QUESTION_MAX_MS).forEach((output) => asked.outputs.push(output));
    expect(asked.answers()).toEqual([{ kind: 'unadministered', reason: 'unanswered' }]);
  });

  it('asks for four parts at once, and again only for those it lacks', () => {
    const asked = questions();
    asked.hear({ part: 0, parts: 8 });
    expect(asked.parts()).toEqual([0, 1, 2, 3, 4]);
    asked.hear({ part: 2, parts: 8 });
    asked.hear({ part: 2, parts: 8 });
    asked.hear({ part: 4, parts: 8 });
    expect(asked.parts()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    asked.pass();
    expect(asked.parts().slice(7)).toEqual([1, 3, 5, 6]);
    for (const part of [1, 3, 5, 6, 7]) asked.hear({ part, parts: 8 });
    expect(asked.answers()).toEqual([{ kind: 'administered', isDone: true, text: '01234567' }]);
  });

  it('begins anew where the answer is not kept any more', () => {
    const asked = questions();
    asked.hear({ part: 0, parts: 2 });
    asked.hear({ status: 'gone' });
    expect(asked.parts()).toEqual([0, 1, 0]);
    asked.hear({ part: 0, parts: 1, piece: text('new') });
    expect(asked.answers()).toEqual([{ kind: 'administered', isDone: true, text: 'new' }]);
  });

  it.each([
    ['parts of two answers', [{ parts: 2 }, { part: 1, parts: 3 }]],
    ['parts of two sizes', [{ parts: 2 }, { part: 1, parts: 2, size: 9 }]],
    ['what is no text', [{ piece: Uint8Array.of(0xff) }]],
    ['what does not inflate', [{ size: 70_000 }]],
  ])('takes %s for no answer', (_, replies: Partial<AdminReply>[]) => {
    const asked = questions();
    for (const reply of replies) asked.hear(reply);
    expect(asked.answers()).toEqual([{ kind: 'unadministered', reason: 'garbled' }]);
  });

  it('is answered by nobody else, and by no other answer', () => {
    const asked = questions();
    const reply = replyTo(asked.said()[0], {});
    expect(asked.machine.hear(id(8), reply, 0, asked.outputs)).toBe(false);
    expect(asked.machine.hear(FAR, { ...reply, id: id(7) }, 0, asked.outputs)).toBe(false);
    expect(asked.answers()).toEqual([]);
  });
});

it('does eight orders at once, and is full beyond them', () => {
  const office = new Office({ crypto }, 1);
  office.administrators = [''];
  const asker = { peer: FAR, noiseKey: new Uint8Array(32) };
  const kinds = Array.from({ length: ORDERS_MAX + 1 }, (_, at) => {
    const head = { id: id(at + 1), operation: 'look', board: null, part: 0 } as const;
    const request = { ...head, argument: packText(''), saidAt: UNIX_MS };
    return office.hear(asker, request, 0, UNIX_MS).map(statusOf);
  });
  expect(kinds.slice(0, -1)).toEqual(Array(ORDERS_MAX).fill(['serve']));
  expect(kinds.at(-1)).toEqual(['full']);
  const [answer] = office.onServed(1, { status: 'ok', text: '1' });
  expect(statusOf(answer)).toBe('ok');
});

/** One question, asked of a peer with whom there is a session. */
function questions(): Asked {
  return new Asked();
}

class Asked {
  readonly machine: Questions;
  readonly outputs: AdministrationOutput[] = [];
  now = 0;

  constructor() {
    this.machine = new Questions({
      draw: () => id(5),
      isLive: () => true,
      isInReach: () => true,
    });
    this.machine.epochMs = UNIX_MS;
    const order = { operation: 'settings', board: null, argument: '' } as const;
    this.outputs.push(...this.machine.ask(1, { kind: 'administer', peer: FAR, order }, 0));
  }

  /** Until it next wants a tick. */
  pass(): void {
    this.now = this.machine.deadline();
    this.outputs.push(...this.machine.tick(this.now));
  }

  hear(some: Partial<AdminReply>): void {
    this.machine.hear(FAR, replyTo(this.said()[0], some), this.now, this.outputs);
  }

  kinds(): string[] {
    return this.outputs.map(({ kind }) => kind);
  }

  said(): Pick<AdminRequest, 'id' | 'part'>[] {
    return this.outputs.flatMap((output) => {
      const said = output.kind === 'seal' ? decodeAdministration(output.body) : null;
      return said?.ok === true && said.request !== null ? [said.request] : [];
    });
  }

  parts(): number[] {
    return this.said().map(({ part }) => part);
  }

  answers(): unknown[] {
    return this.outputs.flatMap((output) => (output.kind === 'answer' ? [output.answer] : []));
  }
}

/** A piece is the number of its part, unless said otherwise. */
function replyTo({ id }: Pick<AdminRequest, 'id'>, some: Partial<AdminReply>): AdminReply {
  const part = some.part ?? 0;
  return { id, status: 'ok', part, parts: 1, piece: text(String(part)), size: null, ...some };
}

function statusOf(output: AdministrationOutput): string {
  const said = output.kind === 'seal' ? decodeAdministration(output.body) : null;
  return said?.ok === true && said.reply !== null ? said.reply.status : output.kind;
}

function text(words: string): Uint8Array {
  return new TextEncoder().encode(words);
}
