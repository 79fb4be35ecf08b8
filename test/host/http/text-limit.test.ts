/**
 * Text limit: what fits goes, and what does not is told by how much.
 */
import { expect, it } from 'vitest';
import { excessOf, TEXT_MAX } from '../../../host/http/text-limit.ts';

for (const [what, text, isPublic, excess] of [
  ['a private text of 255 bytes', 'x'.repeat(255), false, null],
  ['one of 256', 'x'.repeat(256), false, '1 byte more than the 255 of a private message'],
  ['one of 128 letters of two bytes', 'ß'.repeat(128), false, '1 byte more than the 255 of a private message'], // prettier-ignore
  ['a public text of as many letters as may be', '👍'.repeat(TEXT_MAX), true, null],
  ['one of twelve more', 'x'.repeat(TEXT_MAX + 12), true, '12 letters more than the 4096 of a message'], // prettier-ignore
] as const) {
  it(`${what} ${excess === null ? 'fits' : 'is too long by as much'}`, () => {
    expect(excessOf(text, isPublic)).toBe(excess);
  });
}
