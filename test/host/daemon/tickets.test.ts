/**
 * Who waits for the answer to a wish.
 */
import { describe, expect, it } from 'vitest';
import { Tickets, WISHES_MAX } from '../../../host/daemon/tickets.ts';

describe('tickets', () => {
  it('bring each asker the answer to his own wish, in whatever order answers come', async () => {
    const tickets = new Tickets<string>();
    const given: number[] = [];
    const asked = ['a', 'b'].map(() => tickets.ask((ticket) => given.push(ticket) > 0));
    tickets.answer(given[1], 'second');
    tickets.answer(given[0], 'first');
    expect(await Promise.all(asked)).toEqual(['first', 'second']);
    tickets.answer(given[0], 'again');
    tickets.answer(77, 'nobody asked');
  });

  it('are refused when the wish was not taken, and beyond their number', async () => {
    const tickets = new Tickets<string>();
    await expect(tickets.ask(() => false)).rejects.toThrow(/\[TOO_MANY\]/);
    const asked: Promise<string>[] = [];
    for (let n = 0; n < WISHES_MAX; n++) asked.push(tickets.ask(() => true));
    expect(() => tickets.ask(() => true)).toThrow(/try again in a moment \[TOO_MANY\]/);
    tickets.answer(2, 'room again');
    asked.push(tickets.ask(() => true));
    tickets.refuse(new Error('the end'));
    const settled = await Promise.allSettled(asked);
    expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(WISHES_MAX);
  });
});
