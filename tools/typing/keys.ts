/**
 * Keys: what a terminal sends, as the keys that were pressed. Sequences may come in any pieces; what is
 * no key that we know is dropped.
 */
export type KeyName =
  | 'enter'
  | 'line-break'
  | 'left'
  | 'right'
  | 'up'
  | 'down'
  | 'home'
  | 'end'
  | 'word-left'
  | 'word-right'
  | 'backspace'
  | 'delete'
  | 'cut-word'
  | 'cut-word-right'
  | 'cut-to-start'
  | 'cut-to-end'
  | 'yank'
  | 'complete'
  | 'clear'
  | 'interrupt'
  | 'leave'
  | 'suspend';

export type Key =
  | { kind: 'key'; name: KeyName }
  | { kind: 'text'; text: string }
  /** With line breaks as they were pasted: nothing in it is a key. */
  | { kind: 'paste'; text: string }
  /** The window of the terminal is looked at, or is not any more. */
  | { kind: 'focus'; isHere: boolean };

/** Characters of one paste; what is beyond them is dropped. */
export const PASTE_MAX = 65_536;

/** Asks a terminal to mark what is pasted and to tell when its window is looked at; and the end of it. */
export const ASK_FOR_KEYS = '\x1b[?2004h\x1b[?1004h';
export const ASK_NO_MORE = '\x1b[?1004l\x1b[?2004l';

const CONTROLS: Record<string, KeyName> = {
  '\x01': 'home',
  '\x02': 'left',
  '\x03': 'interrupt',
  '\x04': 'leave',
  '\x05': 'end',
  '\x06': 'right',
  '\x08': 'backspace',
  '\t': 'complete',
  '\n': 'enter',
  '\x0b': 'cut-to-end',
  '\x0c': 'clear',
  '\r': 'enter',
  '\x0e': 'down',
  '\x10': 'up',
  '\x15': 'cut-to-start',
  '\x17': 'cut-word',
  '\x19': 'yank',
  '\x1a': 'suspend',
  '\x7f': 'backspace',
};

/** What follows an escape. */
const SEQUENCES: Record<string, KeyName> = {
  '[A': 'up',
  '[B': 'down',
  '[C': 'right',
  '[D': 'left',
  '[H': 'home',
  '[F': 'end',
  OA: 'up',
  OB: 'down',
  OC: 'right',
  OD: 'left',
  OH: 'home',
  OF: 'end',
  '[1~': 'home',
  '[7~': 'home',
  '[4~': 'end',
  '[8~': 'end',
  '[3~': 'delete',
  '[1;3C': 'word-right',
  '[1;5C': 'word-right',
  '[1;3D': 'word-left',
  '[1;5D': 'word-left',
  b: 'word-left',
  f: 'word-right',
  d: 'cut-word-right',
  '\x7f': 'cut-word',
  '\x08': 'cut-word',
  // Alt and Enter; and Shift and Enter, where a terminal tells.
  '\r': 'line-break',
  '\n': 'line-break',
  '[13;2u': 'line-break',
  '[27;2;13~': 'line-break',
};

const PASTE_BEGINS = '[200~';
const PASTE_ENDS = '\x1b[201~';

/** Text, a whole sequence, one that is not whole yet, or anything else. */
const PART =
  /([^\x00-\x1f\x7f-\x9f]+)|\x1b(\[[0-?]*[ -/]*[@-~]|O[^\x1b]|[^[O\x1b])|(\x1b(?:\[[0-?]*[ -/]*|O)?$)|([^])/uy;

export class Keys {
  private rest = '';
  /** What was pasted so far; null while nothing is. */
  private pasted: string | null = null;

  step(typed: string): Key[] {
    const keys: Key[] = [];
    this.rest += typed;
    while (this.rest !== '') {
      const before = this.rest;
      if (this.pasted === null) this.press(keys);
      else this.paste(this.pasted, keys);
      if (this.rest === before) break;
    }
    return keys;
  }

  private press(keys: Key[]): void {
    PART.lastIndex = 0;
    const [whole, text, sequence, unfinished, other] = PART.exec(this.rest)!;
    if (unfinished !== undefined) return;
    this.rest = this.rest.slice(whole.length);
    if (text !== undefined) keys.push({ kind: 'text', text });
    else if (sequence === PASTE_BEGINS) this.pasted = '';
    else if (sequence === '[I' || sequence === '[O') {
      keys.push({ kind: 'focus', isHere: sequence === '[I' });
    } else {
      const table = sequence === undefined ? CONTROLS : SEQUENCES;
      const pressed = sequence ?? other;
      if (Object.hasOwn(table, pressed)) keys.push({ kind: 'key', name: table[pressed] });
    }
  }

  private paste(pasted: string, keys: Key[]): void {
    const end = this.rest.indexOf(PASTE_ENDS);
    // The end of it may have come in part.
    const length = end < 0 ? Math.max(0, this.rest.length - PASTE_ENDS.length + 1) : end;
    const all = (pasted + this.rest.slice(0, length)).slice(0, PASTE_MAX);
    this.rest = this.rest.slice(end < 0 ? length : end + PASTE_ENDS.length);
    this.pasted = end < 0 ? all : null;
    if (end >= 0) keys.push({ kind: 'paste', text: all });
  }
}
