/**
 * Editor: each key does what people know from their shell, in a text of one line or of several.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EditorOutput } from '../../../tools/typing/editor.ts';
import { EDITED_MAX, Editor } from '../../../tools/typing/editor.ts';
import { HISTORY_MAX } from '../../../tools/typing/history.ts';
import { Keys } from '../../../tools/typing/keys.ts';
import { lettersOf } from '../../../tools/typing/cells.ts';
import { hold } from '../../seed.ts';

const LEFT = '\x1b[D';
const UP = '\x1b[A';
const DOWN = '\x1b[B';

describe('a line that is typed', () => {
  // `|` is where the cursor stands.
  for (const [what, typed, left] of [
    ['letters go in at the cursor', `ac${LEFT}b`, 'ab|c'],
    ['backspace takes the letter before', `abc${LEFT}\x7f`, 'a|c'],
    ['delete takes the letter behind', `abc${LEFT}${LEFT}\x1b[3~`, 'a|c'],
    ['Ctrl-D does too, where there is text', `abc\x01\x04`, '|bc'],
    ['a letter of several code points is one', `a👩‍🚀e\u0301${LEFT}\x7f`, 'a|e\u0301'],
    ['the cursor goes to both ends', 'abc\x01x\x05y', 'xabcy|'],
    ['it goes by words', `one two  \x1bbx\x1b[1;5Dy\x1bf`, 'one yxtwo|  '],
    ['Ctrl-W cuts a word, and Ctrl-Y puts it back', 'one two \x17\x01\x19', 'two |one '],
    ['Ctrl-U and Ctrl-K cut to the ends', `one two${LEFT}\x0b\x15\x19`, 'one tw|'],
    ['Alt-D cuts the word behind', 'one two\x01\x1bd', '| two'],
    ['Alt and Enter breaks the line', 'one\x1b\rtwo', 'one\ntwo|'],
    ['home and end are those of the line', 'one\x1b\rtwo\x01x\x1b[Fy', 'one\nxtwoy|'],
    ['the arrows go through the lines', `one\x1b\rthree${UP}x${DOWN}y`, 'onex\nthrey|e'],
    ['a paste goes in whole', '<\x1b[200~a\r\n\tb\rc\x07\x1b[201~>', '<a\n    b\nc>|'],
    ['Ctrl-C throws it away', 'one\x03', '|'],
  ]) {
    it(`is edited: ${what}`, () => {
      const { editor } = type(typed);
      expect(`${editor.text.slice(0, editor.cursor)}|${editor.text.slice(editor.cursor)}`).toBe(
        left,
      );
    });
  }

  it('is handed over whole, and leaves an empty one', () => {
    const { editor, asked } = type('one\x1b\rtwo\r');
    expect(asked).toEqual([{ kind: 'entered', text: 'one\ntwo' }]);
    expect(editor).toMatchObject({ text: '', cursor: 0 });
  });

  it('is left by Ctrl-C and Ctrl-D where nothing is typed', () => {
    expect(type('\x03').asked).toEqual([{ kind: 'left' }]);
    expect(type('\x04').asked).toEqual([{ kind: 'left' }]);
    expect(type('a\x03').asked).toEqual([]);
  });

  it('is put back when it was refused, unless something else is begun', () => {
    const { editor } = type('');
    editor.putBack('one');
    editor.putBack('two');
    expect(editor).toMatchObject({ text: 'one', cursor: 3 });
  });

  it('holds so much and no more, and says so', () => {
    const half = 'x'.repeat(EDITED_MAX / 2);
    const paste = `\x1b[200~${half}\x1b[201~`;
    const { editor, asked } = type(`${paste}${paste}y`);
    expect(editor.text).toBe(half + half);
    expect(asked).toEqual([{ kind: 'bell' }]);
  });

  it('keeps its cursor between letters, whatever is pressed', () => {
    const part = fc.constantFrom(
      ...['a ', '你', '👩‍🚀', 'e\u0301', '\x1b\r', LEFT, '\x1b[C', UP, DOWN, '\x7f', '\x1b[3~', '\x17', '\x0b', '\x15', '\x19', '\x01', '\x05', '\x1bb', '\x1bf', '\x1bd', '\r', '\t'], // prettier-ignore
    );
    const theorem = fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const { editor } = type(parts.join(''));
      const places = [0];
      for (const letter of lettersOf(editor.text)) places.push(places.at(-1)! + letter.length);
      expect(places).toContain(editor.cursor);
    });
    hold(theorem, 300, 20_000);
  });
});

describe('lines of before', () => {
  it('come back by the arrows, each once, and what was begun waits below them', () => {
    const { editor } = type(`one\rtwo\rone\r  \rthree${UP}`);
    expect(editor.text).toBe('one');
    press(editor, UP);
    expect(editor.text).toBe('two');
    expect(press(editor, UP)).toEqual([{ kind: 'bell' }]);
    press(editor, `${DOWN}${DOWN}`);
    expect(editor.text).toBe('three');
    expect(press(editor, DOWN)).toEqual([{ kind: 'bell' }]);
  });

  it('are so many; then the oldest is forgotten', () => {
    const lines = Array.from({ length: HISTORY_MAX + 1 }, (_, at) => `line ${at}\r`);
    const { editor } = type(lines.join(''));
    press(editor, UP.repeat(HISTORY_MAX + 1));
    expect(editor.text).toBe('line 1');
  });
});

describe('the tab key', () => {
  for (const [what, typed, text] of [
    ['finishes the only word there is', 'tell @bo\t', 'tell @bob '],
    ['goes as far as all agree, however they write it', '@A\t', '@ada'],
    ['leaves what stands behind the cursor', `@b!${LEFT}\t`, '@bob !'],
    ['leaves what nothing fits', 'xyz\t', 'xyz'],
  ]) {
    it(`${what}`, () => {
      expect(type(typed).editor.text).toBe(text);
    });
  }

  it('offers what there is when it is pressed twice in vain', () => {
    const offer = { kind: 'offers', words: ['@ada ', '@Adam '] };
    expect(type('@ada\t').asked).toEqual([{ kind: 'bell' }]);
    expect(type('@ada\t\t').asked).toEqual([{ kind: 'bell' }, offer]);
    expect(type('@ada\t\x05\t').asked).toEqual([{ kind: 'bell' }, { kind: 'bell' }]);
  });
});

function type(typed: string) {
  const words = ['@ada ', '@Adam ', '@bob '];
  const editor = new Editor((before) => {
    const word = /\S*$/.exec(before)![0];
    const fits = (each: string) => each.toLowerCase().startsWith(word.toLowerCase());
    return [words.filter(fits), word];
  });
  return { editor, asked: press(editor, typed) };
}

function press(editor: Editor, typed: string): EditorOutput[] {
  return new Keys().step(typed).flatMap((key) => (key.kind === 'focus' ? [] : editor.step(key)));
}
