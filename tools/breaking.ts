/**
 * Breaking: lines that are wider than a terminal, broken between words. What goes on stands below the
 * last column of its line, which two blanks set apart, or behind its label.
 */

/** Narrower is harder to read than what the terminal breaks itself. */
export const RIGHT_MIN = 24;

const COLOUR = /\x1b\[[\d;]*m/g;
/** `name  id  `, `  wrong: `, `  ! `: up to where the last column, or what a label says, begins. */
const LEAD = /^(?:.*\S {2,}(?=\S)| +\S*[:!] )?/;

/**
 * In lines of `width` characters at most, unless one word is longer. An indented line without any of
 * that stands as it is, since it is there to be copied; so does a row without room for its last column.
 */
export function broken(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => {
    if (seen(line) <= width) return [line];
    const [lead] = LEAD.exec(line)!;
    const room = width - seen(lead);
    if (room < RIGHT_MIN || (lead === '' && line.startsWith(' '))) return [line];
    const indent = ' '.repeat(seen(lead));
    const words = line.slice(lead.length).split(' ');
    return filled(words, room).map((part, at) => `${at === 0 ? lead : indent}${part}`);
  });
}

function seen(text: string): number {
  return text.replace(COLOUR, '').length;
}

/** Lines of so many characters at most, unless one word is longer. */
export function filled(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    const fits = last !== undefined && last.length + 1 + word.length <= width;
    if (fits) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
