/**
 * Keys: whatever a terminal sends, in whatever pieces it comes, the same keys were pressed.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Key } from '../../../tools/typing/keys.ts';
import { Keys, PASTE_MAX } from '../../../tools/typing/keys.ts';
import { hold } from '../../seed.ts';

const key = (name: string) => ({ kind: 'key', name });
const text = (words: string) => ({ kind: 'text', text: words });

describe('what a terminal sends', () => {
  for (const [what, sent, pressed] of [
    ['letters', 'grüß 你', [text('grüß 你')]],
    ['the enter key, as both kinds of line end', 'a\rb\n', [text('a'), key('enter'), text('b'), key('enter')]], // prettier-ignore
    ['alt and enter', '\x1b\r', [key('line-break')]],
    ['an arrow', '\x1b[A\x1bOB', [key('up'), key('down')]],
    ['words, by two habits', '\x1b[1;5D\x1bb', [key('word-left'), key('word-left')]],
    ['a paste', '\x1b[200~a\r/quit\x03\r\x1b[201~b', [{ kind: 'paste', text: 'a\r/quit\x03\r' }, text('b')]], // prettier-ignore
    ['a window that is left', '\x1b[O\x1b[I', [{ kind: 'focus', isHere: false }, { kind: 'focus', isHere: true }]], // prettier-ignore
    ['keys that mean nothing', '\x1b[15~\x1b[1;9Z\x00\x1cx', [text('x')]],
    ['an escape that was pressed for itself', '\x1b\x1b[C', [key('right')]],
  ] as const) {
    it(`is understood: ${what}`, () => {
      expect(new Keys().step(sent)).toEqual(pressed);
    });
  }

  it('is the same in one piece and letter by letter', () => {
    const part = fc.constantFrom(
      ...['a', 'ß', '你', '\r', '\x1b', '\x1b[A', '\x1b[1;5D', '\x1b[200~', '\x1b[201~', '\x1b[I', '\x03', '\x1bO', '[', '~'], // prettier-ignore
    );
    const theorem = fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const sent = parts.join('');
      const [whole, single] = [new Keys(), new Keys()];
      expect(merged([...sent].flatMap((each) => single.step(each)))).toEqual(
        merged(whole.step(sent)),
      );
    });
    hold(theorem, 300, 20_000);
  });

  it('is held no longer than a paste may be', () => {
    const keys = new Keys();
    keys.step('\x1b[200~');
    for (let times = 0; times < 20; times++) keys.step('x'.repeat(PASTE_MAX / 8));
    expect(keys.step('\x1b[201~')).toEqual([{ kind: 'paste', text: 'x'.repeat(PASTE_MAX) }]);
  });
});

/** Texts that came one after another as one. */
function merged(keys: Key[]): Key[] {
  const all: Key[] = [];
  for (const each of keys) {
    const last = all.at(-1);
    if (each.kind === 'text' && last?.kind === 'text') {
      all[all.length - 1] = { kind: 'text', text: last.text + each.text };
    } else all.push(each);
  }
  return all;
}
