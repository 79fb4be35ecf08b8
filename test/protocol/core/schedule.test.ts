/**
 * What waits for its moment: the fast schedule compared with a list that is searched each time.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Due } from '../../../protocol/core/schedule.ts';
import { Schedule } from '../../../protocol/core/schedule.ts';
import { hold } from '../../seed.ts';

describe('a schedule', () => {
  it('has nothing due when nothing waits', () => {
    const schedule = new Schedule<Due>();
    expect([schedule.nextAt(), schedule.length()]).toEqual([Infinity, 0]);
  });

  it('gives back everything by its moment, and equals in the order they came', () => {
    const moments = fc.array(fc.option(fc.nat(20), { nil: -1 }), { maxLength: 60 });
    hold(
      fc.property(moments, (moves) => {
        const schedule = new Schedule<Due & { mark: number }>();
        let list: { at: number; mark: number }[] = [];
        moves.forEach((at, mark) => {
          if (at >= 0) {
            schedule.add({ dueAt: at, order: 0, mark });
            list.push({ at, mark });
          } else if (list.length > 0) {
            const first = list.reduce((a, b) => (b.at < a.at ? b : a));
            expect(schedule.nextAt()).toBe(first.at);
            expect(schedule.take().mark).toBe(first.mark);
            list = list.filter((entry) => entry !== first);
          }
          expect(schedule.length()).toBe(list.length);
        });
      }),
      500,
    );
  });
});
