/**
 * Printable: text of others as a terminal or a log may show it. What comes over the air or a wire
 * may not move a cursor, end a line or turn the reading direction of what follows.
 */
export function printable(text: string): string {
  return text
    .replace(/\x1b\[[0-9;]*[A-Za-z]/g, '')
    .replace(/[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, '?');
}
