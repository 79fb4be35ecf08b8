/**
 * Text limit: how long a message may be, and by how much one is too long.
 */
import { PRIVATE_TEXT_MAX } from '../../protocol/wire/private-message.ts';
import { encodeText } from '../../protocol/wire/text.ts';

/** Letters of a text that the API takes; a longer one is refused. */
export const TEXT_MAX = 4096;

/** `12 bytes more than the 255 of a private message`; null where it fits. */
export function excessOf(text: string, isPublic: boolean): string | null {
  const [length, most, unit, what] = isPublic
    ? [[...text].length, TEXT_MAX, 'letter', 'a message']
    : [encodeText(text).length, PRIVATE_TEXT_MAX, 'byte', 'a private message'];
  const over = length - most;
  if (over <= 0) return null;
  return `${over} ${unit}${over === 1 ? '' : 's'} more than the ${most} of ${what}`;
}
