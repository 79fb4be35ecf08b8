/**
 * Cells: how many columns of a terminal a text takes. A letter is what a person takes for one: a base
 * with its accents, or an emoji of several code points.
 */
const SEGMENTER = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The blocks that terminals show two columns wide (East Asian Width W and F), first and last. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x20000, 0x3fffd],
];

export function lettersOf(text: string): string[] {
  return Array.from(SEGMENTER.segment(text), ({ segment }) => segment);
}

/** Columns of one letter. */
export function cellsOf(letter: string): number {
  // An emoji that is text by itself becomes a picture by the selector behind it.
  if (/^\p{Emoji_Presentation}|\ufe0f/u.test(letter)) return 2;
  if (/^[\p{M}\p{Cf}\p{Cc}]/u.test(letter)) return 0;
  const code = letter.codePointAt(0) ?? 0;
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

/** Columns of a text without line breaks. */
export function widthOf(text: string): number {
  return lettersOf(text).reduce((sum, letter) => sum + cellsOf(letter), 0);
}

/** As much of a text as so many columns hold. */
export function cutTo(text: string, columns: number): string {
  let width = 0;
  let shown = '';
  for (const letter of lettersOf(text)) {
    width += cellsOf(letter);
    if (width > columns) break;
    shown += letter;
  }
  return shown;
}
