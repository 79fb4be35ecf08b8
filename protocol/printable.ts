/**
 * Printable: text of others as a terminal or a log may show it. What comes over the air or a wire may
 * not move a cursor, end a line, turn the reading direction of what follows, or stand there unseen.
 */
export function printable(text: string): string {
  return text.replace(/\x1b\[[0-9;]*[A-Za-z]/g, '').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}

/** What begins and ends an embedding, an override or an isolate. */
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text of others as a page may show it, which takes all else for what it is: without what would turn the
 * words beside it around. Letters that are read from right to left need none of that.
 */
export function straight(text: string): string {
  return text.replace(TURNS, '');
}
