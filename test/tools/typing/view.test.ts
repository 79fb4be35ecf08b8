/**
 * View: what is typed stands on the screen as it would on paper, and the cursor where the next letter goes.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutTo, widthOf } from '../../../tools/typing/cells.ts';
import { viewOf } from '../../../tools/typing/view.ts';
import { hold } from '../../seed.ts';

describe('what is typed', () => {
  for (const [what, text, cursor, rows, at] of [
    ['nothing yet', '', 0, ['ada> '], [0, 5]],
    ['a row', 'hello', 2, ['ada> hello'], [0, 7]],
    ['a full row', 'hello you all', 13, ['ada> hello you al', 'l'], [1, 1]],
    ['a row that is just full', 'hello you al', 12, ['ada> hello you al', ''], [1, 0]],
    ['the first letter of a new row', 'hello you all', 12, ['ada> hello you al', 'l'], [1, 0]],
    ['several lines', 'one\n\ntwo', 4, ['ada> one', '      | ', '      | two'], [1, 8]],
    ['letters two columns wide', '你好你好你好你', 6, ['ada> 你好你好你好', '你'], [1, 0]],
    ['letters without a column', 'e\u0301x', 2, ['ada> e\u0301x'], [0, 6]],
  ] as const) {
    it(`is shown: ${what}`, () => {
      const view = viewOf({ prompt: 'ada> ', text, cursor, hint: null }, 17, 10);
      expect([view.rows, [view.row, view.column]]).toEqual([rows, at]);
    });
  }

  it('is shown around the cursor where it is long, with the remark below it', () => {
    const text = Array.from({ length: 30 }, (_, at) => `line ${at}`).join('\n');
    const typing = { prompt: '> ', text, hint: 'thirty lines of it' };
    const last = viewOf({ ...typing, cursor: text.length }, 16, 5);
    expect(last.rows.map((row) => row.trim())).toEqual(['| line 26', '| line 27', '| line 28', '| line 29']); // prettier-ignore
    expect(last).toMatchObject({ row: 3, column: 15, hint: 'thirty lines of' });
    expect(viewOf({ ...typing, cursor: 0 }, 16, 5)).toMatchObject({ row: 0, column: 2 });
  });

  it('fits its terminal and loses no letter, wherever the cursor stands', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b ', '你', '👍', 'e\u0301', '\n'), maxLength: 80 }); // prettier-ignore
    const theorem = fc.property(
      text,
      fc.integer({ min: 10, max: 30 }),
      fc.nat(),
      (said, columns, at) => {
        const letters = [...new Intl.Segmenter('en').segment(said)].map(({ index }) => index);
        const cursor = [...letters, said.length][at % (letters.length + 1)];
        const view = viewOf({ prompt: '> ', text: said, cursor, hint: null }, columns, Infinity);
        for (const row of view.rows) expect(widthOf(row)).toBeLessThanOrEqual(columns);
        expect(view.column).toBeLessThan(columns);
        const before =
          view.rows.slice(0, view.row).join('') + cutTo(view.rows[view.row], view.column);
        const shown = said.slice(0, cursor).replaceAll('\n', '      | ');
        expect(before).toBe(`> ${shown}`);
        expect(view.rows.join('')).toBe(`> ${said.replaceAll('\n', '      | ')}`);
      },
    );
    hold(theorem, 300, 20_000);
  });
});

describe('a letter', () => {
  for (const [text, columns] of [
    ['a', 1],
    ['ß', 1],
    ['你', 2],
    ['한', 2],
    ['ｱ', 1],
    ['👍', 2],
    ['👩‍🚀', 2],
    ['❤', 1],
    ['❤\ufe0f', 2],
    ['e\u0301', 1],
    ['\u200b', 0],
    ['✓', 1],
  ] as const) {
    it(`as ${JSON.stringify(text)} takes ${columns} columns`, () => {
      expect(widthOf(text)).toBe(columns);
    });
  }
});
