/**
 * Mentions: the names in a text that stand behind an @, as the phone apps write them: `@ada`, or
 * `@ada#1a2b` where several have that name.
 */

/** Who reads it. */
export type Reading = { id: string; name: string };

/** A piece of a text, in order; put together they are the text. */
export type Piece = { text: string; names: 'nobody' | 'somebody' | 'us' };

/** A name begins where a word could, so that no mail address is one. */
const NAMED = /(?<![\p{L}\p{N}_.])@[\p{L}\p{N}\p{M}_-]+(?:#[0-9a-f]{4,16})?/giu;
const IS_IN_NAME = /^[\p{L}\p{N}\p{M}_-]/u;
const TAG = /^#([0-9a-f]{4,16})/i;

export function piecesOf(text: string, us: Reading | null): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(NAMED)) {
    // A name of ours with blanks in it reaches over what looks like the next one.
    if (index < from) continue;
    const ours = us === null ? null : callOf(text, index, us);
    const { length, names } = ours ?? { length: found.length, names: 'somebody' as const };
    if (index > from) pieces.push({ text: text.slice(from, index), names: 'nobody' });
    pieces.push({ text: text.slice(index, index + length), names });
    from = index + length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), names: 'nobody' });
  return pieces;
}

export function namesUs(text: string, us: Reading): boolean {
  return piecesOf(text, us).some(({ names }) => names === 'us');
}

/** What the @ there calls, if it is our name: us, or, with a tag that is not ours, a namesake. */
function callOf(
  text: string,
  at: number,
  { id, name }: Reading,
): { length: number; names: 'us' | 'somebody' } | null {
  const end = at + 1 + name.length;
  const rest = text.slice(end);
  const isName = text.slice(at + 1, end).toLowerCase() === name.toLowerCase();
  if (name === '' || !isName || IS_IN_NAME.test(rest)) return null;
  const [tag = '', digits = ''] = TAG.exec(rest) ?? [];
  const isUs = id.startsWith(digits.toLowerCase());
  return { length: 1 + name.length + tag.length, names: isUs ? 'us' : 'somebody' };
}
