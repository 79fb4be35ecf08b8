/**
 * View: what is typed as the rows of a terminal: broken where they are full rather than by the
 * terminal, so that where the cursor stands is known. Of a long text the rows around the cursor are shown.
 */
import { cellsOf, cutTo, lettersOf } from './cells.ts';

export type Typing = {
  prompt: string;
  text: string;
  cursor: number;
  /** A remark below it. */
  hint: string | null;
};

/** Rows, where the cursor stands in them, and the remark that is the last one. */
export type View = { rows: string[]; row: number; column: number; hint: string | null };

/** Before each further line of a text. */
const CONTINUED = '      | ';
/** A narrower terminal is taken for one so wide. */
const COLUMNS_LEAST = 10;

export function viewOf(
  { prompt, text, cursor, hint }: Typing,
  columns: number,
  rowsMax: number,
): View {
  const width = Math.max(COLUMNS_LEAST, columns);
  const rows: string[] = [];
  let at = 0;
  let place = { row: 0, column: 0 };
  for (const [number, line] of text.split('\n').entries()) {
    let row = '';
    let column = 0;
    const put = (letter: string): void => {
      const cells = cellsOf(letter);
      if (column + cells > width) {
        rows.push(row);
        [row, column] = ['', 0];
      }
      row += letter;
      column += cells;
    };
    const mark = (): void => {
      if (at === cursor) place = { row: rows.length, column };
    };
    for (const letter of lettersOf(number === 0 ? prompt : CONTINUED)) put(letter);
    for (const letter of lettersOf(line)) {
      mark();
      put(letter);
      at += letter.length;
    }
    mark();
    rows.push(row);
    at++;
  }
  // Behind a full row the next letter goes to a new one.
  if (place.column >= width) {
    place = { row: place.row + 1, column: 0 };
    if (place.row === rows.length) rows.push('');
  }
  return around(rows, place, hint === null ? null : cutTo(hint, width - 1), rowsMax);
}

function around(
  rows: string[],
  { row, column }: { row: number; column: number },
  hint: string | null,
  rowsMax: number,
): View {
  const most = Math.max(1, rowsMax - (hint === null ? 0 : 1));
  const first = Math.max(0, Math.min(row - (most >> 1), rows.length - most));
  const shown = rows.slice(first, first + most);
  return { rows: shown, row: row - first, column, hint };
}
