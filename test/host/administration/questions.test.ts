/**
 * Questions to a bridge elsewhere, whose answers are a test's: the promises of WIRE §21 that no honest
 * bridge puts to the test.
 */
import { describe, expect, it } from 'vitest';
import type { AdministrationOutput } from '../../../host/administration/contract.ts';
import type { Asker } from '../../../host/administration/office.ts';
import { Office, ORDERS_MAX, REQUESTS_PER_MINUTE } from '../../../host/administration/office.ts';
import { QUESTION_MAX_MS, Questions } from '../../../host/administration/questions.ts';
import type { Millis } from '../../../protocol/core/machine.ts';
import { Counts } from '../../../protocol/peer/counts.ts';
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
  const { office, ask } = officeOf(null);
  const kinds = Array.from({ length: ORDERS_MAX + 1 }, (_, at) => ask(at + 1));
  expect(kinds.slice(0, -1)).toEqual(Array(ORDERS_MAX).fill(['serve']));
  expect(kinds.at(-1)).toEqual(['full']);
  const [answer] = office.onServed(1, { status: 'ok', text: '1' });
  expect(statusOf(answer)).toBe('ok');
});

describe('requests of one peer', () => {
  it('are a hundred in a minute, and those beyond are dropped and counted', () => {
    const { office, drops, ask } = officeOf(null);
    for (let at = 1; at <= REQUESTS_PER_MINUTE; at++) {
      expect(ask(at), `request ${at}`).toEqual(['serve']);
      office.onServed(at, { status: 'ok', text: '1' });
    }
    expect(ask(200)).toEqual([]);
    expect(ask(REQUESTS_PER_MINUTE), 'the same one is none more').toEqual(['ok']);
    expect(drops.reasons()).toEqual({ 'request-flooding': 1 });
    expect(ask(201, 600), 'a token comes back each 600 ms').toEqual(['serve']);
    expect(ask(202, 600)).toEqual([]);
    const other = { peer: id(77), noiseKey: new Uint8Array(32) };
    expect(ask(203, 600, other), 'and it is his alone').toEqual(['serve']);
  });

  it('are as many as a person gave him', () => {
    const { drops, ask } = officeOf(2);
    expect([ask(1), ask(2), ask(3)]).toEqual([['serve'], ['serve'], []]);
    expect(ask(4, 29_000)).toEqual([]);
    expect(ask(5, 31_000)).toEqual(['serve']);
    expect(drops.reasons()).toEqual({ 'request-flooding': 2 });
  });

  it('pay whether he is obeyed or not', () => {
    const { office, drops, ask } = officeOf(2);
    office.administrators = [];
    expect([ask(1), ask(2), ask(3)]).toEqual([['refused', 'store'], ['refused'], []]);
    expect([office.refused, drops.reasons()]).toEqual([2, { 'request-flooding': 1 }]);
  });
});

type Desk = {
  office: Office;
  drops: Counts;
  ask(number: number, now?: Millis, asker?: Asker): string[];
};

/** Obeys everybody; a person gave each peer this rate. */
function officeOf(perMinute: number | null): Desk {
  const drops = new Counts();
  const office = new Office({ crypto, rateOf: () => perMinute }, drops, REQUESTS_PER_MINUTE, 1);
  office.administrators = [''];
  const far = { peer: FAR, noiseKey: new Uint8Array(32) };
  const ask: Desk['ask'] = (number, now = 0, asker = far) => {
    const head = { id: id(number), operation: 'look', board: null, part: 0 } as const;
    const request = { ...head, argument: packText(''), saidAt: UNIX_MS };
    return office.hear(asker, request, now, UNIX_MS).map(statusOf);
  };
  return { office, drops, ask };
}

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
