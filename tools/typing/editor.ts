/**
 * Editor: a message while it is typed: one line or several, the cursor in it, and what each key does to
 * it, as the shells have taught people. It knows no terminal: keys go in, and what they ask for comes out.
 */
import { lettersOf } from './cells.ts';
import { History } from './history.ts';
import type { Key, KeyName } from './keys.ts';

export type EditorOutput =
  | { kind: 'entered'; text: string }
  /** What the word at the cursor may become. */
  | { kind: 'offers'; words: string[] }
  /** The key means nothing here. */
  | { kind: 'bell' }
  | { kind: 'clear' | 'suspend' | 'left' };

/** What the last word before the cursor may become, and that word. */
export type Completer = (before: string) => [string[], string];

/** Characters that are held; what is typed or pasted beyond them is dropped. */
export const EDITED_MAX = 65_536;
/** Blanks that stand for a tab: a tab would be a control character on the screens of others. */
const TAB = '    ';
/** Code units of the longest letter that the cursor steps over whole. */
const LETTER_MAX = 64;

export class Editor {
  text = '';
  /** Where the next letter goes; never inside one. */
  cursor = 0;
  private readonly history = new History();
  private readonly complete: Completer;
  private cut = '';
  private wasComplete = false;

  constructor(complete: Completer) {
    this.complete = complete;
  }

  step(key: Exclude<Key, { kind: 'focus' }>): EditorOutput[] {
    const isComplete = key.kind === 'key' && key.name === 'complete';
    const outputs = key.kind === 'key' ? this.press(key.name) : this.insert(plain(key.text));
    this.wasComplete = isComplete;
    return outputs;
  }

  /** What was refused is there to be changed, unless something else was begun. */
  putBack(text: string): void {
    if (this.text === '') this.show(text);
  }

  private press(name: KeyName): EditorOutput[] {
    const { text, cursor } = this;
    switch (name) {
      case 'enter':
        return this.enter();
      case 'line-break':
        return this.insert('\n');
      case 'left':
        return this.move(this.letterLeft());
      case 'right':
        return this.move(this.letterRight());
      case 'home':
        return this.move(this.lineStart());
      case 'end':
        return this.move(this.lineEnd());
      case 'word-left':
        return this.move(this.wordLeft());
      case 'word-right':
        return this.move(this.wordRight());
      case 'up':
        return this.upOrDown(-1);
      case 'down':
        return this.upOrDown(1);
      case 'backspace':
        return this.remove(this.letterLeft(), cursor);
      case 'delete':
        return this.remove(cursor, this.letterRight());
      case 'cut-word':
        return this.cutOut(this.wordLeft(), cursor);
      case 'cut-word-right':
        return this.cutOut(cursor, this.wordRight());
      case 'cut-to-start':
        return this.cutOut(this.lineStart(), cursor);
      case 'cut-to-end':
        return this.cutOut(cursor, this.lineEnd());
      case 'yank':
        return this.insert(this.cut);
      case 'complete':
        return this.completeWord();
      case 'clear':
      case 'suspend':
        return [{ kind: name }];
      case 'interrupt':
        if (text === '') return [{ kind: 'left' }];
        return this.show('');
      case 'leave':
        return text === '' ? [{ kind: 'left' }] : this.remove(cursor, this.letterRight());
    }
  }

  private enter(): EditorOutput[] {
    const { text } = this;
    if (text.trim() !== '') this.history.add(text);
    this.show('');
    return [{ kind: 'entered', text }];
  }

  private insert(text: string): EditorOutput[] {
    const fitting = text.slice(0, EDITED_MAX - this.text.length);
    this.text = this.text.slice(0, this.cursor) + fitting + this.text.slice(this.cursor);
    this.cursor += fitting.length;
    return fitting === text ? [] : [{ kind: 'bell' }];
  }

  private move(to: number): EditorOutput[] {
    this.cursor = to;
    return [];
  }

  private show(text: string): EditorOutput[] {
    this.text = text;
    return this.move(text.length);
  }

  private remove(from: number, to: number): EditorOutput[] {
    this.text = this.text.slice(0, from) + this.text.slice(to);
    return this.move(from);
  }

  private cutOut(from: number, to: number): EditorOutput[] {
    if (from < to) this.cut = this.text.slice(from, to);
    return this.remove(from, to);
  }

  /** Among the lines of this text first, then to other texts. */
  private upOrDown(by: 1 | -1): EditorOutput[] {
    const start = this.lineStart();
    const end = this.lineEnd();
    const column = this.cursor - start;
    if (by < 0 ? start > 0 : end < this.text.length) {
      this.cursor = by < 0 ? start - 1 : end + 1;
      return this.move(this.boundaryAt(Math.min(this.lineStart() + column, this.lineEnd())));
    }
    const other = this.history.step(by, this.text);
    return other === null ? [{ kind: 'bell' }] : this.show(other);
  }

  private completeWord(): EditorOutput[] {
    const before = this.text.slice(0, this.cursor);
    const [words, word] = this.complete(before);
    if (words.length === 0) return [{ kind: 'bell' }];
    const common = commonStart(words);
    if (words.length > 1 && common.length <= word.length) {
      return this.wasComplete ? [{ kind: 'offers', words }] : [{ kind: 'bell' }];
    }
    this.remove(this.cursor - word.length, this.cursor);
    return this.insert(common);
  }

  private letterLeft(): number {
    const near = this.text.slice(Math.max(0, this.cursor - LETTER_MAX), this.cursor);
    return this.cursor - (lettersOf(near).at(-1)?.length ?? 0);
  }

  private letterRight(): number {
    const near = this.text.slice(this.cursor, this.cursor + LETTER_MAX);
    return this.cursor + (lettersOf(near)[0]?.length ?? 0);
  }

  /** The nearest place at or before this one that is not inside a letter. */
  private boundaryAt(place: number): number {
    let at = this.lineStart();
    for (const letter of lettersOf(this.text.slice(at, this.lineEnd()))) {
      if (at + letter.length > place) break;
      at += letter.length;
    }
    return at;
  }

  private lineStart(): number {
    return this.text.slice(0, this.cursor).lastIndexOf('\n') + 1;
  }

  private lineEnd(): number {
    const end = this.text.indexOf('\n', this.cursor);
    return end < 0 ? this.text.length : end;
  }

  private wordLeft(): number {
    return this.cursor - /\S*\s*$/.exec(this.text.slice(0, this.cursor))![0].length;
  }

  private wordRight(): number {
    return this.cursor + /^\s*\S*/.exec(this.text.slice(this.cursor))![0].length;
  }
}

/** Line breaks as we have them, and nothing that a screen would obey. */
function plain(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replaceAll('\t', TAB)
    .replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, '');
}

/** What they all begin with, however it is written. */
function commonStart([first, ...others]: string[]): string {
  let length = first.length;
  for (const other of others) {
    while (other.slice(0, length).toLowerCase() !== first.slice(0, length).toLowerCase()) length--;
  }
  return first.slice(0, length);
}
