/**
 * Printable: text of others as a terminal or a log may show it. What comes over the air or a wire may
 * not move a cursor, end a line, turn the reading direction of what follows, or stand there unseen.
 */
export function printable(text: string): string {
  return text.replace(/\x1b\[[0-9;]*[A-Za-z]/g, '').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}
